"""What is unwise in a FAQ that can be read: every check is a function from the FAQ to problems."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from rapidfuzz import fuzz

from faq.entry import Entry, Faq, Kind, Phrasing
from faq.language.folding import fold
from storage.problems import Place, Problem, Severity, did_you_mean, nearest

BUTTON_LENGTH_AT_MOST = 64
# "Within 24 hours" promises an answer, not an open door: only hours of a day, or of a service, are meant.
_ALWAYS_OPEN = re.compile(
    r"24\s*/\s*7|24[\s-]*(?:h|hours?|hrs?)[\s-]*(?:a day|per day|every day|daily)"
    r"|24[\s-]*(?:h|hours?|hrs?)[\s-]*(?:live )?(?:support|service|help|chat)"
    r"|(?:open|available|online|here|reach us|there for you) (?:for )?24\s*(?:h\b|hours?)"
    r"|(?:a|the)?round the clock|day and night|at any hour"
    r"|24\s*(?:小时|小時)(?:不间断|不間斷|全天|在线|在線|在綫|客服|服务|服務|营业|營業|为您|為您|都)|24\s*時間(?:対応|体制|営業|サポート|いつでも|受付)"
    r"|24\s*giờ (?:mỗi ngày|một ngày|trong ngày)|24\s*/\s*24|全天候|昼夜|年中無休|cả ngày lẫn đêm",
    re.IGNORECASE,
)
_EVERY_DAY = re.compile(
    r"(?:seven|7) days (?:a|per) week|every day of the (?:week|year)|365 days a year"
    r"|一周七天|每周七天|每週七天|全年无休|全年無休|年中無休|(?:bảy|7) ngày (?:một|trong|mỗi) tuần",
    re.IGNORECASE,
)
_MARKDOWN_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)")


@dataclass(frozen=True, slots=True)
class LintRules:
    """What the owner expects of the entries.

    ``languages`` every entry should be answered in; ``least_phrasings`` a language; ``message_lengths`` in characters
    by channel; ``forbidden_phrases`` by language, "*" for all of them; ``embargoed_words`` with the moment from which
    they may be said; ``always_open`` False when the service has closing hours, None when that is not known;
    ``closed_days`` whether there are weekdays without any hours; ``classes`` the classes of tickets that there are.
    ``more`` are checks of the program's own: a build's key names them by their ``repr``, and they go to a child
    process.
    """

    languages: tuple[str, ...] = ()
    least_phrasings: int = 3
    near_duplicate: float = 0.92
    message_lengths: Mapping[str, int] = field(default_factory=lambda: {"telegram": 4096, "discord": 2000})
    forbidden_phrases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    embargoed_words: Mapping[str, datetime] = field(default_factory=dict)
    always_open: bool | None = None
    closed_days: bool = False
    classes: tuple[str, ...] = ("routine", "special", "major_bug", "complaint")
    more: tuple[Check, ...] = ()


Check = Callable[[Faq, LintRules, datetime], Iterator[Problem]]


def lint(faq: Faq, rules: LintRules, now: datetime) -> list[Problem]:
    """Everything unwise in the FAQ, in file order."""
    found = [problem for check in (*CHECKS, *rules.more) for problem in check(faq, rules, now)]
    return sorted(found, key=lambda problem: problem.place)


def _warning(place: Place, code: str, message: str, hint: str | None = None) -> Problem:
    return Problem(place, message, hint, Severity.WARNING, code)


def _error(place: Place, code: str, message: str, hint: str | None = None) -> Problem:
    return Problem(place, message, hint, Severity.ERROR, code)


class Said(NamedTuple):
    """One text of an entry that reaches players, what to call it, and where it stands."""

    language: str
    what: str
    text: str
    place: Place


def said(entry: Entry) -> Iterator[Said]:
    """Everything of an entry that players read: titles, answers, answers for one channel."""
    for language, text in entry.title.items():
        yield Said(language, f"the title of {entry.id} ({language})", text, _at(entry, "title", language))
    for language, text in entry.answers.items():
        yield Said(language, f"the answer of {entry.id} ({language})", text, _at(entry, "answer", language))
    for (language, channel), text in entry.channel_answers.items():
        what = f"the answer of {entry.id} ({language}, {channel})"
        yield Said(language, what, text, _at(entry, "answer", language, channel))


def _at(entry: Entry, *names: str) -> Place:
    return entry.places.get(" ".join(names), entry.place)


def same_phrasings(faq: Faq, _rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """The same question under two entries (an error: which is right?), or twice under one."""
    first: dict[str, tuple[str, Phrasing]] = {}
    for entry in faq.entries.values():
        for phrasing in entry.phrasings:
            owner, earlier = first.setdefault(fold(phrasing.text), (entry.id, phrasing))
            if earlier is phrasing:
                continue
            if owner != entry.id:
                message = f'"{phrasing.text}" also stands under "{owner}", at {earlier.place}'
                hint = "One question can have one answer only: remove one of the two."
                yield _error(phrasing.place, "same_phrasing", message, hint)
            elif earlier.language == phrasing.language:
                message = f'"{phrasing.text}" says no more than line {earlier.place.line}'
                yield _warning(phrasing.place, "repeated_phrasing", message, "Remove it.")


def near_phrasings(faq: Faq, rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Phrasings of two entries that differ in next to nothing."""
    rows = [(entry.id, phrasing, fold(phrasing.text)) for entry in faq.entries.values() for phrasing in entry.phrasings]
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    for number, (_, _, folded) in enumerate(rows):
        for word in _parts(folded):
            by_word[word].append(number)
    for number, (owner, phrasing, folded) in enumerate(rows):
        rare = sorted(_parts(folded), key=lambda word: len(by_word[word]))[:3]
        neighbours = {other for word in rare for other in by_word[word][:200] if other < number}
        best, nearest = 0.0, -1
        for other in sorted(neighbours):
            if rows[other][0] != owner and rows[other][2] != folded:
                likeness = fuzz.token_sort_ratio(folded, rows[other][2]) / 100
                if likeness > best:
                    best, nearest = likeness, other
        if best >= rules.near_duplicate:
            near_owner, near, _ = rows[nearest]
            message = f'"{phrasing.text}" is nearly "{near.text}" of "{near_owner}", at {near.place}'
            hint = "Players who ask either may get the wrong answer: make them differ, or keep one."
            yield _warning(phrasing.place, "near_phrasing", message, hint)


