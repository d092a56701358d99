"""The routes and the verbs: one answer, who may ask, what is masked, and who read it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from api.access.keys import Keyring
from api.access.settings import Limits
from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.identity import facts
from api.privacy.forgetting import forget
from api.session import Session
from graph.times import now
from tests.api.access.asking import Answer, ask
from tests.api.identity.conftest import KEYS, World, pair
from tests.api.serving import TOKEN, served, until

B = "/v1/identity"
ID = facts.pair_id("registry:p1", "tax:t1")
HOUR = 3_600_000_000
ALL = "registry tax bank telecom"
LOOKS = (
    (f"{B}/reviews", "", ("review",)),
    (f"{B}/reviews/{ID}", "", ("review", ID)),
    (f"{B}/judgements", "by=machine", ("judgements", "--by", "machine")),
    (f"{B}/conflicts", "limit=5", ("conflicts", "--limit", "5")),
    (f"{B}/why", "a=registry:p1&b=tax:t1", ("why", "registry:p1", "tax:t1")),
    (f"{B}/how", "subject=registry:p4", ("how", "registry:p4")),
)


class Served:
    """An app on the world's store, with keys of several scopes."""

    def __init__(self, made: World) -> None:
        self.session = Session(made.url)
        self.ring = Keyring(made.folder / "keys.json")
        limits = Limits(rate=1e9, burst=10**9, together=10**6)
        self.app = make_app(self.session, Service(Access(TOKEN, keyring=self.ring, limits=limits)))

    def key(self, name: str, scopes: str, domains: str = ALL) -> str:
        return self.ring.create(name, scopes.split(), domains.split(), now() + HOUR)[1]

    def ask(self, method: str, path: str, said: Any = None, token: str = TOKEN,
            query: str = "") -> Answer:  # fmt: skip
        body = b"" if said is None else json.dumps(said).encode()
        return ask(self.app, method, path, token=token, body=body, query=query)


@pytest.fixture
def serving(made: World) -> Any:
    made.added, made.review = [pair("p4", "t4", 0.99)], [pair("p1", "t1", 0.7)]
    made.run()
    found = Served(made)
    yield found
    found.session.close()


@pytest.mark.parametrize(("path", "query", "verb"), LOOKS)
def test_the_verb_prints_what_the_route_answers(
    serving: Served, made: World, capfd: pytest.CaptureFixture[str], path: str, query: str,
    verb: tuple[str, ...],
) -> None:  # fmt: skip
    answer = serving.ask("GET", path, query=query)
    assert answer.status == 200, answer
    capfd.readouterr()
    assert main(["resolve", *verb, "--json", "--store", made.url]) == 0
    assert json.loads(capfd.readouterr().out) == answer.said
    assert main(["resolve", *verb, "--store", made.url]) == 0
    assert capfd.readouterr().out.strip()


def test_a_pair_is_reviewed_over_http(serving: Served, made: World) -> None:
    (waits,) = serving.ask("GET", f"{B}/reviews").said["results"]
    assert waits["id"] == ID
    assert [f["says"] for f in waits["features"]] == ["agrees", "agrees"]
    where = f"{B}/reviews/{ID}"
    assert serving.ask("POST", f"{where}/accept", {}).status == 422  # the owner names who decides
    told = serving.ask("POST", f"{where}/accept", {"by": "李审核"})
    assert told.status == 200, told
    assert told.said["one"]
    assert serving.ask("POST", f"{where}/accept", {"by": "李审核"}).status == 409
    undone = serving.ask("POST", f"{B}/judgements/{ID}/undo", {"by": "李审核", "why": "依据有误"})
    assert len(undone.said["subjects"]) == 2
    assert serving.ask("POST", f"{where}/reject", {"by": "李审核"}).status == 422
    assert serving.ask("POST", f"{where}/reject", {"by": "李审核", "why": "两人"}).status == 200
    judged = {"a": "registry:p2", "b": "tax:t2", "same": True, "why": "同一人", "by": "李审核"}
    refused = serving.ask("POST", f"{B}/judgements", judged)
    assert (refused.status, refused.said["title"]) == (409, "RefusedMerge")
    assert serving.ask("POST", f"{B}/reviews/i0/accept", {"by": "李审核"}).status == 404
    kinds = [e.kind for e in serving.session.store.ledger()]
    assert kinds == ["identity.run", "identity.accepted", "identity.undone", "identity.rejected"]


def test_who_was_joined_is_found_under_either_name(serving: Served) -> None:
    """308 from the id that a record had alone."""
    answer = serving.ask("GET", "/v1/subjects/tax:t4")
    assert answer.status == 308
    assert answer.headers["location"] == "/v1/subjects/registry:p4"


def test_a_caller_judges_in_its_own_name(serving: Served) -> None:
    token = serving.key("审核台", "trace ingest")
    other = serving.ask("POST", f"{B}/reviews/{ID}/accept", {"by": "李审核"}, token)
    assert other.status == 403
    told = serving.ask("POST", f"{B}/reviews/{ID}/accept", {}, token)
    assert told.said["by"] == "审核台"


