"""The guard's file read against the FAQ too: what agents may not say, no answer says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from faq.entry import Entry, Faq
from faq.lint import LintRules, Said, said
from handoff.guard.draft import Kind
from handoff.guard.draft import Severity as Weight
from handoff.guard.folding import Folded, fold
from handoff.guard.rules import Embargo, Rules, load_rules
from storage.problems import Problem, ProblemsFound, Severity


@dataclass(frozen=True, slots=True)
class FaqGuard:
    """A check of the FAQ. ``content`` names what the file held when the program began, so that a build made with other
    phrases is not taken for one made with these."""

    path: Path
    time_zone: str
    content: str

    @classmethod
    def of(cls, path: Path, time_zone: str) -> FaqGuard:
        try:
            content = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        except OSError:  # reading the rules says so, with the file's name
            content = ""
        return cls(path, time_zone, content)

    def __call__(self, faq: Faq, _rules: LintRules, now: datetime) -> Iterator[Problem]:
        """Forbidden phrases (G6), as grave as the file says, and words under embargo (G3)."""
        try:
            rules = load_rules(self.path, ZoneInfo(self.time_zone))
        except ProblemsFound as found:
            yield from found.problems
            return
        embargoes = [each for each in rules.embargoes if each.until is None or each.until > now]
        for entry in faq.entries.values():
            for text in said(entry):
                folded = fold(text.text)
                if text.text != entry.title.get(text.language):  # a title says the player's words, not ours
                    yield from _forbidden(rules, text, folded)
                yield from _embargoed(embargoes, entry, text, folded)


def _forbidden(rules: Rules, text: Said, folded: Folded) -> Iterator[Problem]:
    for rule in rules.rules:
        if rule.kind is not Kind.FORBIDDEN:
            continue
        for start, end in rule.spans(folded):
            severity = Severity.ERROR if rule.severity is Weight.BLOCK else Severity.WARNING
            message = f'{text.what} says "{_words(text, folded, start, end)}": {rule.reason.rstrip(".。")}'
            yield Problem(text.place, message, f"Instead: {rule.suggestion}", severity, "forbidden_phrase")


def _embargoed(embargoes: list[Embargo], entry: Entry, text: Said, folded: Folded) -> Iterator[Problem]:
    hidden = entry.embargo or entry.valid_from
    for embargo in embargoes:
        if embargo.until is not None and hidden is not None and hidden >= embargo.until:
            continue
        for start, end in next(([span] for phrase in embargo.phrases for span in phrase.spans(folded)), []):
            said_words = _words(text, folded, start, end)
            if embargo.until is None:
                message, hint = f'{text.what} says "{said_words}", which may never be told', "Leave the word out."
            else:
                message = f'{text.what} says "{said_words}", which is under embargo until {_moment(embargo.until)}'
                hint = f"Add  embargo: {embargo.until:%Y-%m-%d %H:%M}  to the entry, or leave the word out."
            yield Problem(text.place, message, hint, Severity.ERROR, "embargo")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def _words(text: Said, folded: Folded, start: int, end: int) -> str:
    first, last = folded.span(start, end)
    return text.text[first:last].strip()
