"""The page that a browser opens: what can be asked, with each question's parameters."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from typing import Final

from algorithms.registry import ALGORITHMS, Algorithm
from api.parameters import Parameter, describe

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#1b2430}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"
    "code{background:#f2f4f7;padding:.1em .3em;border-radius:3px}td{padding:.15rem .8rem .15rem 0;"
    "vertical-align:top}details{margin:.4rem 0}summary{cursor:pointer}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'"


@cache
def render() -> str:
    """The whole page; it loads nothing from anywhere."""
    families: dict[str, list[Algorithm]] = {}
    for record in ALGORITHMS.values():
        families.setdefault(record.family, []).append(record)
    sections = "".join(
        f"<h2>{escape(family)}</h2>" + "".join(map(_question, records))
        for family, records in families.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>linkrisk</title>'
        f"<style>{_STYLE}</style><h1>linkrisk · 关联主体风险分析</h1>"
        f'<p>Machine-readable: <a href="/openapi.json">/openapi.json</a>, '
        f'<a href="/v1/algorithms">/v1/algorithms</a>. One subject / 主体: '
        f"<code>/v1/subjects/ID</code>; search / 搜索: <code>/v1/search?q=…</code></p>"
        f"{sections}</html>"
    )


def _question(record: Algorithm) -> str:
    rows = "".join(_row(describe(field)) for field in record.fields.values())
    path = escape(record.path)
    return (
        f"<details><summary><code>{path}</code> {escape(record.title)}</summary>"
        f"<p>{escape(record.doc).replace(chr(10) + chr(10), '</p><p>')}</p>"
        f"<table>{rows}</table><p>{escape('; '.join(record.sources))}</p></details>"
    )


def _row(parameter: Parameter) -> str:
    kind = f"{parameter.type}{' …' if parameter.many else ''} {parameter.bounds}"
    said = parameter.description + (" (required / 必填)" if parameter.required else "")
    cells = f"<code>{escape(parameter.name)}</code>", escape(kind), escape(said)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
