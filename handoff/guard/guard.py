"""The guard: reads a draft before it reaches a player, and says what should not be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

from handoff.guard.credentials import find_cards, find_passwords, find_tokens
from handoff.guard.draft import Draft, Finding, Kind, Severity, Stage
from handoff.guard.folding import Folded, fold
from handoff.guard.found import Finder, Found, find_all
from handoff.guard.personal import (
    find_accounts,
    find_addresses,
    find_emails,
    find_identity_numbers,
    find_ip_addresses,
    find_phones,
)
from handoff.guard.phrases import Phrase, Rule
from handoff.guard.rules import Embargo, Rules

_OF_OTHERS = "This looks like personal data that the player did not give us."
_LEAVE_OUT = "Leave it out, or show only its end (•••• 1234)."
# Never written out, not even to the one they belong to.
_SECRETS = frozenset({Kind.PASSWORD, Kind.TOKEN, Kind.CARD})
_KANA = re.compile(r"[\u3040-\u30ff]")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_MANY_DIGITS = 5
# Numbers that are recognised only in some sentences, wherever they stand.
_DATA = re.compile(r"\d[\d .-]{3,24}\d")


@dataclass(frozen=True, slots=True)
class About:
    """What is said of every finding of one kind."""

    severity: Severity
    reason: str
    suggestion: str


ABOUT = {
    Kind.EMAIL: About(Severity.BLOCK, _OF_OTHERS, "Leave the address out, or show only its first letter (m***@...)."),
    Kind.PHONE: About(Severity.BLOCK, _OF_OTHERS, _LEAVE_OUT),
    Kind.CARD: About(Severity.BLOCK, "A payment card or bank account is never written out.", _LEAVE_OUT),
    Kind.ADDRESS: About(Severity.WARN, _OF_OTHERS, "Leave the address out."),
    Kind.ACCOUNT: About(Severity.BLOCK, "This account number is not one the player gave us.", _LEAVE_OUT),
    Kind.IDENTITY_NUMBER: About(Severity.BLOCK, _OF_OTHERS, _LEAVE_OUT),
    Kind.IP_ADDRESS: About(Severity.WARN, _OF_OTHERS, "Name the country or the kind of connection instead."),
    Kind.PASSWORD: About(
        Severity.BLOCK, "A password is never written in a chat.", "Send the player through the reset page."
    ),
    Kind.TOKEN: About(Severity.BLOCK, "This looks like a key or a token.", "Leave it out, and have it renewed."),
}


class Guard:
    """Checks drafts by the owner's rules. It changes nothing and keeps nothing, so one serves all."""

    def __init__(self, rules: Rules, embargoes: Sequence[Embargo] = ()) -> None:
        """``embargoes`` come on top of those in ``rules``: what the FAQ holds back."""
        self._rules = rules
        self._embargoes = (*rules.embargoes, *embargoes)
        self._allowed = _notations(rules.allowed)
        regions = sorted({region for regions in rules.phone_regions.values() for region in regions})
        self._finders = {language: _finders(rules, own) for language, own in rules.phone_regions.items()}
        self._any_finders = _finders(rules, regions)
        for region in regions:
            # Loads what is known of the region now: the first check should be as quick as the others.
            phonenumbers.PhoneMetadata.metadata_for_region(region)

    def check(self, draft: Draft) -> tuple[Finding, ...]:
        """Everything that should not be sent like this, in the order of the text; empty where all is well."""
        folded = fold(draft.text)
        findings = [
            *self._personal(draft, folded),
            *self._embargoed(draft, folded),
            *self._phrases(draft, folded),
            *self._politeness(draft, folded),
        ]
        return tuple(sorted(findings, key=lambda finding: (finding.start, finding.end)))

    def data_in(self, texts: Iterable[str], language: str) -> frozenset[str]:
        """What a player told us of themselves in these texts, for a draft's ``known``."""
        known: set[str] = set()
        for text in texts:
            folded = fold(text)
            known |= {found.value for found in find_all(folded.text, self._finders.get(language, self._any_finders))}
            known |= {match[0] for match in _DATA.finditer(folded.text)}
        return frozenset(known)

    def _personal(self, draft: Draft, folded: Folded) -> Iterator[Finding]:
        known = _notations(draft.known) | self._allowed
        for found in find_all(folded.text, self._finders.get(draft.language, self._any_finders)):
            if found.kind in _SECRETS or not _is_known(found, known):
                yield _finding(found.kind, ABOUT[found.kind], folded, (found.start, found.end))

    def _embargoed(self, draft: Draft, folded: Folded) -> Iterator[Finding]:
        for embargo in self._embargoes:
            if embargo.until is not None and embargo.until <= draft.at:
                continue
            when = "ever" if embargo.until is None else f"before {embargo.until:%Y-%m-%d %H:%M %Z}"
            about = About(Severity.BLOCK, f"This may not be told {when}.", embargo.suggestion)
            spans = (span for phrase in embargo.phrases for span in phrase.spans(folded))
            for span in _without_overlaps(spans):
                yield _finding(Kind.EMBARGO, about, folded, span)

    def _phrases(self, draft: Draft, folded: Folded) -> Iterator[Finding]:
        taken: dict[Kind, list[tuple[int, int]]] = {}
        core = _EDGES.sub("", folded.lowered)
        has_kana = _KANA.search(folded.text) is not None
        for rule in self._rules.rules:
            if rule.kind in draft.approved or not _applies(rule, draft.language, has_kana):
                continue
            if rule.kind is Kind.CURT:
                is_curt = any(phrase.is_all_of(core) for phrase in rule.phrases)
                spans = iter([(0, len(folded.lowered))] if is_curt else [])
            else:
                spans = rule.spans(folded)
            about = About(rule.severity, rule.reason, rule.suggestion)
            for span in _without_overlaps(spans, taken.setdefault(rule.kind, [])):
                yield _finding(rule.kind, about, folded, span)

    def _politeness(self, draft: Draft, folded: Folded) -> Iterator[Finding]:
        end = len(draft.text)
        if draft.stage is Stage.FIRST and _lacks(self._rules.greetings.get(draft.language), folded):
            yield Finding(Kind.GREETING, Severity.WARN, 0, 0, "The first message greets the player.", "Add a greeting.")
        if draft.stage is Stage.CLOSING and _lacks(self._rules.closings.get(draft.language), folded):
            reason = "The last message thanks the player."
            yield Finding(Kind.CLOSING, Severity.WARN, end, end, reason, "Add thanks or a good wish.")


