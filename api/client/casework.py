"""Findings that are judged, and case files that are kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.client.answer import Answer
from api.client.exchange import JSON, Call, Exchange, Reply, encoded, get, part, post

_FINDINGS: Final = "/v1/findings"
_FILES: Final = "/v1/case-files"


def run_findings(algorithm: str, *, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """Run a detector (its `params`) and put its findings, at most `limit`, into the work list."""
    return post(_FINDINGS, {"algorithm": algorithm, **given}, key=key)


def findings(**asked: Any) -> Exchange[Answer]:
    """The work list, the worst first: by `state`, `pattern`, `subject`, `min_score`; a page."""
    return get(_FINDINGS, **asked)


def finding(ident: str) -> Exchange[Answer]:
    """One finding: why, what is new, what was done."""
    return get(f"{_FINDINGS}/{part(ident)}")


def judge_finding(
    ident: str, state: str, *, key: str | None = None, **given: Any
) -> Exchange[Answer]:
    """Accept a finding, dismiss it with a `note`, or open it again."""
    return post(f"{_FINDINGS}/{part(ident)}/verdict", {"state": state, **given}, key=key)


def case_files(**asked: Any) -> Exchange[Answer]:
    """Case files that the caller may open, the newest first: by `status`; a page."""
    return get(_FILES, **asked)


def case_file(ident: str) -> Exchange[Answer]:
    """One case file with its scene."""
    return get(f"{_FILES}/{part(ident)}")


def add_case_file(
    title: str, scene: Mapping[str, Any], *, key: str | None = None, **given: Any
) -> Exchange[Answer]:
    """Keep a scene as a case file."""
    return post(_FILES, {"title": title, "scene": scene, **given}, key=key)


def change_case_file(ident: str, *, version: int, **given: Any) -> Exchange[Answer]:
    """Put other content in the place of a version of a case file; refused where it has changed
    since."""
    headers = {"Content-Type": JSON, "If-Match": f'"{version}"'}
    path = f"{_FILES}/{part(ident)}"
    reply: Reply = yield Call("PUT", path, {}, encoded(given), headers, safe=False)
    return reply.read()


def remove_case_file(ident: str) -> Exchange[Answer]:
    """Delete a case file with its comments."""
    reply: Reply = yield Call("DELETE", f"{_FILES}/{part(ident)}")
    return reply.read()


def comment(ident: str, text: str, *, key: str | None = None) -> Exchange[Answer]:
    """Comment on a case file."""
    return post(f"{_FILES}/{part(ident)}/comments", {"text": text}, key=key)


def comments(ident: str, **asked: Any) -> Exchange[Answer]:
    """Comments on a case file, the newest first; a page."""
    return get(f"{_FILES}/{part(ident)}/comments", **asked)


def export_case_file(ident: str, form: str = "json") -> Exchange[bytes]:
    """A case file's scene as json, graphml, svg or pdf."""
    reply: Reply = yield Call("GET", f"{_FILES}/{part(ident)}/export", {"format": form})
    return reply.body


def export_scene(
    scene: Mapping[str, Any], form: str = "json", *, title: str = "linkrisk"
) -> Exchange[bytes]:
    """A scene that is not kept, in one of these formats."""
    body = encoded({"scene": scene, "title": title})
    reply: Reply = yield Call(
        "POST", "/v1/scenes/export", {"format": form}, body, {"Content-Type": JSON}
    )
    return reply.body
