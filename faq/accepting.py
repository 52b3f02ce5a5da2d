"""Taking proposals over: phrasings, tests and new entries, written so that what is written passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from faq.additions import Addition
from faq.checks import Matching, run_tests
from faq.editor import EntryDraft, FaqEditor
from faq.entry import Faq
from faq.errors import FaqError
from faq.proposals import AddPhrasings, Group, NewEntry

Texts = Mapping[str, Sequence[str]]


class NothingToSay(FaqError):
    """A new entry was accepted for which there is no answer."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the admin wants otherwise than proposed: another entry, or other particulars of a new one."""

    entry: str | None = None
    id: str | None = None
    topic: str | None = None
    title: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Changes ready to be saved, and what they add."""

    editor: FaqEditor
    additions: tuple[Addition, ...]


def accept(
    groups: Sequence[Group],
    wish: Wish,
    folder: Path,
    variables: Mapping[str, str],
    learn: Callable[[Faq], Matching],
    now: datetime,
) -> Accepted:
    """The groups as changes to the files, not yet saved.

    Of each language's questions the last is kept as a test, if there are two or more and the FAQ as it will be passes
    it; otherwise it becomes a phrasing too, for a failing test would keep the change from going live. Raises
    NothingToSay, UnknownEntry, FaqErrors and LearningError.
    """
    accepted, held = _changes(groups, wish, folder, variables, now, unfit=frozenset())
    if not held:
        return accepted
    faq = accepted.editor.faq()
    rows = [(test, entry.id) for entry in faq.entries.values() for test in entry.tests if (entry.id, test.text) in held]
    failed = [outcome for outcome in run_tests(rows, learn(faq)) if not outcome.passed]
    if failed:
        unfit = frozenset(outcome.test.text for outcome in failed)
        accepted, _ = _changes(groups, wish, folder, variables, now, unfit)
    return accepted


def _changes(
    groups: Sequence[Group],
    wish: Wish,
    folder: Path,
    variables: Mapping[str, str],
    now: datetime,
    unfit: frozenset[str],
) -> tuple[Accepted, set[tuple[str, str]]]:
    """The changes, and the tests among them by entry and text; texts in ``unfit`` do not become tests."""
    editor = FaqEditor(folder, variables)
    additions: list[Addition] = []
    held: set[tuple[str, str]] = set()
    for group in groups:
        phrasings, tests = _divided(group.texts, unfit)
        proposal = AddPhrasings(wish.entry, 1.0) if wish.entry is not None else group.proposal
        if isinstance(proposal, AddPhrasings):
            entry_id = proposal.entry_id
            editor.add_phrasings(entry_id, phrasings, tests)
        else:
            draft = _draft(proposal, phrasings, tests, wish)
            entry_id = draft.id
            editor.add_entry(wish.topic or proposal.topic, draft)
        held |= {(entry_id, text) for texts in tests.values() for text in texts}
        said = tuple(text for texts in phrasings.values() for text in texts)
        additions.append(Addition(now, entry_id, said, group.players))
    return Accepted(editor, tuple(additions)), held


def _divided(texts: Texts, unfit: frozenset[str]) -> tuple[Texts, Texts]:
    """Phrasings and tests: of two or more texts the last is kept to test with, unless it is unfit for that."""
    tests = {language: rows[-1:] for language, rows in texts.items() if len(rows) > 1 and rows[-1] not in unfit}
    phrasings = {language: rows[:-1] if language in tests else rows for language, rows in texts.items()}
    return phrasings, tests


def _draft(proposal: NewEntry, phrasings: Texts, tests: Texts, wish: Wish) -> EntryDraft:
    answer = wish.answer or proposal.answer
    if answer is None:
        raise NothingToSay(
            f'"{proposal.title}" would be a new entry, and no agent has answered it yet: '
            'add  --answer "…", or  --entry ID  to add the questions to an entry.'
        )
    language = proposal.language
    title = {language: wish.title or proposal.title}
    return EntryDraft(wish.id or proposal.id, title, phrasings, {language: answer}, tests=tests)
