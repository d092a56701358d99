"""The routes of decisions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.access.actor import signed
from api.access.sight import whole
from api.caller import DOMAINS, caller_of
from api.decisions import asking, asks, views
from api.decisions.replay import Replayed, replay
from api.decisions.work import Work
from api.look import limit_of
from api.once import ledger_key
from api.serving import Endpoint, add, body_of, json_response

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

Take = Callable[[str, str | None, dict[str, Any], Request], Awaitable[bytes]]
_TEXT: Final = {"type": "string"}
# These weigh listings and facts of every kind: on a part of them they would be wrong.
_EVERYTHING: Final = frozenset({"fallout", "replay", "red-list", "expire"})
_LIMIT: Final = {"name": "limit", "schema": {"type": "integer", "default": 100}}


def add_decisions(app: FastAPI, engine: Engine) -> None:
    """Propose, take steps, look at decisions, at what is overdue and at the red list."""
    work = Work(engine.session)
    take = taking(engine, work)

    async def taken(name: str, about: str | None, request: Request) -> Response:
        return json_response(await take(name, about, await body_of(request), request))

    async def propose(request: Request) -> Response:
        """Propose that a measure reach a party / 提出扩展决定."""
        return await taken("propose", None, request)

    async def step(request: Request) -> Response:
        """Take a step of a decision / 决定流程."""
        name = request.path_params.get("step") or request.url.path.rpartition("/")[2]
        return await taken(name, request.path_params["id"], request)

    async def expire(request: Request) -> Response:
        """Record the end of decisions whose time has passed / 到期处理."""
        return await taken("expire", None, request)

    def query(show: Callable[..., Any], names: tuple[str, ...]) -> Endpoint:
        async def look(request: Request) -> Response:
            given = {name: request.query_params.get(name) for name in names}
            limit = limit_of(request.query_params.get("limit"), 100)
            found = await engine.run(show, work, given, limit)
            return json_response(msgspec.json.encode(found))

        look.__doc__ = show.__doc__
        return look

    async def proof(request: Request) -> Response:
        """The proof that a decision rests on, and whether it holds today / 决定的证明."""
        about, day = request.path_params["id"], request.query_params.get("day")
        return json_response(msgspec.json.encode(await engine.run(views.proof, work, about, day)))

    async def again(request: Request) -> Response:
        """Whether the answer that a decision rests on comes out byte for byte / 复现答案."""
        found = await engine.run(replay, work, request.path_params["id"])
        return json_response(msgspec.json.encode(found))

    async def one(request: Request) -> Response:
        """A decision, with its proof and all entries about it / 决定详情."""
        about, day = request.path_params["id"], request.query_params.get("day")
        return json_response(msgspec.json.encode(await engine.run(views.one, work, about, day)))

    base = "/v1/decisions"
    for path, method, endpoint, extra in (
        (base, "POST", propose, _body(asks.Propose)),
        (base, "GET", query(_listed, ("subject", "party", "status", "day", "affected_by")),
         _query("subject", "party", "status", "day", "affected_by")),
        (f"{base}/fallout", "GET", query(_fallout, ("facts", "since")), _query("facts", "since")),
        (f"{base}/replay", "GET", query(_replays, ("ids",)), _query("ids")),
        (f"{base}/overdue", "GET", query(_late, ("day",)), _query("day")),
        (f"{base}/red-list", "GET", query(_red, ("subjects", "day")), _query("subjects", "day")),
        (f"{base}/expire", "POST", expire, _body(asks.Expire)),
        (f"{base}/{{id}}", "GET", one, _query("day")),
        (f"{base}/{{id}}/proof", "GET", proof,
         {**_query("day"), **openapi.answers(views.ProofShown)}),
        (f"{base}/{{id}}/replay", "GET", again, openapi.answers(Replayed)),
        *((f"{base}/{{id}}/{name}", "POST", step, _one_step(asks.STEPS[name]))
          for name in asks.SECOND),
        (f"{base}/{{id}}/{{step}}", "POST", step, _steps()),
    ):  # fmt: skip
        scope = "related" if method == "GET" else "extend.propose"
        if path.rpartition("/")[2] in asks.SECOND:
            scope = "extend.approve"
        everything = path.rpartition("/")[2] in _EVERYTHING
        add(
            app,
            method,
            path,
            endpoint,
            scope=scope,
            domains=DOMAINS if everything else ("registry",),
            tags=["decisions"],
            extra=extra,
            writes=method == "POST",
        )


def taking(engine: Engine, work: Work) -> Take:
    """What takes a step in the name of who sent a request.

    What an authority decides does not depend on who types it in (`sight.need` is asked of the facts
    that it rests on).
    """

    async def take(name: str, about: str | None, given: dict[str, Any], request: Request) -> bytes:
        if name != "expire":
            given = signed(caller_of(request), given)
            if (key := ledger_key(request)) is not None:
                # The ledger knows it too, whatever becomes of the answer.
                given = {"key": key, **given}
        return await engine.run(whole, asking.take, work, name, about, given)

    return take


def _listed(work: Work, given: dict[str, str | None], limit: int) -> dict[str, Any]:
    """Decisions: `subject`, `party`, `status`, `day`, `affected_by`, `limit` / 决定列表."""
    return views.listing(work, given, limit)


def _late(work: Work, given: dict[str, str | None], limit: int) -> dict[str, Any]:
    """What is overdue, by whom: `day`, `limit` / 逾期事项."""
    return views.late(work, given["day"], limit)


def _red(work: Work, given: dict[str, str | None], limit: int) -> dict[str, Any]:
    """Who qualifies for a red list: `subjects`, `day`, `limit` / 红名单."""
    names = given["subjects"]
    return views.red_list(work, names.split(",") if names else None, given["day"], limit)


def _fallout(work: Work, given: dict[str, str | None], limit: int) -> dict[str, Any]:
    """What the fall of facts means for decisions: `facts`, or `since` a batch / 撤销的连带影响."""
    facts = given["facts"]
    return views.fallout(work, facts.split(",") if facts else None, given["since"], limit)


def _replays(work: Work, given: dict[str, str | None], limit: int) -> dict[str, Any]:
    """Whether answers come out again byte for byte: `ids` of decisions / 复现历史答案."""
    names = given["ids"]
    return views.replays(work, names.split(",") if names else None, limit)


def _query(*names: str) -> dict[str, Any]:
    return {"parameters": [{"in": "query", "schema": _TEXT, "name": n} for n in names]
            + [{"in": "query", **_LIMIT}]}  # fmt: skip


def _body(kind: type[Any]) -> dict[str, Any]:
    return openapi.body(kind, _example(kind))


def _one_step(kind: type[Any]) -> dict[str, Any]:
    where = {"in": "path", "name": "id", "required": True, "schema": _TEXT}
    return {**_body(kind), "parameters": [where]}


def _steps() -> dict[str, Any]:
    """Every other step's body: which one goes by the step in the path."""
    steps = {name: kind for name, kind in asks.STEPS.items() if name not in asks.SECOND}
    content = {
        "schema": {"anyOf": [openapi.schema(kind) for kind in steps.values()]},
        "examples": {name: {"value": _example(kind)} for name, kind in steps.items()},
    }
    step = {"type": "string", "enum": list(steps)}
    return {
        "requestBody": {"content": {"application/json": content}},
        "parameters": [
            {"in": "path", "name": "id", "required": True, "schema": _TEXT},
            {"in": "path", "name": "step", "required": True, "schema": step},
        ],
    }


def _example(kind: type[Any]) -> dict[str, Any]:
    said = openapi.schema(kind)
    return {
        name: said["properties"][name]["examples"][0]
        if "examples" in said["properties"][name]
        else said["properties"][name].get("enum", ["…"])[0]
        for name in said.get("required", [])
    }
