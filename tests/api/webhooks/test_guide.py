"""The guide's receiver verifies what the service signs, and names every event there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from api.webhooks.book import new_secret
from api.webhooks.events import TYPES
from api.webhooks.sender import signed

GUIDE = Path(__file__).parent.parent.parent.parent / "docs" / "guides" / "delivering.md"


def test_its_receiver_verifies() -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "def receive" in block]
    names: dict[str, Any] = {}
    exec(code, names)
    secret, body = new_secret(), b'{"type":"webhook.test"}'
    headers = signed("msg_1", body, [secret])
    assert names["receive"](secret, body, headers) == {"type": "webhook.test"}
    with pytest.raises(WebhookVerificationError):
        names["receive"](new_secret(), body, headers)


def test_every_event_is_named() -> None:
    text = GUIDE.read_text("utf-8")
    for name in TYPES:
        assert f"`{name}`" in text or f"`.{name.partition('.')[2]}`" in text, name
