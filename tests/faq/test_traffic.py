"""What players wrote before teaches the FAQ: what it cannot answer, and how they put what it can."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from faq.knowledge import Knowledge
from faq.loader import load_faq
from faq.match import Question
from faq.matcher import MatcherSettings, learn
from faq.missed import Answered, Missed, Reason
from faq.publishing import KnowledgeSettings, build_key, read_status
from faq.regression import fit_with_asked
from faq.traffic import SNAPSHOT, Taught, Traffic, choose_traffic, keep_traffic, learn_as_served, read_traffic
from tests.faq.writing import ACCOUNT, FILES, PAYMENT, VARIABLES, write_faq

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WISHES = ("how do i change my server", "can i get a new server", "i forgot my server", "my server does not work")
ENDS = ("today", "for a friend", "in euros", "online", "here", "now", "please", "again", "at once", "from my phone")
SERVERS = [f"{wish} {end}" for wish in WISHES for end in ENDS]
WORDS = MatcherSettings(answer_above=0.985, suggest_above=0.1, semantic=False)


def missed(texts: Sequence[str], **changes: object) -> list[Missed]:
    rows = [
        Missed(text, NOW + timedelta(minutes=number), "ann", Reason.NO_MATCH, "en", went_to_people=True)
        for number, text in enumerate(texts)
    ]
    return [replace(row, **changes) for row in rows]  # type: ignore[arg-type]


@pytest.fixture
def chosen(tmp_path: Path) -> KnowledgeSettings:
    folder = write_faq(tmp_path / "entries")
    return KnowledgeSettings(folder, tmp_path / "cache", VARIABLES, WORDS, poll_seconds=0.01)


def test_only_what_went_to_people_is_kept_and_nothing_personal(tmp_path: Path) -> None:
    """F4: personal data never reaches what is learned from."""
    own = "my mail is ann.lee@example.com, where do i send a postcard"
    rows = missed([*SERVERS, own])
    rows += missed(["i asked nobody"], went_to_people=False) + missed(["this was my account"], settled_by="a")
    assert keep_traffic(tmp_path, (), rows)
    kept = read_traffic(tmp_path).handed_on
    assert set(SERVERS) < set(kept)
    assert [text for text in kept if "postcard" in text and "ann" not in text]
    assert len(kept) == len(SERVERS) + 1
    assert "example.com" not in (tmp_path / SNAPSHOT).read_text()


def test_what_is_as_before_is_not_written_again(tmp_path: Path) -> None:
    assert keep_traffic(tmp_path, (), missed(SERVERS))
    assert not keep_traffic(tmp_path, (), missed(list(reversed(SERVERS))))
    assert keep_traffic(tmp_path, (), missed(SERVERS[1:]))


def test_a_few_messages_are_not_kept(tmp_path: Path) -> None:
    assert not keep_traffic(tmp_path, (), missed(SERVERS[:19]))
    assert not (tmp_path / SNAPSHOT).exists()


def test_the_faq_is_taught_what_it_cannot_answer(chosen: KnowledgeSettings) -> None:
    faq = load_faq(chosen.folder, VARIABLES)
    keep_traffic(chosen.cache_folder, (), missed(SERVERS))
    found = choose_traffic(faq, WORDS, chosen.cache_folder)
    assert found.used == Traffic(handed_on=tuple(sorted(SERVERS)))
    itself = learn(faq, WORDS, chosen.cache_folder, handed_on=found.used.handed_on)
    assert found.knows_none == itself.knows_none  # whether a class of their own helps, learning measures
    question = Question("may i change to a server of my friends")
    plain = learn(faq, WORDS, chosen.cache_folder).match([question])[0].best
    taught = learn_as_served(faq, WORDS, chosen.cache_folder).match([question])[0].best
    assert plain is not None
    assert taught is None or taught.confidence < plain.confidence


def test_what_the_faq_answers_by_now_is_not_taught(chosen: KnowledgeSettings) -> None:
    """A question that was accepted into an entry is the entry's, and so is one that a new entry answers surely."""
    keep_traffic(chosen.cache_folder, (), missed([*SERVERS, "where is my purchase please", "i want a refund"]))
    found = choose_traffic(load_faq(chosen.folder, VARIABLES), WORDS, chosen.cache_folder)
    assert found.found == Traffic(handed_on=tuple(sorted(SERVERS)))
    accepted = PAYMENT + (
        "  - id: payment-servers\n    title: {en: Change the server}\n    answer: {en: In the shop.}\n    phrasings:\n"
        f"      en: {json.dumps(SERVERS)}\n"
    )
    write_faq(chosen.folder, FILES | {"payment.yaml": accepted})
    found = choose_traffic(load_faq(chosen.folder, VARIABLES), WORDS, chosen.cache_folder)
    assert found == Taught()


