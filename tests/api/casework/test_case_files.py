"""Case files: kept, shared, changed by one at a time, taken out whole."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path
from typing import Any

import networkx
import pytest

from api.cli import main
from api.kept import state_folder
from api.rekeyed import pairs
from graph.store import open_store
from tests.api.casework.conftest import CYCLES, DAY, TOKEN, World

C = "/v1/case-files"
SCENE: dict[str, Any] = {
    "ids": ["c1", "c2", "p1", "a1", "a2"],
    "positions": [{"id": "c1", "x": 0, "y": 0}, {"id": "c2", "x": 9, "y": 0},
                  {"id": "p1", "x": 4, "y": 7}],
    "hidden": ["a2"], "pinned": ["p1"], "layout": "flow", "as_of": DAY,
    "groups": [{"id": "g1", "label": "一组", "members": ["c1", "c2"]}],
}  # fmt: skip
FILE = {"title": "一号案", "scene": SCENE}
FIRMS: dict[str, Any] = {"title": "firms", "scene": {"ids": ["c1", "c2"], "as_of": DAY}}


def put(made: World, ident: str, said: Any, token: str = TOKEN, if_match: str | None = None) -> Any:
    headers = {} if if_match is None else {"If-Match": if_match}
    return made.ask("PUT", f"{C}/{ident}", token, body=json.dumps(said).encode(), headers=headers)


def test_a_scene_is_kept_by_canonical_ids(made: World) -> None:
    answer = made.post(C, FILE)
    assert answer.status == 201
    assert answer.headers["location"] == f"{C}/{answer.said['id']}"
    found = made.get(f"{C}/{answer.said['id']}")
    assert found == answer.said
    person = made.get("/v1/subjects/p1")["id"]
    assert person.startswith("cn:person:")
    scene = found["scene"]
    assert scene["ids"] == ["bank:c1", "bank:c2", person, "bank:a1", "bank:a2"]
    assert scene["positions"][2] == {"id": person, "x": 4.0, "y": 7.0}
    assert (scene["hidden"], scene["pinned"]) == (["bank:a2"], [person])
    assert scene["groups"][0]["members"] == ["bank:c1", "bank:c2"]
    assert (found["version"], found["own"], found["shared"], found["domains"]) == (
        1, True, "no", ["bank"],
    )  # fmt: skip
    assert found["link"] == f"/#case={found['id']}"
    (listed,) = made.get(C)["results"]
    assert listed == {k: v for k, v in found.items() if k not in ("scene", "link")}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ids": ["nobody"]}, "scene.ids[0]"),
        ({"pinned": ["a3"]}, "scene.pinned"),
        ({"positions": [{"id": "a3", "x": 1, "y": 1}]}, "scene.positions"),
        ({"positions": [{"id": "c1", "x": 1e300, "y": 1}]}, "scene.positions[0].x"),
        ({"groups": [{"id": "g", "label": "x", "members": ["a3"]}]}, "scene.groups[0].members"),
        ({"facts": ["bank:t3"]}, "scene.facts"),
        ({"facts": ["bank:none"]}, "no fact is named"),
        ({"as_of": "2024-13-01"}, "2024-13-01"),
        ({"layout": "spiral"}, "scene.layout"),
        ({"ids": ["c1"] * 5001}, "scene.ids"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_scene_that_is_wrong_is_refused(made: World, change: dict[str, Any], says: str) -> None:
    answer = made.post(C, {"title": "x", "scene": SCENE | change})
    assert answer.status in (400, 404, 422), answer
    assert says in answer.detail


@pytest.mark.parametrize("title", ["", " ", "a\nb", "x" * 201, None])
def test_a_title_is_one_line(made: World, title: Any) -> None:
    answer = made.post(C, {"title": title, "scene": {"ids": []}})
    assert answer.status == 422
    assert "title" in answer.detail


def test_nobody_overwrites_anothers_change(made: World) -> None:
    answer = made.post(C, FILE)
    ident, tag = answer.said["id"], answer.headers["etag"]
    assert put(made, ident, FILE).status == 428
    first = put(made, ident, {**FILE, "title": "甲改"}, if_match=tag)
    assert (first.status, first.said["title"], first.said["version"]) == (200, "甲改", 2)
    assert first.headers["etag"] != tag
    late = put(made, ident, {**FILE, "title": "乙改"}, if_match=tag)
    assert (late.status, late.said["title"]) == (412, "Changed")
    assert made.get(f"{C}/{ident}")["title"] == "甲改"
    assert put(made, ident, FILE, if_match='"1"').status == 412
    assert put(made, ident, FILE, if_match='"2"').said["version"] == 3
    held = made.ask("GET", f"{C}/{ident}", headers={"If-None-Match": tag})
    assert held.status == 200
    again = made.ask("GET", f"{C}/{ident}", headers={"If-None-Match": held.headers["etag"]})
    assert again.status == 304


def test_two_at_once_and_one_is_told(made: World) -> None:
    """The version is compared in the transaction that writes."""
    from api.casework.file_showing import CaseFileAsked, content_of, viewer_of
    from api.casework.files import CaseFiles, Changed
    from api.casework.scenes import Scene

    content = content_of(made.session, CaseFileAsked(title="x", scene=Scene(ids=["c1"])))
    with CaseFiles(made.url) as one, CaseFiles(made.url) as other:
        found = one.make(viewer_of(), content)
        assert other.change(found.id, viewer_of(), 1, content).version == 2
        with pytest.raises(Changed, match="version 2"):
            one.change(found.id, viewer_of(), 1, content)


def test_who_may_open_and_change(made: World) -> None:
    li, wang = made.key("李办"), made.key("王办")
    ident = made.post(C, FIRMS, li).said["id"]
    path = f"{C}/{ident}"
    assert made.ask("GET", path, wang).status == 404
    assert made.get(C, wang)["results"] == []
    assert made.ask("POST", f"{path}/comments", wang, body=b'{"text":"x"}').status == 404
    shared = put(made, ident, {**FIRMS, "shared": "read"}, li, if_match='"1"').said
    assert shared["link"] == f"/#case={ident}"  # and no secret in it
    seen = made.get(path, wang)
    assert (seen["own"], seen["owner"]) == (False, "李办")
    assert [each["id"] for each in made.get(C, wang)["results"]] == [ident]
    assert put(made, ident, {**FIRMS, "shared": "read"}, wang, if_match='"2"').status == 403
    assert made.ask("DELETE", path, wang).status == 403
    put(made, ident, {**FIRMS, "shared": "write"}, li, if_match='"2"')
    changed = put(made, ident, {**FIRMS, "shared": "write", "status": "closed"}, wang,
                  if_match='"3"')  # fmt: skip
    assert (changed.status, changed.said["updated_by"]) == (200, "王办")
    assert put(made, ident, {**FIRMS, "shared": "no"}, wang, if_match='"4"').status == 403
    assert made.ask("DELETE", path, li).status == 204
    assert made.ask("GET", path, li).status == 404


def test_a_link_opens_for_who_has_the_domains(made: World) -> None:
    ident = made.post(C, {**FILE, "shared": "read"}, made.key("李办")).said["id"]
    firms = made.post(C, {**FIRMS, "shared": "read"}, made.key("赵办")).said["id"]
    wider = made.post(C, {**FIRMS, "shared": "read", "domains": ["tax"]}, made.key("钱办")).said[
        "id"
    ]
    registry = made.key("r", "registry")
    assert made.ask("GET", f"{C}/{ident}", registry).status == 404  # it shows accounts
    assert made.ask("GET", f"{C}/{ident}/export", registry).status == 404
    assert made.ask("GET", f"{C}/{wider}", registry).status == 404
    assert made.get(f"{C}/{firms}", registry)["nodes"] == 2
    assert made.ask("GET", f"{C}/{ident}", made.key("b", "registry bank")).status == 200
    unseen = made.post(C, FILE, registry)
    assert (unseen.status, "scene.ids[3]" in unseen.detail) == (404, True)
    assert made.post(C, {**FIRMS, "domains": ["bank"]}, registry).status == 422
    # Relations are of domains, too: a transfer between two accounts is the bank's.
    drawn = {"title": "x", "scene": {"ids": ["c1", "c2"], "facts": ["bank:g1"]}}
    assert made.post(C, drawn, made.key("z", "registry")).said["domains"] == ["registry"]


def test_others_take_no_needed_domain_away_and_nobody_does_from_comments(made: World) -> None:
    li, wang = made.key("李办"), made.key("王办")
    shared = {**FIRMS, "shared": "write"}
    ident = made.post(C, {**shared, "domains": ["bank"]}, li).said["id"]
    assert put(made, ident, shared, wang, if_match='"1"').said["domains"] == ["bank"]
    assert put(made, ident, shared, li, if_match='"2"').said["domains"] == []
    assert put(made, ident, {**shared, "scene": SCENE}, li, if_match='"3"').status == 200
    made.post(f"{C}/{ident}/comments", {"text": "a1 was paid 50,000"}, li)
    assert put(made, ident, shared, li, if_match='"4"').said["domains"] == ["bank"]
    assert made.ask("GET", f"{C}/{ident}/comments", made.key("r", "registry")).status == 404


def test_identifiers_in_what_people_write_are_masked(made: World) -> None:
    number = "11010519491231002X"
    scene = {**FIRMS["scene"], "groups": [{"id": "g", "label": number, "members": ["c1"]}]}
    ident = made.post(C, {"title": f"about {number}", "scene": scene}).said["id"]
    made.post(f"{C}/{ident}/comments", {"text": f"{number} was called at 13800000001"})
    made.post("/v1/findings", CYCLES)
    (cycle,) = made.get("/v1/findings")["results"]
    note = {"state": "dismissed", "note": f"{number} is dead"}
    made.post(f"/v1/findings/{cycle['id']}/verdict", note)
    for path in (f"{C}/{ident}", f"{C}/{ident}/comments", f"{C}/{ident}/export",
                 f"/v1/findings/{cycle['id']}"):  # fmt: skip
        body = made.ask("GET", path).body.decode()
        assert "110" in body and number not in body and "13800000001" not in body, path
    for path in state_folder(made.url).glob("casework.db*"):
        assert number.encode() not in path.read_bytes()


def test_comments(made: World) -> None:
    ident = made.post(C, {**FIRMS, "shared": "read"}).said["id"]
    path, li = f"{C}/{ident}/comments", made.key("李办")
    assert made.post(path, {"text": "第一"}).status == 201
    second = made.post(path, {"text": "第二"}, li).said
    assert (second["who"], second["text"]) == ("李办", "第二")
    page = made.get(path, query="limit=1")
    assert [each["text"] for each in page["results"]] == ["第二"]
    rest = made.get(path, query=f"limit=1&before={page['next']}")
    assert ([each["text"] for each in rest["results"]], rest["next"]) == (["第一"], None)
    for wrong in ({"text": ""}, {"text": "x" * 5001}, {}, {"text": 1}):
        assert made.post(path, wrong).status == 422
    assert made.get(f"{C}/{ident}")["version"] == 1  # a comment is no change of it


def exported(made: World, ident: str, form: str) -> bytes:
    answer = made.ask("GET", f"{C}/{ident}/export", query=f"format={form}")
    assert answer.status == 200, answer
    return answer.body


def test_a_scene_goes_out_as_json_and_comes_in_again(made: World) -> None:
    ident = made.post(C, FILE).said["id"]
    found = json.loads(exported(made, ident, "json"))
    assert {each["id"]: each["label"] for each in found["subjects"]}["bank:c1"] == "甲公司"
    assert found["subjects"][0]["listed"] == ["black/judgment"]
    # All that holds between them on the day: nothing with c1's third party, no other transfer.
    assert {each["id"] for each in found["facts"]} == {
        "bank:s1", "bank:g1", "bank:h1", "bank:t1",
    }  # fmt: skip
    again = made.post(C, {"title": "二", "scene": found["scene"]})
    assert again.said["scene"] == found["scene"]


def test_a_scene_may_be_larger_than_other_requests(made: World) -> None:
    """5,000 accounts by their canonical ids, their places and 10,000 transfers are 1.2 MB."""
    place: dict[str, Any] = {"id": f"cn:account:{'f' * 32}", "x": 1234.5678, "y": -1234.5678}
    node = len(json.dumps(place)) + len(place["id"]) + 4
    wide = 5_000 * node + 10_000 * len(f"'bank:transfer~{'f' * 32}', ")
    assert wide > 1 << 20
    said = json.dumps(FILE).encode()
    for headers in ({}, {"idempotency-key": "k"}):
        assert made.ask("POST", C, body=said.ljust(wide), headers=headers).status == 201
    assert made.ask("POST", C, body=said.ljust((8 << 20) + 1)).status == 413
    assert made.post("/v1/findings", {**CYCLES, "by": "x" * wide}).status == 413


def test_graphml_is_read_by_networkx(made: World) -> None:
    ident = made.post(C, FILE).said["id"]
    graph = networkx.read_graphml(io.BytesIO(exported(made, ident, "graphml")))
    person = made.get("/v1/subjects/p1")["id"]
    assert set(graph) == {"bank:c1", "bank:c2", person, "bank:a1"}  # a2 is hidden
    kinds = {(a, b): said["kind"] for a, b, said in graph.edges(data=True)}
    assert kinds == {
        (person, "bank:c1"): "shareholder", ("bank:c1", "bank:c2"): "guarantee",
        (person, "bank:a1"): "holds_account",
    }  # fmt: skip
    assert graph.nodes[person]["label"] == "张三"
    assert "1231002X" not in exported(made, ident, "graphml").decode()  # masked


def test_a_picture_has_everybody_where_it_stood(made: World) -> None:
    scene = {"ids": ["c1", "c2", "p1"], "as_of": DAY, "positions": [
        {"id": "c1", "x": -5, "y": -1}, {"id": "c2", "x": 5, "y": -1}, {"id": "p1", "x": 0, "y": 9},
    ]}  # fmt: skip
    ident = made.post(C, {"title": "<一号案>", "scene": scene}).said["id"]
    root = ET.fromstring(exported(made, ident, "svg"))
    at = {
        text.text: (float(text.get("x", "")), float(text.get("y", "")))
        for text in root.iter("{http://www.w3.org/2000/svg}text")
    }
    assert at["甲公司"][0] < at["张三"][0] < at["乙公司"][0]
    assert at["张三"][1] < at["甲公司"][1] == at["乙公司"][1]  # y grows upwards on the canvas
    assert "股东 51 %" in at and "担保" in at
    assert "black/judgment" in at
    refers = re.findall(rb"(?:href|src|url)\s*[=(]", exported(made, ident, "svg"))
    assert not refers


def test_a_picture_of_too_many_is_refused_with_a_way_out(made: World) -> None:
    made.write([{"kind": "company", "id": f"m{n}"} for n in range(301)])
    scene = {"ids": [f"m{n}" for n in range(301)]}
    asked = {"scene": scene, "title": "x"}
    answer = made.post("/v1/scenes/export", asked, query="format=svg")
    assert (answer.status, "301" in answer.detail, "graphml" in answer.detail) == (422, True, True)
    assert made.post("/v1/scenes/export", asked, query="format=graphml").status == 200
    fewer = {"scene": {"ids": scene["ids"][:120]}}
    assert made.post("/v1/scenes/export", fewer, query="format=svg").status == 200


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils reads PDF back")
def test_a_pdf_says_who_and_what(made: World, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    ident = made.post(C, FILE).said["id"]
    path = tmp_path / "scene.pdf"
    path.write_bytes(exported(made, ident, "pdf"))
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout
    said = text.decode()
    for word in ("一号案", "甲公司", "张三", "51 %", DAY, "bank:g1"):
        assert word in said, word


def test_a_scene_goes_out_without_being_kept(made: World) -> None:
    answer = made.post("/v1/scenes/export", {"scene": SCENE}, query="format=json")
    assert answer.status == 200
    assert made.get(C)["results"] == []
    for wrong in ("format=png", "x=1"):
        assert made.post("/v1/scenes/export", {"scene": SCENE}, query=wrong).status == 422


def test_who_is_there_no_more_is_left_out_and_said(made: World) -> None:
    scene = {"ids": ["c1", "c2"], "facts": ["bank:g1"], "as_of": DAY}
    ident = made.post(C, {"title": "x", "scene": scene}).said["id"]
    made.write([{"kind": "retract", "id": "g1"}])
    found = json.loads(exported(made, ident, "json"))
    assert found["facts"] == []
    assert found["notes"][0].startswith("1 relations of it are not there any more")


def test_reads_and_exports_are_recorded(made: World) -> None:
    ident = made.post(C, {**FILE, "shared": "read"}).said["id"]
    reader = made.key("reader")
    made.get(f"{C}/{ident}", reader)
    made.ask("GET", f"{C}/{ident}/export", reader, query="format=svg")
    reads = made.get("/v1/audit/reads", query="actor=reader")["results"]
    assert [each["about"] for each in reads] == [f"{C}/{{id}}", f"{C}/{{id}}/export"]
    person = made.get("/v1/subjects/p1")["id"]
    assert all({person, "bank:a1"} <= set(each["body"]["subjects"]) for each in reads)


def test_an_erased_person_is_gone_from_it(made: World, tmp_path: Path) -> None:
    person = made.get("/v1/subjects/p1")["id"]
    ident = made.post(C, {"title": "张三的公司", "scene": SCENE}).said["id"]
    made.post(f"{C}/{ident}/comments", {"text": "张三 denies it"})
    made.post(f"{C}/{ident}/comments", {"text": "nothing new"})
    made.post("/v1/findings", {"algorithm": "shared_identifier_rings", "params": {"as_of": DAY}})
    made.post("/v1/findings", CYCLES)
    (cycle,) = made.get("/v1/findings", query="pattern=transfer_cycle")["results"]
    verdict = {"state": "dismissed", "note": "张三 pays his wife"}
    made.post(f"/v1/findings/{cycle['id']}/verdict", verdict)
    asked = {"subject": "bank:p1", "request": "1", "reason": "PIPL art. 47", "by": "李办"}
    erased = made.post("/v1/privacy/erasures", asked)
    assert (erased.status, erased.said["status"]) == (200, "erased"), erased
    assert erased.said["forgotten"]["casework"] >= 4
    found = made.get(f"{C}/{ident}")
    assert person not in json.dumps(found)
    assert "bank:a1" not in found["scene"]["ids"]  # an account of nobody else
    assert found["scene"]["pinned"] == []
    assert found["title"] == "[erased / 已删除]"
    said = [each["text"] for each in made.get(f"{C}/{ident}/comments")["results"]]
    assert said == ["nothing new", "[erased / 已删除]"]
    left = made.get(f"/v1/findings/{cycle['id']}")
    assert (left["state"], left["judged"]["note"]) == ("dismissed", "[erased / 已删除]")
    assert left["row"]["members"] == ["bank:a2", "bank:a3"]
    made.session.close()
    for path in state_folder(made.url).glob("casework.db*"):
        assert person.encode() not in path.read_bytes()
        assert "张三".encode() not in path.read_bytes()


def test_whose_id_begins_alike_stays_when_a_person_is_erased(made: World) -> None:
    people = [{"kind": "person", "id": f"q{n}", "name": f"钱{n}"} for n in ("1", "12")]
    made.write(people)
    scene = {"ids": ["q1", "q12", "c1"], "pinned": ["q12"],
             "positions": [{"id": name, "x": 1, "y": 2} for name in ("q1", "q12")],
             "groups": [{"id": "g", "label": "two", "members": ["q1", "q12"]}]}  # fmt: skip
    ident = made.post(C, {"title": "x", "scene": scene}).said["id"]
    made.post(f"{C}/{ident}/comments", {"text": "bank:q12 was heard"})
    before = made.ask("GET", f"{C}/{ident}").headers["etag"]
    asked = {"subject": "q1", "request": "1", "reason": "PIPL art. 47", "by": "李办"}
    assert made.post("/v1/privacy/erasures", asked).said["status"] == "erased"
    found = made.ask("GET", f"{C}/{ident}", headers={"if-none-match": before})
    assert found.status == 200, "what is held names the erased person"
    left = found.said["scene"]
    assert (left["ids"], left["pinned"]) == (["bank:q12", "bank:c1"], ["bank:q12"])
    assert [place["id"] for place in left["positions"]] == ["bank:q12"]
    assert [group["members"] for group in left["groups"]] == [["bank:q12"]]
    assert made.get(f"{C}/{ident}/comments")["results"][0]["text"] == "bank:q12 was heard"
    again = put(made, ident, {"title": "x", "scene": left}, if_match=found.headers["etag"])
    assert again.status == 200, "what is left can be kept again"


def test_casework_goes_along_when_a_store_is_re_keyed(
    made: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    person = made.get("/v1/subjects/p1")["id"]
    ident = made.post(C, FILE).said["id"]
    made.post("/v1/findings", CYCLES)
    made.session.close()
    target, mapping = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "mapping"
    args = ["rekey", made.url, target, "--mapping", str(mapping), "--json"]
    assert main(args) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["casework"] == str(state_folder(target) / "casework.db")
    assert Path(told["casework"]).stat().st_mode & 0o077 == 0
    with closing(open_store(target)) as store:
        new = dict(pairs(mapping, store.id_key))[person]
    assert main(["--store", target, "case-files", "show", ident, "--json"]) == 0
    scene = json.loads(capfd.readouterr().out)["scene"]
    assert scene["ids"][2] == new != person
    assert scene["pinned"] == [new]
    assert main(["--store", target, "case-files", "export", ident]) == 0
    out = json.loads(capfd.readouterr().out)
    assert {each["id"] for each in out["subjects"]} >= {new, "bank:c1"}
    assert main(["--store", target, "findings", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["counts"]["open"] == 1


def test_the_command_line_says_the_bytes_of_the_routes(
    made: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def ran(*args: str) -> tuple[int, str, str]:
        code = main(["--store", made.url, "case-files", *args])
        return code, *capfd.readouterr()

    path = tmp_path / "file.json"
    path.write_text(json.dumps(FILE), "utf-8")
    code, out, _ = ran("add", str(path), "--json")
    ident = json.loads(out)["id"]
    assert code == 0
    for args, below in (
        (["list"], C), (["show", ident], f"{C}/{ident}"),
        (["comments", ident], f"{C}/{ident}/comments"), (["export", ident], f"{C}/{ident}/export"),
    ):  # fmt: skip
        assert ran(*args, "--json")[1].encode() == made.ask("GET", below).body + b"\n"
    assert ran("comment", ident, "看过")[0] == 0
    assert "看过" in ran("comments", ident)[1]
    assert ran("comment", ident, "又看")[0] == 0
    _, out, err = ran("comments", ident, "--limit", "1")
    assert "又看" in out and "看过" not in out
    assert "--before 2 " in err
    path.write_text(json.dumps({**FILE, "title": "二号案"}), "utf-8")
    assert ran("change", ident, str(path), "--version", "7")[0] == 1
    assert "二号案" in ran("change", ident, str(path), "--version", "1")[1]
    svg = tmp_path / "x.svg"
    assert ran("export", ident, "--format", "svg", "--out", str(svg))[0] == 0
    assert svg.read_bytes() == exported(made, ident, "svg")
    assert ran("remove", ident)[0] == 0
    assert ran("show", ident)[::2] == (3, f"linkrisk: no case file '{ident}' / 无此案卷\n")
    path.write_text("[", "utf-8")
    assert ran("add", str(path))[0] == 3
    assert ran("add", str(tmp_path / "none"))[0] == 3
