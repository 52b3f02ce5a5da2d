"""From questions that failed to what the owner could add: groups by meaning, the most useful first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from faq.checks import Matching
from faq.clustering import group
from faq.embedding.port import Embedder
from faq.entry import Faq
from faq.language.folding import fold
from faq.match import Match, Question
from faq.missed import Missed, Reason
from faq.privacy import as_phrasing, without_personal_data
from faq.proposals import AddPhrasings, Group, NewEntry

_TEXTS_AT_MOST = 5000
_LONGEST_PHRASING = 200
_SHORTEST_PHRASING = 3


@dataclass(slots=True)
class _Text:
    """One wording, however often it was written."""

    phrasing: str
    language: str
    rows: list[Missed] = field(default_factory=list)
    match: Match | None = None


def group_missed(
    missed: Sequence[Missed],
    faq: Faq,
    matcher: Matching,
    embedder: Embedder | None = None,
    sure_enough: float = 0.5,
) -> list[Group]:
    """What failed, grouped by meaning and without personal data; the group that would help most players comes first.

    Groups whose best entry is at least ``sure_enough`` propose phrasings for it, others a new entry.
    """
    texts = _distinct(missed, faq.languages[0] if faq.languages else "en")
    matches = matcher.match([Question(text.phrasing, language_hint=text.language) for text in texts])
    for text, match in zip(texts, matches, strict=True):
        text.match = match
        if match.language is not None and not any(row.language for row in text.rows):
            text.language = match.language
    usual = [phrasing.text for entry in faq.entries.values() for phrasing in entry.phrasings]
    places = group([text.phrasing for text in texts], usual, embedder)
    members = [[texts[place] for place in together] for together in places]
    groups = _joined([(_entry_for(texts, faq, sure_enough), texts) for texts in members])
    taken = set(faq.entries)
    result = [_group(found, texts, faq, taken) for found, texts in groups]
    return sorted(result, key=lambda found: (-found.players, -found.messages, str(found.texts)))


def _distinct(missed: Sequence[Missed], usual_language: str) -> list[_Text]:
    """Every wording once, the newest few thousand; what is too short or too long to be a question is left out."""
    texts: dict[str, _Text] = {}
    for row in sorted(missed, key=lambda row: row.at, reverse=True):
        phrasing = as_phrasing(row.text)
        folded = fold(phrasing)
        if not (_is_long_enough(folded) and len(phrasing) <= _LONGEST_PHRASING):
            continue
        if folded not in texts and len(texts) < _TEXTS_AT_MOST:
            texts[folded] = _Text(phrasing, row.language or usual_language)
        if folded in texts:
            texts[folded].rows.append(row)
    return list(texts.values())


def _is_long_enough(folded: str) -> bool:
    return len(folded) >= (_SHORTEST_PHRASING if folded.isascii() else 2) and not folded.isdecimal()


def _entry_for(texts: Sequence[_Text], faq: Faq, sure_enough: float) -> AddPhrasings | None:
    """The entry that the group most likely asks for: what people picked in the end, else what the matcher leans to."""
    picked = Counter(row.settled_by for text in texts for row in text.rows if row.settled_by in faq.entries)
    if picked:
        entry_id, count = picked.most_common(1)[0]
        assert entry_id is not None
        return AddPhrasings(entry_id, count / picked.total())
    leaning: defaultdict[str, float] = defaultdict(float)
    refused = {
        entry for text in texts for row in text.rows if row.reason is Reason.NOT_WHAT_I_MEANT for entry in row.offered
    }
    for text in texts:
        assert text.match is not None
        for candidate in text.match.candidates:
            if candidate.entry_id not in refused:
                leaning[candidate.entry_id] += candidate.confidence
    if not leaning:
        return None
    entry_id, total = max(leaning.items(), key=lambda item: item[1])
    confidence = total / len(texts)
    return AddPhrasings(entry_id, confidence) if confidence >= sure_enough else None


def _joined(
    groups: Sequence[tuple[AddPhrasings | None, list[_Text]]],
) -> list[tuple[AddPhrasings | None, list[_Text]]]:
    """Groups for the same entry become one."""
    result: list[tuple[AddPhrasings | None, list[_Text]]] = []
    places: dict[str, int] = {}
    for found, texts in groups:
        if found is not None and found.entry_id in places:
            earlier, others = result[places[found.entry_id]]
            assert earlier is not None
            weighed = earlier.confidence * len(others) + found.confidence * len(texts)
            joined = AddPhrasings(found.entry_id, weighed / (len(others) + len(texts)))
            result[places[found.entry_id]] = (joined, others + texts)
            continue
        if found is not None:
            places[found.entry_id] = len(result)
        result.append((found, texts))
    return result


def _group(found: AddPhrasings | None, texts: list[_Text], faq: Faq, taken: set[str]) -> Group:
    texts = sorted(texts, key=lambda text: (-len(text.rows), len(text.phrasing)))
    rows = [row for text in texts for row in text.rows]
    known = {fold(phrasing.text) for phrasing in faq.entries[found.entry_id].phrasings} if found else set()
    by_language: dict[str, tuple[str, ...]] = {}
    for text in texts:
        if fold(text.phrasing) not in known:
            by_language[text.language] = (*by_language.get(text.language, ()), text.phrasing)
    return Group(
        texts=by_language,
        players=len({row.player for row in rows}),
        messages=len(rows),
        reasons=dict(Counter(row.reason for row in rows).most_common()),
        proposal=found or _draft(texts, rows, faq, taken),
    )


def _draft(texts: Sequence[_Text], rows: Sequence[Missed], faq: Faq, taken: set[str]) -> NewEntry:
    """A new entry from a group: its most typical words as the title, an agent's fullest reply as the answer."""
    typical = texts[0]
    topics: Counter[str] = Counter()
    for text in texts:
        if text.match is not None and text.match.best is not None:
            topics[faq.entries[text.match.best.entry_id].topic] += 1
    topic = topics.most_common(1)[0][0] if topics else next(iter(faq.topics), "other")
    replies = [without_personal_data(row.reply) for row in rows if row.reply]
    title = typical.phrasing[:1].upper() + typical.phrasing[1:60]
    entry_id = _free_id(topic, typical.phrasing, taken)
    taken.add(entry_id)
    return NewEntry(entry_id, topic, title, typical.language, max(replies, key=len, default=None))


_FILLERS = frozenset(
    ("a an and are can could do does for from get have hello help hey hi how i if im in is it me my of on or please "
     "pls that the there this to want was what when where which why will with you your").split()
)  # fmt: skip


def _free_id(topic: str, text: str, taken: set[str]) -> str:
    words = [word for word in re.findall(r"[a-z0-9]+", fold(text)) if word not in _FILLERS]
    stem = "-".join([topic, *words[:3]]) if words else f"{topic}-new"
    stem = stem[:40].rstrip("-")
    number = 2
    entry_id = stem
    while entry_id in taken:
        entry_id = f"{stem}-{number}"
        number += 1
    return entry_id
