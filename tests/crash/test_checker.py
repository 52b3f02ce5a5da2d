"""The checker on tables and logs made by hand: each promise, broken alone, is one sentence of its report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.crash.checker import Answered, Delivered, Record, Report, Stored, Written, check, is_settled

CHAT = "1001"


@dataclass
class Books:
    """Two questions and their answers, then a ticket with an agent's word: everything kept."""

    record: Record = field(default_factory=Record)
    messages: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    _message_ids: int = 0

    def hears(self, text: str, ticket: int | None = None) -> None:
        self._message_ids += 1
        self.record.written.append(Written(CHAT, str(self._message_ids), text))
        self._message("incoming", "player", text, "received", external_id=str(self._message_ids), ticket=ticket)

    def says(self, text: str, author: str = "bot", ticket: int | None = None) -> None:
        number = self._message("outgoing", author, text, "sent", ticket=ticket)
        self.delivers(text)
        self.outbox.append(
            {"chat": CHAT, "conversation_id": 1, "number": number + 1, "message_number": number, "author": author}
            | {"payload": {"text": text}, "state": "sent", "doubts": 0, "external_id": str(self._message_ids)}
        )

    def delivers(self, text: str, life: int = 1, *, hidden: bool = False) -> None:
        self._message_ids += 1
        self.record.delivered.append(Delivered(CHAT, self._message_ids, text, life, hidden))

    def _message(self, direction: str, author: str, text: str, status: str, **more: Any) -> int:
        number = 10 * len(self.messages) + 10
        row = {"chat": CHAT, "conversation_id": 1, "number": number, "direction": direction, "author": author}
        row |= {"external_id": more.get("external_id"), "text": text, "status": status}
        self.messages.append(row | {"ticket_number": more.get("ticket")})
        return number

    def report(self) -> Report:
        return check(Stored(self.messages, self.outbox, self.tickets), self.record)

    def problems(self) -> str:
        return "\n".join(self.report().problems)


@pytest.fixture
def books() -> Books:
    made = Books()
    made.hears("how do i beat the goblin")
    made.says("Use the **silver lamp**.")
    made.hears("human")
    made.says("You are next", ticket=30)
    made.tickets.append({"conversation_id": 1, "number": 30, "state": "waiting"})
    made.hears("are you there", ticket=30)
    made.says("Agent word 1", "agent", ticket=30)
    made.record.replies.append(Answered("Agent word 1", taken=True))
    return made


def unknown(books: Books, place: int, doubts: int) -> None:
    """This outgoing message's outcome is hidden for good."""
    entry = books.outbox[place]
    entry.update(state="unknown", doubts=doubts, external_id=None)
    next(row for row in books.messages if row["number"] == entry["message_number"])["status"] = "unknown"


def test_books_that_are_right_have_no_problems(books: Books) -> None:
    report = books.report()
    assert (report.problems, report.incoming, report.outgoing, report.repeated) == ([], 3, 3, 0)
    assert is_settled(Stored(books.messages, books.outbox, books.tickets), books.record)


def test_what_is_not_stored_or_stored_twice_is_seen(books: Books) -> None:
    books.record.written.append(Written(CHAT, "99", "lost"))
    books.messages.append({**books.messages[0], "number": 100})
    assert "99 (lost) is stored 0 times" in books.problems()
    assert "1 (how do i beat the goblin) is stored 2 times" in books.problems()


def test_what_is_stored_in_another_order_or_other_words_is_seen(books: Books) -> None:
    first, third = books.messages[0], books.messages[2]
    first["external_id"], third["external_id"] = third["external_id"], first["external_id"]
    assert "in another order" in books.problems()
    assert "is stored as 'human'" in books.problems()


def test_what_has_neither_answer_nor_ticket_is_seen(books: Books) -> None:
    books.hears("nobody answers this")
    assert "neither answered nor queued" in books.problems()


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_what_is_left_in_the_outbox_is_seen(books: Books, state: str) -> None:
    books.outbox[0]["state"] = state
    assert "is left in the outbox" in books.problems()
    assert not is_settled(Stored(books.messages, books.outbox, books.tickets), books.record)


def test_what_is_marked_as_sent_and_never_arrived_is_seen(books: Books) -> None:
    del books.record.delivered[0]
    assert "is marked as sent and did not arrive" in books.problems()


def test_what_arrived_out_of_its_order_is_seen(books: Books) -> None:
    first, second = books.outbox[0], books.outbox[1]
    for name in ("external_id", "payload"):
        first[name], second[name] = second[name], first[name]
    assert "arrived out of its order" in books.problems()


def test_a_double_without_a_doubt_is_seen_and_one_with_it_is_counted(books: Books) -> None:
    books.hears("thanks")
    books.delivers("You are welcome")
    books.says("You are welcome")
    assert "arrived once more than it was sent" in books.problems()
    books.outbox[-1]["doubts"] = 1
    report = books.report()
    assert (report.problems, report.repeated) == ([], 1)


