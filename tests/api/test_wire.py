"""What the service writes to a connection, and in how many writes."""

from __future__ import annotations

import asyncio

from api.wire import Joining


class Written(asyncio.Transport):
    """A transport that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 9)})
        self.told: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.told.append(bytes(data))

    def close(self) -> None:
        self.told.append(b"closed")


async def _after_a_turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_head_and_body_are_one_write() -> None:
    async def answer_twice(end: Written) -> None:
        joining = Joining(end, asyncio.get_running_loop())
        for part in (b"head 1 ", b"body 1", b"head 2 ", b"body 2"):
            joining.write(part)
        await _after_a_turn()

    end = Written()
    asyncio.run(answer_twice(end))
    assert end.told == [b"head 1 body 1", b"head 2 body 2"]


def test_what_is_alone_does_not_wait_for_more() -> None:
    async def write_apart(end: Written) -> None:
        joining = Joining(end, asyncio.get_running_loop())
        for part in (b"head", b"late", b"later"):
            joining.write(part)
            await _after_a_turn()

    end = Written()
    asyncio.run(write_apart(end))
    assert end.told == [b"head", b"late", b"later"]


def test_closing_sends_what_waits_first() -> None:
    async def write_and_close(end: Written) -> None:
        joining = Joining(end, asyncio.get_running_loop())
        joining.write(b"bad request")
        joining.close()
        assert joining.get_extra_info("peername") == ("127.0.0.1", 9)
        await _after_a_turn()

    end = Written()
    asyncio.run(write_and_close(end))
    assert end.told == [b"bad request", b"closed"]
