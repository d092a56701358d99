"""Ask linkrisk from Python: over HTTP, or in this process, by the same calls.

    risk = connect("sqlite:///linkrisk.db")            # in process
    risk = Client("http://127.0.0.1:8000", token)      # over HTTP
    risk.related_parties(subject="c1", depth=2)["results"]
    risk.ask("paths", **{"from": "p1", "to": "c9"})    # or risk.paths(from_="p1", to="c9")

Every answer is the envelope as plain dicts and lists. Errors are those of `graph.errors`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import msgspec

from algorithms.catalogue import Entry, catalogue
from graph import errors

if TYPE_CHECKING:
    import httpx

    from api.decisions.work import Work
    from api.session import Session


class Asking(Protocol):
    """What can be asked, however it is reached."""

    def ask(self, name: str, /, **params: Any) -> dict[str, Any]:
        """The envelope that answers a question by its algorithm's name or verb."""

    def decide(self, step: str, about: str | None = None, /, **given: Any) -> dict[str, Any]:
        """Take a step of a decision; `propose` and `expire` are about none."""

    def decision(self, about: str, *, day: str | None = None) -> dict[str, Any]:
        """A decision, with its proof and all entries about it."""

    def decisions(self, *, limit: int = 100, **asked: str | None) -> dict[str, Any]:
        """Decisions, newest first; of a `subject`, `party`, with a `status`, on a `day`."""

    def overdue(self, *, day: str | None = None, limit: int = 100) -> dict[str, Any]:
        """What of decisions is overdue, longest first."""

    def red_list(
        self, subjects: Sequence[str] = (), *, day: str | None = None, limit: int = 100
    ) -> dict[str, Any]:
        """Who qualifies for a red list; of nobody named, all who are on one."""

    def subject(self, name: str, *, known_at: str | None = None) -> dict[str, Any]:
        """One subject with its records and listings."""

    def search(self, text: str, *, kind: str | None = None, limit: int = 20) -> dict[str, Any]:
        """Subjects by id, key or part of a name."""

    def facts(self, names: Sequence[str], *, known_at: str | None = None) -> dict[str, Any]:
        """Facts by the ids that answers cite: both ends, fields, source."""

    def rulebook(
        self, edition: str | None = None, *, measure: str | None = None, day: str | None = None
    ) -> dict[str, Any]:
        """An edition of the rulebook, one measure of it, or what is in force on a day."""


@cache
def _catalogue() -> dict[str, Entry]:
    """The algorithms of this version: read once, for it is the text of many modules."""
    return catalogue()


class _Named:
    """A method for each algorithm: `risk.related_parties(...)` is `risk.ask("related_parties")`."""

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name not in _catalogue():
            raise AttributeError(f"no algorithm and no method {name}")

        def ask(**params: Any) -> dict[str, Any]:
            asked: Callable[..., dict[str, Any]] = object.__getattribute__(self, "ask")
            return asked(name, **params)

        return ask

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_catalogue()]


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """`from_`, as Python must write it, is `from`."""
    return {name.rstrip("_"): value for name, value in params.items()}


