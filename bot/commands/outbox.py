"""``innkeeper outbox``: what did not surely arrive."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import click

from bot.commands.beside import ago, one_line, opened
from bot.commands.faq_tools import stop, table
from bot.commands.program import Program, run
from bot.settings import Settings
from bot.tailoring import utc_now
from messaging import undelivered
from messaging.outbox import FAILED, EntryState
from messaging.undelivered import Key, NotUndelivered, Undelivered
from storage.database import Database

PAGE = 200

STATE = click.Choice([state.value for state in FAILED])


@click.group("outbox")
def outbox_group() -> None:
    """What did not surely arrive: list it, send it again, or leave it.

    unknown: the network gave no answer, so the message may have arrived. dead: given up, it did not arrive. Safe while
    the server runs, and while it does not.
    """


@outbox_group.command("list")
@click.option("--state", type=STATE, help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the whole text, for other programs.")
@click.pass_obj
def list_entries(program: Program, state: str | None, as_json: bool) -> None:
    """List unknown and dead messages, the oldest conversation first."""
    found = run(_everything(program.settings(), _states(state)))
    now = utc_now()
    if as_json:
        click.echo(json.dumps([_plain(each, now) for each in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("Nothing is unknown or dead." if state is None else f"Nothing is {state}.")
        return
    header = ("key", "channel", "player", "author", "state", "age", "error", "text")
    click.echo(table([_cells(each, now) for each in found], header))
    click.echo("\nSend one again with innkeeper outbox retry KEY, or leave it with innkeeper outbox drop KEY.")


@outbox_group.command()
@click.argument("keys", nargs=-1)
@click.option("--all-dead", is_flag=True, help="Every message that is dead now.")
@click.pass_obj
def retry(program: Program, keys: tuple[str, ...], all_dead: bool) -> None:
    """Send KEYS again: each goes out last in its chat, within seconds where a server runs, else at its next start.

    Of an unknown message nobody knows whether it arrived: sent again, the player may read it twice.
    """
    if bool(keys) == all_dead:
        raise click.UsageError(
            "Name the messages to send again (innkeeper outbox list shows their keys), or --all-dead."
        )
    settings = program.settings()
    done = run(_retry(settings, [_key(each) for each in keys] if keys else None))
    for before, after in done:
        click.echo(f"{_shown(before)} goes out again, as {_shown(after)}.")
    if all_dead:
        click.echo(f"{len(done)} messages go out again." if len(done) != 1 else "1 message goes out again.")


@outbox_group.command()
@click.argument("keys", nargs=-1, required=True)
@click.pass_obj
def drop(program: Program, keys: tuple[str, ...]) -> None:
    """Leave KEYS unsent for good. What was written stays in the history, marked as left."""
    settings = program.settings()
    for key in run(_drop(settings, [_key(each) for each in keys])):
        click.echo(f"{_shown(key)} is left as it is.")


async def _everything(settings: Settings, states: Sequence[EntryState]) -> list[Undelivered]:
    async with opened(settings) as database:
        return [each async for each in _pages(database, states)]


async def _pages(database: Database, states: Sequence[EntryState]) -> AsyncIterator[Undelivered]:
    after: Key = (-1, -1)
    while True:
        async with database.reading() as connection:
            page = await undelivered.undelivered(connection, states, after=after, limit=PAGE)
        for each in page:
            yield each
        if len(page) < PAGE:
            return
        after = page[-1].conversation_id, page[-1].number


async def _retry(settings: Settings, keys: Sequence[Key] | None) -> list[tuple[Key, Key]]:
    """Each in a transaction of its own: a server beside this is never held up."""
    async with opened(settings) as database:
        named = keys is not None
        wanted = keys or [(each.conversation_id, each.number) async for each in _pages(database, [EntryState.DEAD])]
        done = []
        for key in wanted:
            try:
                async with database.transaction() as connection:
                    done.append((key, await undelivered.send_again(database, connection, key, utc_now())))
            except NotUndelivered as error:
                # Of many, one that somebody else sent again or left meanwhile is no longer ours to send.
                if named:
                    _stop_after(len(done), str(error))
        return done


async def _drop(settings: Settings, keys: Sequence[Key]) -> list[Key]:
    async with opened(settings) as database:
        for done, key in enumerate(keys):
            try:
                async with database.transaction() as connection:
                    await undelivered.leave(database, connection, key)
            except NotUndelivered as error:
                _stop_after(done, str(error))
        return list(keys)


def _stop_after(done: int, why: str) -> None:
    stop(why if not done else f"{why} The {done} before it are done.")


def _states(state: str | None) -> Sequence[EntryState]:
    return FAILED if state is None else (EntryState(state),)


def _key(text: str) -> Key:
    try:
        return undelivered.parse_key(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no key; keys look like 12-40, see innkeeper outbox list.") from None


def _shown(key: Key) -> str:
    return f"{key[0]}-{key[1]}"


def _cells(each: Undelivered, now: datetime) -> tuple[str, ...]:
    age = ago(now - (each.failed_at or each.created_at))
    return (
        each.key,
        each.channel,
        one_line(each.player),
        each.author.value,
        each.state.value,
        age,
        one_line(each.error or ""),
        one_line(each.text),
    )


def _plain(each: Undelivered, now: datetime) -> dict[str, object]:
    return {
        "key": each.key,
        "channel": each.channel,
        "player": each.player,
        "author": each.author.value,
        "state": each.state.value,
        "attempts": each.attempts,
        "error": each.error,
        "text": each.text,
        "written_at": each.created_at.isoformat(),
        "failed_at": each.failed_at.isoformat() if each.failed_at else None,
        "age_seconds": round((now - (each.failed_at or each.created_at)).total_seconds()),
    }
