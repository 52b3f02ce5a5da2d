"""What people had to answer teaches the FAQ what it cannot answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faq.handed_on import SNAPSHOT, HandedOn, choose_handed_on, keep_handed_on, learn_as_served, read_handed_on
from faq.knowledge import Knowledge
from faq.loader import load_faq
from faq.match import Question
from faq.matcher import MatcherSettings, learn
from faq.missed import Missed, Reason
from faq.publishing import KnowledgeSettings, build_key, read_status
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
    assert keep_handed_on(tmp_path, rows)
    kept = read_handed_on(tmp_path)
    assert set(SERVERS) < set(kept)
    assert [text for text in kept if "postcard" in text and "ann" not in text]
    assert len(kept) == len(SERVERS) + 1
    assert "example.com" not in (tmp_path / SNAPSHOT).read_text()


def test_what_is_as_before_is_not_written_again(tmp_path: Path) -> None:
    assert keep_handed_on(tmp_path, missed(SERVERS))
    assert not keep_handed_on(tmp_path, missed(list(reversed(SERVERS))))
    assert keep_handed_on(tmp_path, missed(SERVERS[1:]))


def test_a_few_messages_are_not_kept(tmp_path: Path) -> None:
    assert not keep_handed_on(tmp_path, missed(SERVERS[:19]))
    assert not (tmp_path / SNAPSHOT).exists()


def test_the_faq_is_taught_what_it_cannot_answer(chosen: KnowledgeSettings) -> None:
    faq = load_faq(chosen.folder, VARIABLES)
    keep_handed_on(chosen.cache_folder, missed(SERVERS))
    found = choose_handed_on(faq, WORDS, chosen.cache_folder)
    assert found.taught == tuple(sorted(SERVERS))
    itself = learn(faq, WORDS, chosen.cache_folder, handed_on=found.taught)
    assert found.knows_none == itself.knows_none  # whether a class of their own helps, learning measures
    question = Question("may i change to a server of my friends")
    plain = learn(faq, WORDS, chosen.cache_folder).match([question])[0].best
    taught = learn_as_served(faq, WORDS, chosen.cache_folder).match([question])[0].best
    assert plain is not None
    assert taught is None or taught.confidence < plain.confidence


def test_what_the_faq_answers_by_now_is_not_taught(chosen: KnowledgeSettings) -> None:
    """A question that was accepted into an entry is the entry's, and so is one that a new entry answers surely."""
    keep_handed_on(chosen.cache_folder, missed([*SERVERS, "where is my purchase please", "i want a refund"]))
    found = choose_handed_on(load_faq(chosen.folder, VARIABLES), WORDS, chosen.cache_folder)
    assert found.texts == tuple(sorted(SERVERS))
    accepted = PAYMENT + (
        "  - id: payment-servers\n    title: {en: Change the server}\n    answer: {en: In the shop.}\n    phrasings:\n"
        f"      en: {json.dumps(SERVERS)}\n"
    )
    write_faq(chosen.folder, FILES | {"payment.yaml": accepted})
    found = choose_handed_on(load_faq(chosen.folder, VARIABLES), WORDS, chosen.cache_folder)
    assert found == HandedOn()


def test_a_faq_whose_tests_would_fail_is_not_taught(chosen: KnowledgeSettings) -> None:
    """The tests kept beside the entries are a held-out check too."""
    keep_handed_on(chosen.cache_folder, missed(SERVERS))
    faq = load_faq(chosen.folder, VARIABLES)
    question = Question("my old server is gone")
    plain = learn(faq, WORDS, chosen.cache_folder).match([question])[0].best
    taught = learn_as_served(faq, WORDS, chosen.cache_folder).match([question])[0].best
    assert plain is not None
    assert taught is not None
    assert taught.confidence < plain.confidence
    between = replace(WORDS, suggest_above=(plain.confidence + taught.confidence) / 2)
    assert choose_handed_on(faq, between, chosen.cache_folder).is_taught
    assert plain.entry_id == "account-recover"
    hard = ACCOUNT.replace("how can i recover my account", question.text)
    write_faq(chosen.folder, FILES | {"account.yaml": hard})
    after = choose_handed_on(load_faq(chosen.folder, VARIABLES), between, chosen.cache_folder)
    assert (after.is_taught, after.knows_none, after.taught) == (False, False, ())
    assert len(after.texts) == len(SERVERS)


async def test_other_messages_are_learned_while_the_faq_answers(chosen: KnowledgeSettings) -> None:
    knowledge = await Knowledge.open(chosen, lambda: NOW)
    assert (knowledge.status.handed_on, knowledge.status.knows_none) == (0, False)
    watching = asyncio.create_task(knowledge.watch())
    waiting = asyncio.create_task(knowledge.next_status())
    await asyncio.to_thread(keep_handed_on, chosen.cache_folder, missed(SERVERS))
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
    keep_handed_on(chosen.cache_folder, missed(SERVERS))
    await Knowledge.open(chosen, lambda: NOW)
    models = sorted(chosen.cache_folder.glob("matcher-*.npz"))
    again = await Knowledge.open(chosen, lambda: NOW)
    assert again.status.handed_on == len(SERVERS)
    assert sorted(chosen.cache_folder.glob("matcher-*.npz")) == models
    keep_handed_on(chosen.cache_folder, missed(SERVERS[1:]))
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
