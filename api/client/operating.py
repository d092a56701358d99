"""What departments, administrators and other systems do beside asking: pushes, files that are
loaded, webhooks, the rights of persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from api.client.answer import Answer
from api.client.exchange import (
    JSON,
    KEY,
    Call,
    Exchange,
    Reply,
    encoded,
    get,
    new_key,
    part,
    post,
)
from api.client.uploads import Source, Upload

_MAPPINGS: Final = "/v1/mappings"
_PUSHES: Final = "/v1/pushes"
_WEBHOOKS: Final = "/v1/webhooks"
_PRIVACY: Final = "/v1/privacy"


def pushes(**asked: Any) -> Exchange[Answer]:
    """What departments were told, by `department`, `decision`, `state`; a page."""
    return get(_PUSHES, **asked)


def push(ident: str, *, day: str | None = None) -> Exchange[Answer]:
    """One push: what was told, what came back, what is due."""
    return get(f"{_PUSHES}/{part(ident)}", day=day)


def push_to(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Tell departments of a decision."""
    return post(_PUSHES, given, key=key)


def acknowledge(ident: str, *, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """A department has got a push."""
    return post(f"{_PUSHES}/{part(ident)}/ack", given, key=key)


def report(ident: str, *, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """What a department did on a push, or why it did not."""
    return post(f"{_PUSHES}/{part(ident)}/report", given, key=key)


def ingest(
    source: Source,
    *,
    mapping: str | Path | None = None,
    kind: str = "application/x-ndjson",
    key: str | None = None,
    **asked: Any,
) -> Exchange[Answer]:
    """Load a file of facts: by its path, opened, or as blocks of bytes; it is sent as it is read.
    The receipt, or the job that a long load became.

    `mapping` names one that ships, or is the Path of your own; `name`, `format`, `dataset` as the
    route has them. What cannot be wound back is sent once, however that ends. Raises BadFile where
    a file cannot be read.
    """
    body = Upload(source)
    if isinstance(mapping, Path):
        mapping = (yield from add_mapping(mapping))["mapping"]
    headers = {"Content-Type": kind, KEY: key or new_key()}
    query = {"name": body.name, "mapping": mapping, **asked}
    reply: Reply = yield Call("POST", "/v1/ingest", query, body, headers)
    return reply.read()


def add_mapping(source: Source, *, name: str | None = None) -> Exchange[Answer]:
    """Have a mapping of your own checked and kept; `mapping` of the answer is what `ingest` takes.
    It may be sent as often as one likes: it is known by its content."""
    body = Upload(source)
    headers = {"Content-Type": "application/yaml"}
    reply: Reply = yield Call("POST", _MAPPINGS, {"name": name or body.name}, body, headers)
    return reply.read()


def mappings() -> Exchange[Answer]:
    """The mappings that ship with the service: what each makes, of which columns."""
    return get(_MAPPINGS)


def mapping(name: str) -> Exchange[str]:
    """The text of a mapping, one that ships or your own."""
    reply: Reply = yield Call("GET", f"{_MAPPINGS}/{part(name)}")
    return reply.body.decode()


def quarantine(name: str) -> Exchange[bytes]:
    """The rows of a load that were quarantined, as JSON lines, by the name in the receipt."""
    reply: Reply = yield Call("GET", f"/v1/ingest/quarantine/{part(name)}")
    return reply.body


def webhooks() -> Exchange[Answer]:
    """The webhooks of the service."""
    return get(_WEBHOOKS)


def webhook(ident: str) -> Exchange[Answer]:
    """One webhook."""
    return get(f"{_WEBHOOKS}/{part(ident)}")


def add_webhook(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Have events sent to an address; the answer holds the secret that they are signed with."""
    return post(_WEBHOOKS, given, key=key)


def change_webhook(ident: str, **given: Any) -> Exchange[Answer]:
    """Pause a webhook, or go on."""
    path = f"{_WEBHOOKS}/{part(ident)}"
    reply: Reply = yield Call("PATCH", path, {}, encoded(given), {"Content-Type": JSON})
    return reply.read()


def remove_webhook(ident: str) -> Exchange[Answer]:
    """Send it nothing any more."""
    reply: Reply = yield Call("DELETE", f"{_WEBHOOKS}/{part(ident)}")
    return reply.read()


def renew_secret(ident: str, *, key: str | None = None) -> Exchange[Answer]:
    """Sign with a new secret; the answer holds it."""
    return post(f"{_WEBHOOKS}/{part(ident)}/secret", {}, key=key)


def try_webhook(ident: str, *, key: str | None = None) -> Exchange[Answer]:
    """Send a webhook an event that says nothing."""
    return post(f"{_WEBHOOKS}/{part(ident)}/test", {}, key=key)


def resend(ident: str, *, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Send events of the past again."""
    return post(f"{_WEBHOOKS}/{part(ident)}/replay", given, key=key)


def deliveries(ident: str, **asked: Any) -> Exchange[Answer]:
    """What was sent to a webhook and what came of it; a page."""
    return get(f"{_WEBHOOKS}/{part(ident)}/deliveries", **asked)


def held_about(name: str) -> Exchange[Answer]:
    """Everything held about a person, with its sources and who read it (PIPL art. 45)."""
    return get(f"{_PRIVACY}/reports/{part(name)}")


def correct(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Record what is right of a person (PIPL art. 46)."""
    return post(f"{_PRIVACY}/corrections", given, key=key)


def erase(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Erase a person's data, as far as the law lets it go (PIPL art. 47)."""
    return post(f"{_PRIVACY}/erasures", given, key=key)


def release(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """End the restriction of a person's data."""
    return post(f"{_PRIVACY}/releases", given, key=key)


def readmit(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Let what was erased be recorded again."""
    return post(f"{_PRIVACY}/readmissions", given, key=key)


def purge(*, key: str | None = None) -> Exchange[Answer]:
    """Write the store's files anew, where an erasure found somebody reading."""
    return post(f"{_PRIVACY}/purges", {}, key=key)


def due() -> Exchange[Answer]:
    """What is past its time of retention, by class."""
    return get(f"{_PRIVACY}/retention")


def retain(*, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Take out what is past its time of retention."""
    return post(f"{_PRIVACY}/retention", given, key=key)
