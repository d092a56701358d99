"""Several processes that answer, forked from one that has everything loaded.

The supervisor opens the snapshot and compiled code, then forks: what it has, its workers have
without a copy. It answers nothing and holds no thread, lock, connection or loop that a fork would
tear apart. A worker that dies is forked again. Until there is compiled code the workers interpret;
once it is made, the supervisor loads it and replaces them one by one.
"""

from __future__ import annotations

import gc
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NoReturn

from api.metrics import forget
from graph import compiled
from graph.children import start_module

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_SHORT: Final = 5.0  # seconds that a worker lives at least, where all is well
_PAUSE: Final = 1.0  # seconds before one that died sooner is started again
_GIVE_UP: Final = 5  # such deaths in a row, of one place
_ANSWERS: Final = b"1"
_log: Final = logging.getLogger("linkrisk.workers")


class _Told(BaseException):
    """A signal came while compiled code was being loaded."""


# Serves in a worker until told to stop: its number, whether code is compiled, whom to tell that it
# answers.
Serve = Callable[[int, bool, Callable[[], None]], None]


@dataclass(slots=True)
class _Place:
    """One of the workers that are to be there, and the process that is it now."""

    number: int
    pid: int = 0
    since: float = 0.0
    deaths: int = 0
    due: float | None = None  # when to start it again
    old: int = 0  # the process that this one replaces, until it answers
    warm: bool = False


