"""One event, its conversation open: keep it, decide, gather the effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cleaning import clean
from bot.decisions.agent import decide_act
from bot.decisions.browsing import decide_browsed, decide_topics, is_browsing
from bot.decisions.correcting import decide_edit_ended
from bot.decisions.hands import NOT_GUARDED
from bot.decisions.player import Written, decide_command, decide_failed, decide_pressed, decide_written
from bot.decisions.timer import decide_timer
from bot.effects import CancelTimer, Effect, Say
from bot.happenings import ActDone, EditEnded, FileFailed, TimerDue, happened_at
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
                self._timer(work, place, event, now, failed=failed)
            case EditEnded():
                await self._edit_ended(connection, work, place, event, now, failed=failed)
            case ActDone():
                return await self._act(connection, work, place, prepared, now, failed=failed)
            case _:
                assert_never(event)
        return Done()

    def _written(self, work: Work, place: Opened, prepared: Prepared, now: datetime, *, failed: bool) -> None:
        event = prepared.event
        assert isinstance(event, MessageReceived | CommandUsed)
        place.lost = None
        text = _spoken(event)
        files = [(each, self.files.state_of(each)) for each in getattr(event, "files", ())]
        unsupported = getattr(event, "unsupported", None)
        data = {"unsupported": unsupported} if unsupported else {}
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
        if event.masked:
            situation, warning = warn(situation)
            work.apply(place, warning, now)
        faq = work.renderer.faq
        match event:
            case CommandUsed(name="topics"):
                effects = decide_topics(faq)
            case CommandUsed():
                effects = decide_command(situation, event.name, clean(event.argument), written, faq.entries)
            case MessageReceived():
                effects = decide_written(situation, written, faq.entries)
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
            decide_failed(situation, label)
            if failed
            else decide_browsed(situation, event.action, work.renderer.faq)
            if is_browsing(event.action)
            else decide_pressed(situation, event.action, work.renderer.faq.entries)
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

    def _timer(self, work: Work, place: Opened, event: TimerDue, now: datetime, *, failed: bool) -> None:
        """An alarm that cannot be acted on is put away too: it would ring for ever."""
        effects: tuple[Effect, ...] = ()
        if not failed:
            effects = decide_timer(replace(place.situation(now, self.policy), staff=work.staff), event.timer)
        work.apply(place, (CancelTimer(event.timer.kind), *effects), now)

    async def _act(
        self,
        connection: AsyncConnection,
        work: Work,
        place: Opened,
        prepared: Prepared,
        now: datetime,
        *,
        failed: bool,
    ) -> Outcome:
        event = prepared.event
        assert isinstance(event, ActDone)
        if failed:
            return Declined("failed", "Something went wrong here; nothing was changed. Please try again.")
        named: int | None = getattr(event.act, "message", None)
        row = await work.find_message(connection, place, named) if named is not None else None
        message = MessageFacts.of_row(row) if row is not None else None
        situation = replace(place.situation(now, self.policy), staff=work.staff, network=work.limits(place))
        effects = decide_act(situation, event.act, prepared.guarded or NOT_GUARDED, message)
        declined = work.apply(place, effects, now)
        return Done() if declined is None else Declined(declined.code, declined.reason, declined.findings)


def _spoken(event: MessageReceived | CommandUsed) -> str:
    if isinstance(event, MessageReceived):
        return clean(event.text)
    return clean(f"/{event.name} {event.argument}")
