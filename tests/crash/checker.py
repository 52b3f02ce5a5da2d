"""The independent checker: what the fakes saw against what the tables say. Imports nothing of the application."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg  # type: ignore[import-untyped]

UNFINISHED = ("waiting", "sending")
QUERIES = {
    "messages": """SELECT c.chat, m.conversation_id, m.number, m.direction, m.author, m.external_id, m.text, m.status,
        m.ticket_number FROM messages m JOIN conversations c ON c.id = m.conversation_id
        ORDER BY m.conversation_id, m.number""",
    "outbox": """SELECT chat, conversation_id, number, message_number, author, payload, state, doubts, external_id
        FROM outbox ORDER BY conversation_id, number""",
    "tickets": "SELECT conversation_id, number, state FROM tickets",
}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """What a player wrote; ``text`` is None of a pressed button, whose words only the application knows.

    With ``is_use`` it is a press or command of which the network itself tells the player when nobody took it up: it has
    to be kept only if it was confirmed, and has no place among the messages.
    """

    chat: str
    external_id: str
    text: str | None
    is_use: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message of the bot as it reached a chat. ``hidden``: the network kept from the bot that it did."""

    chat: str
    message_id: int
    text: str
    life: int
    hidden: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply of an agent and the last word on it: whether the desk took it."""

    text: str
    taken: bool


@dataclass(slots=True)
class Record:
    """What the fakes saw. ``hidden`` are (life, chat) of faults that kept an outcome from the bot.

    ``certain`` are chats of a network where the bot can always find out what became of a send: nothing may arrive there
    twice and no outcome stay unknown. ``confirmed`` are the uses that the bot told the network it had taken up.
    ``pages`` are chats that read from the tables: nothing is sent there, and a delivery's id is the message's number.
    """

    written: list[Written] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    hidden: list[tuple[int, str]] = field(default_factory=list)
    replies: list[Answered] = field(default_factory=list)
    unanswered_acts: int = 0
    certain: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)

    def must_be_stored(self, written: Written) -> bool:
        return not written.is_use or written.external_id in self.confirmed


@dataclass(frozen=True, slots=True)
class Stored:
    """What the tables say."""

    messages: Sequence[Row]
    outbox: Sequence[Row]
    tickets: Sequence[Row]


@dataclass(slots=True)
class Report:
    """``problems`` is empty where every promise was kept; the figures count what was allowed."""

    problems: list[str] = field(default_factory=list)
    incoming: int = 0
    outgoing: int = 0
    repeated: int = 0
    unknown_agent: int = 0
    unknown_bot: int = 0
    silent_bot: int = 0


async def read(url: str) -> Stored:
    """The tables of ``sqlite:///path`` or ``postgresql://…``, by the plain drivers."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            found = {name: [dict(row) for row in connection.execute(query)] for name, query in QUERIES.items()}
        finally:
            connection.close()
    else:
        server = await asyncpg.connect(url)
        try:
            async with server.transaction(isolation="repeatable_read"):
                found = {name: [dict(row) for row in await server.fetch(query)] for name, query in QUERIES.items()}
        finally:
            await server.close()
    for row in found["outbox"]:
        row["payload"] = json.loads(row["payload"])
    return Stored(**found)


def is_settled(stored: Stored, record: Record) -> bool:
    """Whether everything written has come in and nothing waits to go out."""
    kept = {(row["chat"], row["external_id"]) for row in stored.messages if row["direction"] == "incoming"}
    missing = any(record.must_be_stored(each) and (each.chat, each.external_id) not in kept for each in record.written)
    waits = any(row["state"] in UNFINISHED for row in stored.outbox)
    # A reply that could be undone a moment ago has still to be said.
    said = {row["text"] for row in stored.messages if row["author"] == "agent"}
    untold = any(each.taken and each.text not in said for each in record.replies)
    read = {(each.chat, each.message_id) for each in record.delivered}
    unread = any((row["chat"], row["number"]) not in read for row in _for_pages(stored, record))
    return not missing and not waits and not untold and not unread


def check(stored: Stored, record: Record) -> Report:
    """Compare; every broken promise becomes a sentence."""
    report = Report()
    by_chat: dict[str, list[Row]] = defaultdict(list)
    for row in stored.messages:
        by_chat[row["chat"]].append(row)
    _check_incoming(report, by_chat, record)
    _check_answered(report, by_chat, stored)
    lanes: dict[str, list[Row]] = defaultdict(list)
    for row in stored.outbox:
        lanes[row["chat"]].append(row)
    delivered: dict[str, list[Delivered]] = defaultdict(list)
    for each in record.delivered:
        delivered[each.chat].append(each)
    for chat in sorted((lanes.keys() | delivered.keys()) - record.pages):
        _Lane(report, chat, lanes[chat], delivered[chat], chat in record.certain).check()
    for chat in record.pages:
        _check_page(report, chat, [row for row in _for_pages(stored, record) if row["chat"] == chat], delivered[chat])
    _check_statuses(report, stored, record)
    _check_replies(report, stored, record)
    return report