@dataclass(slots=True)
class Workers:
    """See the module. `load` is called in this process, to have what forks shall share."""

    count: int
    serve: Serve
    load: Callable[[], None] | None  # loads compiled code; None: the workers stay interpreted
    sockets: list[socket.socket]  # that the workers listen on
    grace: float  # seconds that they have to end
    _places: list[_Place] = field(default_factory=list)
    _leaving: set[int] = field(default_factory=set)
    _stopping: float | None = None  # when those that are left are killed
    _warm: bool = False
    _told: bool = False  # to stop
    _loading: bool = False
    _compiler: subprocess.Popen[bytes] | None = None
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _answers: dict[int, socket.socket] = field(default_factory=dict)  # by process

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT; the exit code: 0, or 1 where workers keep dying."""
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        self._selector.register(reader, selectors.EVENT_READ)
        before = {number: signal.signal(number, self._noted) for number in _SIGNALS}
        old = signal.set_wakeup_fd(writer.fileno())
        try:
            if self.load is not None and not (compiled.is_complete() and self._load()):
                self._compiler = start_module("api.rehearsal")
            gc.collect()
            gc.freeze()
            self._places = [_Place(number) for number in range(self.count)]
            for place in self._places:
                self._start(place)
            while self._stopping is None or self._pids():
                self._turn(reader)
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._compiler is not None and self._compiler.poll() is None:
                self._compiler.terminate()
        return 1 if any(place.deaths >= _GIVE_UP for place in self._places) else 0

    def _noted(self, number: int, _: object) -> None:
        """A signal came, and woke the selector."""
        if number != signal.SIGCHLD:
            self._told = True
            if self._loading:
                raise _Told

    def _turn(self, reader: socket.socket) -> None:
        for key, _ in self._selector.select(self._pause()):
            if key.fileobj is reader:
                reader.recv(4096)
            else:
                self._heard(key.data)
        self._reap()
        self._compiled()
        if self._told:
            self._told = False
            self._stop()
        now = time.monotonic()
        if self._stopping is not None:
            if now >= self._stopping:
                _log.error("workers that do not end are killed / 强制结束工作进程")
                self._tell(signal.SIGKILL)
                self._stopping = now + 1
            return
        for place in self._places:
            if place.due is not None and now >= place.due:
                self._start(place)

    def _pause(self) -> float | None:
        moments = [place.due for place in self._places if place.due is not None]
        if self._stopping is not None:
            moments.append(self._stopping)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    # -- one worker -------------------------------------------------------------------------

    def _start(self, place: _Place) -> None:
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # Threads of linear algebra; its library ends them at a fork and begins them anew.
            warnings.simplefilter("ignore", DeprecationWarning)
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            pid = os.fork()
        if pid == 0:
            ours.close()
            self._be(place.number, theirs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        self._answers[pid] = ours
        self._selector.register(ours, selectors.EVENT_READ, pid)
        place.pid, place.since, place.due, place.warm = pid, time.monotonic(), None, self._warm
        _log.info("worker %d is process %d", place.number, pid)

    def _be(self, number: int, up: socket.socket) -> NoReturn:
        """The worker's life, from the fork to its end."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for each in _SIGNALS:
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._selector.close()
            for other in self._answers.values():
                other.close()
            self.serve(number, self._warm, partial(_say, up))
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001  # nothing is above it
            _log.exception("worker %d failed", number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _heard(self, pid: int) -> None:
        """A worker answers now, or died before."""
        ours = self._answers.pop(pid)
        self._selector.unregister(ours)
        answers = ours.recv(1) == _ANSWERS
        ours.close()
        for place in self._places:
            if place.pid == pid and place.old and answers:
                self._send(place.old, signal.SIGUSR1)
                self._leaving.add(place.old)
                place.old = 0
        self._replace()

    def _reap(self) -> None:
        for pid in self._pids():
            try:
                found, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                found, status = pid, 0
            if found:
                self._died(pid, os.waitstatus_to_exitcode(status))

    def _died(self, pid: int, code: int) -> None:
        forget(pid)
        if pid in self._leaving:
            self._leaving.discard(pid)
            return
        for place in self._places:
            if place.old == pid:
                place.old = 0
            if place.pid != pid:
                continue
            place.pid = 0
            if self._stopping is not None:
                continue
            short = time.monotonic() - place.since < _SHORT
            place.deaths = place.deaths + 1 if short else 0
            _log.error("worker %d, process %d, ended with %d", place.number, pid, code)
            if place.deaths >= _GIVE_UP:
                _log.error("worker %d keeps dying / 工作进程反复退出", place.number)
                self._stop()
            else:
                place.due = time.monotonic() + (_PAUSE if short else 0.0)

    # -- all of them ------------------------------------------------------------------------

    def _pids(self) -> list[int]:
        of = (pid for place in self._places for pid in (place.pid, place.old) if pid)
        return [*of, *self._leaving]

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._pids():
            self._send(pid, number)

    def _send(self, pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return  # it is looked after at the next turn

    def _stop(self) -> None:
        self._stopping = time.monotonic() + self.grace
        for place in self._places:
            place.due = None
        for each in self.sockets:  # or what nobody takes any more would wait in its queue
            each.close()
        self._tell(signal.SIGTERM)

    def _compiled(self) -> None:
        """Once the code is made: load it, and replace those who interpret."""
        if self._compiler is None or self._compiler.poll() is None:
            return
        failed, self._compiler = self._compiler.returncode != 0, None
        if failed:
            _log.warning("could not compile; questions stay interpreted / 未能编译, 以解释方式运行")
        elif self._stopping is None and self._load():
            self._replace()

    def _load(self) -> bool:
        """Have compiled code in this process; whether nothing came between."""
        assert self.load is not None
        self._loading = True
        try:
            if not self._told:
                self.load()
        except _Told:
            return False
        finally:
            self._loading = False
        gc.collect()
        gc.freeze()  # or the workers' collectors would copy it all, page by page
        self._warm = True
        _log.info("compiled / 已编译")
        return True

    def _replace(self) -> None:
        """Begin to replace one worker that interprets, unless one is being replaced."""
        if not self._warm or self._stopping is not None or any(p.old for p in self._places):
            return
        for place in self._places:
            if place.pid and not place.warm:
                place.old = place.pid
                self._start(place)
                return


def _say(up: socket.socket) -> None:
    """Tell the supervisor that this worker answers."""
    with up:
        up.sendall(_ANSWERS)
