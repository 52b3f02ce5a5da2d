"""One event, its conversation open: keep it, decide, gather the effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.acting import act_on, is_put_off, say_put_off
from bot.cleaning import clean
from bot.decisions.bursts import BURST
from bot.decisions.correcting import decide_edit_ended
from bot.decisions.hearing import Written
from bot.decisions.placing import decide_place
from bot.decisions.player import decide_burst, decide_command, decide_failed, decide_written
from bot.decisions.pressing import decide_pressed
from bot.decisions.timer import decide_timer
from bot.decisions.zones import hear as hear_zone
from bot.effects import CancelTimer, Effect, Say, SetTimer
from bot.happenings import ActDone, EditEnded, FileFailed, PlaceMoved, TimerDue, happened_at
from bot.hiding import warn
from bot.preparing import Prepared
from bot.rows import Opened
from bot.rules import FileRules
from bot.situation import MessageFacts, Policy
from bot.work import Work
from handoff.acts import Declined, Done, Outcome
from messaging.messages import (
    ButtonPressed,
    ChatLost,
    CommandUsed,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
)


@dataclass(frozen=True, slots=True)
class Applying:
    """Applies one event to its conversation."""

    policy: Policy
    files: FileRules

    async def apply(
        self,
        connection: AsyncConnection,
        work: Work,
        place: Opened,
        prepared: Prepared,
        now: datetime,
        *,
        failed: bool,
    ) -> Outcome:
        """Gather the event's effects in ``work``. With ``failed`` (deciding it broke) only keep it and apologise."""
        event = prepared.event
        place.reply_via = getattr(event, "reply_via", None)
        place.happening = event
        match event:
            case MessageReceived() | CommandUsed():
                self._written(work, place, prepared, now, failed=failed)
            case MessageEdited():
                await self._edited(connection, work, place, prepared, now, failed=failed)
            case MessageDeleted():
                await self._deleted(connection, work, place, event, now)
            case ButtonPressed():
                await self._pressed(connection, work, place, event, now, failed=failed)
            case ChatLost():
                place.lost = event.reason
            case FileFailed():
                work.apply(place, (Say((self.files.words_for(event.reason),)),), now)
            case TimerDue():
                self._timer(work, place, prepared, now, failed=failed)
            case EditEnded():
                await self._edit_ended(connection, work, place, event, now, failed=failed)
            case PlaceMoved():
                if not failed:
                    work.apply(place, decide_place(place.situation(now, self.policy), event), now)
            case ActDone():
                if failed:
                    return Declined("failed", "Something went wrong here; nothing was changed. Please try again.")
                return await act_on(connection, work, place, prepared, self.policy, now)
            case _:
                assert_never(event)
        return Done()

    def _written(self, work: Work, place: Opened, prepared: Prepared, now: datetime, *, failed: bool) -> None:
        event = prepared.event
        assert isinstance(event, MessageReceived | CommandUsed)
        place.lost = None
        text = _spoken(event)
        files = [(each, self.files.state_of(each)) for each in getattr(event, "files", ())]
        # What the agent who reads it should know of it.
        data = {fact: told for fact in ("unsupported", "late", "forwarded") if (told := getattr(event, fact, None))}
        work.store_incoming(place, event.external_id, text, happened_at(event, now), files, data, now)
        situation = place.situation(now, self.policy)
        if failed:
            work.apply(place, decide_failed(situation, text), now)
            return
        written = prepared.written
        assert written is not None
        refused = tuple(dict.fromkeys(state for _, state in files if state == "too_large"))
        if refused:
            written = replace(written, refused=tuple(self.files.words_for(state) for state in refused))
        if event.person.time_zone is not None:
            work.apply(place, hear_zone(situation, event.person.time_zone), now)
            situation = place.situation(now, self.policy)
        if event.masked:
            situation, warning = warn(situation)
            work.apply(place, warning, now)
        faq = work.renderer.faq
        match event:
            case CommandUsed():
                effects = decide_command(situation, event.name, clean(event.argument), written, faq)
            case MessageReceived():
                effects = decide_written(situation, written, faq.entries)
        note_verdict(work, written, effects)
        work.apply(place, effects, now)

    async def _edited(
        self,
        connection: AsyncConnection,
        work: Work,
        place: Opened,
        prepared: Prepared,
        now: datetime,
        *,
        failed: bool,
    ) -> None:
        """Keep both versions. What was edited before it ever arrived counts as written now."""
        event = prepared.event
        assert isinstance(event, MessageEdited)
        stored = await work.find_incoming(connection, place, event.external_id)
        if stored is None:
            received = MessageReceived(
                event.channel,
                event.chat,
                event.external_id,
                event.person,
                event.edited_at,
                event.text,
                masked=event.masked,
            )
            work.arrived(place, received.key, now)
            written = prepared.written or Written(clean(event.text))
            self._written(work, place, Prepared(received, written), now, failed=failed)
            return
        text = clean(event.text)
        if text != stored["text"]:
            work.change_message(place, stored["number"], stored["text"], {"text": text, "edited_at": now}, now)

    async def _deleted(
        self, connection: AsyncConnection, work: Work, place: Opened, event: MessageDeleted, now: datetime
    ) -> None:
        stored = await work.find_incoming(connection, place, event.external_id)
        if stored is not None:
            work.change_message(place, stored["number"], None, {"deleted_at": now}, now)

    async def _pressed(
        self,
        connection: AsyncConnection,
        work: Work,
        place: Opened,
        event: ButtonPressed,
        now: datetime,
        *,
        failed: bool,
    ) -> None:
        """A press is kept as if the player had said what stands on the button."""
        place.lost = None
        label = await work.label_of(connection, place, event.action)
        data = {"pressed": event.action}
        work.store_incoming(place, f"press:{event.external_id}", label, happened_at(event, now), (), data, now)
        situation = place.situation(now, self.policy)
        effects = (
            decide_failed(situation, label) if failed else decide_pressed(situation, event.action, work.renderer.faq)
        )
        work.apply(place, effects, now)

    async def _edit_ended(
        self,
        connection: AsyncConnection,
        work: Work,
        place: Opened,
        event: EditEnded,
        now: datetime,
        *,
        failed: bool,
    ) -> None:
        row = await work.find_message(connection, place, event.message)
        if row is not None and not failed:
            situation = place.situation(now, self.policy)
            work.apply(place, decide_edit_ended(situation, MessageFacts.of_row(row), event), now)

    def _timer(self, work: Work, place: Opened, prepared: Prepared, now: datetime, *, failed: bool) -> None:
        """An alarm that cannot be acted on is put away too: it would ring for ever."""
        event = prepared.event
        assert isinstance(event, TimerDue)
        effects: tuple[Effect, ...] = ()
        if is_put_off(event):
            say_put_off(work, place, event.timer, self.policy, now, failed=failed)
        elif event.timer.kind == BURST:
            effects = self._burst(work, place, prepared, now, failed=failed)
        elif not failed:
            effects = decide_timer(replace(place.situation(now, self.policy), staff=work.staff), event.timer)
        work.apply(place, (CancelTimer(event.timer.kind), *effects), now)

    def _burst(
        self, work: Work, place: Opened, prepared: Prepared, now: datetime, *, failed: bool
    ) -> tuple[Effect, ...]:
        """The player has finished (G11)."""
        situation, pending = place.situation(now, self.policy), place.memory.pending
        if pending is None:
            return ()
        if failed or prepared.written is None:
            return decide_failed(situation, pending.text)
        place.question = pending.number
        effects = decide_burst(situation, prepared.written, work.renderer.faq.entries)
        note_verdict(work, prepared.written, effects)
        return effects


def note_verdict(work: Work, written: Written, effects: tuple[Effect, ...]) -> None:
    """Count what the FAQ made of a question: ``wait`` where it is decided on later, with the words that follow."""
    if written.match is None:
        return
    waits = any(isinstance(each, SetTimer) and each.kind == BURST for each in effects)
    says = any(isinstance(each, Say) for each in effects)
    work.verdicts.append("wait" if waits and not says else type(written.match.verdict).__name__.lower())


def _spoken(event: MessageReceived | CommandUsed) -> str:
    if isinstance(event, MessageReceived):
        return clean(event.text)
    return clean(f"/{event.name} {event.argument}")
