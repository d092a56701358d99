"""Whatever may take long says on a terminal how far it is, and nothing where nobody watches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api import progress
from api.cli import main
from api.progress import Meter, followed
from api.verbs.upkeep import _copied

CLEAR = "\r\x1b[2K"


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal, and no patience."""
    monkeypatch.setattr(progress, "_terminal", lambda: True)
    for name in ("_QUIET", "_EVERY", "_BEAT"):
        monkeypatch.setattr(progress, name, 0.0)


VERBS: dict[str, tuple[list[str], str]] = {
    "show": (["show", "c1"], "show / 查看"),
    "search": (["search", "甲"], "search / 搜索"),
    "timeline": (["timeline", "c1"], "timeline / 时间线"),
    "facts": (["facts", "reg:s1"], "facts / 事实"),
    "list": (["list"], "list / 列出"),
    "catalog": (["catalog"], "catalog / 目录"),
    "check": (["check"], "check / 校验"),
    "backup": (["backup", "copy.db"], "backup / 备份"),
    "export": (["export", "--out", "out.jsonl"], "export / 导出"),
    "graphml": (["export", "--format", "graphml", "--out", "out.graphml"], "export / 导出"),
    "match": (["match", "names.csv"], "match / 匹配"),
    "ingest": (["ingest", "names.jsonl"], "reading / 读取"),
    "question": (["related-parties", "--subject", "c1"], "related-parties"),
    "privacy": (["privacy", "report", "p1", "--masked"], "privacy report / 个人信息权利"),
    "decide": (["decide", "list"], "decide / 惩戒决定"),
    "stats": (["monitor", "stats"], "monitor stats / 统计"),
    "report": (["report", "subject", "--subject", "c1", "--out", "c1.html"], "report subject"),
    "audit": (["audit", "verify"], "audit / 审计"),
    "undo": (["undo", "batch-1"], "undo / 撤销"),
    "migrate": (["migrate", "sqlite:///facts.db", "sqlite:///other.db"], "copying / 复制"),
    "generate": (["generate", "--out", "made.jsonl", "--entities", "1000"], "writing / 写出"),
}


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_what_it_is_at(
    name: str, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("names.csv").write_text("企业名称\n甲公司\n", encoding="utf-8")
    Path("names.jsonl").write_text('{"kind":"company","id":"c9","name":"丙"}\n', encoding="utf-8")
    args, what = VERBS[name]
    assert main(["--store", filled, *args]) == 0
    err = capfd.readouterr().err
    lines = err.split(CLEAR)
    assert any(line.startswith(f"{what}: ") for line in lines)
    said = err.rpartition(CLEAR)[2]  # the line is gone before anything else is said
    assert not any(said.startswith(word) for _, word in VERBS.values())


def test_a_pipe_sees_nothing(
    filled: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_QUIET", "_EVERY", "_BEAT"):
        monkeypatch.setattr(progress, name, 0.0)
    assert main(["--store", filled, "check"]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("watched")
def test_work_that_cannot_tell_is_looked_at(capfd: pytest.CaptureFixture[str]) -> None:
    seen = threading.Event()

    def looked() -> tuple[float, float, str]:
        seen.set()
        return 250.0, 1000.0, "MB"

    with followed("backup", looked):
        assert seen.wait(10)
    lines = capfd.readouterr().err.split(CLEAR)
    assert any(line.startswith("backup: 250 of 1,000 MB, ") for line in lines)
    assert any(", 25 %, " in line and line.endswith(" left / 剩余") for line in lines)


def test_silence_is_broken_by_the_time_it_takes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr(progress, "_LINE", progress._Line())
    monkeypatch.setattr("api.progress.time.monotonic", lambda: now[0])
    monkeypatch.setattr(progress, "_terminal", lambda: True)
    meter = Meter("check")
    steps: list[tuple[float, Callable[[], None]]] = [
        (101.0, meter.beat),  # no two seconds yet
        (103.0, meter.beat),
        (104.0, lambda: meter.tell(1, 4, "parts")),
        (105.0, meter.beat),  # it told a second ago
        (175.0, meter.beat),
    ]
    for moment, step in steps:
        now[0] = moment
        step()
    meter.close()
    assert capfd.readouterr().err.split(CLEAR) == [
        "", "check: 0:03 so far / 已用时", "check: 1 of 4 parts, 25 %, 0:00 left / 剩余",
        "check: 1:15 so far / 已用时", "",
    ]  # fmt: skip


@pytest.mark.usefixtures("watched")
def test_a_line_is_no_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_columns", lambda: 20)
    meter = Meter("一二三四五六七八九十一二三四五")
    meter.count(5)
    meter.close()
    assert capfd.readouterr().err.split(CLEAR)[1] == "一二三四五六七八九…"


def test_a_copy_may_have_its_name_while_it_is_looked_at(filled: str, tmp_path: Path) -> None:
    copy, over = tmp_path / "copy.db", threading.Event()
    partial = tmp_path / "copy.db.partial"
    partial.write_bytes(bytes(1000))
    looked = _copied(filled, copy)
    assert looked is not None

    def finish_and_begin() -> None:
        while not over.is_set():
            partial.rename(copy)
            copy.rename(partial)

    other = threading.Thread(target=finish_and_begin)
    other.start()
    try:
        assert {looked()[0] for _ in range(3000)} <= {0.0, 1.0}
    finally:
        over.set()
        other.join()
