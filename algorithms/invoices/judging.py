"""From a question about one company or all to its answer, by the search of one pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Found, answer, overdue
from algorithms.invoices.asking import InvoiceParams
from algorithms.invoices.ledgers import Books, books
from algorithms.registry import Result
from graph.deadline import Deadline, within

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from graph.snapshot import Snapshot

P = TypeVar("P", bound=InvoiceParams)
Search = Callable[[Books, P, "int | None", Deadline], "tuple[list[Found], int]"]
"""Given the books, the question, the company asked about and the deadline: what is found until the
time is over, and how many companies were asked about."""


def judged(snapshot: Snapshot, params: P, at: int, search: Search[P]) -> Result[Finding]:
    """What a search finds in the books of the day."""
    deadline = within(params.time_limit)
    asked = None if params.company is None else subject_of(snapshot, params.company, "company")
    found, tests = search(books(snapshot, at, params.currency), params, asked, deadline)
    return answer(snapshot, found, params, tests=tests, cuts=overdue(deadline, len(found)))
