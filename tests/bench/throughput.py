"""``make bench``: Innkeeper beside bare echo bots, on the same fake Bot API server, in one run.

Every message to Innkeeper is kept, matched against the sample FAQ, answered and marked; an echo bot keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.telegram_load import ECHO_BOTS, Result, run_load, table
from tests.postgresql import postgresql

ROOT = Path(__file__).parents[2]
IDLE_LIMIT_MB = 150
READY_LIMIT_S = 3.0
RATIO_LIMIT = 0.5

CONFIG = """
service: {{name: Bench, languages: [en, zh-Hans, zh-Hant, vi, ja], texts: {root}/bot/texts}}
web: {{port: {port}, public_url: "http://127.0.0.1:{port}"}}
database: {{url: "{database}"}}
channels:
  telegram: {{token: "${{TELEGRAM_TOKEN}}", api_url: "${{TELEGRAM_API_URL}}", mode: {mode}}}
  web: {{enabled: {pages}, new_chats_per_minute: 1000000}}
faq:
  folder: {root}/faq/entries
  cache: {root}/data/bench-faq
  semantic: {semantic}
  misses_before_handoff: 1000000
  # Each message is a question of its own: a player who is waited for would be measured, and not the program.
  patience: 0 seconds
  variables: {{game: g, company: c, support_hours: h, shop_url: "https://a.example", account_url: "https://b.example"}}
handoff: {{messages_per_minute: 1000000, undo: 0 seconds}}
log: {{level: error}}
"""


@contextmanager
def innkeeper(
    database: str, *, semantic: bool, port: int, mode: str = "polling", pages: bool = False
) -> Iterator[Sequence[str]]:
    """The command that serves on this database, with settings of its own; with ``pages`` the web chat too."""
    with tempfile.TemporaryDirectory(prefix="innkeeper-bench-") as folder:
        config = Path(folder) / "config.yaml"
        url = database.format(folder=folder)
        text = CONFIG.format(
            root=ROOT, port=port, database=url, semantic=str(semantic).lower(), mode=mode, pages=str(pages).lower()
        )
        config.write_text(text, encoding="utf-8")
        yield [sys.executable, "-m", "bot", "serve", "--config", str(config)]


async def measure(size: Mapping[str, int], *, echo: bool, semantic: bool) -> list[Result]:
    """Every contestant in turn."""
    chosen = ECHO_BOTS if echo else {}
    results = [await run_load(name, command, **size) for name, command in chosen.items()]
    with innkeeper("sqlite:///{folder}/bench.db", semantic=False, port=8971) as command:
        # Once before it counts, so that the FAQ is learned and the start measured is that of an unchanged FAQ.
        await run_load("warm", command, chats=1, messages=1, warm_up=0)
        results.append(await run_load("Innkeeper on SQLite", command, **size))
    with postgresql(durable=True) as url, innkeeper(url, semantic=False, port=8972) as command:
        results.append(await run_load("Innkeeper on PostgreSQL", command, **size))
    if semantic:
        with innkeeper("sqlite:///{folder}/bench.db", semantic=True, port=8973) as command:
            await run_load("warm", command, chats=1, messages=1, warm_up=0)
            results.append(await run_load("Innkeeper on SQLite, with the embedding", command, **size))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Innkeeper beside bare echo bots.")
    parser.add_argument("--chats", type=int, default=500)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--no-echo", action="store_true", help="leave the echo bots out")
    parser.add_argument("--semantic", action="store_true", help="also with the sentence embedding")
    arguments = parser.parse_args()
    size = {"chats": arguments.chats, "messages": arguments.messages}
    results = asyncio.run(measure(size, echo=not arguments.no_echo, semantic=arguments.semantic))
    print(table(results))
    if not arguments.no_echo:
        sqlite = next(each for each in results if each.name == "Innkeeper on SQLite")
        ratio = sqlite.per_second / results[0].per_second
        print(f"\nInnkeeper on SQLite against the stock echo bot: {ratio:.2f} (at least {RATIO_LIMIT})")
        print(f"Ready to serve after {sqlite.ready_s:.1f} s (at most {READY_LIMIT_S:.0f})")
        if ratio < RATIO_LIMIT or sqlite.ready_s > READY_LIMIT_S or sqlite.answered < sqlite.messages:
            raise SystemExit("below the limits")


if __name__ == "__main__":
    main()
