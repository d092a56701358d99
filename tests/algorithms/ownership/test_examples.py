"""Published examples, asked as a caller asks; notes in the file say where a source misprinted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.snapshot import Snapshot
from tests.algorithms.ownership.worlds import answer, examples, holding, plain, world

DAY = "2026-01-01"


@pytest.fixture(name="published")
def _published(tmp_path: Path) -> Any:
    def make(example: str) -> tuple[dict[str, Any], Snapshot]:
        found = examples()[example]
        holdings = [holding(str(u), str(v), share) for u, v, share in found["own"]]
        return found, world(tmp_path, holdings)

    return make


def integrated(snapshot: Snapshot, **asked: str) -> dict[str, float | None]:
    rows = answer(snapshot, "integrated_ownership", as_of=DAY, **asked)["results"]
    return {f"{plain(r['owner'])}-{plain(r['owned'])}": r["integrated"] for r in rows}


def controlled(snapshot: Snapshot, **asked: str) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for row in answer(snapshot, "control", as_of=DAY, **asked)["results"]:
        found.setdefault(plain(row["controller"]), {})[plain(row["controlled"])] = row["votes"]
    return found


@pytest.mark.parametrize("example", ["W4_cross", "W5_complex", "W6_matrix"])
def test_integrated(published: Any, example: str) -> None:
    found, snapshot = published(example)
    for pair, value in found["integrated"].items():
        owner, owned = pair.split("-") if "-" in pair else ("P", pair)
        for asked in ({}, {"owner": owner}, {"target": owned}, {"owner": owner, "target": owned}):
            assert integrated(snapshot, **asked)[f"{owner}-{owned}"] == pytest.approx(
                value, abs=1e-12
            )


@pytest.mark.parametrize("example", ["W4_cross", "W5_complex"])
def test_votes_commanded(published: Any, example: str) -> None:
    found, snapshot = published(example)
    expected = {pair.removeprefix("P-"): votes for pair, votes in found["control"].items()}
    assert controlled(snapshot)["P"] == pytest.approx(expected, abs=1e-12)


def test_vadalog_control_counts(published: Any) -> None:
    """Companies 5 and 10 are over 100 % held: the rule is applied, and no vote share is given."""
    found, snapshot = published("W1_vadalog_control")
    everybody = controlled(snapshot)
    for controller, count in found["control_counts"].items():
        assert len(everybody.get(controller, {})) == count
        assert controlled(snapshot, controller=controller) == (
            {controller: everybody[controller]} if count else {}
        )
    assert {y for x in everybody.values() for y, votes in x.items() if votes is None} == {"5", "10"}


def test_vadalog_banking(published: Any) -> None:
    found, snapshot = published("W2_vadalog_banking")
    everybody = {x: sorted(ys) for x, ys in controlled(snapshot).items()}
    assert everybody == {x: sorted(ys) for x, ys in found["control"].items()}


def test_close_links_where_no_register_is_over(published: Any) -> None:
    """A is held to 170 %. Simple paths are all walks exactly where no loop is left open."""
    found, snapshot = published("W3_close_links")
    values = integrated(snapshot)
    for pair in ("A-B", "A-C", "A-D", "C-D"):
        assert values[pair] == pytest.approx(found["simple_path_sum"][pair], abs=1e-12)
    assert {pair for pair, x in values.items() if x is None} == (
        found["simple_path_sum"].keys() - {"A-B", "A-C", "A-D", "C-D"}
    )


def test_golub_market_matrix(published: Any) -> None:
    """The market matrix C^ (I - C)^-1 scales its rows; a row over its diagonal is integrated."""
    found, snapshot = published("W9_golub")
    market = found["market"]
    values = integrated(snapshot)
    assert values == {"1-2": market[0][1] / market[0][0], "2-1": market[1][0] / market[1][1]}


def test_classes_of_shares(tmp_path: Path) -> None:
    """W11: 60 % of the votes and 85 % of the dividends."""
    found = examples()["W11_classes"]
    votes = (1000 * 1 + 400 * 2 + 700 * 0) / (1000 * 1 + 1000 * 2)
    capital = (1000 + 700) / 2000
    assert (votes, capital) == (found["control"], found["financial"])
    one = world(tmp_path, [holding("P", "C", capital, votes=votes)])
    assert integrated(one, owner="P") == {"P-C": found["financial"]}
    assert integrated(one, owner="P", right="votes") == {"P-C": found["control"]}
    assert controlled(one) == {"P": {"C": found["control"]}}
