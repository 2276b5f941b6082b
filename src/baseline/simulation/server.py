"""The simulation on loopback: any AWS tool can be its client."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from baseline.errors import UsageError

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
    """Serve on loopback only; gives the URL. Port 0 takes a free one.

    Raises UsageError for a port that cannot be had.
    """
    with _listening(port) as listening:
        server: Any = make_server(
            LOOPBACK,
            port,
            application,
            threaded=True,
            request_handler=_Handler,
            fd=listening.fileno(),
        )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listening(port: int) -> socket.socket:
    """A socket of ours: werkzeug would print its own sentences and exit."""
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise UsageError(
            f"cannot be listened on: {os.strerror(error.errno or 0)}",
            where=f"port {port}",
            remedy="Give another --port, or none to take a free one.",
        ) from error
