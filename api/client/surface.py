"""The methods of every client, made once from `calls`: of one that waits, and of one that does not.

A method added to `calls` is added to both classes here, by one line each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from api.client import bulk, calls, casework, identity, modelling, monitoring, operating
from api.client.answer import Answer
from api.client.exchange import Exchange, Stream

P = ParamSpec("P")
T = TypeVar("T")


class Runs(Protocol):
    """What takes the steps of an exchange and waits for each."""

    def _run(self, exchange: Exchange[T], /) -> T: ...

    def _stream(self, stream: Stream, /) -> Iterator[Any]: ...


class RunsLater(Protocol):
    """What takes them and lets others run meanwhile."""

    async def _run(self, exchange: Exchange[T], /) -> T: ...

    def _stream(self, stream: Stream, /) -> AsyncIterator[Any]: ...


def one(make: Callable[P, Exchange[T]]) -> Callable[Concatenate[Runs, P], T]:
    """A method that waits, of the steps that a function makes."""

    @wraps(make)
    def method(self: Runs, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(make(*args, **kwargs))

    return method


def many(make: Callable[P, Stream]) -> Callable[Concatenate[Runs, P], Iterator[Any]]:
    """A method that iterates."""

    @wraps(make)
    def method(self: Runs, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        return self._stream(make(*args, **kwargs))

    return method


def one_later(make: Callable[P, Exchange[T]]) -> Callable[Concatenate[RunsLater, P], Awaitable[T]]:
    """The same, to be awaited."""

    @wraps(make)
    def method(self: RunsLater, /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        return self._run(make(*args, **kwargs))

    return method


def many_later(
    make: Callable[P, Stream],
) -> Callable[Concatenate[RunsLater, P], AsyncIterator[Any]]:
    """The same, to be iterated over by `async for`."""

    @wraps(make)
    def method(self: RunsLater, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Any]:
        return self._stream(make(*args, **kwargs))

    return method


def named(ask: Callable[..., T], name: str) -> Callable[..., T]:
    """`risk.related_parties(...)` for `risk.ask("related_parties", ...)`."""
    if name not in calls.algorithms():
        raise AttributeError(f"no algorithm and no method {name}")

    def asked(**params: Any) -> T:
        return ask(name, **params)

    return asked


class Methods:
    """What a client that waits can be asked; every algorithm's name is a method, too."""

    ask = one(calls.ask)
    subject = one(calls.subject)
    record = one(calls.record)
    related = one(calls.related)
    controllers = one(calls.controllers)
    adjacent_to = one(calls.adjacent_to)
    neighbours = many(calls.neighbours)
    timeline = many(calls.timeline)
    catalog = one(calls.catalog)
    search = one(calls.search)
    algorithms_of_service = one(calls.algorithms_of_service)
    cluster = one(calls.cluster)
    unmask = one(calls.unmask)
    notice = one(calls.notice)
    make_report = one(calls.make_report)
    facts = one(calls.facts)
    rulebook = one(calls.rulebook)
    decide = one(calls.decide)
    decision = one(calls.decision)
    decisions = one(calls.decisions)
    overdue = one(calls.overdue)
    red_list = one(calls.red_list)
    match = one(calls.match)
    proof = one(calls.proof)
    verify_proofs = one(calls.verify_proofs)
    replayed = one(calls.replayed)
    fallout = one(calls.fallout)
    replay = one(calls.replay)
    ledger_head = one(calls.ledger_head)
    ledger_verified = one(calls.ledger_verified)
    reads = one(calls.reads)
    reads_head = one(calls.reads_head)
    reads_verified = one(calls.reads_verified)
    submit = one(bulk.submit)
    job = one(bulk.job)
    jobs = one(bulk.jobs)
    result = one(bulk.result)
    cancel = one(bulk.cancel)
    wait = one(bulk.wait)
    changes = many(bulk.changes)
    export = many(bulk.export)
    features = one(bulk.features)
    make_features = one(bulk.make_features)
    feature_dictionary = one(bulk.feature_dictionary)
    pushes = one(operating.pushes)
    push = one(operating.push)
    push_to = one(operating.push_to)
    acknowledge = one(operating.acknowledge)
    report = one(operating.report)
    ingest = one(operating.ingest)
    quarantine = one(operating.quarantine)
    mappings = one(operating.mappings)
    mapping = one(operating.mapping)
    add_mapping = one(operating.add_mapping)
    webhooks = one(operating.webhooks)
    webhook = one(operating.webhook)
    add_webhook = one(operating.add_webhook)
    change_webhook = one(operating.change_webhook)
    remove_webhook = one(operating.remove_webhook)
    renew_secret = one(operating.renew_secret)
    try_webhook = one(operating.try_webhook)
    resend = one(operating.resend)
    deliveries = one(operating.deliveries)
    held_about = one(operating.held_about)
    correct = one(operating.correct)
    erase = one(operating.erase)
    release = one(operating.release)
    readmit = one(operating.readmit)
    purge = one(operating.purge)
    due = one(operating.due)
    retain = one(operating.retain)
    run_findings = one(casework.run_findings)
    findings = one(casework.findings)
    finding = one(casework.finding)
    judge_finding = one(casework.judge_finding)
    case_files = one(casework.case_files)
    case_file = one(casework.case_file)
    add_case_file = one(casework.add_case_file)
    change_case_file = one(casework.change_case_file)
    remove_case_file = one(casework.remove_case_file)
    comment = one(casework.comment)
    comments = one(casework.comments)
    export_case_file = one(casework.export_case_file)
    export_scene = one(casework.export_scene)
    run_resolver = one(identity.run_resolver)
    reviews = one(identity.reviews)
    review = one(identity.review)
    accept_pair = one(identity.accept_pair)
    reject_pair = one(identity.reject_pair)
    judgements = one(identity.judgements)
    judge_pair = one(identity.judge_pair)
    undo_judgement = one(identity.undo_judgement)
    conflicts = one(identity.conflicts)
    why_one = one(identity.why_one)
    how_one = one(identity.how_one)
    monitored = one(monitoring.monitored)
    run_monitor = one(monitoring.run_monitor)
    cluster_line = one(monitoring.cluster_line)
    alert = one(monitoring.alert)
    judge_alert = one(monitoring.judge_alert)
    monitor_digest = one(monitoring.monitor_digest)
    digest_mail = one(monitoring.digest_mail)
    statistics = one(monitoring.statistics)
    monitor_runs = many(monitoring.monitor_runs)
    cluster_lines = many(monitoring.cluster_lines)
    alerts = many(monitoring.alerts)
    models = one(modelling.models)
    model = one(modelling.model)
    model_card = one(modelling.model_card)
    train_model = one(modelling.train_model)
    use_model = one(modelling.use_model)
    use_rules = one(modelling.use_rules)
    model_drift = one(modelling.model_drift)
    model_stability = one(modelling.model_stability)

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        return named(object.__getattribute__(self, "ask"), name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *calls.algorithms()]


