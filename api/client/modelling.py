"""Models of risk: what there is, training, use, card, drift."""

from __future__ import annotations

from typing import Any, Final

from api.client.answer import Answer
from api.client.bulk import wait
from api.client.exchange import Call, Exchange, Reply, get, part, post

_BASE: Final = "/v1/models"


def models() -> Exchange[Answer]:
    """All models of risk, the newest first, and which is in use."""
    return get(_BASE)


def model(name: str) -> Exchange[Answer]:
    """One model: what it was made from and how it measured."""
    return get(f"{_BASE}/{part(name)}")


def model_card(name: str) -> Exchange[str]:
    """The card of a model, as Markdown."""
    reply: Reply = yield Call("GET", f"{_BASE}/{part(name)}/card")
    return reply.body.decode()


def train_model(name: str, *, as_of: str, test_as_of: str, **asked: Any) -> Exchange[Answer]:
    """Train a model and wait for it; `kind`, `labels`, `lists`, `until` and the rest as the route
    has them. Raises what `wait` raises."""
    job = yield from post(_BASE, {"name": name, "as_of": as_of, "test_as_of": test_as_of, **asked})
    return (yield from wait(job["id"]))


def use_model(name: str) -> Exchange[Answer]:
    """Let a model answer `risk_score` for its kind."""
    return post(f"{_BASE}/{part(name)}/use", {})


def use_rules(kind: str) -> Exchange[Answer]:
    """Let no model answer `risk_score` for a kind."""
    return post(f"{_BASE}/rules/use", {"kind": kind})


def model_drift(
    name: str, *, since: str | None = None, until: str | None = None
) -> Exchange[Answer]:
    """How far features and score moved between two days."""
    return get(f"{_BASE}/{part(name)}/drift", **{"from": since, "to": until})


def model_stability(
    name: str, *, since: str | None = None, until: str | None = None
) -> Exchange[Answer]:
    """How still a model's order holds."""
    return get(f"{_BASE}/{part(name)}/stability", **{"from": since, "to": until})
