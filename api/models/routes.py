"""The routes of models: what there is, one whole, its card, its drift; training and use."""

from __future__ import annotations

from functools import partial
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
from api.models import card, watching
from api.models.making import train
from api.models.showing import ModelList, ModelShown, TrainAsked, listed, whole
from api.serving import KEPT, add, asked_of, json_response, only, query_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/models"
KIND: Final = "models"
_MARKDOWN: Final = "text/markdown; charset=utf-8"
_MOST: Final = 1 << 26  # bytes of a request: labels of half a million subjects
_EXAMPLE: Final = {
    "name": "accounts-2026-01", "as_of": "2025-01-01", "test_as_of": "2025-07-01",
    "lists": ["black"],
}  # fmt: skip


def add_models(app: FastAPI, engine: Engine) -> None:
    """Look at models, train one as a job, let one answer."""
    session = engine.session

    def work(given: dict[str, Any]) -> Told:
        asked = msgspec.convert(given["asked"], TrainAsked)
        made = train(session, asked, given["by"])
        return Told(status=200, media="application/json", body=msgspec.json.encode(made))

    app.state.jobs.runner.kinds[KIND] = work

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

    async def model_train(request: Request) -> Response:
        """Train a model: 202 and a job, the model where the caller waits for it (`Prefer: wait=30`)
        and it is done by then / 训练模型."""
        asked, caller, jobs = await asked_of(request, TrainAsked, "model"), caller_of(request), (
            jobs_of(request)
        )  # fmt: skip
        call = msgspec.json.encode({"asked": msgspec.to_builtins(asked), "by": caller.name})
        told = msgspec.to_builtins(msgspec.structs.replace(asked, labels=None))
        job = JobAsked(
            owner=owner_of(caller), what=KIND, asked=msgspec.json.encode(told).decode(),
            call=call.decode(), caller=keep_caller(caller), scope="admin",
            seconds=jobs.settings.seconds,
        )  # fmt: skip
        return await jobs.submit(job, preferred(request)[1])

    async def model_use(request: Request) -> Response:
        """Let a model answer `risk_score` for its kind / 启用模型."""
        name, by = request.path_params["name"], caller_of(request).name
        await engine.run(session.models.use, name, by)
        return json_response(msgspec.json.encode(await engine.run(whole, session.models, name)))

    put = partial(add, app, tags=["models"])
    named = {**openapi.asked("path", "name", "the model's name / 模型名称"),
             "example": "accounts-2026-01"}  # fmt: skip
    own = {"parameters": [named]}
    days = {"parameters": [named, *_said()]}
    carded = openapi.answers({"type": "string"}, media="text/markdown")
    carded["responses"]["200"]["content"]["text/html"] = {"schema": {"type": "string"}}
    trained = {
        **openapi.body(TrainAsked, _EXAMPLE, required=True),
        "responses": {**openapi.answers(ModelShown)["responses"], **MADE},
        "x-max-bytes": _MOST,
    }
    for method, path, endpoint, said, scope, more in (
        ("GET", BASE, models, openapi.answers(ModelList), "trace", {}),
        ("POST", BASE, model_train, trained, "admin", {"writes": True, "domains": DOMAINS}),
        ("GET", f"{BASE}/{{name}}", model, own | openapi.answers(ModelShown), "trace", {}),
        ("GET", f"{BASE}/{{name}}/card", model_card, own | carded, "trace", {}),
        ("GET", f"{BASE}/{{name}}/drift", model_drift, days | openapi.answers(Drift), "trace", {}),
        ("GET", f"{BASE}/{{name}}/stability", model_stability,
         days | openapi.answers(Stability), "trace", {}),
        ("POST", f"{BASE}/{{name}}/use", model_use, own | openapi.answers(ModelShown), "admin",
         {"writes": True}),
    ):  # fmt: skip
        put(method, path, endpoint, scope=scope, extra=said, name=endpoint.__name__, **more)


def _days(request: Request) -> tuple[str | None, str | None]:
    given = query_of(request, frozenset())
    only(given, ("from", "to"))
    return given.get("from"), given.get("to")


def _said() -> list[dict[str, Any]]:
    return [
        openapi.asked("query", "from", "a day; default that of the model's test / 起始日"),
        openapi.asked("query", "to", "a later day; default today / 截止日"),
    ]