class LaterMethods:
    """The same of a client that does not wait."""

    ask = one_later(calls.ask)
    subject = one_later(calls.subject)
    record = one_later(calls.record)
    related = one_later(calls.related)
    controllers = one_later(calls.controllers)
    adjacent_to = one_later(calls.adjacent_to)
    neighbours = many_later(calls.neighbours)
    timeline = many_later(calls.timeline)
    catalog = one_later(calls.catalog)
    search = one_later(calls.search)
    algorithms_of_service = one_later(calls.algorithms_of_service)
    cluster = one_later(calls.cluster)
    unmask = one_later(calls.unmask)
    notice = one_later(calls.notice)
    make_report = one_later(calls.make_report)
    facts = one_later(calls.facts)
    rulebook = one_later(calls.rulebook)
    decide = one_later(calls.decide)
    decision = one_later(calls.decision)
    decisions = one_later(calls.decisions)
    overdue = one_later(calls.overdue)
    red_list = one_later(calls.red_list)
    match = one_later(calls.match)
    proof = one_later(calls.proof)
    verify_proofs = one_later(calls.verify_proofs)
    replayed = one_later(calls.replayed)
    fallout = one_later(calls.fallout)
    replay = one_later(calls.replay)
    ledger_head = one_later(calls.ledger_head)
    ledger_verified = one_later(calls.ledger_verified)
    reads = one_later(calls.reads)
    reads_head = one_later(calls.reads_head)
    reads_verified = one_later(calls.reads_verified)
    submit = one_later(bulk.submit)
    job = one_later(bulk.job)
    jobs = one_later(bulk.jobs)
    result = one_later(bulk.result)
    cancel = one_later(bulk.cancel)
    wait = one_later(bulk.wait)
    changes = many_later(bulk.changes)
    export = many_later(bulk.export)
    features = one_later(bulk.features)
    make_features = one_later(bulk.make_features)
    feature_dictionary = one_later(bulk.feature_dictionary)
    pushes = one_later(operating.pushes)
    push = one_later(operating.push)
    push_to = one_later(operating.push_to)
    acknowledge = one_later(operating.acknowledge)
    report = one_later(operating.report)
    ingest = one_later(operating.ingest)
    quarantine = one_later(operating.quarantine)
    mappings = one_later(operating.mappings)
    mapping = one_later(operating.mapping)
    add_mapping = one_later(operating.add_mapping)
    webhooks = one_later(operating.webhooks)
    webhook = one_later(operating.webhook)
    add_webhook = one_later(operating.add_webhook)
    change_webhook = one_later(operating.change_webhook)
    remove_webhook = one_later(operating.remove_webhook)
    renew_secret = one_later(operating.renew_secret)
    try_webhook = one_later(operating.try_webhook)
    resend = one_later(operating.resend)
    deliveries = one_later(operating.deliveries)
    held_about = one_later(operating.held_about)
    correct = one_later(operating.correct)
    erase = one_later(operating.erase)
    release = one_later(operating.release)
    readmit = one_later(operating.readmit)
    purge = one_later(operating.purge)
    due = one_later(operating.due)
    retain = one_later(operating.retain)
    run_findings = one_later(casework.run_findings)
    findings = one_later(casework.findings)
    finding = one_later(casework.finding)
    judge_finding = one_later(casework.judge_finding)
    case_files = one_later(casework.case_files)
    case_file = one_later(casework.case_file)
    add_case_file = one_later(casework.add_case_file)
    change_case_file = one_later(casework.change_case_file)
    remove_case_file = one_later(casework.remove_case_file)
    comment = one_later(casework.comment)
    comments = one_later(casework.comments)
    export_case_file = one_later(casework.export_case_file)
    export_scene = one_later(casework.export_scene)
    run_resolver = one_later(identity.run_resolver)
    reviews = one_later(identity.reviews)
    review = one_later(identity.review)
    accept_pair = one_later(identity.accept_pair)
    reject_pair = one_later(identity.reject_pair)
    judgements = one_later(identity.judgements)
    judge_pair = one_later(identity.judge_pair)
    undo_judgement = one_later(identity.undo_judgement)
    conflicts = one_later(identity.conflicts)
    why_one = one_later(identity.why_one)
    how_one = one_later(identity.how_one)
    monitored = one_later(monitoring.monitored)
    run_monitor = one_later(monitoring.run_monitor)
    cluster_line = one_later(monitoring.cluster_line)
    alert = one_later(monitoring.alert)
    judge_alert = one_later(monitoring.judge_alert)
    monitor_digest = one_later(monitoring.monitor_digest)
    digest_mail = one_later(monitoring.digest_mail)
    statistics = one_later(monitoring.statistics)
    monitor_runs = many_later(monitoring.monitor_runs)
    cluster_lines = many_later(monitoring.cluster_lines)
    alerts = many_later(monitoring.alerts)
    models = one_later(modelling.models)
    model = one_later(modelling.model)
    model_card = one_later(modelling.model_card)
    train_model = one_later(modelling.train_model)
    use_model = one_later(modelling.use_model)
    use_rules = one_later(modelling.use_rules)
    model_drift = one_later(modelling.model_drift)
    model_stability = one_later(modelling.model_stability)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Answer]]:
        return named(object.__getattribute__(self, "ask"), name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *calls.algorithms()]
