"""A network path that can be cut: a proxy to a port of this machine, in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import selectors
import socket
from typing import Any

SPAWN = multiprocessing.get_context("spawn")


class CutProxy:
    """Passes on what comes to `port`; cut, it drops all connections and takes no new ones."""

    def __init__(self, target: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._target = target
        self._process = None
        self.mend()

    def mend(self) -> None:
        """Pass on again; returns once it takes connections."""
        ready = SPAWN.Event()
        self._process = SPAWN.Process(target=_pass_on, args=(self.port, self._target, ready))
        self._process.start()
        assert ready.wait(60)

    def cut(self) -> None:
        """Stop at once."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    close = cut


def _pass_on(port: int, target: int, ready) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    ready.set()
    while True:
        for key, _ in selector.select():
            end: Any = key.fileobj
            if key.data is None:
                here, _ = listener.accept()
                try:
                    there = socket.create_connection(("127.0.0.1", target))
                except OSError:
                    here.close()
                    continue
                selector.register(here, selectors.EVENT_READ, there)
                selector.register(there, selectors.EVENT_READ, here)
                continue
            try:
                data = end.recv(65536)
                key.data.sendall(data)
            except OSError:
                data = b""
            if not data:
                for socket_ in (end, key.data):
                    with contextlib.suppress(KeyError, ValueError):
                        selector.unregister(socket_)
                    socket_.close()
