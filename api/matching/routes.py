"""The routes of this part: search and match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api.look import number_of
from api.matching import schemas, search, yente
from api.matching.settings import MatchSettings
from api.serving import add, body_of, json_response, query_of, settings_of
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

_LISTS: Final = frozenset({"exclude_entity_ids"})


def add_matching(app: FastAPI, engine: Engine) -> None:
    """Search, and matching of descriptions."""
    session, most = engine.session, settings_of(app, MatchSettings).queries

    async def find(request: Request) -> Response:
        """Subjects by id, official key or name, best first, a page at a time / 搜索.

        Names are found in traditional and simplified characters, by parts, by pinyin (`zhang san`)
        and its first letters (`zs`); former names too. `how` says why each was found.
        """
        given = query_of(request, frozenset())
        check_names(given, search.PARAMETERS)
        args = (
            given.get("q", ""),
            given.get("kind"),
            number_of("limit", given.get("limit"), 20, 1, search.MOST),
            number_of("offset", given.get("offset"), 0, 0, search.DEEPEST),
            given.get("known_at"),
        )
        return json_response(await engine.run(search.search_bytes, session, *args))

    async def match(request: Request) -> Response:
        """Who is meant by each of a batch of descriptions, with why / 批量匹配.

        The shape is yente's. A query that is malformed has `status` 422 and `error` in its own
        place. Personal identifiers are masked in what is echoed.
        """
        given = query_of(request, _LISTS)
        check_names(given, frozenset(yente.OPTIONS))
        asked = yente.batch_of(await body_of(request), given)
        return json_response(await engine.run(yente.match_bytes, session, asked, most))

    for method, path, endpoint, extra in (
        ("GET", "/v1/search", find, schemas.SEARCH),
        ("POST", "/v1/match", match, schemas.MATCH),
    ):
        add(app, method, path, endpoint, scope="search", tags=["matching"], extra=extra)


def check_names(given: dict[str, Any], known: frozenset[str]) -> None:
    """Raises WrongUsage for a parameter that nobody reads."""
    for name in given:
        if name not in known:
            raise WrongUsage(f"unknown parameter {name[:40]}: one of {', '.join(sorted(known))}")
