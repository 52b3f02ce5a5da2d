"""What the clocks tell staff: targets, promises, players on hold, silent agents, players without an answer.

Read from what the tables say now, so that an alarm is there as long as its reason, and also after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import lead_alarms, unanswered
from bot.alarm_words import (
    SHOWN_AT_MOST,
    Case,
    counted,
    due,
    hold_words,
    late_words,
    list_of,
    promise_words,
    silence_words,
)
from bot.decisions.silence import LEAD_TOLD
from bot.metrics import Metrics
from bot.times import Times
from handoff.agents import Role, agents
from handoff.notices import LEADS, Notice, Severity
from handoff.sla import DUTIES, Clock
from handoff.tickets import TicketKey, TicketState, in_state, tickets
from messaging import set_aside
from messaging.conversations import conversations
from messaging.players import players

log = structlog.get_logger()

IN_HAND_AT_MOST = 1000
"""Tickets of agents that are read: everybody is to see their own."""
OTHERS_AT_MOST = 20
"""Tickets that nobody has, of which only the first are shown."""
MISSED = 100
Totals = Mapping[tuple[int, bool], int]
"""How many tickets warned of so much, by whether anybody has them."""


@dataclass(slots=True)
class Alarms:
    """Reads what staff are to be told, and keeps the gauges of it."""

    times: Times
    metrics: Metrics
    _unanswered: int = 0

    async def read(self, connection: AsyncConnection, now: datetime) -> list[Notice]:
        """Everything that holds now."""
        is_open = tickets.c.state != TicketState.RESOLVED
        # As the index has it: the planner has to see that it holds all of them.
        warned = tickets.c.warned > sa.literal(0, tickets.c.warned.type, literal_execute=True)
        near = now + self.times.promise_warn_before
        taken, free = tickets.c.agent_id.is_not(None), tickets.c.agent_id.is_(None)
        late = await self._cases(connection, tickets.c.due_at, warned, is_open, taken)
        late += await self._cases(connection, tickets.c.due_at, warned, is_open, free, limit=OTHERS_AT_MOST)
        late.sort(key=lambda each: each.due_at or now)
        totals = await _totals(connection, warned, is_open)
        promised = await self._cases(connection, tickets.c.promise_due_at, tickets.c.promise_due_at <= near, is_open)
        held_before = now - self.times.hold_thank_after
        neglected = await self._cases(
            connection,
            tickets.c.claimed_at,
            in_state(TicketState.ASSIGNED),
            sa.or_(tickets.c.held_since <= held_before, tickets.c.silence > 0),
        )
        self._measure(totals, promised, now)
        words = _Words(self.times, now)
        return [
            *await _set_aside(connection, words),
            *await self._unanswered_players(connection, words),
            *await self._unreached(connection, words),
            *words.of_targets(late, totals),
            *words.of_promises(promised),
            *words.of_neglected(neglected),
            *await lead_alarms.read(connection, now),
        ]

    async def _cases(
        self,
        connection: AsyncConnection,
        order: sa.ColumnElement[Any],
        *conditions: sa.ColumnElement[bool],
        limit: int = IN_HAND_AT_MOST,
    ) -> list[Case]:
        query = (
            sa.select(*_COLUMNS)
            .select_from(
                tickets.join(conversations)
                .join(players, players.c.id == conversations.c.player_id)
                .outerjoin(agents, agents.c.id == tickets.c.agent_id)
            )
            .where(*conditions)
            .order_by(order)
            .limit(limit)
        )
        return [_case(row) for row in await connection.execute(query)]

    def _measure(self, totals: Totals, promised: Sequence[Case], now: datetime) -> None:
        missed = sum(count for (warned, _), count in totals.items() if warned >= MISSED)
        self.metrics.sla_tickets.labels("missed").set(missed)
        self.metrics.sla_tickets.labels("near").set(sum(totals.values()) - missed)
        broken = sum(each.promise_due_at is not None and each.promise_due_at <= now for each in promised)
        self.metrics.promises_open.labels("missed").set(broken)
        self.metrics.promises_open.labels("near").set(len(promised) - broken)

    async def _unanswered_players(self, connection: AsyncConnection, words: _Words) -> list[Notice]:
        """T17."""
        count, since = await unanswered.count(connection, words.now - self.times.unanswered_after)
        self.metrics.players_unanswered.set(count)
        if count > self._unanswered:
            log.error("players_unanswered", players=count)
        self._unanswered = count
        if since is None:
            return []
        names = await unanswered.names(connection, words.now - self.times.unanswered_after, limit=5)
        verb = "has" if count == 1 else "have"
        text = f"{counted(count, 'player')} wrote to us and {verb} no answer, the first since {words.clock(since)}: "
        remedy = "They are in no queue. Tell whoever runs the service: the log says why (event_failed)."
        return [Notice("unanswered", Severity.ERROR, text + list_of(names, count), remedy, LEADS)]

    async def _unreached(self, connection: AsyncConnection, words: _Words) -> list[Notice]:
        """T6."""
        before = words.now - self.times.unreached_after
        waiting = (in_state(TicketState.WAITING), tickets.c.waiting_since < before)
        count: int = await connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(*waiting)) or 0
        self.metrics.players_unreached.set(count)
        if not count:
            return []
        found = await self._cases(connection, tickets.c.waiting_since, *waiting, limit=OTHERS_AT_MOST)
        hours = self.times.unreached_after.total_seconds() / 3600
        text = f"{counted(count, 'player')} waited over {hours:g} hours, and nobody has reached them: "
        remedy = "Take them, or give them to somebody else, today."
        return [Notice("unreached", Severity.ERROR, text + list_of(map(str, found), count), remedy, LEADS)]


@dataclass(frozen=True, slots=True)
class _Words:
    """Notices in words, as of one moment."""

    times: Times
    now: datetime

    def clock(self, at: datetime) -> str:
        """A time of day on the service's wall, with its day where that is not today."""
        local, today = self.times.calendar.local(at), self.times.calendar.local(self.now).date()
        return f"{local:%H:%M} {local.tzname()}" + ("" if local.date() == today else f" on {local:%d %B}")

    def of_targets(self, cases: Sequence[Case], totals: Totals) -> Iterator[Notice]:
        """T1-T4: leads and admins see which ticket and how late, its agent their own, all agents what nobody has."""
        told = {role: [each for each in cases if role in self.times.sla.roles_by(each.warned)] for role in Role}
        for role in (Role.LEAD, Role.ADMIN):
            yield from self._late("sla", told[role], frozenset({role}), counts=self._counts(totals, role))
        unclaimed = [each for each in told[Role.AGENT] if each.agent_id is None]
        free = {key: count for key, count in totals.items() if not key[1]}
        counts = self._counts(free, Role.AGENT)
        yield from self._late("sla:waiting", unclaimed, frozenset({Role.AGENT}), counts=counts)
        yield from _to_agents("sla", told[Role.AGENT], self._late)

    def _counts(self, totals: Totals, role: Role) -> tuple[int, int]:
        """How many tickets that concern this role missed their target, and how many are near it."""
        theirs = {key: count for key, count in totals.items() if role in self.times.sla.roles_by(key[0])}
        missed = sum(count for (warned, _), count in theirs.items() if warned >= MISSED)
        return missed, sum(theirs.values()) - missed

    def of_promises(self, cases: Sequence[Case]) -> Iterator[Notice]:
        """T5, T16."""
        yield from self._promised("promises", cases, LEADS)
        yield from _to_agents("promises", cases, self._promised)

    def of_neglected(self, cases: Sequence[Case]) -> Iterator[Notice]:
        """T15, G12."""
        held = [each for each in cases if each.held_since is not None]
        yield from _to_agents("hold", held, self._held)
        silent = [each for each in cases if each.silence]
        yield from self._silent("silence", [each for each in silent if each.silence >= LEAD_TOLD], LEADS)
        yield from _to_agents("silence", silent, self._silent)

    def _late(
        self,
        key: str,
        cases: Sequence[Case],
        roles: frozenset[Role] = frozenset(),
        agent: int | None = None,
        counts: tuple[int, int] | None = None,
    ) -> Iterator[Notice]:
        if cases:
            lines = [f"{each}: {due(each.duty, each.due_at, self.now)}" for each in cases]
            late = sum(each.warned >= MISSED for each in cases)
            missed, near = counts or (late, len(cases) - late)
            severity = Severity.ERROR if missed else Severity.WARNING
            text = f"{late_words(missed, near)}: {list_of(lines, missed + near)}"
            yield Notice(key, severity, text, "", roles, agent)

    def _promised(
        self, key: str, cases: Sequence[Case], roles: frozenset[Role] = frozenset(), agent: int | None = None
    ) -> Iterator[Notice]:
        if cases:
            lines = [f"{each}: {due('our word', each.promise_due_at, self.now)}" for each in cases]
            missed = sum(each.promise_due_at is not None and each.promise_due_at <= self.now for each in cases)
            severity = Severity.ERROR if missed else Severity.WARNING
            text = f"{promise_words(missed, len(cases) - missed)}: {list_of(lines, len(cases))}"
            remedy = "Write to them, even if it is only that it takes longer, and promise another time."
            yield Notice(key, severity, text, remedy, roles, agent)

    def _held(
        self, key: str, cases: Sequence[Case], roles: frozenset[Role] = frozenset(), agent: int | None = None
    ) -> Iterator[Notice]:
        lines = [hold_words(each, self.clock) for each in cases]
        remedy = "Say a word, or promise a time by which you will know (T16)."
        yield Notice(key, Severity.WARNING, list_of(lines, len(cases)), remedy, roles, agent)

    def _silent(
        self, key: str, cases: Sequence[Case], roles: frozenset[Role] = frozenset(), agent: int | None = None
    ) -> Iterator[Notice]:
        if cases:
            lines = [silence_words(each, self.clock, to_agent=agent is not None) for each in cases]
            remedy = "Without a word the ticket goes back to the queue."
            yield Notice(key, Severity.WARNING, list_of(lines, len(cases)), remedy, roles, agent)


