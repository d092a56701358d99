"""The routes of reports: `POST /v1/reports/…`, at once or as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS
from api import openapi
from api.caller import Caller, caller_of, owner_of
from api.contract.answers import MADE
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Call, headers_of, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.notices.ask import POLICY
from api.reads.hook import shown
from api.reads.naming import PERSONAL
from api.report.ask import KINDS, MEDIA, Asked, asked, made
from api.routes import domains_of, scope_of
from api.serving import KEPT, Endpoint, add, body_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/reports"
# The algorithm by which it is said who may ask for a report, and what else they must have.
_AS: Final = {"subject": "related_parties", "case": "cases", "extension": "extend",
              "clusters": "clusters"}  # fmt: skip
_ALSO: Final = {"subject": ("search",), "case": ("search",), "clusters": ("search",)}
_TEXTS: Final = {
    "subject": (
        "A report of one subject / 主体报告",
        "Who it is, what is on record, whom it is related to, who stands behind it, its time and"
        " money / 登记、名单、关联方、股权与控制、时间线、资金",
    ),
    "case": (
        "A report of a finding, case or cluster / 线索或案件报告",
        "By its `id`, or the findings in an `answer`: why, who, on which facts"
        " / 按编号或给定结果, 列出理由、成员与事实",
    ),
    "extension": (
        "A report of whom a measure reaches / 措施扩展报告",
        "Who is reached and why, what was lacking for others, basis, term, proof check, objection"
        " and repair / 可及于谁及原因、欠缺、依据、期限、证明核验、异议与修复",
    ),
    "clusters": (
        "A report of risk clusters / 风险群组报告",
        "The worst clusters with members and why, and what is new `since` a day"
        " / 得分最高的群组、成员与原因, 以及自某日以来的变化",
    ),
}
_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "subject": {"subject": "demo:c1", "as_of": "2022-01-05", "lang": "both", "format": "html"},
    "case": {
        "answer": {
            "algorithm": "transfer_cycles", "as_of": "2022-01-05",
            "known_at": "2100-01-01T00:00:00+08:00", "results": [],
        }
    },
    "extension": {
        "subject": "demo:c1", "measure": "consumption_restriction", "act": "2021-05-01",
        "as_of": "2022-01-05",
    },
    "clusters": {"as_of": "2022-01-05", "since": "2021-01-01", "top": 20},
}  # fmt: skip


def add_reports(app: FastAPI, engine: Engine) -> None:
    """Each kind of report under its own path."""
    for kind in KINDS:
        record = ALGORITHMS[_AS[kind]]
        summary, words = _TEXTS[kind]
        add(
            app,
            "POST",
            f"{BASE}/{kind}",
            _making(engine, kind),
            scope=scope_of(record),
            domains=domains_of(record),
            also=_ALSO.get(kind, ()),
            tags=["reports"],
            extra=_said(kind),
            name=f"report-{kind}",
            operation_id=f"report_{kind}",
            summary=summary,
            description=f"{words}. HTML, or PDF where `format` is pdf; as a job where"
            " `Prefer: respond-async` asks for one / 可作为任务.",
        )


def _making(engine: Engine, kind: str) -> Endpoint:
    """The endpoint that makes a kind of report."""

    async def report(request: Request) -> Response:
        caller = caller_of(request)
        given = await body_of(request)
        wanted = asked(kind, given)
        job, wait = preferred(request)
        if job:
            return await jobs_of(request).submit(_as_job(request, kind, given, caller), wait)
        body, media, subjects = await engine.run(made, engine.session, wanted, caller)
        shown(request, (each["id"] for each in subjects if each["kind"] in PERSONAL), ["report"])
        return Response(body, headers=_headers(kind, wanted), media_type=media)

    return report


def _headers(kind: str, wanted: Asked) -> dict[str, str]:
    found = {**KEPT, "Content-Disposition": f'inline; filename="linkrisk-{kind}.{wanted.format}"'}
    if wanted.format == "html":
        found["Content-Security-Policy"] = POLICY
    return found


def _as_job(request: Request, kind: str, given: dict[str, Any], caller: Caller) -> JobAsked:
    """The same request, to be carried out later by this route."""
    path = f"{BASE}/{kind}"
    call = Call(
        method="POST", path=path, raw_path=path, headers=headers_of(request.headers),
        body=msgspec.json.encode(given),
    )  # fmt: skip
    told = {name: value for name, value in given.items() if name != "answer"}
    return JobAsked(
        owner=owner_of(caller), what=f"report_{kind}", asked=jobs_of(request).unnamed(told),
        call=msgspec.json.encode(call).decode(), caller=keep_caller(caller),
        scope=scope_of(ALGORITHMS[_AS[kind]]), seconds=jobs_of(request).settings.seconds,
    )  # fmt: skip


def _said(kind: str) -> dict[str, Any]:
    """What OpenAPI says of one of them."""
    text = {"type": "string"}
    answers = {
        MEDIA["html"].partition(";")[0]: {"schema": text},
        MEDIA["pdf"]: {"schema": {**text, "format": "binary"}},
    }
    return {
        **openapi.body(KINDS[kind], _EXAMPLES[kind], required=True),
        "responses": {"200": {"description": "the report / 报告", "content": answers}, **MADE},
    }


__all__ = ["add_reports"]
