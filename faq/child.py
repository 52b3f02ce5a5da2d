"""The child process that builds a FAQ, as its parent sees it: begun, waited for and ended off the event loop."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from faq.errors import LearningError
from faq.publishing import Build, KnowledgeSettings, stored_build


async def build_in_child(settings: KnowledgeSettings, now: datetime) -> Build:
    """Build in a child process; when cancelled, the child and what it started end too."""
    child = _Child()
    working = asyncio.ensure_future(asyncio.to_thread(child.work, settings, now))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        child.end()
        with suppress(LearningError):
            await working
        raise


class _Child:
    """One build. ``work`` blocks until it is done; ``end`` may be called from elsewhere at any time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ended = False
        self._lock = threading.Lock()

    def work(self, settings: KnowledgeSettings, now: datetime) -> Build:
        with tempfile.TemporaryDirectory(prefix="faq-") as folder:
            job, result = Path(folder) / "job", Path(folder) / "result"
            job.write_bytes(pickle.dumps((settings, now)))
            process = self._begin("-m", "faq.building", str(job), str(result))
            _, said = process.communicate()
            if process.returncode != 0:
                reason = said.decode(errors="replace").strip()[-2000:]
                raise LearningError(reason or f"the child that builds the FAQ ended with {process.returncode}")
            has_faq, judged = pickle.loads(result.read_bytes())  # noqa: S301 - written by our own child
        assert isinstance(judged, Build)
        if not has_faq:
            return judged
        # The FAQ itself is read from the cache: that lets other threads have their turns, a large pickle does not.
        stored = stored_build(settings.cache_folder, judged.key)
        if stored is None:
            raise LearningError(f"what was built is gone from {settings.cache_folder}")
        return stored

    def _begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_ended:
                raise LearningError("the program ends")
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            return self._process

    def end(self) -> None:
        with self._lock:
            self._is_ended = True
            if self._process is None or self._process.returncode is not None:
                return
            with suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGTERM)
                else:
                    self._process.terminate()