def test_a_third_copy_is_seen(books: Books) -> None:
    books.hears("thanks")
    for life in (1, 2):
        books.delivers("You are welcome", life)
    books.says("You are welcome")
    books.outbox[-1]["doubts"] = 1
    assert "arrived once more than it was sent" in books.problems()


def test_a_double_behind_its_place_is_seen(books: Books) -> None:
    books.outbox[0]["doubts"] = 1
    books.delivers("Use the silver lamp.")
    assert "arrived once more than it was sent" in books.problems()


def test_two_doubles_by_one_crash_are_seen_unless_the_network_hid_one(books: Books) -> None:
    for text in ("one", "two"):
        books.hears(text)
        books.delivers(f"answer {text}", life=4)
        books.says(f"answer {text}")
        books.outbox[-1]["doubts"] = 1
    assert "2 doubts by one crash (life 4)" in books.problems()
    books.record.delivered = [replace(each, hidden=each.text == "answer two") for each in books.record.delivered]
    assert books.problems() == ""


@pytest.mark.parametrize("arrives", [True, False])
def test_an_agents_unknown_words_may_have_arrived_once_or_not(books: Books, arrives: bool) -> None:
    unknown(books, -1, doubts=0)
    if not arrives:
        books.record.delivered.pop()
    report = books.report()
    assert (report.problems, report.unknown_agent) == ([], 1)


def test_an_agents_words_that_arrive_twice_are_seen(books: Books) -> None:
    books.outbox[-1]["doubts"] = 1
    books.delivers("Agent word 1")
    assert "reply 'Agent word 1' reached the player 2 times" in books.problems()


def test_where_nothing_need_be_unknown_a_double_is_seen_even_with_a_doubt(books: Books) -> None:
    books.record.certain.add(CHAT)
    assert books.problems() == ""
    books.hears("thanks")
    books.delivers("You are welcome", hidden=True)
    books.says("You are welcome")
    books.outbox[-1]["doubts"] = 1
    assert "arrived once more than it was sent" in books.problems()


def test_where_nothing_need_be_unknown_what_is_unknown_is_seen(books: Books) -> None:
    books.record.certain.add(CHAT)
    unknown(books, -1, doubts=0)
    assert "is unknown, where it could be found out" in books.problems()


def test_a_use_has_to_be_kept_only_if_it_was_confirmed_and_has_no_place_in_the_order(books: Books) -> None:
    books.record.written.insert(0, Written(CHAT, "press:7", None, is_use=True))
    assert books.problems() == ""
    assert is_settled(Stored(books.messages, books.outbox, books.tickets), books.record)
    books.record.confirmed.add("press:7")
    assert not is_settled(Stored(books.messages, books.outbox, books.tickets), books.record)
    assert "press:7 (None) is stored 0 times" in books.problems()
    row = books.messages[0] | {"number": 200, "external_id": "press:7", "ticket_number": 30}
    books.messages.append(row)
    assert books.problems() == ""
    books.messages.append(row | {"number": 210})
    assert "press:7 (None) is stored 2 times" in books.problems()


def page(books: Books) -> None:
    """The same conversation at the web chat's page, which was shown all of it."""
    books.record.pages.add(CHAT)
    books.outbox.clear()
    said = [row for row in books.messages if row["direction"] == "outgoing"]
    books.record.delivered = [Delivered(CHAT, row["number"], row["text"], 1, hidden=False) for row in said]


def test_a_page_is_shown_everything_in_order(books: Books) -> None:
    page(books)
    assert books.problems() == ""
    assert is_settled(Stored(books.messages, books.outbox, books.tickets), books.record)
    books.record.delivered.reverse()
    assert "shown in another order" in books.problems()


def test_what_a_page_was_not_shown_or_shown_unsaid_is_seen(books: Books) -> None:
    page(books)
    books.record.delivered[-1] = replace(books.record.delivered[-1], message_id=999)
    assert "was shown 0 times" in books.problems()
    assert "999 was shown and never said" in books.problems()
    assert not is_settled(Stored(books.messages, books.outbox, books.tickets), books.record)


def test_an_agents_words_that_are_not_kept_or_kept_unasked_are_seen(books: Books) -> None:
    books.record.replies += [Answered("Agent word 2", taken=True)]
    books.record.replies[0] = Answered("Agent word 1", taken=False)
    assert "'Agent word 2' is stored 0 times, taken: True" in books.problems()
    assert "'Agent word 1' is stored 1 times, taken: False" in books.problems()


def test_a_bots_words_given_up_without_a_repeat_are_seen(books: Books) -> None:
    unknown(books, 0, doubts=0)
    assert "was given up without being sent again" in books.problems()


def test_a_message_that_says_other_than_its_parts_is_seen(books: Books) -> None:
    books.messages[1]["status"] = "waiting"
    assert "message 20 says waiting, not sent" in books.problems()


def test_two_open_tickets_of_one_conversation_are_seen(books: Books) -> None:
    books.tickets.append({"conversation_id": 1, "number": 70, "state": "assigned"})
    assert "2 open tickets" in books.problems()
