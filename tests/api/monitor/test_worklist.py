"""Cases that were dismissed in the work list: each is judged as if it were there alone."""

from __future__ import annotations

import random

from algorithms.findings.material import Version
from api.monitor.worklist import held


def version(chance: random.Random) -> Version:
    core = chance.sample("abcdef", chance.randint(1, 4))
    return Version(
        id=f"case:{chance.randrange(8)}", pattern="case", core=core,
        facts=chance.sample("123456", chance.randint(1, 3)), score=0.1, core_total=len(core),
        facts_total=3,
    )  # fmt: skip


def test_what_is_held_does_not_rest_on_which_other_cases_there_are() -> None:
    chance, count = random.Random(3), 0
    for _ in range(300):
        dismissed, now = ([version(chance) for _ in range(chance.randint(0, 5))] for _ in "ab")
        alone = [held(dismissed, [each]) for each in now]
        assert [[each] for each in held(dismissed, now)] == alone
        count += sum(map(any, alone))
    assert count > 50