def _finders(rules: Rules, regions: Iterable[str]) -> tuple[Finder, ...]:
    """Every finder, the surest first: what one has claimed, a later one does not claim again."""
    wanted = tuple(regions)
    return (
        find_tokens,
        find_passwords,
        find_emails,
        find_cards,
        find_identity_numbers,
        find_ip_addresses,
        lambda text: find_accounts(text, rules.account_ids),
        lambda text: find_phones(text, wanted),
        find_addresses,
    )


def _finding(kind: Kind, about: About, folded: Folded, span: tuple[int, int]) -> Finding:
    start, end = folded.span(*span)
    return Finding(kind, about.severity, start, end, about.reason, about.suggestion)


def _without_overlaps(
    spans: Iterable[tuple[int, int]], taken: list[tuple[int, int]] | None = None
) -> Iterator[tuple[int, int]]:
    """The spans that touch none before them, nor any ``taken``, which grows by them."""
    taken = [] if taken is None else taken
    for start, end in spans:
        if all(end <= other_start or start >= other_end for other_start, other_end in taken):
            taken.append((start, end))
            yield start, end


def _applies(rule: Rule, language: str, has_kana: bool) -> bool:
    """Every language's rules are read, since agents may answer in another, but those that share characters apart.

    Of the rules for Chinese the player's own are read, which find both ways of writing it.
    """
    if rule.language.startswith("ja"):
        return has_kana or language.startswith("ja")
    if rule.language.startswith("zh-") and language.startswith("zh-"):
        return rule.language == language
    return not (rule.language.startswith("zh") and has_kana)


def _lacks(words: tuple[Phrase, ...] | None, folded: Folded) -> bool:
    """Whether none of the words is there; a language without any is not judged."""
    return bool(words) and not any(phrase.is_in(folded) for phrase in words or ())


def _notations(texts: Iterable[str]) -> frozenset[str]:
    """What was given, as typed, as letters and digits alone, and as digits alone where there are many."""
    notations: set[str] = set()
    for text in texts:
        lowered = fold(text).lowered.strip()
        digits = _digits(lowered)
        notations |= {lowered, _letters_and_digits(lowered)} | ({digits} if len(digits) >= _MANY_DIGITS else set())
    return frozenset(notations - {""})


def _is_known(found: Found, known: frozenset[str]) -> bool:
    value = found.value.lower()
    if found.kind is Kind.EMAIL:
        return value in known or f"@{value.rpartition('@')[2]}" in known
    if found.kind is Kind.IP_ADDRESS:
        return value in known
    if found.kind is Kind.ADDRESS:
        return any(_letters_and_digits(value) in text for text in known)
    digits = _digits(value)
    if found.kind is Kind.PHONE:
        # With or without the country's number before it.
        numbers = [text for text in known if text.isdigit() and len(text) > _MANY_DIGITS]
        return any(digits.endswith(number) or number.endswith(digits) for number in numbers)
    return digits in known or _letters_and_digits(value) in known


def _letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text)).lstrip("0")
