"""The HTTP service: an app made from the registry around one session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Final

import msgspec
from fastapi import FastAPI

from api.auth import Access, Guard
from api.catalog.routes import add_catalog
from api.contract.document import document
from api.decisions.push_routes import add_pushes
from api.decisions.routes import add_decisions
from api.engine import Engine
from api.feed.routes import add_feed
from api.intake.routes import add_intake
from api.jobs.routes import add_jobs
from api.matching.routes import add_matching
from api.once import add_once
from api.problems import add_handlers
from api.reads.hook import Audit
from api.reads.routes import add_reads
from api.rehearsal import Rehearsal
from api.routes import add_questions
from api.service import add_service
from api.serving import alongside
from api.session import Session
from api.subjects.routes import add_subjects
from api.views import add_cluster_history
from api.webhooks.routes import add_webhooks

# Routes are tried in this order.
PARTS: Final[tuple[Callable[[FastAPI, Engine], None], ...]] = (
    add_questions,
    add_matching,
    add_subjects,
    add_cluster_history,
    add_catalog,
    add_service,
    add_decisions,
    add_pushes,
    add_once,
    add_jobs,
    add_intake,
    add_feed,
    add_webhooks,
    add_reads,
)
_ABOUT: Final = (
    "Facts in, related parties out, each with its proof. Every question is a POST with its"
    " parameters as a JSON object, or a GET with them in the query.\n\n"
    "导入事实, 得出关联方及其证据。每个问题可用 POST (JSON 参数) 或 GET (查询参数) 提出。"
)


@dataclass(frozen=True, slots=True)
class Service:
    """Settings of a service: who may ask, and the most seconds that one question may take."""

    access: Access
    seconds: float = 60.0
    parts: tuple[msgspec.Struct, ...] = ()  # settings of parts of the service, else their defaults


def make_app(session: Session, service: Service, rehearsal: Rehearsal | None = None) -> FastAPI:
    """The app; it closes the session when it shuts down, and begins the rehearsal given."""
    engine = Engine(session, seconds=service.seconds)
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
        engine.close()
        await audit.close()
        session.close()

    app = FastAPI(
        title="linkrisk",
        version=version("linkrisk"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    app.state.settings = {type(each): each for each in service.parts}
    app.state.audit = audit
    add_handlers(app)
    for part in PARTS:
        part(app, engine)
    app.add_middleware(Guard, access=service.access)
    return app
