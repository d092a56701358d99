"""The HTTP service: an app made from the registry around one session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Final

import msgspec
from fastapi import FastAPI

from api import telemetry
from api.access.guard import Guard
from api.access.peers import Peers
from api.access.unmask import add_unmask
from api.auth import Access
from api.casework.file_routes import add_case_files
from api.casework.finding_routes import add_findings
from api.catalog.routes import add_catalog
from api.contract.document import document
from api.decisions.push_routes import add_pushes
from api.decisions.routes import add_decisions
from api.engine import TO_END, Engine
from api.explorer.routes import add_explorer
from api.features.routes import add_features
from api.feed.routes import add_feed
from api.identity.routes import add_identity
from api.intake.routes import add_intake
from api.jobs.routes import add_jobs
from api.matching.routes import add_matching
from api.metrics import Meters
from api.models.routes import add_models
from api.monitor.routes import add_monitor
from api.observing import Observing
from api.once import add_once
from api.operations import Apart, add_operations
from api.privacy.routes import add_privacy
from api.problems import add_handlers
from api.proofs import add_proofs
from api.reads.hook import Audit
from api.reads.routes import add_reads
from api.reconcile.routes import add_reconcile
from api.rehearsal import Rehearsal
from api.report.routes import add_reports
from api.routes import add_questions
from api.service import add_service
from api.serving import alongside
from api.session import Session
from api.settings import Settings, read
from api.settings.own import Log
from api.subjects.routes import add_subjects
from api.views import add_cluster_history
from api.webhooks.routes import add_webhooks
from graph import compiled

# Routes are tried in this order.
PARTS: Final[tuple[Callable[[FastAPI, Engine], None], ...]] = (
    add_questions,
    add_matching,
    add_reconcile,
    add_subjects,
    add_cluster_history,
    add_catalog,
    add_service,
    add_reports,
    add_explorer,
    add_decisions,
    add_pushes,
    add_proofs,
    add_once,
    add_operations,
    add_jobs,
    add_intake,
    add_identity,
    add_monitor,
    add_models,
    add_feed,
    add_features,
    add_webhooks,
    add_findings,
    add_case_files,
    add_reads,
    add_unmask,
    add_privacy,
)
_ABOUT: Final = (
    "Facts in, related parties out, each with its proof. Every question is a POST with its"
    " parameters as a JSON object, or a GET with them in the query.\n\n"
    "导入事实, 得出关联方及其证据。每个问题可用 POST (JSON 参数) 或 GET (查询参数) 提出。"
)


@dataclass(frozen=True, slots=True)
class Service:
    """Settings of a service: who may ask, and what the deployment set."""

    access: Access
    seconds: float | None = None  # in place of the setting
    parts: tuple[msgspec.Struct, ...] = ()  # in place of what the settings say of these
    settings: Settings = field(default_factory=partial(read, environment={}))
    metrics_port: int | None = None  # of the address of the meters' own


def make_app(
    session: Session,
    service: Service,
    rehearsal: Rehearsal | None = None,
    *,
    number: int = 0,
    warm: bool = False,
) -> FastAPI:
    """The app; it closes the session when it shuts down, and begins the rehearsal given. `number`
    is this process's among the workers; `warm` says that its code is compiled already."""
    settings, meters = service.settings, Meters()
    engine = Engine(
        session, seconds=service.seconds, settings=settings, meters=meters, number=number
    )
    if warm:
        compiled.warm()
        engine.compiled.set()
    exporter = telemetry.wanted()
    tracing = telemetry.Tracing(exporter) if exporter else None
    engine.tracing = tracing
    audit = Audit(session)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if rehearsal is not None:
            engine.compiled = rehearsal.done
            rehearsal.start()
        async with AsyncExitStack() as stack:
            for each in alongside(app):
                await stack.enter_async_context(each())
            yield
        if rehearsal is not None:
            rehearsal.stop()
        engine.close(TO_END)
        await audit.close()
        session.close()
        if tracing is not None:
            tracing.close()

    app = FastAPI(
        title="linkrisk",
        version=version("linkrisk"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if service.access.docs else None,
        lifespan=lifespan,
    )
    app.openapi = partial(document, app)  # type: ignore[method-assign]  # FastAPI's way to do it
    app.state.settings = {type(each): each for each in (*settings.all(), *service.parts)}
    app.state.audit = audit
    app.state.access = service.access
    add_handlers(app)
    for part in PARTS:
        part(app, engine)
    app.state.engine = engine
    app.add_middleware(Guard, access=service.access)
    if service.access.peers:
        app.add_middleware(Peers, peers=service.access.peers)
    if service.metrics_port is not None:
        app.add_middleware(Apart, engine=engine, port=service.metrics_port)
    app.add_middleware(Observing, meters=meters, log=settings.section(Log).access, tracing=tracing)
    return app
