"""One tree of errors; every message is one clear line for a user.

LinkriskError                 anything we raise on purpose            exit 1
├── WrongUsage                unknown verb, option, parameter value   exit 2, HTTP 422
├── InputError                what the caller gave cannot be used     exit 3, HTTP 400
│   ├── UnknownSubject        no record, canonical id or key          exit 3, HTTP 404
│   ├── UnknownDecision       no decision has this id                 exit 3, HTTP 404
│   ├── BadFact               one fact breaks the model: column + reason
│   ├── BadFile               a file or mapping cannot be read at all
│   └── NoStore               no store, or it was never loaded
├── StoreError                the store cannot do its work            exit 1, HTTP 503
│   ├── StoreAway             its server does not answer: try again
│   ├── StoreRefused          its server does not let us in, or is no such server
│   ├── StoreReadOnly         it may be read but not written
│   ├── StoreCorrupt          the file or its facts fail their check
│   ├── StoreFull             disk or quota is full; nothing was half-written
│   └── SchemaVersion         written by another version of the program
├── MissingExtra              an optional extra is not installed      exit 1, HTTP 501
├── Conflict                  the request contradicts what is stored  exit 1, HTTP 409
└── Cancelled                 called off before it was done           exit 130, HTTP 503
"""

from __future__ import annotations


class LinkriskError(Exception):
    """Root of the tree."""

    exit_code = 1
    status = 500

    @property
    def title(self) -> str:
        """The error's name as problem+json shows it."""
        return type(self).__name__


class WrongUsage(LinkriskError):
    """An unknown verb, option or parameter, or a value it cannot take."""

    exit_code = 2
    status = 422


class InputError(LinkriskError):
    """What the caller gave cannot be used."""

    exit_code = 3
    status = 400


class UnknownSubject(InputError):
    """No record, canonical id or official key has this name."""

    status = 404


class UnknownDecision(InputError):
    """No decision has this id."""

    status = 404


class BadFact(InputError):
    """One fact breaks the model; `column` names the field."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(f"{column}: {reason}" if column else reason)
        self.reason = reason
        self.column = column

    def __reduce__(self) -> tuple[type[BadFact], tuple[str, str | None]]:
        return (BadFact, (self.reason, self.column))


class BadFile(InputError):
    """A file or mapping cannot be read at all."""


class NoStore(InputError):
    """There is no store at this address, or nothing was loaded into it."""


class StoreError(LinkriskError):
    """The store cannot do its work."""

    status = 503


class StoreAway(StoreError):
    """The store's server does not answer; it may come back."""


class StoreRefused(StoreError):
    """The store's server refuses these credentials, or is not a server of this kind."""


class StoreReadOnly(StoreError):
    """The store may be read but not written."""


class StoreCorrupt(StoreError):
    """The file or its facts fail their check."""


class StoreFull(StoreError):
    """The disk or a quota is full; nothing was half-written."""


class SchemaVersion(StoreError):
    """The store was written by another version of the program."""


class MissingExtra(LinkriskError):
    """A format or feature needs an optional extra that is not installed; names it."""

    status = 501


class Conflict(LinkriskError):
    """The request contradicts what is stored."""

    status = 409


class Cancelled(LinkriskError):
    """Work was called off: its caller went away, it was cancelled, or the service is stopping."""

    exit_code = 130
    status = 503

    def __init__(self, reason: str = "called off before it was done / 已取消") -> None:
        super().__init__(reason)
