"""The simulation on loopback: any AWS tool can be its client."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

LOOPBACK = "127.0.0.1"


class _Handler(MotoRequestHandler):
    """Keeps connections open, and its peace."""

    # A header and a body are two writes; waiting to join them costs 40 ms a request.
    disable_nagle_algorithm = True

    def log(self, *_: Any) -> None:
        """Say nothing: the trails tell who called."""

    def connection_dropped(self, *_: Any, **__: Any) -> None:
        """Close the line without an answer, as a planted timeout asks."""
        self.close_connection = True


@contextmanager
def serve(application: Any, port: int = 0) -> Iterator[str]:
    """Serve on loopback only; gives the URL. Port 0 takes a free one."""
    server: Any = make_server(LOOPBACK, port, application, threaded=True, request_handler=_Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
