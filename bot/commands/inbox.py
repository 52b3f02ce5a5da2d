"""``innkeeper inbox``: what came in and could not be handled."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.beside import ago, one_line, opened
from bot.commands.faq_tools import stop, table
from bot.commands.program import Program, run
from bot.settings import Settings
from bot.tailoring import utc_now
from messaging import set_aside
from messaging.set_aside import SetAside

Change = Callable[[AsyncConnection], Awaitable[set[int]]]


@click.group("inbox")
def inbox_group() -> None:
    """What players wrote or pressed that failed inside: list it, have it handled again, or drop it.

    Such an event is kept as it came, whatever failed. It is tried again at every start, for a newer version may have
    what this one lacks. Safe while the server runs, and while it does not.
    """


@inbox_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all that the network told, for other programs.")
@click.pass_obj
def list_events(program: Program, as_json: bool) -> None:
    """List the events that could not be handled, the oldest first."""
    found = run(_everything(program.settings()))
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("Everything that came in was handled.")
        return
    now = utc_now()
    rows = [
        (
            str(each.id),
            each.event.channel,
            one_line(each.player),
            type(each.event).__name__,
            ago(now - each.kept_at),
            one_line(each.error),
            one_line(each.words),
        )
        for each in found
    ]
    click.echo(table(rows, ("number", "channel", "player", "what", "age", "error", "text")))
    click.echo("\nHave one handled again with innkeeper inbox retry NUMBER; innkeeper inbox drop NUMBER forgets it.")


@inbox_group.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(1, 2**63 - 1))
@click.option("--all", "everything", is_flag=True, help="Everything that is listed.")
@click.pass_obj
def retry(program: Program, numbers: tuple[int, ...], everything: bool) -> None:
    """Have NUMBERS handled again: within half a minute where a server runs, else at its next start.

    What was handled leaves the list; what failed again stays in it.
    """
    if bool(numbers) == everything:
        raise click.UsageError("Name the events to handle again (innkeeper inbox list shows them), or --all.")
    wanted = numbers or None
    done = run(_change(program.settings(), numbers, lambda c: set_aside.try_again(c, wanted, utc_now())))
    click.echo(f"{len(done)} events are handled again." if len(done) != 1 else "1 event is handled again.")


@inbox_group.command()
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1, 2**63 - 1))
@click.pass_obj
def drop(program: Program, numbers: tuple[int, ...]) -> None:
    """Forget NUMBERS for good, as if they had never come."""
    for number in sorted(run(_change(program.settings(), numbers, lambda c: set_aside.drop(c, numbers)))):
        click.echo(f"{number} is forgotten.")


async def _everything(settings: Settings) -> list[SetAside]:
    async with opened(settings) as database, database.reading() as connection:
        return await set_aside.listed(connection)


async def _change(settings: Settings, numbers: Sequence[int], change: Change) -> set[int]:
    """All of them, or none."""
    async with opened(settings) as database, database.transaction() as connection:
        done = await change(connection)
        missing = sorted(set(numbers) - done)
        if missing:
            stop(f"There is no event {missing[0]} (any more); nothing was changed. See innkeeper inbox list.")
        return done


def _plain(each: SetAside) -> dict[str, object]:
    return {
        "number": each.id,
        "error": each.error,
        "kept_at": each.kept_at.isoformat(),
        "due_at": each.due_at.isoformat() if each.due_at else None,
        "event": json.loads(set_aside.written(each.event)),
    }
