"""A service in a process of its own that delivers without long pauses: `python -m … STORE`."""

from __future__ import annotations

import socket
import sys

import uvicorn

from api.app import Service, make_app
from api.auth import Access
from api.session import Session
from api.webhooks.settings import WebhookSettings
from tests.api.serving import TOKEN

SETTINGS = WebhookSettings(first=0.02, longest=0.2, timeout=0.5, lease=1.0)


def main() -> None:
    app = make_app(Session(sys.argv[1]), Service(Access(TOKEN, None), parts=(SETTINGS,)))
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])


if __name__ == "__main__":
    main()