async def _set_aside(connection: AsyncConnection, words: _Words) -> list[Notice]:
    """T17: what came in and failed inside."""
    count, since = await set_aside.figures(connection)
    if since is None:
        return []
    found = await set_aside.listed(connection, limit=SHOWN_AT_MOST)
    who = [f"{each.player} ({each.event.channel})" for each in found]
    verb = "is" if count == 1 else "are"
    text = f"{counted(count, 'message')} of players failed inside, the first at {words.clock(since)}, and {verb} kept: "
    remedy = "They are in no queue, and nobody has heard. Tell whoever runs the service: innkeeper inbox list."
    return [Notice("set_aside", Severity.ERROR, text + list_of(who, count), remedy, LEADS)]


async def _totals(connection: AsyncConnection, *conditions: sa.ColumnElement[bool]) -> Totals:
    taken = tickets.c.agent_id.is_not(None)
    query = sa.select(tickets.c.warned, taken, sa.func.count()).where(*conditions).group_by(tickets.c.warned, taken)
    return {(row[0], bool(row[1])): row[2] for row in await connection.execute(query)}


Teller = Callable[[str, Sequence[Case], frozenset[Role], int | None], Iterator[Notice]]


def _to_agents(key: str, cases: Iterable[Case], tell: Teller) -> Iterator[Notice]:
    """Everybody's own, to themselves alone."""
    own: dict[int, list[Case]] = {}
    for each in cases:
        if each.agent_id is not None:
            own.setdefault(each.agent_id, []).append(each)
    for agent_id, theirs in own.items():
        yield from tell(f"{key}:agent", theirs, frozenset(), agent_id)


_COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    tickets.c.conversation_id,
    tickets.c.number,
    tickets.c.agent_id,
    tickets.c.due_at,
    tickets.c.warned,
    tickets.c.clocks,
    tickets.c.promise_due_at,
    tickets.c.held_since,
    tickets.c.silent_since,
    tickets.c.silence,
    players.c.id.label("player_id"),
    players.c.name.label("player_name"),
    agents.c.desk_name,
)


def _case(row: sa.Row[Any]) -> Case:
    return Case(
        key=TicketKey(row.conversation_id, row.number),
        player=row.player_name or f"Player {row.player_id}",
        agent_id=row.agent_id,
        agent=row.desk_name or "",
        duty=_duty(row.clocks),
        due_at=row.due_at,
        warned=row.warned,
        promise_due_at=row.promise_due_at,
        held_since=row.held_since,
        silent_since=row.silent_since,
        silence=row.silence,
    )


def _duty(clocks: dict[str, Any]) -> str:
    """The duty of the running clock that has warned of most."""
    running = {duty: Clock.from_plain(clocks[duty]) for duty in DUTIES if clocks.get(duty)}
    warned = {duty: max(clock.warned, default=0) for duty, clock in running.items() if clock.is_running}
    return max(warned, key=lambda duty: warned[duty], default=DUTIES[0])
