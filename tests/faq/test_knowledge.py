"""The FAQ as the running program uses it: served while it is edited."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faq.errors import FaqErrors
from faq.knowledge import Knowledge, KnowledgeSettings, Status
from faq.match import Answer, Question
from faq.matcher import MatcherSettings
from faq.publishing import build, read_status
from tests.faq.writing import ACCOUNT, FILES, PAYMENT, VARIABLES, write_faq

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTION = Question("i want a refund")
VERSIONS = ("of the last 14 days", "of the last 20 days", "of the last 30 days")


def clock() -> datetime:
    return NOW


def payment(version: int) -> str:
    """The payment file in one of its versions: every answer in it names the version."""
    text = PAYMENT.replace("within ten minutes", f"[{VERSIONS[version]}](https://x.example)")
    return text.replace(VERSIONS[0], VERSIONS[version])


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which every version is built, so that tests need not learn again."""
    cache = tmp_path_factory.mktemp("learned")
    folder = tmp_path_factory.mktemp("entries")
    for version in range(len(VERSIONS)):
        write_faq(folder, FILES | {"payment.yaml": payment(version)})
        assert build(settings_for(folder, cache), NOW).is_fit_after(())
    return cache


def settings_for(folder: Path, cache: Path) -> KnowledgeSettings:
    matcher = MatcherSettings(answer_above=0.5, suggest_above=0.1, semantic=False)
    return KnowledgeSettings(folder, cache, VARIABLES, matcher, poll_seconds=0.01, retry_seconds=0.05)


@pytest.fixture
def chosen(tmp_path: Path, learned: Path) -> KnowledgeSettings:
    cache = tmp_path / "cache"
    shutil.copytree(learned, cache)
    return settings_for(write_faq(tmp_path / "entries", FILES | {"payment.yaml": payment(0)}), cache)


@asynccontextmanager
async def watching(chosen: KnowledgeSettings) -> AsyncIterator[Knowledge]:
    knowledge = await Knowledge.open(chosen, clock)
    task = asyncio.create_task(knowledge.watch())
    try:
        yield knowledge
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await knowledge.close()


async def judged(knowledge: Knowledge) -> Status:
    async with asyncio.timeout(60):
        return await knowledge.next_status()


async def answer(knowledge: Knowledge) -> str:
    (match,) = await knowledge.match([QUESTION], NOW)
    assert isinstance(match.verdict, Answer)
    return knowledge.faq_at(match.faq_version).entries[match.verdict.entry_ids[0]].answers["en"]


async def test_a_saved_file_goes_live(chosen: KnowledgeSettings) -> None:
    async with watching(chosen) as knowledge:
        assert "14 days" in await answer(knowledge)
        waiting = asyncio.create_task(judged(knowledge))
        (chosen.folder / "payment.yaml").write_text(payment(1))
        status = await waiting
        assert "20 days" in await answer(knowledge)
        assert status.problems == ()
        assert status.version == knowledge.faq.version
        assert read_status(chosen.cache_folder) == status


async def test_a_save_with_errors_changes_nothing_but_the_status(chosen: KnowledgeSettings) -> None:
    async with watching(chosen) as knowledge:
        version = knowledge.faq.version
        waiting = asyncio.create_task(judged(knowledge))
        (chosen.folder / "payment.yaml").write_text(payment(1).replace("phrasings:", "phrasing:"))
        status = await waiting
        assert [problem.code for problem in status.problems] == ["unknown_key", "unknown_key"]
        assert status.rejected_at == NOW
        assert knowledge.faq.version == version == status.version
        assert "14 days" in await answer(knowledge)
        waiting = asyncio.create_task(judged(knowledge))
        (chosen.folder / "payment.yaml").write_text(payment(2))
        status = await waiting
        assert (status.problems, status.rejected_at) == ((), None)
        assert "30 days" in await answer(knowledge)


async def test_a_failing_test_keeps_a_save_from_going_live(chosen: KnowledgeSettings) -> None:
    async with watching(chosen) as knowledge:
        waiting = asyncio.create_task(judged(knowledge))
        text = ACCOUNT.replace("positive: {en: [how can i recover my account]}", "positive: {en: [i want a refund]}")
        (chosen.folder / "account.yaml").write_text(text)
        status = await waiting
        assert [(problem.code, problem.place.line) for problem in status.problems] == [("failed_test", 17)]
        assert "i want a refund" not in [test.text for test in knowledge.faq.entries["account-recover"].tests]


