"""The routes of models: what there is, one whole, its card, its drift; training and use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import HTMLResponse, Response

from algorithms.scoring.drifting import Drift, Stability
from api import openapi
from api.caller import DOMAINS, caller_of, owner_of
from api.contract.answers import MADE
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Told, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.kept import state_folder
from api.models import card, making, watching
from api.models.book import RULES
from api.models.showing import (
    ModelList,
    ModelShown,
    RulesAsked,
    TrainAsked,
    UseAsked,
    listed,
    whole,
)
from api.monitor.book import Book
from api.monitor.routes import order_anew
from api.monitor.settings import MonitorSettings
from api.monitor.standing import try_to_reorder
from api.serving import (
    KEPT,
    add,
    asked_of,
    bytes_of,
    converted,
    json_response,
    object_of,
    only,
    query_of,
    settings_of,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine
    from api.serving import Endpoint
    from api.session import Session

BASE: Final = "/v1/models"
KIND: Final = "models"
Route = tuple[str, str, "Endpoint", dict[str, Any], tuple[str, ...]]
_ONE: Final = f"{BASE}/{{name}}"
_NAMED: Final = {"parameters": [
    {**openapi.asked("path", "name", "the model's name / 模型名称"), "example": "accounts-2026-01"},
]}  # fmt: skip
_MARKDOWN: Final = "text/markdown; charset=utf-8"
_MOST: Final = 1 << 26  # bytes of a request: labels of half a million subjects
_EXAMPLE: Final = {
    "name": "accounts-2026-01", "as_of": "2025-01-01", "test_as_of": "2025-07-01",
    "lists": ["black"],
}  # fmt: skip


def add_models(app: FastAPI, engine: Engine) -> None:
    """Look at models, train one as a job, let one answer."""
    session, settings = engine.session, settings_of(app, MonitorSettings)

    def work(given: dict[str, Any]) -> Told:
        asked = msgspec.convert(given["asked"], TrainAsked)
        made = making.train(session, asked, given["by"])
        if asked.use:
            with Book(state_folder(session.url)) as book:
                try_to_reorder(session, book, settings)
        return Told(status=200, media="application/json", body=msgspec.json.encode(made))

    app.state.jobs.runner.kinds[KIND] = work

    async def model_train(request: Request) -> Response:
        """Train a model: 202 and a job, the model where the caller waits for it (`Prefer: wait=30`)
        and it is done by then / 训练模型."""
        caller, jobs = caller_of(request), jobs_of(request)
        body = await bytes_of(request)  # of tens of megabytes: nothing else waits for its reading
        told, call = await engine.run(_asked, session, body, caller.name)
        job = JobAsked(
            owner=owner_of(caller), what=KIND, asked=jobs.unnamed(told), call=call,
            caller=keep_caller(caller), scope="admin", seconds=jobs.settings.seconds,
        )  # fmt: skip
        return await jobs.submit(job, preferred(request)[1])

    async def model_use(request: Request) -> Response:
        """Let a model answer `risk_score` for its kind; open alerts are ordered by it soon after
        / 启用模型."""
        await asked_of(request, UseAsked, "model")
        name, by = request.path_params["name"], caller_of(request).name
        found = await engine.run(making.use, session, name, by)
        await order_anew(request, engine)
        return json_response(msgspec.json.encode(found))

    async def model_rules(request: Request) -> Response:
        """Let no model answer `risk_score` for a kind: its score is that of the findings of the
        detectors / 停用模型, 只用检测线索."""
        asked, by = await asked_of(request, RulesAsked, "model"), caller_of(request).name
        found = await engine.run(making.use_none, session, asked.kind, by)
        await order_anew(request, engine)
        return json_response(msgspec.json.encode(found))

    trained = {
        **openapi.body(TrainAsked, _EXAMPLE, required=True),
        "responses": {**openapi.answers(ModelShown)["responses"], **MADE},
        "x-max-bytes": _MOST,
    }
    rules = openapi.body(RulesAsked, {"kind": "account"}, required=True)
    used = _NAMED | openapi.body(UseAsked, {}) | openapi.answers(ModelShown)
    writing: list[Route] = [
        ("POST", BASE, model_train, trained, DOMAINS),
        ("POST", f"{BASE}/{RULES}/use", model_rules, rules | openapi.answers(ModelList), ()),
        ("POST", f"{_ONE}/use", model_use, used, DOMAINS),
    ]
    for method, path, endpoint, said, domains in (*_reading(engine), *writing):
        add(app, method, path, endpoint, scope="trace" if method == "GET" else "admin",
            tags=["models"], extra=said, name=endpoint.__name__, domains=domains,
            writes=method == "POST")  # fmt: skip


def _asked(session: Session, body: bytes, by: str) -> tuple[dict[str, Any], str]:
    """What a job of training tells of itself, and what it carries out; raises WrongUsage and what
    `making.check` does."""
    asked = converted(object_of(body), TrainAsked, "model")
    making.check(session.models, asked)
    told = msgspec.to_builtins(msgspec.structs.replace(asked, labels=None))
    return told, msgspec.json.encode({"asked": asked, "by": by}).decode()


def _reading(engine: Engine) -> list[Route]:
    """What is looked at. What a model was made from and how it measures is of everything: it would
    tell who is granted a part how many of the rest there are, and call unmoved what is withheld."""
    session = engine.session

    async def models(request: Request) -> Response:
        """The models of risk, the newest first, and which is in use / 风险模型列表."""
        only(request.query_params, ())
        return json_response(msgspec.json.encode(await engine.run(listed, session.models)))

    async def model(request: Request) -> Response:
        """One model: what it was made from and how it measured / 模型详情."""
        only(request.query_params, ())
        found = await engine.run(whole, session.models, request.path_params["name"])
        return json_response(msgspec.json.encode(found))

    async def model_card(request: Request) -> Response:
        """The card of a model as Markdown, or a page where HTML is accepted / 模型卡."""
        only(request.query_params, ())
        found = await engine.run(whole, session.models, request.path_params["name"])
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(
                card.html(found), headers={**KEPT, "Content-Security-Policy": card.POLICY}
            )
        return Response(card.markdown(found), headers=KEPT, media_type=_MARKDOWN)

    async def model_drift(request: Request) -> Response:
        """How far features and score moved between two days: `from`, `to` / 漂移."""
        args = request.path_params["name"], *_days(request)
        return json_response(
            msgspec.json.encode(await engine.run(watching.drift_of, session, *args))
        )

    async def model_stability(request: Request) -> Response:
        """How still a model's order holds: to another day, and with a part of the relations taken
        away: `from`, `to` / 稳定性."""
        args = request.path_params["name"], *_days(request)
        found = await engine.run(watching.stability_of, session, *args)
        return json_response(msgspec.json.encode(found))

    carded = openapi.answers({"type": "string"}, media="text/markdown")
    carded["responses"]["200"]["content"]["text/html"] = {"schema": {"type": "string"}}
    days = {"parameters": [*_NAMED["parameters"], *_said()]}
    return [
        ("GET", BASE, models, openapi.answers(ModelList), ()),
        ("GET", _ONE, model, _NAMED | openapi.answers(ModelShown), DOMAINS),
        ("GET", f"{_ONE}/card", model_card, _NAMED | carded, DOMAINS),
        ("GET", f"{_ONE}/drift", model_drift, days | openapi.answers(Drift), DOMAINS),
        ("GET", f"{_ONE}/stability", model_stability, days | openapi.answers(Stability), DOMAINS),
    ]


def _days(request: Request) -> tuple[str | None, str | None]:
    given = query_of(request, frozenset())
    only(given, ("from", "to"))
    return given.get("from"), given.get("to")


def _said() -> list[dict[str, Any]]:
    return [
        openapi.asked("query", "from", "a day; default that of the model's test / 起始日"),
        openapi.asked("query", "to", "a later day; default today / 截止日"),
    ]
