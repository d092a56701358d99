"""What can be asked of a service: each function is the steps of one method of every client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from algorithms.catalogue import Entry, catalogue
from api.client.answer import Answer
from api.client.exchange import (
    JSON,
    Call,
    Exchange,
    Item,
    Reply,
    Stream,
    encoded,
    get,
    pages,
    part,
    post,
    question,
)
from graph.errors import WrongUsage

_DECISIONS: Final = "/v1/decisions"
_ALONE: Final = frozenset({"propose", "expire"})  # steps that are about no decision
_SUBJECTS: Final = "/v1/subjects"


def plain(params: dict[str, Any]) -> dict[str, Any]:
    """`from_`, as Python must write it, is `from`."""
    return {name.rstrip("_"): value for name, value in params.items()}


def ask(name: str, /, **params: Any) -> Exchange[Answer]:
    """The envelope that answers a question by its algorithm's name or verb."""
    return question(route_of(name), plain(params))


def route_of(name: str) -> str:
    """Where an algorithm answers; one that only a newer service knows, at its verb."""
    entry = algorithms().get(name.replace("-", "_"))
    return entry.path if entry else f"/v1/{name.replace('_', '-')}"


@cache
def algorithms() -> dict[str, Entry]:
    """The algorithms of this version: read once, for it is the text of many modules."""
    return catalogue()


def subject(name: str, *, known_at: str | None = None) -> Exchange[Answer]:
    """One subject with its records and listings."""
    return get(f"{_SUBJECTS}/{part(name)}", known_at=known_at)


def record(name: str, **asked: Any) -> Exchange[Answer]:
    """What is on record of a subject: roles held and shed, listings, as `subject_record` has it."""
    return get(f"{_SUBJECTS}/{part(name)}/record", **asked)


def related(name: str, **asked: Any) -> Exchange[Answer]:
    """The parties related to a subject, as `related_parties` answers."""
    return get(f"{_SUBJECTS}/{part(name)}/related", **asked)


def controllers(name: str, **asked: Any) -> Exchange[Answer]:
    """Who actually controls a subject, as `actual_controller` answers."""
    return get(f"{_SUBJECTS}/{part(name)}/controllers", **asked)


def adjacent_to(name: str, **asked: Any) -> Exchange[Answer]:
    """What stands at a subject by kind and direction: counts first, and a page of each."""
    return get(f"{_SUBJECTS}/{part(name)}/adjacent", **asked)


def neighbours(name: str, kind: str, direction: str, *, page: int = 200, **asked: Any) -> Stream:
    """Every relation of one kind and direction at a subject, what began last first; page by page
    as they are come to."""
    asked |= {"kinds": kind, "direction": direction, "limit": page}
    after: str | None = None
    while True:
        answer = yield from get(f"{_SUBJECTS}/{part(name)}/adjacent", after=after, **asked)
        for group in answer.rows:
            yield from map(Item, group["relations"])
        after = answer.rows[0]["next"] if answer.rows else None
        if after is None:
            return


def timeline(name: str, *, page: int = 200, **asked: Any) -> Stream:
    """Every moment of a subject, earliest first: of one `axis`, `since`, `until`, of `kinds`."""
    return pages(f"{_SUBJECTS}/{part(name)}/timeline", limit=page, **asked)


def catalog(*, known_at: str | None = None) -> Exchange[Answer]:
    """The datasets that facts came from: counts, times, files, terms."""
    return get("/v1/catalog", known_at=known_at)


def algorithms_of_service() -> Exchange[Any]:
    """What the service can be asked: names, parameters, rows, sources; a list."""
    reply: Reply = yield Call("GET", "/v1/algorithms")
    return reply.value()


def cluster(ident: str, **asked: Any) -> Exchange[Answer]:
    """What became of one risk cluster from moment to moment."""
    return get(f"/v1/clusters/{part(ident)}/history", **asked)


def unmask(subject: str, *, purpose: str, case: str, **given: Any) -> Exchange[Answer]:
    """Identifiers of one subject in full, for a granted purpose and a case; recorded first."""
    return question("/v1/unmask", {"subject": subject, "purpose": purpose, "case": case, **given})


def notice(
    answer: Mapping[str, Any], party: str, kind: str, *, lang: str = "both", **particulars: Any
) -> Exchange[str]:
    """A notice to one party of an answer of `extend`, as HTML."""
    body = {"answer": answer, "party": party, "kind": kind, "lang": lang}
    sent = encoded({**body, "particulars": particulars})
    reply: Reply = yield Call("POST", "/v1/notices", {}, sent, {"Content-Type": JSON})
    return reply.body.decode()


def make_report(kind: str, /, **asked: Any) -> Exchange[bytes]:
    """A report as HTML, or as PDF with `format="pdf"`: of a `subject`, `case`, `extension`,
    `clusters`, with the parameters that its route has."""
    sent = encoded(plain(asked))
    reply: Reply = yield Call("POST", f"/v1/reports/{part(kind)}", {}, sent, {"Content-Type": JSON})
    return reply.body


