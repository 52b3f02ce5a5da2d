"""``python -m tests.protocol.discord_server --port N``: the fake Discord on its own, driven over /_control."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json

from .control import Control
from .server import TOKEN, DiscordServer


async def serve(host: str, port: int, token: str) -> None:
    async with DiscordServer(host=host, port=port, token=token) as server:
        print(json.dumps(Control(server).info({})), flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Discord: REST, CDN and gateway on one port.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the first line printed tells")
    parser.add_argument("--token", default=TOKEN)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.host, given.port, given.token))


if __name__ == "__main__":
    main()
