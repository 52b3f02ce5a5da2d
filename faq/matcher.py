"""The matcher: questions in, entries with calibrated confidence and a verdict out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from faq.embedding.choice import open_embedder
from faq.embedding.port import Embedder
from faq.entry import Faq
from faq.language.courtesies import core
from faq.language.detection import Detector
from faq.language.folding import fold, words
from faq.language.parts import leans_on_previous, split
from faq.language.spelling import Speller
from faq.learning import learned_model
from faq.match import Answer, Candidate, Match, Question, Verdict
from faq.model import Model
from faq.scorers.grams import Stream
from faq.scoring import Reading, Scorer
from faq.verdict import BY_HEART, Thresholds, decide

# What stands word for word in the FAQ is right but for two entries' owners meaning different things by it.
_EXACT = 0.99
# A phrasing but for slips of the finger.
_NEARLY_EXACT = 0.97
_REMEMBERED = 2048
# A longer message is matched on its beginning: what follows no longer changes what it asks.
_LONGEST = 2000
_MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class MatcherSettings:
    """How sure to be, and with what. ``answer_above`` and ``suggest_above``: None means derived from
    ``target_precision``. ``languages`` are those players may write in, the FAQ's own where empty. ``semantic`` uses an
    embedding where one is installed; ``embedding_folder`` names an owner's own ONNX model."""

    target_precision: float = 0.95
    answer_above: float | None = None
    suggest_above: float | None = None
    languages: tuple[str, ...] = ()
    semantic: bool = True
    embedding_folder: Path | None = None


@dataclass(slots=True)
class _Asked:
    """One question on its way: what is scored for it, by place in the batch's list of readings."""

    text: str
    folded: str
    whole: int | None
    together: int | None
    parts: list[int]