def search(
    text: str,
    *,
    kind: str | None = None,
    limit: int = 20,
    offset: int | None = None,
    known_at: str | None = None,
) -> Exchange[Answer]:
    """Subjects by id, key, part of a name, or its pinyin; best first."""
    return get("/v1/search", q=text, kind=kind, limit=limit, offset=offset, known_at=known_at)


def match(
    queries: Mapping[str, Mapping[str, Any]],
    *,
    exclude: Sequence[str] = (),
    **asked: Any,
) -> Exchange[Answer]:
    """Screen whom queries describe: each `{"schema", "properties"}` by a key of your own; scores
    with what each feature says. `threshold`, `cutoff`, `limit`, `changed_since` as the route has
    them; `exclude`: ids that were looked at and are not meant."""
    query = {**asked, "exclude_entity_ids": list(exclude) or None}
    return question("/v1/match", {"queries": queries}, **query)


def facts(names: Sequence[str], *, known_at: str | None = None) -> Exchange[Answer]:
    """Facts by the ids that answers cite: both ends, fields, source."""
    return question("/v1/facts", {"ids": list(names), "known_at": known_at})


def rulebook(
    edition: str | None = None, *, measure: str | None = None, day: str | None = None
) -> Exchange[Answer]:
    """An edition of the rulebook, one measure of it, or what is in force on a day."""
    return get("/v1/rulebook", edition=edition, measure=measure, day=day)


def decide(
    step: str, about: str | None = None, /, *, key: str | None = None, **given: Any
) -> Exchange[Answer]:
    """Take a step of a decision; `propose` and `expire` are about none.

    `key` names the step, so that sending it again takes it once; by default one of its own.
    """
    if about is None and step not in _ALONE:
        raise WrongUsage(f"{step}: which decision?")
    path = "" if step == "propose" else f"/{step}"
    inner = "" if about is None else f"/{part(about)}"
    return post(f"{_DECISIONS}{inner}{path}", given, key=key)


def decision(about: str, *, day: str | None = None) -> Exchange[Answer]:
    """A decision, with its proof and all entries about it."""
    return get(f"{_DECISIONS}/{part(about)}", day=day)


def decisions(*, limit: int = 100, **asked: str | None) -> Exchange[Answer]:
    """Decisions, newest first; of a `subject`, `party`, with a `status`, on a `day`."""
    return get(_DECISIONS, limit=limit, **asked)


def overdue(*, day: str | None = None, limit: int = 100) -> Exchange[Answer]:
    """What of decisions is overdue, longest first."""
    return get(f"{_DECISIONS}/overdue", day=day, limit=limit)


def red_list(
    subjects: Sequence[str] = (), *, day: str | None = None, limit: int = 100
) -> Exchange[Answer]:
    """Who qualifies for a red list; of nobody named, all who are on one."""
    named = ",".join(subjects) or None
    return get(f"{_DECISIONS}/red-list", subjects=named, day=day, limit=limit)


def proof(about: str) -> Exchange[Answer]:
    """The row and proof that a decision rests on."""
    return get(f"{_DECISIONS}/{part(about)}/proof")


def verify_proofs(proofs: Sequence[Mapping[str, Any]]) -> Exchange[Answer]:
    """Whether proofs of `extend` hold, checked by code that made none of them."""
    return question("/v1/proofs/verify", {"proofs": list(proofs)})


def replayed(about: str) -> Exchange[Answer]:
    """Whether the answer that a decision rests on comes out again byte for byte."""
    return get(f"{_DECISIONS}/{part(about)}/replay")


def fallout(
    facts: Sequence[str] = (), *, since: int | None = None, limit: int = 100
) -> Exchange[Answer]:
    """What the fall of facts, or all that batches changed `since` one, means for decisions."""
    named = ",".join(facts) or None
    return get(f"{_DECISIONS}/fallout", facts=named, since=since, limit=limit)


def replay(ids: Sequence[str] = (), *, limit: int = 100) -> Exchange[Answer]:
    """Whether the answers that decisions rest on come out again byte for byte."""
    return get(f"{_DECISIONS}/replay", ids=",".join(ids) or None, limit=limit)


def ledger_head() -> Exchange[Answer]:
    """The newest entry of the ledger of decisions, to be kept outside."""
    return get("/v1/audit/head")


def ledger_verified(anchors: Sequence[str] = ()) -> Exchange[Answer]:
    """Whether the ledger is whole, against heads that were kept outside."""
    return get("/v1/audit/verify", anchor=list(anchors) or None)


def reads(**asked: Any) -> Exchange[Answer]:
    """Who read what: of a `subject`, by an `actor`, of a `case`, `since` an entry."""
    return get("/v1/audit/reads", **asked)


def reads_head() -> Exchange[Answer]:
    """The newest entry of the chain of reads, to be kept outside."""
    return get("/v1/audit/reads/head")


def reads_verified(anchors: Sequence[str] = ()) -> Exchange[Answer]:
    """Whether the chain of reads is whole, against heads that were kept outside."""
    return get("/v1/audit/reads/verify", anchor=list(anchors) or None)
