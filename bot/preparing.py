"""Everything about events that needs no state: cleaning what was written and asking the FAQ, in one batch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.cleaning import clean
from bot.conduct_words import ConductWords
from bot.decisions.bursts import BURST
from bot.decisions.commands import COMMANDS
from bot.decisions.hearing import LONGEST_QUESTION, Written
from bot.decisions.override import Guardable, Guarded
from bot.guarding import Guarding
from bot.happenings import ActDone, Happening, TimerDue
from bot.human_words import HumanWords
from faq.entry import Faq
from faq.match import Match, Question
from messaging.messages import CommandUsed, MessageEdited, MessageReceived

REMEMBERED_QUESTIONS = 10_000


class Knows(Protocol):
    """The FAQ as the pipeline needs it."""

    @property
    def faq(self) -> Faq: ...

    async def match(self, questions: Sequence[Question], now: datetime) -> list[Match]: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event with what is known of it before any state is looked at; ``written`` only where somebody wrote.

    ``guarded`` is what the guard made of an agent's words to a player.
    """

    event: Happening
    written: Written | None = None
    guarded: Guarded | None = None


class Preparing:
    """Cleans, matches and guards batches of events.

    Remembers recent questions, so that a short follow-up finds its context.
    """

    def __init__(
        self,
        knows: Knows,
        human_words: HumanWords,
        guarding: Guarding,
        take_back_words: HumanWords | None = None,
        conduct_words: ConductWords | None = None,
    ) -> None:
        self._knows = knows
        self._take_back_words = take_back_words or HumanWords(())
        self._conduct_words = conduct_words or ConductWords(())
        self._guarding = guarding
        self._human_words = human_words
        self._previous: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def prepare(self, events: Sequence[Happening], now: datetime) -> list[Prepared]:
        """The events in their order. One call of the matcher serves all of them."""
        texts = [_text_of(event) for event in events]
        asks = [text is not None and self._human_words.ask(text) for text in texts]
        asked = [
            number
            for number, (event, text) in enumerate(zip(events, texts, strict=True))
            if text and not asks[number] and not _is_known_command(event)
        ]
        matches: dict[int, Match] = {}
        if asked:
            questions = [self._question(events[number], texts[number] or "") for number in asked]
            matches = dict(zip(asked, await self._knows.match(questions, now), strict=True))
        return [
            Prepared(
                event,
                self._written(event, text, matches.get(number), asks[number]) if text is not None else None,
                await self._read(event, now),
            )
            for number, (event, text) in enumerate(zip(events, texts, strict=True))
        ]

    async def _read(self, event: Happening, now: datetime) -> Guarded | None:
        if isinstance(event, ActDone) and isinstance(event.act, Guardable):
            return await self._guarding.read(event.act, now)
        return None

    def _written(self, event: Happening, text: str, match: Match | None, asks_for_human: bool) -> Written:
        return Written(
            text,
            match,
            asks_for_human,
            has_files=bool(getattr(event, "files", ())),
            unsupported=getattr(event, "unsupported", None),
            album=getattr(event, "album", None),
            late=event.sent_at if isinstance(event, MessageReceived | CommandUsed) and event.late else None,
            forwarded=getattr(event, "forwarded", False),
            takes_back=self._take_back_words.ask(text),
            insult=self._conduct_words.insult_in(text),
            masked=getattr(event, "masked", False),
        )

    def _question(self, event: Happening, text: str) -> Question:
        if isinstance(event, TimerDue):
            # The words that waited; what was asked before them is in the timer, so that it outlives a restart.
            return Question(text[:LONGEST_QUESTION], None, event.timer.data.get("previous") or None)
        if not isinstance(event, MessageReceived | CommandUsed | MessageEdited):
            raise TypeError(f"nobody wrote {event!r}")
        place = (event.channel, event.chat)
        previous = self._previous.pop(place, None)
        self._previous[place] = text[:LONGEST_QUESTION]
        if len(self._previous) > REMEMBERED_QUESTIONS:
            self._previous.popitem(last=False)
        return Question(text[:LONGEST_QUESTION], event.person.language_hint, previous)


def _is_known_command(event: Happening) -> bool:
    return isinstance(event, CommandUsed) and event.name in COMMANDS


def _text_of(event: Happening) -> str | None:
    match event:
        case MessageReceived() | MessageEdited():
            return clean(event.text)
        case TimerDue(timer) if timer.kind == BURST:
            return clean(str(timer.data.get("text", "")))
        case CommandUsed() if event.name == "ask" or _is_known_command(event):
            return clean(event.argument)
        case CommandUsed():
            return clean(f"/{event.name} {event.argument}")
        case _:
            return None
