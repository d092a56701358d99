"""How processes that listen on one socket share its connections; here on one loop."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest

from api.accepting import Accepting, Counts, Share


class Counted(asyncio.Protocol):
    """A connection of one of them."""

    def __init__(self, share: Share, made: list[int], number: int) -> None:
        self._share = share
        self._made = made
        self._number = number

    def connection_made(self, _: asyncio.BaseTransport) -> None:
        self._made.append(self._number)

    def connection_lost(self, _: Exception | None) -> None:
        self._share.add(-1)


async def taken(listening: int, places: int, connections: int) -> list[int]:
    """Which of `places`, of which the first so many listen, took each of so many connections."""
    counts, made = Counts(places), list[int]()
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as opened:
        accepting = []
        for number in range(listening):
            share = Share(counts, number)
            own = opened.enter_context(server.dup())
            accepting.append(
                Accepting(own, share, lambda s=share, n=number: Counted(s, made, n), None)  # type: ignore[misc]
            )
        for _ in range(connections):
            client = opened.enter_context(socket.socket())
            client.setblocking(False)
            await loop.sock_connect(client, server.getsockname())
        async with asyncio.timeout(20):
            while len(made) < connections:
                await asyncio.sleep(0.005)
        for each in accepting:
            each.close()
            await each.wait_closed()
    for _ in range(100):  # the connections end
        await asyncio.sleep(0.005)
        if not counts.least():
            break
    return made


@pytest.mark.parametrize("places", [2, 3])
def test_each_has_its_share(places: int) -> None:
    made = asyncio.run(taken(places, places, 30))
    assert {made.count(number) for number in range(places)} == {30 // places}


def test_one_that_never_comes_holds_up_nobody() -> None:
    assert asyncio.run(taken(1, 2, 10)) == [0] * 10


def test_the_fewest_are_those_of_any() -> None:
    counts = Counts(3)
    shares = [Share(counts, number) for number in range(3)]
    shares[0].add(2)
    shares[1].add(1)
    assert counts.least() == 0
    assert [share.is_above() for share in shares] == [True, True, False]
    shares[2].add(1)
    assert [share.is_above() for share in shares] == [True, False, False]
    Share(counts, 0)  # a process that takes the place of one that died
    assert [share.is_above() for share in shares[1:]] == [True, True]
