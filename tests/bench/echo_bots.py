"""Bare echo bots on python-telegram-bot's Application: what a bot costs that keeps nothing.

``python -m tests.bench.echo_bots --api-url URL --token TOKEN --requests httpx|aiohttp [--concurrent] [--uvloop]``
"""

from __future__ import annotations

import argparse

import uvloop
from telegram import Update
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, filters

from channels.telegram.request import AiohttpRequest


async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Say it back."""
    assert update.message is not None
    assert update.message.text is not None
    await update.message.reply_text(update.message.text)


def build(api_url: str, token: str, *, over_aiohttp: bool, concurrent: bool) -> Application:  # type: ignore[type-arg]
    """The stock application; only the request layer and the concurrency are chosen."""
    builder = ApplicationBuilder().token(token).base_url(f"{api_url}/bot").concurrent_updates(concurrent)
    if over_aiohttp:
        builder = builder.request(AiohttpRequest()).get_updates_request(AiohttpRequest(connections=1))
    application = builder.build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    return application


def main() -> None:
    parser = argparse.ArgumentParser(description="An echo bot, to compare with.")
    parser.add_argument("--api-url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--requests", choices=["httpx", "aiohttp"], default="httpx")
    parser.add_argument("--concurrent", action="store_true")
    parser.add_argument("--uvloop", action="store_true")
    arguments = parser.parse_args()
    if arguments.uvloop:
        uvloop.install()
    over_aiohttp = arguments.requests == "aiohttp"
    application = build(arguments.api_url, arguments.token, over_aiohttp=over_aiohttp, concurrent=arguments.concurrent)
    application.run_polling()


if __name__ == "__main__":
    main()