def test_who_may_look_run_and_judge(serving: Served) -> None:
    looks, runs = serving.key("a", "trace"), serving.key("b", "ingest")
    assert serving.ask("GET", f"{B}/reviews", token=looks).status == 200
    assert serving.ask("GET", f"{B}/reviews", token=runs).status == 403
    assert serving.ask("POST", f"{B}/reviews/{ID}/accept", {}, looks).status == 403
    assert serving.ask("POST", f"{B}/runs", {}, looks).status == 403
    # Whether two are one is judged on all that is known: part of it will not do.
    part = serving.key("c", "trace ingest", "registry tax")
    assert serving.ask("GET", f"{B}/reviews", token=part).status == 403


def test_identifiers_are_masked_and_reads_recorded(serving: Served, made: World) -> None:
    made.review = [pair("p2", "t3", 0.6)]
    made.run(whole=True)
    token = serving.key("读者", "trace")
    answer = serving.ask("GET", f"{B}/reviews", token=token)
    assert answer.status == 200
    text = answer.body.decode()
    assert not any(key in text for key in KEYS)
    assert "110***********002X" in text
    reads = serving.ask("GET", "/v1/audit/reads", query="limit=100").said["results"]
    mine = [each for each in reads if each["actor"] == "读者"]
    view = serving.session.snapshot()
    wanted = {view.canonical(view.resolve(name)) for name in ("registry:p2", "tax:t3")}
    assert mine
    assert wanted <= set(mine[-1]["body"]["subjects"])


def test_a_run_is_a_job(made: World) -> None:
    made.added = [pair("p1", "t1", 0.99)]

    async def ask_() -> tuple[httpx.Response, Any]:
        async with served(made.url) as client:
            named = await client.post(f"{B}/runs", json={"by": "李运行 13800138000"})
            assert named.status_code == 422, named.text
            since = await client.post(f"{B}/runs", json={"since": KEYS[0], "dry_run": True})
            assert KEYS[0] not in since.text
            wrong = await client.post(f"{B}/runs", json={"kinds": ["phone"]})
            assert wrong.status_code == 422, wrong.text
            answer = await client.post(f"{B}/runs", json={"by": "李运行"})

            async def done() -> Any:
                job = (await client.get(answer.headers["location"])).json()
                return job if job["status"] in ("done", "failed") else None

            job = await until(done)
            assert job["status"] == "done", job
            return answer, (await client.get(job["result"])).json()

    answer, told = asyncio.run(ask_())
    assert answer.status_code == 202
    assert (told["joined"], told["results"][0]["id"]) == (1, ID)
    assert [e.actor for e in made.session.store.ledger(about="identity")] == ["李运行"]


def test_an_erased_person_leaves_the_queue(serving: Served, made: World) -> None:
    left: list[str] = []
    assert forget(made.url, [], ["registry:p1"], left)["identities"] == 1
    assert left == []
    assert serving.ask("GET", f"{B}/reviews").said["results"] == []


def test_the_verb_runs_and_judges(made: World, capfd: pytest.CaptureFixture[str]) -> None:
    def ran(*words: str) -> tuple[int, str]:
        code = main(["resolve", *words, "--store", made.url])
        out = capfd.readouterr()
        return code, out.out + out.err

    made.added, made.review = [pair("p4", "t4", 0.99)], [pair("p1", "t1", 0.7)]
    code, said = ran("--dry-run")
    assert code == 0
    assert "1 would be joined" in said
    code, said = ran("--kinds", "person", "--accept", "0.9", "--json")
    assert code == 0
    assert json.loads(said)["kinds"] == ["person"]
    assert ran("accept", ID)[0] == 2  # nobody decides
    assert ran("accept", ID, "--by", "李审核")[0] == 0
    assert ran("reject", ID, "--by", "李审核")[0] == 2
    assert ran("undo", ID, "--why", "误", "--by", "李审核")[0] == 0
    code, said = ran("judge", "registry:p2", "tax:t2", "--same", "--why", "同", "--by", "李审核")
    assert code == 1
    assert "two valid official ids" in said
    code, said = ran("judge", "registry:p3", "tax:t3", "--apart", "--why", "两人", "--by", "李审核")
    assert code == 0
    assert ran("accept", "i0", "--by", "李审核")[0] == 3
    assert ran("--accept", "2")[0] == 2
    assert ran("why", "registry:p3", "tax:t3")[1].count("judged not to be the same") == 1


def test_looking_makes_nothing(made: World) -> None:
    from api.kept import state_folder

    found = Served(made)
    assert found.ask("GET", f"{B}/reviews").said["counts"] == {
        "open": 0, "accepted": 0, "rejected": 0,
    }  # fmt: skip
    assert found.ask("GET", f"{B}/conflicts").said["results"] == []
    assert not (state_folder(made.url) / "identity.db").exists()
    found.session.close()


