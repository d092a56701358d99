"""Which scheme, or which innocent look-alike, each finding is about.

The rule. A finding is about a scheme of its own pattern where its members and its circle together
hold at least half of the scheme's core, and at least half of its members are of the scheme (core
or circle), one of its core among them. Of several the one of which it covers most. Every finding
gets one verdict, the first that fits:

- `hit`: about a scheme that no finding of a higher score was about; `again`: about one that was;
- `part`: at least half of its members are of the core of one scheme of its pattern, of which it
  covers too little;
- `innocent`: at least half of its members are of one look-alike of its pattern (core or circle),
  one of its core among them;
- `other`: about a scheme of another pattern, or at least half of its members are of the core of
  one or their tools (their accounts), or at least half of its facts are one's;
- `false`: none of these.

`again`, `part` and `other` accuse nobody wrongly and find nothing new: they count neither for nor
against precision and are reported apart. `innocent` and `false` are false positives.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["hit", "again", "part", "innocent", "other", "false"]
HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme that was planted, or an innocent thing that looks like one, by canonical ids."""

    id: str
    pattern: str
    core: frozenset[str]
    circle: frozenset[str] = frozenset()
    look_alike: str | None = None  # the name of what it is, where it is innocent
    facts: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()  # accounts of the core, and what it worked with


@dataclass(frozen=True, slots=True)
class Claim:
    """What a finding says, by canonical ids."""

    pattern: str
    score: float
    members: frozenset[str]
    circle: frozenset[str] = frozenset()
    evidence: float | None = None
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, its verdict, and the scheme or look-alike that it is about."""

    claim: Claim
    verdict: Verdict
    scheme: Scheme | None = None


class _Index:
    """Schemes by whom they have in their core or circle."""

    def __init__(self, schemes: Iterable[Scheme]) -> None:
        self.schemes = list(schemes)
        self._by_core: dict[str, list[int]] = defaultdict(list)
        for at, scheme in enumerate(self.schemes):
            for who in scheme.core | scheme.tools:
                self._by_core[who].append(at)
        self._by_fact = {fact: at for at, one in enumerate(self.schemes) for fact in one.facts}

    def behind(self, claim: Claim) -> Scheme | None:
        """The scheme that half of a finding's facts belong to, if any."""
        count = Counter(self._by_fact[fact] for fact in claim.facts if fact in self._by_fact)
        for at, facts in count.most_common(1):
            if facts >= HALF * len(claim.facts):
                return self.schemes[at]
        return None

    def near(self, claim: Claim, *, circle: bool) -> list[Scheme]:
        """Schemes of which it names one of the core or their tools, in their order."""
        named = claim.members | claim.circle if circle else claim.members
        return [self.schemes[at] for at in sorted({k for who in named for k in self._by_core[who]})]


def _pure(claim: Claim, among: frozenset[str]) -> bool:
    return len(claim.members & among) >= HALF * len(claim.members) > 0


def _about(claim: Claim, schemes: Iterable[Scheme]) -> Scheme | None:
    """The scheme that a finding is about, if any."""
    best: tuple[float, float] | None = None
    found = None
    for scheme in schemes:
        covered = len(scheme.core & (claim.members | claim.circle)) / len(scheme.core)
        within = claim.members & scheme.core and _pure(claim, scheme.core | scheme.circle)
        if covered < HALF or not within:
            continue
        rank = (covered, len(claim.members & scheme.core) / len(claim.members))
        if best is None or rank > best:
            best, found = rank, scheme
    return found


def _core_part(claim: Claim, schemes: Iterable[Scheme]) -> Scheme | None:
    fits = [s for s in schemes if _pure(claim, s.core | s.tools)]
    return max(fits, key=lambda s: len(claim.members & s.core)) if fits else None


def _look_alike(claim: Claim, schemes: Iterable[Scheme]) -> Scheme | None:
    fits = [s for s in schemes if claim.members & s.core and _pure(claim, s.core | s.circle)]
    return max(fits, key=lambda s: len(claim.members & s.core)) if fits else None


def judge(claims: Sequence[Claim], schemes: Sequence[Scheme]) -> list[Judged]:
    """A verdict on each finding, in order of score, highest first, then as they came.

    Linear in the members of findings and the schemes that they meet. Schemes without a core are
    no one's: ValueError.
    """
    if any(not scheme.core for scheme in schemes):
        raise ValueError("a scheme without members")
    guilty = _Index(s for s in schemes if s.look_alike is None)
    innocent = _Index(s for s in schemes if s.look_alike is not None)
    seen: set[str] = set()
    out = []
    for claim in sorted(claims, key=lambda one: -one.score):
        near = guilty.near(claim, circle=True)
        own = [s for s in near if s.pattern == claim.pattern]
        if (scheme := _about(claim, own)) is not None:
            out.append(Judged(claim, "again" if scheme.id in seen else "hit", scheme))
            seen.add(scheme.id)
            continue
        if (scheme := _core_part(claim, own)) is not None:
            out.append(Judged(claim, "part", scheme))
            continue
        alike = [s for s in innocent.near(claim, circle=False) if s.pattern == claim.pattern]
        if (scheme := _look_alike(claim, alike)) is not None:
            out.append(Judged(claim, "innocent", scheme))
            continue
        others = [s for s in near if s.pattern != claim.pattern]
        scheme = _about(claim, others) or _core_part(claim, others) or guilty.behind(claim)
        out.append(Judged(claim, "other" if scheme else "false", scheme))
    return out


def verdicts(judged: Iterable[Judged]) -> Counter[str]:
    """How many of each verdict."""
    return Counter(one.verdict for one in judged)
