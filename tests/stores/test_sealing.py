"""Identifiers sealed at rest in an embedded store: nothing of them is in its files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from api.cli import main
from graph.errors import InputError, StoreCorrupt
from graph.facts import Normaliser
from graph.seal import Seal, given_key
from graph.store import Store, open_store
from graph.stores.copying import Copying, copy

RESIDENT = "11010519491231002X"
MOBILE = "13800138017"
ACCOUNT = "6222020200112230"
USCC = "91350100M000100Y43"
FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "甲公司", "keys": {"uscc": USCC},
     "attrs": {"contact": f"电话 {MOBILE}"}},
    {"kind": "person", "id": "p1", "name": "张三", "keys": {"resident_id": RESIDENT}},
    {"kind": "phone", "id": "t1", "keys": {"e164": MOBILE}},
    {"kind": "account", "id": "k1", "keys": {"account": ACCOUNT}, "attrs": {"type": "corporate"}},
    {"kind": "legal_representative", "id": "l1", "from": "p1", "to": "c1",
     "role": f"法定代表人 {RESIDENT}"},
]  # fmt: skip
SECRETS = (RESIDENT, MOBILE, ACCOUNT)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKRISK_SEAL_KEY", "a key of the deployment's own")


def filled(url: str, id_key: bytes | None = None) -> Store:
    store = open_store(url, create=True, id_key=id_key)
    rows = [Normaliser("d", store.id_key).row(fact) for fact in FACTS]
    assert store.write("b1", rows, recorded_at=1).loaded == len(FACTS)
    return store


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def said(store: Store) -> list[Any]:
    return [(f.name, f.payload, f.keys, f.value) for f in store.facts()]


def test_a_sealed_store_says_the_same_and_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(filled(f"sqlite:///{tmp_path / 'plain' / 'f.db'}", b"k" * 32)) as plain:
        for secret in SECRETS:
            assert secret.encode() in files(tmp_path / "plain")
        monkeypatch.setenv("LINKRISK_SEAL_KEY", "a key of the deployment's own")
        with closing(filled(f"sqlite:///{tmp_path / 'sealed' / 'f.db'}", b"k" * 32)) as sealed:
            assert said(sealed) == said(plain)
            assert sealed.batches() == plain.batches()  # their names among it
            for mine, theirs in zip(sealed.changes(), plain.changes(), strict=True):
                assert (mine.payload, mine.extra) == (theirs.payload, theirs.extra)
                assert mine.canonical == theirs.canonical
            assert sealed.check() == []
            sealed.backup(tmp_path / "sealed" / "copy.db")
            # The same file again, and a correction, are decided as ever.
            rows = [Normaliser("d", sealed.id_key).row(fact) for fact in FACTS]
            assert sealed.write("b2", rows).duplicates == len(FACTS)
            closed = [{"kind": "close", "id": "l1", "valid_to": "2020-01-01"}]
            rows = [Normaliser("d", sealed.id_key).row(fact) for fact in closed]
            assert sealed.write("b3", rows, file=("x", "00")).loaded == 1
            assert sealed.write("b4", rows, file=("x", "00")).duplicates == 1
            assert sealed.check() == []
        whole = files(tmp_path / "sealed")
    for secret in SECRETS:
        assert secret.encode() not in whole
    assert USCC.encode() in whole  # public


def test_the_key_is_asked_for(tmp_path: Path, key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'f.db'}"
    filled(url).close()
    assert b"a key of the deployment" not in files(tmp_path)
    monkeypatch.setenv("LINKRISK_SEAL_KEY", "another key than that one")
    with pytest.raises(InputError, match="not the key"):
        open_store(url)
    monkeypatch.delenv("LINKRISK_SEAL_KEY")
    with pytest.raises(InputError, match="LINKRISK_SEAL_KEY"):
        open_store(url)
    assert main(["--store", url, "show", "p1"]) == 3


def test_a_store_made_without_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'f.db'}"
    filled(url).close()
    monkeypatch.setenv("LINKRISK_SEAL_KEY", "a key of the deployment's own")
    with closing(open_store(url)) as store:
        rows = [Normaliser("d", store.id_key).row(
            {"kind": "phone", "id": "t2", "keys": {"e164": "13900139000"}})]  # fmt: skip
        store.write("b2", rows)
        assert said(store)[-1][2][0][1] == "+8613900139000"
    monkeypatch.delenv("LINKRISK_SEAL_KEY")
    with closing(open_store(url)) as store:
        assert store.check() == []


def test_migrate_seals_what_was_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = f"sqlite:///{tmp_path / 'plain' / 'f.db'}"
    target = f"sqlite:///{tmp_path / 'sealed' / 'f.db'}"
    with closing(filled(source)) as store:
        before = said(store)
    monkeypatch.setenv("LINKRISK_SEAL_KEY", "a key of the deployment's own")
    assert main(["migrate", source, target]) == 0
    with closing(open_store(target)) as store:
        assert said(store) == before
        assert store.check() == []
        third = cast(Copying, open_store(f"sqlite:///{tmp_path / 'third.db'}", create=True,
                                         id_key=store.id_key))  # fmt: skip
        copy(cast(Copying, store), third)
        assert said(third) == before
        third.close()
    whole = files(tmp_path / "sealed")
    for secret in SECRETS:
        assert secret.encode() not in whole


def test_an_official_key_is_still_looked_up(
    tmp_path: Path, key: None, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'f.db'}"
    filled(url).close()
    assert main(["--store", url, "show", RESIDENT, "--json"]) == 0
    out = capfd.readouterr().out
    assert '"label":"张三"' in out
    assert RESIDENT not in out


def test_what_was_altered_is_found(tmp_path: Path, key: None) -> None:
    with closing(filled(f"sqlite:///{tmp_path / 'f.db'}")) as store:
        db = cast(Any, store).db
        (value,) = db.execute("SELECT value FROM identifier WHERE kind = 'e164'").fetchone()
        middle = len(value) // 2
        other = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
        db.execute("UPDATE identifier SET value = ? WHERE kind = 'e164'", (other,))
        with pytest.raises(StoreCorrupt, match="altered"):
            store.history("d:t1")
        db.execute(
            "UPDATE identifier SET value = ? WHERE kind = 'e164'",
            ("seal:" + Seal(cast(bytes, given_key())).close("+8613900139000"),),
        )
        assert any("d:t1 was altered" in each for each in store.check())


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [("00" * 32, 0o600, None), ("00" * 31, 0o600, "64 hexadecimal"), ("x", 0o600, "hexadecimal"),
     ("00" * 32, 0o644, "chmod 600"), (None, 0o600, "No such file")],
)  # fmt: skip
def test_a_key_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, mode: int,
    said: str | None,
) -> None:  # fmt: skip
    path = tmp_path / "seal.key"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    monkeypatch.setenv("LINKRISK_SEAL_KEY_FILE", str(path))
    if said is None:
        assert given_key() == bytes(32)
    else:
        with pytest.raises(InputError, match=said):
            given_key()


def test_a_weak_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKRISK_SEAL_KEY", "short")
    with pytest.raises(InputError, match="shorter than 16"):
        open_store(f"sqlite:///{tmp_path / 'f.db'}", create=True)