def test_a_faq_whose_tests_would_fail_is_not_taught(chosen: KnowledgeSettings) -> None:
    """The tests kept beside the entries are a held-out check too."""
    keep_traffic(chosen.cache_folder, (), missed(SERVERS))
    faq = load_faq(chosen.folder, VARIABLES)
    question = Question("my old server is gone")
    plain = learn(faq, WORDS, chosen.cache_folder).match([question])[0].best
    taught = learn_as_served(faq, WORDS, chosen.cache_folder).match([question])[0].best
    assert plain is not None
    assert taught is not None
    assert taught.confidence < plain.confidence
    between = replace(WORDS, suggest_above=(plain.confidence + taught.confidence) / 2)
    assert choose_traffic(faq, between, chosen.cache_folder).used
    assert plain.entry_id == "account-recover"
    hard = ACCOUNT.replace("how can i recover my account", question.text)
    write_faq(chosen.folder, FILES | {"account.yaml": hard})
    after = choose_traffic(load_faq(chosen.folder, VARIABLES), between, chosen.cache_folder)
    assert (after.used, after.knows_none) == (Traffic(), False)
    assert len(after.found.handed_on) == len(SERVERS)


async def test_other_messages_are_learned_while_the_faq_answers(chosen: KnowledgeSettings) -> None:
    knowledge = await Knowledge.open(chosen, lambda: NOW)
    assert (knowledge.status.handed_on, knowledge.status.knows_none) == (0, False)
    watching = asyncio.create_task(knowledge.watch())
    waiting = asyncio.create_task(knowledge.next_status())
    await asyncio.to_thread(keep_traffic, chosen.cache_folder, (), missed(SERVERS))
    async with asyncio.timeout(60):
        while not waiting.done():
            (match,) = await knowledge.match([Question("i want a refund")], NOW)
            assert match.best is not None
            assert match.best.entry_id == "payment-refund"
            await asyncio.sleep(0.01)
    status = await waiting
    assert status.handed_on == len(SERVERS)
    assert status.version == knowledge.faq.version
    assert read_status(chosen.cache_folder) == status
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_unchanged_messages_are_not_learned_again(chosen: KnowledgeSettings) -> None:
    """A start from the cache builds nothing: neither what is unchanged, nor what changed while nobody served."""
    keep_traffic(chosen.cache_folder, (), missed(SERVERS))
    first = await Knowledge.open(chosen, lambda: NOW)
    # It answers as soon as it has learned its own phrasings, and learns the rest beside that.
    assert first.status.handed_on == 0
    watching = asyncio.create_task(first.watch())
    async with asyncio.timeout(60):
        while first.status.key != build_key(chosen):
            await first.next_status()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    models = sorted(chosen.cache_folder.glob("matcher-*.npz"))
    again = await Knowledge.open(chosen, lambda: NOW)
    assert again.status.handed_on == len(SERVERS)
    assert sorted(chosen.cache_folder.glob("matcher-*.npz")) == models
    keep_traffic(chosen.cache_folder, (), missed(SERVERS[1:]))
    changed = await Knowledge.open(chosen, lambda: NOW)
    assert sorted(chosen.cache_folder.glob("matcher-*.npz")) == models
    assert changed.status.handed_on == len(SERVERS)
    watching = asyncio.create_task(changed.watch())
    async with asyncio.timeout(60):
        status = await changed.next_status()
    assert status.handed_on == len(SERVERS) - 1
    assert status.key == build_key(chosen)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


