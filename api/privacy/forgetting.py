"""What the service keeps beside the facts and names an erased person: it goes, too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Final

import msgspec

from api.casework import rewriting as casework
from api.features import keeping as features
from api.identity import preparing as preparations
from api.identity.book import Book as Identities
from api.jobs.book import Book as Jobs
from api.jobs.settings import JobSettings
from api.kept import state_folder
from api.models.book import Models
from api.monitor.book import Book as Monitor
from api.once import Once
from api.webhooks.book import Book as Webhooks
from api.webhooks.settings import WebhookSettings
from graph.errors import StoreError

KINDS: Final = ("results", "answers", "events", "subscriptions", "casework", "alerts",
                "identities", "features", "models")  # fmt: skip


def forget(url: str, texts: Iterable[str], ids: Iterable[str], left: list[str]) -> dict[str, int]:
    """Delete what is kept and holds any of these texts or ids: results of jobs, answers of requests
    with a key, events of webhooks, what subscriptions say, what the monitor told, pairs of records
    to be reviewed; take them out of casework and of the labels of models; all tables of features,
    and what was prepared of records, go. How many of each; what could not be done goes to `left`.
    Linear in what is kept."""
    texts, ids = set(texts), set(ids)
    holding, about = _holding(_written(texts)), _naming(_written(ids))

    def named(body: bytes) -> bool:
        return holding(body) or about(body)

    # An event names whom it is about by whole ids: those that begin alike are others'.
    exactly = _holding(_written(texts) | {msgspec.json.encode(each) for each in ids})
    done = dict.fromkeys(KINDS, 0)
    try:
        with closing(Jobs(state_folder(url), JobSettings())) as jobs:
            done["results"], running = jobs.forget(named)
        if running:
            left.append(f"{running} jobs are under way, begun before: their results may name it;"
                        " ask again once they ended / 进行中的任务可能仍含有该信息")  # fmt: skip
        with closing(Once(url)) as once:
            done["answers"] = once.forget(named)
        with closing(Webhooks(state_folder(url), WebhookSettings())) as webhooks:
            done["events"], done["subscriptions"] = webhooks.forget(exactly)
        done["casework"] = casework.forget(url, named)
        with closing(Monitor(state_folder(url))) as monitor:
            done["alerts"] = monitor.forget(named)
        with closing(Identities(url)) as identities:
            done["identities"] = identities.forget(named)
        preparations.forget(url)
        done["features"] = features.forget(url)
        with closing(Models(url)) as models:
            done["models"] = models.forget(named)
    except StoreError as error:
        left.append(f"kept answers were not all looked through: {error} / 留存应答未能全部检查")
    return done


def unscored(url: str, subject: str, left: list[str]) -> None:
    """Let nothing be ordered by the risk score of somebody whose use is restricted, by canonical
    id; what could not be done goes to `left`."""
    try:
        with closing(Monitor(state_folder(url))) as monitor:
            monitor.unscored(subject)
        casework.unscored(url, subject)
    except StoreError as error:
        left.append(f"its risk score may still order work: {error} / 评分可能仍在排序")


def _written(texts: set[str]) -> set[bytes]:
    """Texts as they stand in what is kept: as they are, and within JSON."""
    return {form for each in texts for form in (each.encode(), msgspec.json.encode(each)[1:-1])}


def _naming(ids: set[bytes]) -> Callable[[bytes], bool]:
    """Whether a text has one of these ids to its end: `bank:p12` names somebody else than
    `bank:p1`."""
    if not ids:
        return _holding(ids)
    found = re.compile(b"(?:%s)(?![0-9A-Za-z_])" % b"|".join(map(re.escape, sorted(ids))))
    return lambda body: found.search(body) is not None


def _holding(needles: set[bytes]) -> Callable[[bytes], bool]:
    def named(body: bytes) -> bool:
        return any(needle in body for needle in needles)

    return named
