"""The web server: one process, told to stop by a signal, that finishes what it has begun."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.service.application import create_app
from shared.service.models import ModelShelf
from shared.service.settings import Settings
from shared.service.watching import log_to_stdout

M_MMAP_THRESHOLD, LARGE_BLOCK = -3, 1 << 20  # In malloc.h; bytes


class Protocol(H11Protocol):
    """Closes a connection where no whole head of a request arrived from one look to the next.

    Attributes:
        seconds: From look to look; bytes that come in between give no more time.
    """

    seconds: float

    def connection_made(self, transport: Any) -> None:
        """Begin to look."""
        super().connection_made(transport)
        self._look()

    def _look(self, earlier: Any = None) -> None:
        seen = self.cycle, self.conn.their_state  # The last request, and what is awaited now
        if seen == earlier and seen[1] is h11.IDLE:
            self.transport.close()
        elif not self.transport.is_closing():
            self.loop.call_later(self.seconds, self._look, seen)


class Server(uvicorn.Server):
    """Says that it is stopping before it stops, so that a load balancer looks elsewhere."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no new work; requests at work come to their end. A second Ctrl-C does not wait."""
        app: Any = self.config.app
        app.state.stopping = True
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True  # Stopping when told to is a success: the exit status is 0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; 0 takes a free port.

    Raises:
        OSError: The port is taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(
            error.errno,
            f"Nothing can listen at {host}, port {port}: {error.strerror}. Name another --port, "
            "or 0 for a free one; --host has to be an address of this machine.",
        ) from error


def make_server(settings: Settings) -> Server:
    """Return a server that is not running yet; its models are loaded."""
    return Server(
        uvicorn.Config(
            create_app(settings),
            http=type("TimedProtocol", (Protocol,), {"seconds": settings.head_seconds}),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=round(settings.stop_seconds),
            h11_max_incomplete_event_size=64_000,
        )
    )


def serve(
    settings: Settings,
    host: str,
    port: int,
    with_parent: bool = False,
    announce: Callable[[int, ModelShelf], None] = lambda port, shelf: None,
) -> int:
    """Serve until a signal comes; return the exit status.

    Args:
        settings: What the service is told.
        host: Address to listen on.
        port: Port to listen on.
        with_parent: Stop, too, when standard input ends: a pipe does when its writer is gone.
        announce: Told the port and the models once somebody who asks will be answered.
    """
    log_to_stdout()
    _give_memory_back()
    with listen(host, port) as listening:
        server = make_server(settings)
        if with_parent:
            threading.Thread(target=_follow_input, args=(server,), daemon=True).start()
        announce(listening.getsockname()[1], server.config.app.state.workshop.shelf)
        server.run([listening])
    return 0 if server.started else 1


def _give_memory_back() -> None:
    """Have Linux's C library return a freed image to the system, however large the last one was."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # Other systems have no mallopt
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def _follow_input(server: Server) -> None:
    while os.read(0, 4096):  # Python's own reader holds a lock, and an exit meanwhile aborts
        pass
    stop(server)


def stop(server: Server) -> None:
    """Ask a server of this process to stop, as a signal would."""
    server.handle_exit(signal.SIGTERM, None)
