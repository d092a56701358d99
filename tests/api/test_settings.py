"""Settings: which of two holds, what is refused and how that is said, what is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import main
from api.settings import MASK, Settings, WrongSetting, keys, read
from api.settings.own import General, Log, Metrics, Server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "linkrisk.toml"


def test_flags_win_over_environment_over_file_over_default(file: Path) -> None:
    file.write_text("[server]\nport = 1\nworkers = 2\nthreads = 3\n")
    around = {"LINKRISK_SERVER_PORT": "4", "LINKRISK_SERVER_WORKERS": "5", "OTHER": "x"}
    own = read(str(file), {"server": {"port": 6, "host": None}}, around).section(Server)
    assert (own.port, own.workers, own.threads) == (6, 5, 3)
    assert (own.host, own.waiting) == ("127.0.0.1", Server().waiting)


def test_the_environment_names_the_file(file: Path) -> None:
    file.write_text('store = "sqlite:////x.db"\n[log]\nformat = "json"\naccess = false\n')
    settings = read(environment={"LINKRISK_CONFIG": str(file)})
    assert settings.section(General).store == "sqlite:////x.db"
    assert settings.section(Log) == Log(format="json", access=False)


def test_the_environments_texts_become_what_they_are(file: Path) -> None:
    around = {
        "LINKRISK_SERVER_ALLOW_HOSTS": "a.example, b.example,",
        "LINKRISK_SERVER_WARM": "false",
        "LINKRISK_SERVER_SECONDS": "2.5",
        "LINKRISK_METRICS_LISTEN": "[::1]:9100",
        "LINKRISK_LOG_LEVEL": "",  # an empty one is none
    }
    settings = read(environment=around)
    own = settings.section(Server)
    assert (own.allow_hosts, own.warm, own.seconds) == (("a.example", "b.example"), False, 2.5)
    assert settings.section(Metrics).listen == "[::1]:9100"
    assert settings.section(Log).level == "info"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server\n", "not TOML: "),
        ("[server]\nprot = 1\n", "server.prot: no such setting; did you mean server.port?"),
        ("[sever]\nport = 1\n", "sever: no such setting"),
        ("server = 1\n", "server: expected a table [server]"),
        ('[server]\nport = "1"\n', "server.port: expected `int`, got `str`"),
        ("[server]\nport = 99999\n", "server.port: expected `int` <= 65535"),
        ("[server]\nworkers = 0\n", "server.workers: expected `int` >= 1"),
        ("[server]\nseconds = nan\n", "server.seconds: expected `float` > 0.0"),
        ('[server]\nallow_hosts = ["a", 1]\n', "server.allow_hosts[1]: expected `str`, got `int`"),
        ('[log]\nlevel = "loud"\n', "log.level: invalid enum value 'loud'"),
        ('[metrics]\nlisten = "9100"\n', "metrics.listen: expected `str` matching regex"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(WrongSetting) as raised:
        read(str(file), environment={})
    assert str(raised.value).startswith(f"{file}: {said}")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LINKRISK_SERVER_PORT", "x", "server.port: expected `int`, got `str`"),
        ("LINKRISK_SERVER_WARM", "perhaps", "server.warm: expected `bool`, got `str`"),
        ("LINKRISK_SERVER_PROT", "1", "no such setting; did you mean LINKRISK_SERVER_PORT?"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(variable: str, value: str, said: str) -> None:
    with pytest.raises(WrongSetting) as raised:
        read(environment={variable: value})
    assert str(raised.value) == f"{variable}: {said}"


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(WrongSetting, match="cannot be read: No such file"):
        read(str(file), environment={})


def test_every_setting_is_described_in_both_languages() -> None:
    for key in keys():
        english, _, chinese = key.description.partition(" / ")
        assert english.strip(), key.shown
        assert any("一" <= letter <= "鿿" for letter in chinese), key.shown


def rows(settings: Settings) -> dict[str, tuple[object, str]]:
    return {row["setting"]: (row["value"], row["from"]) for row in settings.rows()}


def test_what_holds_is_shown_with_whence_and_without_secrets(file: Path) -> None:
    file.write_text("[server]\nport = 1\n")
    around = {"LINKRISK_STORE": "neo4j://user:secret@db:7687", "LINKRISK_LOG_LEVEL": "debug"}
    shown = rows(read(str(file), {"server": {"workers": 2}}, around))
    assert shown["store"] == (MASK, "LINKRISK_STORE")
    assert shown["server.port"] == (1, str(file))
    assert shown["server.workers"] == (2, "flag")
    assert shown["log.level"] == ("debug", "LINKRISK_LOG_LEVEL")
    assert shown["server.host"] == ("127.0.0.1", "default")
    assert set(shown) == {key.shown for key in keys()}


def test_the_verb_prints_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[server]\nport = 1\n")
    monkeypatch.setenv("LINKRISK_SERVER_THREADS", "7")
    assert main(["settings", "--config", str(file), "--json"]) == 0
    found = {row["setting"]: row for row in json.loads(capfd.readouterr().out)["results"]}
    assert found["server.port"] == {"setting": "server.port", "value": 1, "from": str(file)}
    assert found["server.threads"]["value"] == 7
    assert main(["settings", "--config", str(file)]) == 0
    assert "server.threads" in capfd.readouterr().out


def test_the_service_refuses_a_wrong_setting_in_one_line(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[server]\nport = -1\n")
    assert main(["serve", "--config", str(file)]) == 3
    assert capfd.readouterr().err == f"linkrisk: {file}: server.port: expected `int` >= 0\n"


def test_every_verb_finds_the_store_in_the_file(
    file: Path, filled: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f'store = "{filled}"\n')
    monkeypatch.setenv("LINKRISK_CONFIG", str(file))
    assert main(["show", "reg:p1", "--json"]) == 0
    assert "张三" in capfd.readouterr().out
