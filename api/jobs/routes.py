"""The routes of jobs, and how a question becomes one: `Prefer: respond-async` (RFC 7240)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS, Algorithm, prepare, told
from api import openapi
from api.caller import ANYONE, Caller, caller_of, owner_of, whose
from api.feed.lines import wants_lines
from api.jobs.book import OPEN, Asked, Book, Job
from api.jobs.calling import Call, headers_of, keep_caller, kept_caller
from api.jobs.runner import Runner
from api.jobs.settings import JobSettings
from api.jobs.showing import answered, shown
from api.kept import state_folder
from api.look import limit_of, place_of
from api.problems import unnamed_within
from api.serving import KEPT, add, alongside, asked_of, check, json_response, settings_of
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/jobs"
_LONGEST: Final = 60.0  # seconds that a caller may wait for a job
_LOOK: Final = 0.1
_INNER: Final = re.compile(r"{(\w+)(?::\w+)?}")
_WAIT: Final = re.compile(r"wait\s*=\s*\"?(\d{1,9})\"?")


class JobAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to be answered as a job."""

    algorithm: str
    params: dict[str, Any] = {}
    seconds: float | None = None


class Jobs:
    """What other parts of the service make jobs by; `app.state.jobs` is one."""

    def __init__(self, app: FastAPI, engine: Engine) -> None:
        self.engine = engine
        self.settings = settings_of(app, JobSettings)
        self.book = Book(state_folder(engine.session.url), self.settings)
        self.runner = Runner(app, self.book)

    async def submit(
        self, asked: Asked, wait: float | None = None, *, lines: bool = False
    ) -> Response:
        """Queue a job and answer 202 with where it is; within `wait` seconds its result, where it
        has one by then."""
        job = await self.engine.run(self.book.add, asked)
        self.runner.wake()
        until = time.monotonic() + min(wait or 0.0, _LONGEST)
        while job.status in OPEN and time.monotonic() < until:
            await asyncio.sleep(_LOOK)
            job = await self.engine.run(self.book.get, job.id)
        if job.status not in OPEN:
            return answered(job, await self.engine.run(self.book.result, job), lines=lines)
        return accepted(job)

    def question(self, request: Request, record: Algorithm, given: Mapping[str, Any]) -> Asked:
        """A question that came by a route of its own; raises WrongUsage for what it may not ask."""
        params = prepare(record, given)
        body, query = b"", request.url.query
        if request.method == "GET":
            if "as_of" not in given:
                query += ("&" if query else "") + urlencode({"as_of": params.as_of})
        else:
            body = msgspec.json.encode({**given, "as_of": params.as_of})
        call = Call(
            method=request.method, path=request.scope["path"],
            raw_path=request.scope.get("raw_path", b"").decode("latin-1"), query=query,
            headers=headers_of(request.headers), body=body,
        )  # fmt: skip
        return self.asked(caller_of(request), record, call, params, None)

    def asked(
        self, caller: Caller, record: Algorithm, call: Call, params: Any, seconds: float | None
    ) -> Asked:
        """What is to be queued; raises WrongUsage for a time that is none."""
        most = self.settings.seconds
        if seconds is not None and not 0 < seconds <= most:
            raise WrongUsage(f"seconds: more than 0 and at most {most:g}, not {seconds:g}")
        from api.routes import scope_of

        said = {k: v for k, v in msgspec.to_builtins(params).items() if v is not None}
        if (view := self.engine.session.current()) is not None:
            said |= msgspec.to_builtins(told(view, params))
        return Asked(
            owner=owner_of(caller), what=record.name, asked=self.unnamed(said),
            call=msgspec.json.encode(call).decode(), caller=keep_caller(caller),
            scope=scope_of(record), seconds=seconds or most,
        )  # fmt: skip

    def unnamed(self, said: dict[str, Any]) -> str:
        """What was asked, without identifiers: it is shown, and kept for longer than what is
        carried out."""
        view = self.engine.session.current()

        def known(text: str) -> bool:
            return view is not None and bool(view.named(text)) and view.discreet(text) == text

        return msgspec.json.encode(unnamed_within(said, known)).decode()


def jobs_of(request: Request) -> Jobs:
    """The jobs of the service that a request was sent to."""
    found: Jobs = request.app.state.jobs
    return found


def preferred(request: Request) -> tuple[bool, float | None]:
    """Whether a caller wants a job, and how long it will wait for it: `Prefer: respond-async,
    wait=10`."""
    if "prefer" not in request.headers:
        return False, None
    text = ",".join(request.headers.getlist("prefer"))
    words = [part.strip().lower() for part in re.split("[,;]", text)]
    found = next((m for w in words if (m := _WAIT.fullmatch(w))), None)
    return "respond-async" in words, float(found[1]) if found else None


