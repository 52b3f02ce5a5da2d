"""``python -m tests.protocol.telegram_server``: the fake as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress

import uvloop

from tests.protocol.telegram_server.control_api import ControlApi
from tests.protocol.telegram_server.server import TOKEN, FakeTelegram


async def serve(port: int, token: str, check_calls: bool) -> None:
    """Serve until the process is ended; says where on the first line."""
    async with FakeTelegram(token=token, port=port, check_calls=check_calls, record=False) as server:
        server.control = ControlApi(server).handle
        print(f"{server.api_url} token {token}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Telegram Bot API server.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--check-calls", action="store_true", help="hold every call to the Bot API's description")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        uvloop.run(serve(arguments.port, arguments.token, arguments.check_calls))


main()
