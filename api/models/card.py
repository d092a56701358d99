"""The card of a model: what it was made from, how it measures, for whom, and where it ends."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from algorithms.scoring.evaluating import Evaluation
    from algorithms.scoring.metrics import Difference, Figure
    from api.models.showing import ModelShown

_HEADS: Final = {
    "average_precision": "average precision / 平均精度", "roc_auc": "ROC AUC",
    "precision_at_k": "precision at {k} / 前{k}名精度",
    "recall_at_precision": "recall at precision {p:g} / 精度{p:g}时召回",
}  # fmt: skip
_LIMITS: Final = (
    "It orders the work of investigators and of monitoring; it is never a basis for extending a"
    " measure to anybody, and what extends cannot reach it."
    " / 仅用于排定先后, 不得作为延伸惩戒依据。",
    "Labels are who was found, not who did it: where nobody looked, nobody is labelled, and the"
    " model learns to look there again. / 标签只反映已被查实者。",
    "A figure holds for this store, kind, days and share of positives; drift tells when it no"
    " longer does. / 指标仅对本数据、主体类型与时段成立。",
    "Intervals draw subjects one by one and keep the model as it is: those of one scheme are found"
    " together, so that in truth they are wider. / 区间未计同案相关与重新训练, 实际更宽。",
    "Groups with few positives have wide intervals, or none; a difference between groups is a"
    " reason to look, in both directions. / 正例少的群组区间很宽。",
    "What a feature adds to a score says what the model went by, not what caused anything."
    " / 贡献值说明模型依据, 不说明因果。",
)
Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def markdown(model: ModelShown) -> str:
    """The card as Markdown; the same model, the same text."""
    out = [f"# {model.name}", "", f"> {model.use}", ""]
    for title, lines, table in _sections(model):
        out += [f"## {title}", "", *lines, *([""] if lines else [])]
        if table:
            head, rows = table
            out += [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
            out += [f"| {' | '.join(row)} |" for row in rows]
            out.append("")
    return "\n".join(out).rstrip() + "\n"


_STYLE: Final = (
    "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:64rem;margin:2rem auto;"
    "padding:0 1rem;color:#1b2430}table{border-collapse:collapse;margin:.5rem 0}"
    "td,th{padding:.2rem .8rem;border-bottom:1px solid #d5dae1;text-align:left}"
    "blockquote{border-left:3px solid #b3402a;margin:0;padding:0 1rem}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'"


def html(model: ModelShown) -> str:
    """The card as a page that loads nothing from anywhere."""
    name = escape(model.name)
    out = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        f"<style>{_STYLE}</style><h1>{name}</h1><blockquote>{escape(model.use)}</blockquote>"
    ]
    for title, lines, table in _sections(model):
        out.append(f"<h2>{escape(title)}</h2>")
        out += [f"<p>{escape(line.removeprefix('- '))}</p>" for line in lines]
        if table:
            head, rows = table
            cells = "".join(f"<th>{escape(each)}</th>" for each in head)
            out.append(f"<table><tr>{cells}</tr>")
            for row in rows:
                out.append("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>")
            out.append("</table>")
    return "".join(out) + "</html>\n"


def _sections(model: ModelShown) -> list[tuple[str, list[str], Table | None]]:
    measured, of = model.evaluation, model.lineage
    fit, calibrate, test, until = of.days
    heads = [text.format(k=measured.k, p=measured.precision) for text in _HEADS.values()]
    share = measured.positives / measured.subjects
    return [
        ("Model / 模型", [
            f"- {model.kind}; {model.features} features of {', '.join(model.groups)};"
            f" boosted trees {model.trees:.0%}, logistic regression {1 - model.trees:.0%} (shares"
            f" settled on the day of calibration), calibrated by {model.calibration}",
            f"- file sha256 `{model.sha256}`", f"- content `{model.content}`",
            f"- snapshot `{of.snapshot}`, known at {of.known_at}",
            f"- features version {of.feature_version}, linkrisk {of.code}, seed {of.seed}; "
            + ", ".join(f"{name} {number}" for name, number in of.libraries.items()),
        ], None),
        ("Data and split / 数据与划分", [
            f"- labels: {model.labels}; {of.labelled} subjects, digest `{of.labels}`",
            f"- grown on the features of {', '.join(of.grown or [fit])} and labels until"
            f" {calibrate}; shares and probabilities fitted on {calibrate} and labels until {test};"
            f" measured on {test} and labels until {until}; who was labelled by a day is left out"
            " of it",
            f"- test: {measured.subjects} subjects, {measured.positives} positive ({share:.2%})",
        ], None),
        ("Figures / 指标", [
            f"Value and interval of 95 % of {measured.resamples} bootstrap resamples of subjects."
            " / 括号内为 95% 自助区间。",
        ], (["", *heads], [
            [each.name, *(_figure(each.measures[name]) for name in _HEADS)]
            for each in measured.table
        ])),
        ("Over the baselines / 与基线之差", [
            "Paired differences under the same resamples. / 配对差值。",
        ], (["", *heads], [
            [each.baseline, *(_difference(each.measures[name]) for name in _HEADS)]
            for each in measured.against
        ])),
        ("Calibration / 校准", [
            *_calibration(measured),
        ], (["said / 预测", "so / 实际", "subjects / 主体数"], [
            [f"{each.said:.3f}", f"{each.so:.3f}", str(each.subjects)] for each in measured.bins
        ])),
        ("Groups / 分组", [], (
            ["by", "group", "subjects", "positives", "average precision", "ROC AUC"], [
                [each.by, each.group, str(each.subjects), str(each.positives),
                 _figure(each.average_precision), _figure(each.roc_auc)]
                for each in measured.slices
            ])),
        ("Limits / 局限", [f"- {text}" for text in (*_LIMITS, *model.notes)], None),
    ]  # fmt: skip


def _calibration(measured: Evaluation) -> list[str]:
    found = measured.calibration
    brier = "" if measured.brier is None else f" ({_range(measured.brier, 4)})"
    chance = "" if measured.by_chance is None else (
        "; where probabilities hold exactly it is below"
        f" {_number(measured.by_chance)} in 95 % of draws"
    )  # fmt: skip
    return [
        f"Brier {_number(found.brier)}{brier}; always saying the share: {_number(found.base)}."
        f" Expected calibration error {_number(found.expected_calibration_error)}{chance}."
        " / 括号内为 95% 自助区间; 校准误差以概率完全准确时的抽样上限为参照。"
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _figure(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({_range(figure, 3)})"


def _range(figure: Figure, digits: int) -> str:
    return f"{figure.low:.{digits}f} – {figure.high:.{digits}f}"


def _difference(each: Difference) -> str:
    return f"{each.value:+.3f} ({each.low:+.3f} – {each.high:+.3f}), p {each.p:.3f}"