async def test_tests_that_failed_from_the_start_do_not_keep_the_faq_from_being_mended(tmp_path: Path) -> None:
    failing = ACCOUNT.replace(
        "{en: [how can i recover my account]}", "{en: [i want a refund, how can i recover my account]}"
    )
    folder = write_faq(tmp_path / "entries", FILES | {"account.yaml": failing})
    async with watching(settings_for(folder, tmp_path / "cache")) as knowledge:
        assert knowledge.status.rejected_at is None
        assert [problem.code for problem in knowledge.status.problems] == ["failed_test"]
        waiting = asyncio.create_task(judged(knowledge))
        (folder / "payment.yaml").write_text(payment(1))
        assert (await waiting).rejected_at is None
        assert "20 days" in await answer(knowledge)
        waiting = asyncio.create_task(judged(knowledge))
        (folder / "account.yaml").write_text(failing.replace("[i want a refund,", "[hello, i want a refund,"))
        assert (await waiting).rejected_at is not None
        waiting = asyncio.create_task(judged(knowledge))
        (folder / "account.yaml").write_text(ACCOUNT)
        status = await waiting
        assert (status.rejected_at, status.problems, status.failing) == (None, (), ())


async def test_a_test_added_beside_a_known_failure_is_put_too(tmp_path: Path) -> None:
    """An answer's change puts no passed test again, but new and failed ones: their problems keep their places."""
    failing = ACCOUNT.replace("positive: {en: [how", "positive: {en: [i want a refund, how")
    chosen = settings_for(write_faq(tmp_path / "entries", FILES | {"account.yaml": failing}), tmp_path / "cache")
    await Knowledge.open(chosen, clock)
    longer = failing.replace("entries:", "# one more line\nentries:").replace(
        "[i forgot my password]", "[i lost my account]"
    )
    (chosen.folder / "account.yaml").write_text(longer)
    result = build(chosen, NOW)
    assert [(problem.code, problem.place.line) for problem in result.problems] == [
        ("failed_test", 18),
        ("failed_test", 19),
    ]


async def test_a_comment_is_no_new_version(chosen: KnowledgeSettings) -> None:
    async with watching(chosen) as knowledge:
        before = knowledge.status
        waiting = asyncio.create_task(judged(knowledge))
        (chosen.folder / "payment.yaml").write_text(payment(0) + "# a comment\n")
        status = await waiting
        assert status.version == before.version
        assert status.key != before.key
        assert status.problems == ()


async def test_a_failure_that_is_not_in_the_files_is_tried_again(chosen: KnowledgeSettings) -> None:
    away = chosen.cache_folder.with_name("away")
    async with watching(chosen) as knowledge:
        chosen.cache_folder.rename(away)
        chosen.cache_folder.write_text("a file where the folder was")
        waiting = asyncio.create_task(judged(knowledge))
        (chosen.folder / "payment.yaml").write_text(payment(1))
        status = await waiting
        assert [problem.code for problem in status.problems] == ["failed"]
        assert "14 days" in await answer(knowledge)
        chosen.cache_folder.unlink()
        away.rename(chosen.cache_folder)
        await _until_live(knowledge, VERSIONS[1])
        assert knowledge.status.rejected_at is None


async def test_a_removed_file_takes_its_entries_with_it(chosen: KnowledgeSettings) -> None:
    async with watching(chosen) as knowledge:
        waiting = asyncio.create_task(judged(knowledge))
        (chosen.folder / "small-talk.yaml").unlink()
        await waiting
        assert "hello" not in knowledge.faq.entries


async def test_starting_with_errors_says_all_of_them(tmp_path: Path) -> None:
    folder = write_faq(tmp_path / "entries", {"a.yaml": ACCOUNT.replace("answer:", "anser:"), "b.yaml": "x: [1\n"})
    with pytest.raises(FaqErrors) as raised:
        await Knowledge.open(settings_for(folder, tmp_path / "cache"), clock)
    assert len(raised.value.problems) == 3


async def test_starting_with_errors_goes_on_with_what_was_served_last(chosen: KnowledgeSettings) -> None:
    first = await Knowledge.open(chosen, clock)
    (chosen.folder / "payment.yaml").write_text("topic: payment\n")
    again = await Knowledge.open(chosen, clock)
    assert again.faq == first.faq
    assert {problem.code for problem in again.status.problems} == {"missing_key"}
    assert "14 days" in await answer(again)


