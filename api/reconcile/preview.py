"""A subject on a small page, for the frame that a reconciliation client shows it in."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

from api.look import subject
from graph.keys import mask_within

if TYPE_CHECKING:
    from api.session import Session

_STYLE: Final = (
    "body{font:13px/1.45 system-ui,'Noto Sans CJK SC',sans-serif;margin:.6rem;color:#1b2430}"
    "h1{font-size:1rem;margin:0 0 .3rem}dl{display:grid;grid-template-columns:6rem 1fr;"
    "gap:.1rem .6rem;margin:0}dt{color:#5b6675}dd{margin:0;overflow-wrap:anywhere}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
)
_RECORDS: Final = 5


def preview(session: Session, name: str) -> tuple[str, str]:
    """The page and the canonical id of the subject; identifiers are masked. Raises
    UnknownSubject."""
    found = subject(session, name)
    rows = [("kind / 类型", found["kind"]), ("id", found["id"])]
    for record in found["records"][:_RECORDS]:
        keys = ", ".join(f"{kind} {value}" for kind, value in record.get("keys", {}).items())
        rows.append((f"{record['source']['dataset']}", f"{record['id']} {keys}".strip()))
    if (more := len(found["records"]) - _RECORDS) > 0:
        rows.append(("", f"and {more} records more / 另有 {more} 条"))
    for each in found["listings"][:_RECORDS]:
        said = (each.get(part) for part in ("list", "domain", "decided_on", "status"))
        rows.append(("listing / 名单", " · ".join(str(part) for part in said if part)))
    body = "".join(f"<dt>{_shown(term)}</dt><dd>{_shown(said)}</dd>" for term, said in rows)
    page = (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{_shown(found["label"])}'
        f"</title><style>{_STYLE}</style><h1>{_shown(found['label'])}</h1><dl>{body}</dl></html>"
    )
    return page, found["id"]


def _shown(text: object) -> str:
    return escape(str(mask_within(str(text))))
