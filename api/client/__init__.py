"""Ask linkrisk from Python: over HTTP, waiting or not, or in this process, by the same calls.

    risk = connect("sqlite:///linkrisk.db")            # in process
    risk = Client("http://127.0.0.1:8000", token)      # over HTTP
    risk.related_parties(subject="c1", depth=2).frame()
    risk.ask("paths", **{"from": "p1", "to": "c9"})    # or risk.paths(from_="p1", to="c9")

    async with AsyncClient("http://127.0.0.1:8000", token) as risk:
        answer = await risk.related_parties(subject="c1")

    draw(evidence(risk, answer))                       # what an answer stands on, in a notebook

Every answer is the envelope as plain dicts and lists, with `.rows`, `.frame()`, `.polars()` and
`.graph()` beside. Errors are those of `graph.errors`; httpx.HTTPError where no service is reached.
"""

from __future__ import annotations

from api.client.answer import Answer
from api.client.clients import Asking, AsyncClient, Client
from api.client.drawing import Drawing, draw
from api.client.evidence import evidence
from api.client.local import Local, connect
from api.client.retrying import Retrying

__all__ = [
    "Answer", "Asking", "AsyncClient", "Client", "Drawing", "Local", "Retrying", "connect", "draw",
    "evidence",
]  # fmt: skip
