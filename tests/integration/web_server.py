"""A web server that takes files by PUT, and notes what came."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import Any


class Server(http.server.HTTPServer):
    """The server.

    Attributes:
        url: where it is.
        status: what it answers.
        received: (header Authorization, body) by path.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Put)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.status = 201
        self.received: dict[str, tuple[str | None, bytes]] = {}


class _Put(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received[self.path] = (self.headers["Authorization"], body)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Yield a server that runs."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
