"""The web server: one process, told to stop by a signal, that finishes what it has begun."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

import uvicorn

from shared.service.application import create_app
from shared.service.settings import Settings
from shared.service.watching import log_to_stdout


class Server(uvicorn.Server):
    """Says that it is stopping before it stops, so that a load balancer looks elsewhere."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no new work; requests at work come to their end. A second Ctrl-C does not wait."""
        app: Any = self.config.app
        app.state.stopping = True
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True  # Stopping when told to is a success: the exit status is 0


def make_server(settings: Settings, host: str = "127.0.0.1", port: int = 8000) -> Server:
    """Return a server that is not running yet; its models are loaded."""
    return Server(
        uvicorn.Config(
            create_app(settings),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=round(settings.stop_seconds),
            limit_concurrency=4 * settings.concurrency,  # Connections; requests are counted apart
            h11_max_incomplete_event_size=64_000,
        )
    )


def serve(settings: Settings, host: str, port: int, with_parent: bool = False) -> int:
    """Serve until a signal comes; return the exit status.

    Args:
        settings: What the service is told.
        host: Address to listen on.
        port: Port to listen on.
        with_parent: Stop, too, when standard input ends: a pipe does when its writer is gone.
    """
    log_to_stdout()
    server = make_server(settings, host, port)
    if with_parent:
        threading.Thread(target=_follow_input, args=(server,), daemon=True).start()
    server.run()
    return 0 if server.started else 1


def _follow_input(server: Server) -> None:
    while os.read(0, 4096):  # Python's own reader holds a lock, and an exit meanwhile aborts
        pass
    stop(server)


def stop(server: Server) -> None:
    """Ask a server of this process to stop, as a signal would."""
    server.handle_exit(signal.SIGTERM, None)