def _check_incoming(report: Report, by_chat: Mapping[str, Sequence[Row]], record: Record) -> None:
    """Everything written is stored exactly once, as it was written and in its order."""
    report.incoming = len(record.written)
    wanted: dict[str, list[Written]] = defaultdict(list)
    for each in record.written:
        wanted[each.chat].append(each)
    for chat in sorted(wanted.keys() | by_chat.keys()):
        rows = [row for row in by_chat.get(chat, ()) if row["direction"] == "incoming"]
        times = Counter(row["external_id"] for row in rows)
        for written in wanted[chat]:
            stored = times.pop(written.external_id, 0)
            if stored > 1 or (stored == 0 and record.must_be_stored(written)):
                report.problems.append(f"chat {chat}: {written.external_id} ({written.text}) is stored {stored} times")
        report.problems += [f"chat {chat}: {external_id} was never written" for external_id in times]
        said = {each.external_id: each.text for each in wanted[chat]}
        for row in rows:
            if said.get(row["external_id"]) not in (None, row["text"]):
                report.problems.append(f"chat {chat}: {row['external_id']} is stored as {row['text']!r}")
        uses = {each.external_id for each in wanted[chat] if each.is_use}
        order = [row["external_id"] for row in rows if row["external_id"] not in uses]
        written_order = [each.external_id for each in wanted[chat] if not each.is_use]
        if len(order) == len(written_order) and order != written_order:
            report.problems.append(f"chat {chat}: stored in another order than it was written")


def _check_answered(report: Report, by_chat: Mapping[str, Sequence[Row]], stored: Stored) -> None:
    """Everything written has an answer before the next thing written, or belongs to a ticket."""
    tickets = {(row["conversation_id"], row["number"]) for row in stored.tickets}
    for chat, rows in by_chat.items():
        for place, row in enumerate(rows):
            if row["direction"] != "incoming":
                continue
            following = rows[place + 1] if place + 1 < len(rows) else None
            answered = following is not None and following["direction"] == "outgoing"
            queued = (row["conversation_id"], row["ticket_number"]) in tickets
            if not answered and not queued:
                report.problems.append(
                    f"chat {chat}: {row['external_id']} ({row['text']}) is neither answered nor queued"
                )
    still_open = Counter(row["conversation_id"] for row in stored.tickets if row["state"] != "resolved")
    report.problems += [f"conversation {each}: {count} open tickets" for each, count in still_open.items() if count > 1]


@dataclass(slots=True)
class _Lane:
    """One chat: what was to be sent against what arrived."""

    report: Report
    chat: str
    rows: Sequence[Row]
    delivered: Sequence[Delivered]
    is_certain: bool = False

    def check(self) -> None:
        rows = [row for row in self.rows if "edits" not in row["payload"]]
        self.report.outgoing += len(rows)
        arrived = {each.message_id: each for each in self.delivered}
        last = 0
        claimed: set[int] = set()
        for row in self.rows:
            self._check_finished(row)
        for row in rows:
            if row["state"] != "sent":
                continue
            message_id = int(row["external_id"] or 0)
            found = arrived.get(message_id)
            if found is None or message_id in claimed:
                self._problem(row, "is marked as sent and did not arrive")
                continue
            claimed.add(message_id)
            if _words(found.text) != _words(row["payload"]["text"]):
                self._problem(row, f"arrived as {found.text!r}")
            if message_id < last:
                self._problem(row, "arrived out of its order")
            last = max(last, message_id)
        self._explain([each for each in self.delivered if each.message_id not in claimed], rows)

    def _check_finished(self, row: Row) -> None:
        if row["state"] in UNFINISHED:
            self._problem(row, f"is left in the outbox ({row['state']})")
        elif row["state"] == "unknown" and self.is_certain:
            self._problem(row, "is unknown, where it could be found out")
        elif row["state"] not in ("sent", "unknown") and not self._is_unknown(row["payload"].get("edits")):
            # A change of a message whose own outcome is unknown has nothing to change.
            self._problem(row, f"ended as {row['state']}")

    def _is_unknown(self, message_number: int | None) -> bool:
        return any(row["state"] == "unknown" for row in self.rows if row["message_number"] == message_number)

    def _explain(self, extras: Iterable[Delivered], rows: Sequence[Row]) -> None:
        """Each arrival that no row claims is one hidden outcome, which the rows have to admit."""
        spent: Counter[int] = Counter()
        by_kill: Counter[int] = Counter()
        for extra in extras:
            row = next((row for row in self._candidates(extra, rows) if spent[row["number"]] < _repeats(row)), None)
            if row is None or self.is_certain:
                self.report.problems.append(f"chat {self.chat}: {extra.text!r} arrived once more than it was sent")
                continue
            spent[row["number"]] += 1
            if not extra.hidden:
                by_kill[extra.life] += 1
            if row["state"] == "sent":
                self.report.repeated += 1
        for life, count in by_kill.items():
            if count > 1:
                self.report.problems.append(f"chat {self.chat}: {count} doubts by one crash (life {life})")
        for row in rows:
            if row["state"] == "unknown":
                self._count_unknown(row, spent[row["number"]])

    def _candidates(self, extra: Delivered, rows: Sequence[Row]) -> list[Row]:
        """The rows that may have been sent just then: what is unknown around it, and what was sent next."""
        found: list[Row] = []
        for row in rows:
            if row["state"] == "sent" and int(row["external_id"] or 0) < extra.message_id:
                found.clear()
                continue
            if _words(row["payload"]["text"]) == _words(extra.text):
                found.append(row)
            if row["state"] == "sent":
                break
        return found

    def _count_unknown(self, row: Row, arrivals: int) -> None:
        if row["author"] == "agent":
            self.report.unknown_agent += 1
            return
        self.report.unknown_bot += 1
        self.report.silent_bot += not arrivals
        if row["doubts"] < 1:
            self._problem(row, "is the bot's and was given up without being sent again")

    def _problem(self, row: Row, what: str) -> None:
        named = f"{row['conversation_id']}-{row['number']} ({row['author']}: {row['payload']['text'][:40]!r})"
        self.report.problems.append(f"chat {self.chat}: {named} {what}")