def accepted(job: Job) -> Response:
    """202: a job was made, and where it is."""
    headers = {**KEPT, "Location": f"{BASE}/{job.id}", "Preference-Applied": "respond-async",
               "Retry-After": "1"}  # fmt: skip
    return Response(msgspec.json.encode(shown(job)), 202, headers, "application/json")


def add_jobs(app: FastAPI, engine: Engine) -> None:
    """Make, follow, call off jobs and fetch their results; a runner beside the routes."""
    jobs = Jobs(app, engine)
    app.state.jobs = jobs
    book = jobs.book
    alongside(app).append(jobs.runner.running)

    async def make(request: Request) -> Response:
        """Ask a question as a job: `algorithm`, `params`, `seconds` / 提交任务."""
        given = await asked_of(request, JobAsked, "job")
        from api.routes import domains_of

        record, caller = ALGORITHMS.find(given.algorithm), caller_of(request)
        params = prepare(record, given.params)
        path, body = record.path, {**given.params, "as_of": params.as_of}
        inner = {name: str(body.pop(name)) for name in _INNER.findall(path) if name in body}
        call = Call(
            method="POST", path=_INNER.sub(lambda m: inner[m[1]], path),
            raw_path=_INNER.sub(lambda m: quote(inner[m[1]], safe=""), path),
            body=msgspec.json.encode(body),
        )  # fmt: skip
        asked = jobs.asked(caller, record, call, params, given.seconds)
        check(caller, asked.scope, frozenset(domains_of(record)))
        return await jobs.submit(asked, preferred(request)[1], lines=wants_lines(request))

    async def listed(request: Request) -> Response:
        """Jobs of the caller, the newest first; an admin sees all: `limit`, `before` / 任务列表."""
        caller, query = caller_of(request), request.query_params
        limit, top = limit_of(query.get("limit"), 50), place_of(query.get("before"))
        found = await engine.run(book.of, whose(caller), top, limit + 1)
        more = len(found) > limit
        found = found[:limit]
        rows = [shown(job, owner_of(caller)) for job in found]
        said = {"results": rows, "next": str(found[-1].no) if more else None}
        return json_response(msgspec.json.encode(said))

    async def one(request: Request) -> Response:
        """One job: how far it is, by when it ends, where its result is / 任务状态."""
        caller = caller_of(request)
        job = await engine.run(book.get, request.path_params["id"], whose(caller))
        body = msgspec.json.encode(shown(job, owner_of(caller)))
        return json_response(body, more={"Retry-After": "1"} if job.status in OPEN else None)

    async def result(request: Request) -> Response:
        """What the question's own route would have answered, byte for byte / 任务结果."""
        caller = caller_of(request)
        job = await engine.run(book.get, request.path_params["id"], owner_of(caller))
        check(caller, job.scope, kept_caller(job.caller).domains)
        found = answered(job, await engine.run(book.result, job), lines=wants_lines(request))
        audit = getattr(request.app.state, "audit", None)
        if audit is not None:  # it is read now, whenever it was answered
            await audit.answered(request, found, f"{BASE}/{{id}}/result", job.scope)
        return found

    async def cancel(request: Request) -> Response:
        """Call a job off; one that has ended is forgotten with its result / 取消任务."""
        caller = caller_of(request)
        job = await engine.run(book.cancel, request.path_params["id"], whose(caller))
        if job is None:
            return Response(status_code=204, headers=KEPT)
        return json_response(msgspec.json.encode(shown(job, owner_of(caller))))

    for method, path, endpoint in (
        ("POST", BASE, make),
        ("GET", BASE, listed),
        ("GET", f"{BASE}/{{id}}", one),
        ("GET", f"{BASE}/{{id}}/result", result),
        ("DELETE", f"{BASE}/{{id}}", cancel),
    ):
        said, writes = _said(method, path), method == "POST"
        add(app, method, path, endpoint, scope=ANYONE, tags=["jobs"], extra=said, writes=writes)


def _said(method: str, path: str) -> dict[str, Any]:
    """What OpenAPI says of one of them."""
    text = {"type": "string"}
    parameters: list[dict[str, Any]] = []
    if "{id}" in path:
        parameters.append({"name": "id", "in": "path", "required": True, "schema": text})
    if (method, path) == ("GET", BASE):
        limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}
        parameters += [
            {"name": "limit", "in": "query", "schema": limit},
            {"name": "before", "in": "query", "schema": text},
        ]
    said: dict[str, Any] = {"parameters": parameters}
    if method == "POST":
        example = {"algorithm": "transfer_cycles", "params": {"max_length": 4}, "seconds": 600}
        said |= openapi.body(JobAsked, example, required=True)
    return said