# How players put it, in words that no phrasing has.
PUT_SO = [
    f"{how} {end}" for how in ("gimme my cash back", "money back pls", "cash back for the purchase") for end in ENDS
]


def answered(texts: Sequence[str]) -> list[Answered]:
    return [Answered(text, NOW + timedelta(minutes=at), "ann", "payment-refund") for at, text in enumerate(texts)]


def test_what_was_asked_is_kept_apart_from_what_people_had_to_answer(tmp_path: Path) -> None:
    """F4: and nothing personal of it."""
    settled = missed(["my card 4111 1111 1111 1111 was charged twice"], went_to_people=False)
    assert keep_traffic(tmp_path, answered(PUT_SO), [*settled, *missed(SERVERS)])
    kept = read_traffic(tmp_path)
    assert len(kept.asked) == len(PUT_SO) + 1
    assert set(PUT_SO) < set(kept.asked)
    assert set(kept.handed_on) == set(SERVERS)
    assert "4111" not in (tmp_path / SNAPSHOT).read_text()


def test_words_beside_known_words_come_to_mean_the_same() -> None:
    """A question asked before carries a word that no phrasing has to the entry that it is taken for, lightly."""
    rows = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]], dtype=np.float32)
    learned, entries = np.array([0, 1]), np.array([0, 1])
    alone = fit_with_asked(rows, learned, entries, 2, 2, np.array([], dtype=np.int64))
    taught = fit_with_asked(rows, learned, entries, 2, 2, np.array([2]))
    stranger, phrasing = rows[3], rows[0]
    assert np.ptp(stranger @ alone[:-1] + alone[-1]) == pytest.approx(0, abs=1e-4)
    scores = stranger @ taught[:-1] + taught[-1]
    assert scores[0] > scores[1] + 0.1
    own = phrasing @ taught[:-1] + taught[-1]
    assert own[0] - own[1] > scores[0] - scores[1]


def test_the_faq_is_taught_what_was_asked_and_says_how_much_of_it_helped(chosen: KnowledgeSettings) -> None:
    faq = load_faq(chosen.folder, VARIABLES)
    own = next(iter(faq.entries.values())).phrasings[0].text
    keep_traffic(chosen.cache_folder, answered([*PUT_SO, own]), ())
    found = choose_traffic(faq, WORDS, chosen.cache_folder)
    # What stands in the FAQ anyway teaches nothing.
    assert found.used == found.found == Traffic(asked=tuple(sorted(PUT_SO)))
    served = learn_as_served(faq, WORDS, chosen.cache_folder)
    assert found.past_questions == served.figures["past_questions"]
    assert found.past_questions in (0, len(PUT_SO))


async def test_a_save_goes_live_before_it_is_learned_with_what_was_asked(chosen: KnowledgeSettings) -> None:
    keep_traffic(chosen.cache_folder, answered(PUT_SO), missed(SERVERS))
    knowledge = await Knowledge.open(chosen, lambda: NOW)
    watching = asyncio.create_task(knowledge.watch())
    write_faq(chosen.folder, FILES | {"account.yaml": ACCOUNT.replace("how can i recover my account", "lost it all")})
    async with asyncio.timeout(60):
        first = await knowledge.next_status()
        assert (first.handed_on, "-" in first.key) == (0, False)
        second = await knowledge.next_status()
    assert (second.version, second.handed_on) == (first.version, len(SERVERS))
    assert second.key == build_key(chosen)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
