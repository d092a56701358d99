"""Call dens: phones at one device or place that call many strangers, briefly, and nobody back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class CallDenParams(FindingParams, frozen=True, kw_only=True):
    """Which phones call like a den, and what ties them."""

    subject: Annotated[
        str | None,
        Meta(
            description="only dens of this phone, device, place or person / 只查与此主体有关的窝点",
            examples=["demo:t1"],
        ),
    ] = None
    short: Annotated[
        int,
        Meta(description="seconds of a short call at most / 短通话的最长秒数", ge=1, le=86_400),
    ] = 60
    min_callees: Annotated[
        int, Meta(description="fewest phones called / 被叫号码的最少个数", ge=1)
    ] = 5
    min_cold: Annotated[
        float,
        Meta(
            description="least share of them with nothing but short calls and none back"
            " / 只有短通话且从不回拨的被叫的最低比例",
            gt=0,
            le=1,
        ),
    ] = 0.6
    max_sharing: Annotated[
        int,
        Meta(
            description="a phone, device, place or user of more is a hub and joins nobody"
            " / 使用者多于此数的设备、地址视为公用, 不作连接",
            ge=1,
            le=10_000,
        ),
    ] = 50


@algorithm(
    "call_dens",
    CallDenParams,
    Finding,
    sources=("doi:10.1198/TECH.2009.08136", "arXiv:2303.17334"),
    title="Call dens / 电话窝点",
    family="rings",
)
def call_dens(snapshot: Snapshot, params: CallDenParams) -> Result[Finding]:
    """Phones that call many strangers for a moment, together where they are at one device or place.

    A callee is cold when all calls to it from a phone are of a known duration of at most `short`
    seconds and it never called that phone. A phone calls like a den when it called at least
    `min_callees` others, a share of at least `min_cold` of them cold; calls count when they
    happened by the end of `as_of`, calls to itself never. Such phones are one den where they have a
    user in common, or their users have a device or an address in common: relations true on `as_of`.
    Phones, devices, addresses and users of more than `max_sharing` tie nobody.

    `pattern` is `call_den`. `members`: its phones, most callees first, then by id; `attrs.circle`
    the devices and addresses that tie them, their users, and accounts around: those that use these
    phones or devices, or that the users hold. `attrs` has the number of calls, of callees and of
    cold ones. `facts`: what ties them, then money from callees, then calls, oldest first each.
    `amount`: what accounts of callees paid to accounts around after they were called.

    `p`: of at least as many cold callees, where every phone keeps its number of callees and which
    callees are cold is drawn at the rate of all phones (binomial tail). Weighed in `signs`: several
    phones at one device, accounts opened around the time, money from callees, calls that lasted for
    weeks only; against it: that couriers and call centres call strangers too, a company of age that
    has the phones, users who work for one company, callees that call back.

    Rows by score, then evidence, begin, id. O(c log c) for c calls. Raises UnknownSubject,
    WrongUsage.
    """
    from algorithms.rings.den_rows import answer

    return answer(snapshot, params)