async def test_an_unchanged_faq_starts_from_the_cache(chosen: KnowledgeSettings) -> None:
    await Knowledge.open(chosen, clock)
    async with asyncio.timeout(1):
        knowledge = await Knowledge.open(chosen, clock)
    assert len(knowledge.faq.entries) == 5


async def test_a_damaged_cache_is_made_anew(chosen: KnowledgeSettings) -> None:
    for path in chosen.cache_folder.iterdir():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    knowledge = await Knowledge.open(chosen, clock)
    assert "14 days" in await answer(knowledge)


async def test_entries_outside_their_dates_are_not_answered(tmp_path: Path) -> None:
    text = PAYMENT.replace("handoff: always", "valid_from: 2027-01-01\n    valid_until: 2027-01-31")
    folder = write_faq(tmp_path / "entries", FILES | {"payment.yaml": text})
    knowledge = await Knowledge.open(settings_for(folder, tmp_path / "cache"), clock)
    for moment, expected in ((NOW, False), (datetime(2027, 1, 15, tzinfo=UTC), True)):
        (match,) = await knowledge.match([QUESTION], moment)
        assert ("payment-refund" in [candidate.entry_id for candidate in match.candidates]) is expected


async def test_a_build_ends_with_the_watch(chosen: KnowledgeSettings) -> None:
    knowledge = await Knowledge.open(chosen, clock)
    (chosen.folder / "payment.yaml").write_text(payment(1).replace("20 days", "25 days"))
    task = asyncio.create_task(knowledge.watch())
    await asyncio.sleep(0.2)  # into the build, wherever that is by then: ending must work at any point of it
    task.cancel()
    async with asyncio.timeout(10):
        with suppress(asyncio.CancelledError):
            await task
    assert "14 days" in await answer(knowledge)


async def test_many_questions_are_answered_in_order(chosen: KnowledgeSettings) -> None:
    knowledge = await Knowledge.open(chosen, clock)
    texts = ["i want a refund", "i forgot my password", "hello", "my gems did not arrive"] * 100
    matches = await knowledge.match([Question(text) for text in texts], NOW)
    best = [match.best.entry_id for match in matches if match.best is not None]
    assert best == ["payment-refund", "password-reset", "hello", "payment-missing"] * 100


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saves=st.lists(st.integers(0, 2), min_size=1, max_size=6), torn=st.booleans())
async def test_going_live_is_atomic(chosen: KnowledgeSettings, saves: list[int], torn: bool) -> None:
    """Whatever is saved while questions come in, each is answered by one whole version, and the last save wins."""
    path = chosen.folder / "payment.yaml"
    path.write_text(payment(0))
    async with watching(chosen) as knowledge:
        stop = asyncio.Event()
        asking = asyncio.create_task(_ask_until(knowledge, stop))
        for version in saves:
            text = payment(version)
            if torn:  # an editor that empties the file first, and writes it in two steps
                path.write_text(text[: len(text) // 2])
                await asyncio.sleep(0)
            path.write_text(text)
            await asyncio.sleep(0.003)
        await _until_live(knowledge, VERSIONS[saves[-1]])
        stop.set()
        assert await asking > 0


async def _until_live(knowledge: Knowledge, words: str) -> None:
    async with asyncio.timeout(60):
        while True:
            waiting = asyncio.create_task(knowledge.next_status())
            await asyncio.sleep(0)  # so that it waits before we look
            if words in await answer(knowledge):
                waiting.cancel()
                return
            await waiting


async def _ask_until(knowledge: Knowledge, stop: asyncio.Event) -> int:
    count = 0
    while not stop.is_set():
        matches = await knowledge.match([QUESTION, Question("where is my purchase")], NOW)
        faq = knowledge.faq_at(matches[0].faq_version)
        assert {match.faq_version for match in matches} == {faq.version}
        said = [faq.entries[match.best.entry_id].answers["en"] for match in matches if match.best is not None]
        assert len(said) == 2
        assert [version for version in VERSIONS if version in said[0]] == [
            version for version in VERSIONS if version in said[1]
        ]
        count += 1
        await asyncio.sleep(0)
    return count