class Client(_Named):
    """A service at a URL; `token` defaults to LINKRISK_TOKEN. Raises httpx.HTTPError when it is
    not reached, and errors of `graph.errors` for what it answers."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = 90.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        import httpx

        secret = token if token is not None else os.environ.get("LINKRISK_TOKEN", "")
        self._http = httpx.Client(
            base_url=url.partition("?")[0],
            headers={"Authorization": f"Bearer {secret}"},
            timeout=timeout,
            transport=transport,
        )

    def ask(self, name: str, /, **params: Any) -> dict[str, Any]:
        """The envelope that answers a question by its algorithm's name or verb."""
        entry = _catalogue().get(name.replace("-", "_"))
        path = entry.path if entry else f"/v1/{name}"  # of a newer service
        return self._call("POST", path, content=msgspec.json.encode(_plain(params)))

    def decide(self, step: str, about: str | None = None, /, **given: Any) -> dict[str, Any]:
        """Take a step of a decision; `propose` and `expire` are about none."""
        from urllib.parse import quote

        path = "" if step == "propose" else f"/{step}"
        inner = "" if about is None else f"/{quote(about, safe='')}"
        body = msgspec.json.encode(given)
        return self._call("POST", f"/v1/decisions{inner}{path}", content=body)

    def decision(self, about: str, *, day: str | None = None) -> dict[str, Any]:
        """A decision, with its proof and all entries about it."""
        from urllib.parse import quote

        return self._look(f"/{quote(about, safe='')}", day=day)

    def decisions(self, *, limit: int = 100, **asked: str | None) -> dict[str, Any]:
        """Decisions, newest first; of a `subject`, `party`, with a `status`, on a `day`."""
        return self._look("", limit=limit, **asked)

    def overdue(self, *, day: str | None = None, limit: int = 100) -> dict[str, Any]:
        """What of decisions is overdue, longest first."""
        return self._look("/overdue", day=day, limit=limit)

    def red_list(
        self, subjects: Sequence[str] = (), *, day: str | None = None, limit: int = 100
    ) -> dict[str, Any]:
        """Who qualifies for a red list; of nobody named, all who are on one."""
        return self._look("/red-list", subjects=",".join(subjects) or None, day=day, limit=limit)

    def _look(self, path: str, **asked: Any) -> dict[str, Any]:
        params = {name: value for name, value in asked.items() if value is not None}
        return self._call("GET", f"/v1/decisions{path}", params=params)

    def subject(self, name: str, *, known_at: str | None = None) -> dict[str, Any]:
        """One subject with its records and listings."""
        from urllib.parse import quote

        params = {} if known_at is None else {"known_at": known_at}
        return self._call("GET", f"/v1/subjects/{quote(name, safe='')}", params=params)

    def search(self, text: str, *, kind: str | None = None, limit: int = 20) -> dict[str, Any]:
        """Subjects by id, key or part of a name."""
        params: dict[str, Any] = {"q": text, "limit": limit}
        return self._call("GET", "/v1/search", params=params | ({"kind": kind} if kind else {}))

    def facts(self, names: Sequence[str], *, known_at: str | None = None) -> dict[str, Any]:
        """Facts by the ids that answers cite: both ends, fields, source."""
        body = msgspec.json.encode({"ids": list(names), "known_at": known_at})
        return self._call("POST", "/v1/facts", content=body)

    def rulebook(
        self, edition: str | None = None, *, measure: str | None = None, day: str | None = None
    ) -> dict[str, Any]:
        """An edition of the rulebook, one measure of it, or what is in force on a day."""
        asked = {"edition": edition, "measure": measure, "day": day}
        params = {name: value for name, value in asked.items() if value is not None}
        return self._call("GET", "/v1/rulebook", params=params)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self._http.request(method, path, **options)
        if response.is_success:
            return msgspec.json.decode(response.content, type=dict[str, Any])
        raise _error(response)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _error(response: httpx.Response) -> errors.LinkriskError:
    """The error of our tree that a problem names, or the root of the tree."""
    try:
        said = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.DecodeError:
        said = {}
    kind = getattr(errors, str(said.get("title")), None)
    detail = str(said.get("detail") or f"HTTP {response.status_code}")
    if isinstance(kind, type) and issubclass(kind, errors.LinkriskError):
        return kind(detail)
    return errors.LinkriskError(detail)


class Local(_Named):
    """A store opened in this process."""

    def __init__(self, url: str) -> None:
        from api.session import Session

        self.session: Session = Session(url)

    def ask(self, name: str, /, **params: Any) -> dict[str, Any]:
        """The envelope that answers a question by its algorithm's name or verb."""
        answered: dict[str, Any] = msgspec.to_builtins(self.session.ask(name, _plain(params)))
        return answered

    @cached_property
    def _work(self) -> Work:
        from api.decisions.work import Work

        return Work(self.session)

    def decide(self, step: str, about: str | None = None, /, **given: Any) -> dict[str, Any]:
        """Take a step of a decision; `propose` and `expire` are about none."""
        from api.decisions import asking

        return msgspec.json.decode(asking.take(self._work, step, about, given), type=dict[str, Any])

    def decision(self, about: str, *, day: str | None = None) -> dict[str, Any]:
        """A decision, with its proof and all entries about it."""
        from api.decisions import views

        return views.one(self._work, about, day)

    def decisions(self, *, limit: int = 100, **asked: str | None) -> dict[str, Any]:
        """Decisions, newest first; of a `subject`, `party`, with a `status`, on a `day`."""
        from api.decisions import views

        return views.listing(self._work, asked, limit)

    def overdue(self, *, day: str | None = None, limit: int = 100) -> dict[str, Any]:
        """What of decisions is overdue, longest first."""
        from api.decisions import views

        return views.late(self._work, day, limit)

    def red_list(
        self, subjects: Sequence[str] = (), *, day: str | None = None, limit: int = 100
    ) -> dict[str, Any]:
        """Who qualifies for a red list; of nobody named, all who are on one."""
        from api.decisions import views

        return views.red_list(self._work, list(subjects) or None, day, limit)

    def subject(self, name: str, *, known_at: str | None = None) -> dict[str, Any]:
        """One subject with its records and listings."""
        from api.look import subject

        return subject(self.session, name, known_at)

    def search(self, text: str, *, kind: str | None = None, limit: int = 20) -> dict[str, Any]:
        """Subjects by id, key or part of a name."""
        from api.look import search

        return search(self.session, text, kind, limit)

    def facts(self, names: Sequence[str], *, known_at: str | None = None) -> dict[str, Any]:
        """Facts by the ids that answers cite: both ends, fields, source."""
        from api.evidence import facts

        return facts(self.session, names, known_at)

    def rulebook(
        self, edition: str | None = None, *, measure: str | None = None, day: str | None = None
    ) -> dict[str, Any]:
        """An edition of the rulebook, one measure of it, or what is in force on a day."""
        from api.rulebook import shown

        return shown(edition, measure, day)

    def close(self) -> None:
        """Let go of the store."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(url: str | None = None) -> Local:
    """Open a store in this process: `url`, else LINKRISK_STORE, else linkrisk.db here.

    Raises NoStore where there is none.
    """
    from api.options import Common

    return Local(Common(store=url).url)
