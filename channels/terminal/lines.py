"""Lines as they are typed or come from a pipe."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

_CHUNK = 65536


async def lines_of(descriptor: int) -> AsyncIterator[str]:
    """The lines of a terminal, a pipe or a file, without their ends, until it is over.

    A thread waits for them: an event loop cannot wait for files. It reads the descriptor itself, since a thread that
    sleeps inside ``sys.stdin`` keeps the program from ending.
    """
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        chunk = b"?"
        while chunk:
            try:
                chunk = os.read(descriptor, _CHUNK)
            except OSError:
                chunk = b""
            # The loop may be closed by the time somebody presses Enter; then nobody wants the line.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)

    threading.Thread(target=read, name="terminal", daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while chunk := await chunks.get():
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            yield line.removesuffix("\r")
    if rest:
        yield rest