class Matcher:
    """Answers questions from one learned FAQ. Never changes once made: safe to share between threads.

    ``figures`` are what learning measured, by name; ``answer_above`` and ``suggest_above`` the thresholds in force;
    ``knows_none`` says whether what people had to answer became a class of its own, since that measured better.
    """

    def __init__(
        self, model: Model, settings: MatcherSettings, faq_version: str, embedder: Embedder | None = None
    ) -> None:
        self.faq_version = faq_version
        self.settings = settings
        own = sorted({word for text in model.phrasings for word in text.split(" ")})
        self._detector = Detector(model.languages, model.lexicon, _words_by_language(model))
        self._scorer = Scorer(model, Speller(own, model.lexicon.spaced_words), self._detector, embedder)
        head = self._scorer.final_head
        self.answer_above = head.answer_above if settings.answer_above is None else settings.answer_above
        self.suggest_above = head.suggest_above if settings.suggest_above is None else settings.suggest_above
        self.figures: Mapping[str, float] = dict(head.figures)
        self.embedder = embedder
        self.uses_embedding = embedder is not None and len(model.heads) > 1
        self._place = {entry_id: place for place, entry_id in enumerate(model.entry_ids)}
        self._exact = _unique_texts(model)
        self._entry_ids = model.entry_ids
        self.knows_none = any(len(each.weights.bias) > len(model.entry_ids) for each in model.heads)
        self._remembered: dict[tuple[Reading, frozenset[str]], tuple[Candidate, ...]] = {}
        self._lock = threading.Lock()

    def match(self, questions: Sequence[Question], excluded: frozenset[str] = frozenset()) -> list[Match]:
        """One match per question, in order. ``excluded`` entries are left out, as if they were not in the FAQ.

        CPU only. With an embedding a question may take 20 ms: then call it off the event loop.
        """
        if not questions:
            return []
        readings: dict[Reading, int] = {}
        asked = [self._ask(question, readings) for question in questions]
        found = self._candidates(list(readings), excluded)
        languages = self._languages(questions, asked)
        return [self._match(each, found, language) for each, language in zip(asked, languages, strict=True)]

    def _ask(self, question: Question, readings: dict[Reading, int]) -> _Asked:
        text = core(question.text[:_LONGEST])
        if fold(text) not in self._exact:
            text = core(question.text[:_LONGEST], polite=False)
        folded = fold(text)
        asked = _Asked(text, folded, None, None, [])
        if not folded:
            return asked
        asked.whole = _place(readings, Reading(text, folded))
        if folded in self._exact:
            return asked
        for part in split(text):
            asked.parts.append(_place(readings, Reading(part, fold(part))))
        if question.previous and not asked.parts and leans_on_previous(text, folded):
            both = f"{core(question.previous[:_LONGEST])} {text}"
            asked.together = _place(readings, Reading(both, fold(both)))
        return asked

    def _candidates(self, readings: Sequence[Reading], excluded: frozenset[str]) -> list[tuple[Candidate, ...]]:
        """Candidates per reading: known by heart, remembered, or scored now, all in one batch."""
        found: dict[Reading, tuple[Candidate, ...]] = {}
        fresh = []
        for reading in readings:
            entry_id = self._exact.get(reading.folded)
            remembered = self._remembered.get((reading, excluded))
            if entry_id is not None and entry_id not in excluded:
                found[reading] = (Candidate(entry_id, _EXACT, {"scored_by": BY_HEART}),)
            elif remembered is not None:
                found[reading] = remembered
            else:
                fresh.append(reading)
        if fresh and not self._entry_ids:
            return [()] * len(readings)
        if fresh:
            left_out = [self._place[entry_id] for entry_id in excluded if entry_id in self._place]
            scored = [self._by_heart(each) for each in self._scorer.candidates(fresh, left_out)]
            found |= zip(fresh, scored, strict=True)
            self._remember(fresh, excluded, scored)
        return [found[reading] for reading in readings]

    def _by_heart(self, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """The candidates, the first one as good as certain where the words are its phrasing but for their spelling."""
        best = candidates[0] if candidates else None
        repaired = best.reasons.get("repaired") if best is not None else None
        if best is None or self._exact.get(str(repaired)) != best.entry_id:
            return candidates
        sure = replace(
            best, confidence=max(best.confidence, _NEARLY_EXACT), reasons={**best.reasons, "scored_by": BY_HEART}
        )
        return (sure, *candidates[1:])

    def _remember(
        self, readings: Sequence[Reading], excluded: frozenset[str], scored: Sequence[tuple[Candidate, ...]]
    ) -> None:
        with self._lock:
            for reading, candidates in zip(readings, scored, strict=True):
                if len(self._remembered) >= _REMEMBERED:
                    del self._remembered[next(iter(self._remembered))]
                self._remembered[reading, excluded] = candidates

    def _languages(self, questions: Sequence[Question], asked: Sequence[_Asked]) -> list[str | None]:
        pieces = Stream([each.folded for each in asked]).pieces()
        texts = [question.text[:_LONGEST] for question in questions]
        return self._detector.detect(texts, pieces, [question.language_hint for question in questions])

    def _match(self, asked: _Asked, found: Sequence[tuple[Candidate, ...]], language: str | None) -> Match:
        thresholds = Thresholds(self.answer_above, self.suggest_above)
        whole = () if asked.whole is None else found[asked.whole]
        if asked.together is not None and _surer(found[asked.together], whole) and not _sure(whole, self.answer_above):
            whole = found[asked.together]
        parts = [found[part] for part in asked.parts]
        verdict = decide(whole, parts, thresholds)
        return Match(_merged(verdict, whole, parts), verdict, language, self.faq_version)


def learn(
    faq: Faq,
    settings: MatcherSettings,
    cache_folder: Path,
    embedder: Embedder | None = None,
    handed_on: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> Matcher:
    """A matcher for the FAQ: from the cache where this FAQ was learned before, else learned in a child process.

    Blocks for seconds; call it off the event loop. ``embedder`` saves loading the embedding once more where the
    caller has it from before (``Matcher.embedder``). ``handed_on`` are messages that people had to answer since no
    entry did: they teach what the FAQ cannot answer. ``asked`` are questions of players before, which teach how they
    put what they ask. Raises LearningError where the child fails.
    """
    if not settings.semantic:
        embedder = None
    elif embedder is None:
        embedder = open_embedder(settings.embedding_folder)
    model = learned_model(
        faq,
        cache_folder,
        target_precision=settings.target_precision,
        languages=settings.languages,
        embedder=embedder,
        handed_on=handed_on,
        asked=asked,
    )
    return Matcher(model, settings, faq.version, embedder)


def _place(readings: dict[Reading, int], reading: Reading) -> int:
    return readings.setdefault(reading, len(readings))


def _sure(candidates: Sequence[Candidate], threshold: float) -> bool:
    return bool(candidates) and candidates[0].confidence >= threshold


def _surer(candidates: Sequence[Candidate], than: Sequence[Candidate]) -> bool:
    return bool(candidates) and (not than or candidates[0].confidence > than[0].confidence)


def _merged(
    verdict: Verdict, whole: Sequence[Candidate], parts: Sequence[Sequence[Candidate]]
) -> tuple[Candidate, ...]:
    """The whole message's candidates; before them what is answered because a part of the message asks for it."""
    if not parts or not isinstance(verdict, Answer):
        return tuple(whole)
    surest: dict[str, Candidate] = {}
    for candidate in (*whole, *(part[0] for part in parts if part)):
        known = surest.get(candidate.entry_id)
        if known is None or candidate.confidence > known.confidence:
            surest[candidate.entry_id] = candidate
    answered = [surest[entry_id] for entry_id in verdict.entry_ids]
    rest = [candidate for candidate in whole if candidate.entry_id not in verdict.entry_ids]
    return (*answered, *rest)[:_MOST_CANDIDATES]


def _unique_texts(model: Model) -> dict[str, str]:
    """Folded phrasings and titles that only one entry has."""
    owners: dict[str, set[int]] = {}
    for text, entry in zip(model.phrasings, model.phrasing_entries, strict=True):
        owners.setdefault(text, set()).add(entry)
    return {text: model.entry_ids[next(iter(its))] for text, its in owners.items() if len(its) == 1 and text}


def _words_by_language(model: Model) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, language in zip(model.phrasings, model.phrasing_languages, strict=True):
        found.setdefault(language, []).extend(words(text))
    return found
