"""Looks after tickets whose agents are not there (T13, T14): silence makes offline, tickets go back to the queue."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from prometheus_client import Counter

from bot.happenings import ActDone, Submit
from handoff import absences, holding, presence, tickets
from handoff.acts import Act, Done, TakeBack, TellAway
from handoff.agents import Colleague, Presence
from handoff.holding import Held
from handoff.presence import PresenceRules
from storage.database import Database

log = structlog.get_logger()


class Attendance:
    """All that it knows is in the tables: it goes on after a restart as if there had been none."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        rules: PresenceRules,
        taken_back: Counter,
        now: Callable[[], datetime],
    ) -> None:
        """``taken_back`` counts the tickets that went back."""
        self._taken_back = taken_back
        self._database = database
        self._submit = submit
        self._rules = rules
        self._now = now

    async def look(self) -> None:
        """Look at everybody once."""
        staff = await self._noted()
        now = self._now()
        async with self._database.reading() as connection:
            held = await holding.in_hand(connection)
        acts = self._of_absent(held, staff, now)
        if acts:
            outcomes = await self._submit([ActDone(each) for each in acts])
            done = zip(acts, outcomes, strict=True)
            self._taken_back.inc(sum(isinstance(act, TakeBack) and outcome == Done() for act, outcome in done))

    async def _noted(self) -> Mapping[int, Colleague]:
        """The staff, once who fell silent is offline and long absences are recorded."""
        now = self._now()
        async with self._database.reading() as connection:
            staff = await tickets.staff(connection)
            known = await absences.lasting(connection)
        absent = [
            each
            for each in presence.long_absent(staff.values(), self._rules, now)
            if (each.id, each.presence_since) not in known
        ]
        silent = presence.silent(staff.values(), self._rules, now)
        if not absent and not silent:
            return staff
        async with self._database.transaction() as connection:
            for each in absent:
                assert each.presence_since is not None
                if await absences.begin(self._database, connection, each.id, each.presence_since):
                    log.info("agent_absent", agent=each.id)
            for agent_id in sorted(silent):
                if await presence.fall_silent(connection, agent_id, self._rules, now):
                    log.info("agent_offline", agent=agent_id)
            return await tickets.staff(connection)

    def _of_absent(self, held: Sequence[Held], staff: Mapping[int, Colleague], now: datetime) -> list[Act]:
        acts: list[Act] = []
        for each in held:
            colleague = staff.get(each.agent_id)
            why = presence.why_absent(colleague, self._rules, now)
            if why is not None and (not each.is_snoozed or why == "disabled"):
                acts.append(TakeBack(each.ticket, _act_id(), 0, "", now, each.agent_id))
            elif colleague is not None and colleague.presence is Presence.AWAY and not each.is_snoozed:
                # The same for the same absence: whoever looks, and however often, it is said once.
                act_id = f"away:{colleague.id}:{colleague.presence_since}"
                acts.append(TellAway(each.ticket, act_id, 0, "", now, each.agent_id))
        return acts


def _act_id() -> str:
    return secrets.token_hex(8)