def _parts(folded: str) -> set[str]:
    """The words of a folded text; pairs of characters where a script has no spaces."""
    if folded.isascii() or " " in folded:
        return set(folded.split())
    return {folded[start : start + 2] for start in range(max(1, len(folded) - 1))}


def same_answers(faq: Faq, _rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Two entries with one answer: players will be asked to choose between two ways to the same words."""
    first: dict[tuple[str, str], Entry] = {}
    for entry in faq.entries.values():
        for language, answer in entry.answers.items():
            other = first.setdefault((language, fold(answer)), entry)
            if other is not entry and entry.kind is Kind.QUESTION:
                message = f'"{entry.id}" answers the same as "{other.id}" ({language})'
                yield _warning(_at(entry, "answer", language), "same_answer", message, "Join the two entries.")


def same_titles(faq: Faq, _rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Two entries that look alike on a button."""
    first: dict[tuple[str, str], Entry] = {}
    for entry in faq.entries.values():
        for language, title in entry.title.items():
            other = first.setdefault((language, fold(title)), entry)
            if other is not entry:
                message = f'"{entry.id}" has the title of "{other.id}": "{title}"'
                yield _warning(
                    entry.place, "same_title", message, "On buttons players see titles only: make them differ."
                )


def few_phrasings(faq: Faq, rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Languages with an answer and too few ways to ask for it, and the other way round."""
    for entry in faq.entries.values():
        spoken = Counter(phrasing.language for phrasing in entry.phrasings)
        for language in entry.answers:
            if spoken[language] < rules.least_phrasings:
                message = (
                    f'"{entry.id}" has {spoken[language]} phrasings in {language}, fewer than {rules.least_phrasings}'
                )
                yield _warning(entry.place, "few_phrasings", message, "The more ways to ask, the surer the match.")
        for language in sorted(spoken.keys() - entry.answers.keys()):
            message = f'"{entry.id}" can be asked in {language} and has no answer in {language}'
            yield _warning(entry.place, "missing_answer", message, "Players will be answered in another language.")


def missing_languages(faq: Faq, rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Entries without an answer, or an answer without a title, in a language of the service."""
    for entry in faq.entries.values():
        missing = [language for language in rules.languages if language not in entry.answers]
        if missing:
            message = f'"{entry.id}" has no answer in {", ".join(missing)}'
            yield _warning(entry.place, "missing_language", message, "Players will be answered in another language.")
        untitled = [language for language in entry.answers if language not in entry.title]
        if untitled:
            message = f'"{entry.id}" has no title in {", ".join(untitled)}, but an answer'
            yield _warning(entry.place, "missing_title", message, "Buttons will show another language.")


def relative_links(faq: Faq, _rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Links without a whole address: a chat has no page that they could be relative to."""
    for entry in faq.entries.values():
        for _, what, text, place in said(entry):
            for target in _MARKDOWN_LINK.findall(text):
                if not re.match(r"https?://[^/\s]|mailto:", target):
                    name = nearest(target.strip("#./"), faq.entries)
                    hint = f"Name the entry under  related: [{name}]  instead." if name else "Write it with https://."
                    yield _error(place, "dead_link", f'{what} links to "{target}", which leads nowhere in a chat', hint)


def too_long(faq: Faq, rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Answers over a network's length, and titles that no button can show whole."""
    for entry in faq.entries.values():
        for language, answer in entry.answers.items():
            for channel, most in rules.message_lengths.items():
                text = entry.channel_answers.get((language, channel), answer)
                place = entry.places.get(f"answer {language} {channel}") or _at(entry, "answer", language)
                if len(text) > most:
                    message = (
                        f'the answer of "{entry.id}" ({language}) has {len(text)} characters, {channel} takes {most}'
                    )
                    yield _warning(place, "too_long", message, "It will come in several messages: shorten it.")
        for language, title in entry.title.items():
            if len(title) > BUTTON_LENGTH_AT_MOST:
                message = f'the title of "{entry.id}" ({language}) has {len(title)} characters'
                yield _warning(
                    _at(entry, "title", language),
                    "long_title",
                    message,
                    f"Buttons show {BUTTON_LENGTH_AT_MOST} at most.",
                )


def stale(faq: Faq, _rules: LintRules, now: datetime) -> Iterator[Problem]:
    """Entries that nobody owns, whose review is due, or whose time is over."""
    for entry in faq.entries.values():
        if entry.valid_until is not None and entry.valid_until <= now:
            message = f'"{entry.id}" has not been answered since {entry.valid_until:%Y-%m-%d}, when it ended'
            yield _warning(entry.place, "expired", message, "Renew it or remove it.")
        if entry.owner is None:
            yield _warning(
                entry.place, "unowned", f'"{entry.id}" has no owner', "Add  owner: …  here or atop the file."
            )
        if entry.review_by is not None and entry.review_by < now.date():
            message = f'"{entry.id}" was to be reviewed by {entry.review_by}'
            yield _warning(entry.place, "review_due", message, "Read it, and move the date on if it still holds.")


def forbidden_words(faq: Faq, rules: LintRules, now: datetime) -> Iterator[Problem]:
    """Forbidden phrases, and words that may not be said yet."""
    embargoed = {word: until for word, until in rules.embargoed_words.items() if until > now}
    for entry in faq.entries.values():
        for language, what, text, place in said(entry):
            for phrase in (*rules.forbidden_phrases.get(language, ()), *rules.forbidden_phrases.get("*", ())):
                if _says(text, phrase):
                    yield _error(place, "forbidden_phrase", f'{what} says "{phrase}"', "Say it in other words.")
            for word, until in embargoed.items():
                hidden = entry.embargo or entry.valid_from
                if _says(text, word) and (hidden is None or hidden < until):
                    message = f'{what} says "{word}", which is under embargo until {until:%Y-%m-%d %H:%M %Z}'
                    hint = f"Add  embargo: {until:%Y-%m-%d %H:%M}  to the entry, or leave the word out."
                    yield _error(place, "embargo", message, hint)


def _says(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase as whole words (anywhere in scripts without spaces)."""
    wanted, folded = fold(phrase), fold(text)
    if not wanted:
        return False
    return f" {wanted} " in f" {folded} " if wanted.isascii() else wanted in folded


def always_open_promise(text: str) -> str | None:
    """The words that promise people at every hour, in any language; None where there are none."""
    found = _ALWAYS_OPEN.search(text)
    return found[0] if found else None


def broken_promises(faq: Faq, rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Answers that promise people at every hour, or on every day, where the service calendar says otherwise."""
    kept = [(_ALWAYS_OPEN, "has closing hours")] if rules.always_open is False else []
    if rules.closed_days:
        kept.append((_EVERY_DAY, "has whole days off"))
    for entry in faq.entries.values():
        for _, what, text, place in said(entry):
            for promised, otherwise in kept:
                promise = promised.search(text)
                if promise:
                    message = f'{what} says "{promise[0]}", and the service calendar {otherwise}'
                    yield _error(place, "broken_promise", message, "Name the hours instead, or change the calendar.")


def unknown_classes(faq: Faq, rules: LintRules, _now: datetime) -> Iterator[Problem]:
    """Tickets of a class without clocks (F7)."""
    for entry in faq.entries.values():
        if entry.ticket_class is not None and entry.ticket_class not in rules.classes:
            message = f'class of "{entry.id}" cannot be "{entry.ticket_class}"'
            yield _error(_at(entry, "class"), "unknown_class", message, did_you_mean(entry.ticket_class, rules.classes))


CHECKS: tuple[Check, ...] = (
    *(same_phrasings, near_phrasings, same_answers, same_titles, few_phrasings, missing_languages),
    *(relative_links, unknown_classes, too_long, stale, forbidden_words, broken_promises),
)