def _repeats(row: Row) -> int:
    """How many arrivals beside the one that it claims a row may have."""
    if row["author"] == "agent":
        return 1 if row["state"] == "unknown" else 0
    if row["doubts"] < 1:
        return 0
    return 2 if row["state"] == "unknown" else 1


def _words(text: str) -> str:
    """A text without its formatting."""
    return "".join(letter for letter in text if letter.isalnum())


def _for_pages(stored: Stored, record: Record) -> list[Row]:
    """What players read at pages that look into the tables."""
    return [row for row in stored.messages if row["chat"] in record.pages and row["direction"] == "outgoing"]


def _check_page(report: Report, chat: str, rows: Sequence[Row], delivered: Sequence[Delivered]) -> None:
    """The page was told everything, once and in its order."""
    report.outgoing += len(rows)
    shown = [each.message_id for each in delivered]
    report.problems += [
        f"chat {chat}: message {row['number']} ({row['text'][:40]!r}) was shown {shown.count(row['number'])} times"
        for row in rows
        if shown.count(row["number"]) != 1
    ]
    never_said = {*shown} - {row["number"] for row in rows}
    report.problems += [f"chat {chat}: {each} was shown and never said" for each in never_said]
    if shown != sorted(shown):
        report.problems.append(f"chat {chat}: shown in another order than it was said")


def _check_statuses(report: Report, stored: Stored, record: Record) -> None:
    """A message says of itself what became of its parts."""
    parts: dict[tuple[int, int], list[str]] = defaultdict(list)
    for row in stored.outbox:
        if "edits" not in row["payload"]:
            parts[row["conversation_id"], row["message_number"]].append(row["state"])
    for row in stored.messages:
        if row["direction"] != "outgoing" or row["chat"] in record.pages:
            continue
        states = parts[row["conversation_id"], row["number"]]
        wanted = "unknown" if "unknown" in states else "sent"
        if not states or row["status"] != wanted:
            report.problems.append(f"chat {row['chat']}: message {row['number']} says {row['status']}, not {wanted}")


def _check_replies(report: Report, stored: Stored, record: Record) -> None:
    """What a desk took is kept once, what it declined never; and nobody reads an agent's words twice."""
    kept = Counter(row["text"] for row in stored.messages if row["author"] == "agent")
    read_ = Counter(_words(each.text) for each in record.delivered)
    for reply in record.replies:
        if kept[reply.text] != int(reply.taken):
            report.problems.append(f"reply {reply.text!r} is stored {kept[reply.text]} times, taken: {reply.taken}")
        if read_[_words(reply.text)] > 1:
            report.problems.append(f"reply {reply.text!r} reached the player {read_[_words(reply.text)]} times")
    if record.unanswered_acts:
        report.problems.append(f"{record.unanswered_acts} acts at the desk were never answered")