def test_an_erased_persons_judgement_says_nothing_any_more(serving: Served) -> None:
    said = {"a": "registry:p4", "b": "tax:t4", "same": True, "why": "赵敏本人到场", "by": "李审核"}
    ident = serving.ask("POST", f"{B}/judgements", said).said["id"]
    asked = {"subject": "registry:p4", "request": "R-1", "reason": "依本人申请", "by": "王办"}
    erased = serving.ask("POST", "/v1/privacy/erasures", asked)
    assert erased.status == 200, erased
    # Nobody is joined with who was erased, as if it were theirs.
    joined = {"a": "registry:p4", "b": "registry:p1", "same": True, "why": "同", "by": "李审核"}
    refused = serving.ask("POST", f"{B}/judgements", joined)
    assert (refused.status, "was erased" in refused.detail) == (409, True)
    kept = serving.session.whole_store.history(facts.same(ident))
    assert all("赵敏" not in json.dumps(f.payload, ensure_ascii=False) for f in kept)
    assert all("赵敏" not in entry.body for entry in serving.session.whole_store.ledger())
    for path, query in (("reviews", "state=accepted"), ("judgements", ""), ("conflicts", "")):
        answer = serving.ask("GET", f"{B}/{path}", query=query)
        assert answer.status == 200, answer
        assert "赵敏" not in answer.body.decode()


def test_what_a_judgement_was_made_on_is_told_to_who_sees_everything(serving: Served) -> None:
    """That two are one is everybody's to know; that both use one phone is the telecom's to tell."""
    name = facts.same(facts.pair_id("registry:p4", "tax:t4"))
    part = serving.key("登记员", "search export", "registry")
    for token, told in ((TOKEN, True), (part, False)):
        (fact,) = serving.ask("POST", "/v1/facts", {"ids": [name]}, token).said["results"]
        assert ("features" in fact.get("attrs", {})) is told
        assert fact["by"].startswith("resolver ")
        exported = serving.ask("GET", "/v1/export", token=token).body.decode()
        assert name.partition(":")[2] in exported
        assert ('"features"' in exported) is told


def test_of_two_who_judge_one_pair_the_second_notices(serving: Served) -> None:
    one, other = (serving.key(name, "trace ingest") for name in ("甲审核", "乙审核"))
    where = f"{B}/reviews/{ID}"
    assert serving.ask("POST", f"{where}/accept", {}, one).status == 200
    said = {"why": "生日不同"}
    late = serving.ask("POST", f"{where}/reject", said, other)
    assert (late.status, late.said["title"]) == (409, "Conflict")
    assert "accepted, by 甲审核" in late.detail
    assert serving.ask("POST", f"{B}/judgements/{ID}/undo", said, other).status == 200
    assert serving.ask("POST", f"{where}/reject", said, other).status == 200
    assert "rejected, by 乙审核" in serving.ask("POST", f"{where}/accept", {}, one).detail


def test_an_earlier_view_says_nothing_of_what_was_judged_later(serving: Served) -> None:
    ident = facts.pair_id("registry:p4", "tax:t4")
    before = serving.ask("GET", f"{B}/how", query="subject=registry:p4").said
    told = {"by": "李审核", "why": "本人到场"}
    assert serving.ask("POST", f"{B}/reviews/{ident}/accept", told).status == 200
    then = "&known_at=" + before["known_at"].replace("+", "%2B")
    assert serving.ask("GET", f"{B}/how", query=f"subject=registry:p4{then}").said == before
    assert serving.ask("GET", f"{B}/how", query="subject=registry:p4").said != before
    pair_ = "a=registry:p1&b=tax:t1"
    assert serving.ask("POST", f"{B}/reviews/{ID}/reject", told).status == 200
    assert serving.ask("GET", f"{B}/why", query=pair_).said["pairs"][0]["judgement"]
    (waits,) = serving.ask("GET", f"{B}/why", query=pair_ + then).said["pairs"]
    assert (waits["judgement"], waits["note"], waits["state"]) == (None, None, "open")


def test_no_identifier_stands_in_who_judged_and_why(serving: Served) -> None:
    where, card = f"{B}/reviews/{ID}/reject", "6222020200112230000"
    named = serving.ask("POST", where, {"by": "李审核 13800138000", "why": "两人"})
    assert (named.status, "by: holds an identifier" in named.detail) == (422, True)
    said = {"by": "李审核", "why": f"电话 13800138000 、卡 {card} 不同"}
    assert serving.ask("POST", where, said).status == 200
    note = serving.ask("GET", f"{B}/reviews/{ID}").said["note"]
    assert note == "电话 138****8000 、卡 ****0000 不同"


def test_what_was_joined_and_taken_back_waits_among_its_kind(serving: Served) -> None:
    ident = facts.pair_id("registry:p4", "tax:t4")
    told = {"by": "李审核", "why": "依据有误"}
    assert serving.ask("POST", f"{B}/judgements/{ident}/undo", told).status == 200
    waits = serving.ask("GET", f"{B}/reviews", query="kind=person").said["results"]
    assert {(each["id"], each["kind"]) for each in waits} == {(ID, "person"), (ident, "person")}
