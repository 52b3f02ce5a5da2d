"""What each part of the matcher is worth: the same sets with one part taken out. On dev questions, never test ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

import click

from faq.embedding.lens import lens_for
from faq.embedding.letters import small_letters
from faq.embedding.port import Embedder
from faq.evaluate import Labelled, faq_of, measure, title_of
from faq.language.background import background
from faq.matcher import Matcher, MatcherSettings
from faq.space import Shares, with_embedding, words_alone
from faq.training import Lesson, train

_ASKED = 1200
_WITHOUT_LENS = "- lens"
_SPELLED, _SEMANTIC = words_alone(10), with_embedding(10)
# Each variant: the shares of the comparisons (rescaled to sum to one), and whether titles are learned.
_WORDS: dict[str, tuple[Shares, bool]] = {
    "words alone": (_SPELLED, True),
    "- titles": (_SPELLED, False),
    "- meanings of words": (replace(_SPELLED, meaning=0.0), True),
    "- characters": (replace(_SPELLED, characters=0.0), True),
    "- words": (replace(_SPELLED, words=0.0), True),
}
_EMBEDDING: dict[str, tuple[Shares, bool]] = {
    "with the embedding": (_SEMANTIC, True),
    _WITHOUT_LENS: (_SEMANTIC, True),
    "- squares": (replace(_SEMANTIC, squares=0.0), True),
    "- titles (embedding)": (_SEMANTIC, False),
    "- words and characters": (replace(_SEMANTIC, words=0.0, characters=0.0), True),
}


def main(
    embedder: Embedder | None,
    rows_of: Callable[[str, str], list[Labelled] | None],
    kept: Callable[[str, Sequence[Labelled], Embedder | None], Embedder | None],
) -> None:
    """Print a table of accuracies: a row per variant, a column per set. ``kept`` remembers vectors of a set."""
    sets = {name: found for name in ("clinc150", "banking77", "hwu64") if (found := _dev(name, rows_of)) is not None}
    embedders = {name: kept(f"{name}-ablation", [*known, *asked], embedder) for name, (known, asked) in sets.items()}
    variants = _WORDS if embedder is None else _WORDS | _EMBEDDING
    click.echo(f"{'accuracy on dev questions, 10 phrasings':42}" + "".join(f"{name:>12}" for name in sets))
    for name, (shares, titles) in variants.items():
        row = [
            100
            * _accuracy(
                known,
                asked,
                shares,
                titles,
                embedders[each] if shares.embeds else None,
                name != _WITHOUT_LENS,
            )
            for each, (known, asked) in sets.items()
        ]
        click.echo(f"{name:42}" + "".join(f"{accuracy:>12.1f}" for accuracy in row))


def _dev(
    name: str, rows_of: Callable[[str, str], list[Labelled] | None]
) -> tuple[list[Labelled], list[Labelled]] | None:
    """Ten phrasings an entry, and questions that are neither among them nor test questions."""
    known = rows_of(name, "phrasings_10")
    asked = rows_of(name, "questions_dev" if name == "clinc150" else "phrasings_full")
    if known is None or asked is None:
        return None
    taken = {row.text for row in known}
    free = [row for row in asked if row.entry is not None and row.text not in taken]
    return known, random.Random(3).sample(free, min(_ASKED, len(free)))


def _accuracy(
    known: Sequence[Labelled],
    asked: Sequence[Labelled],
    shares: Shares,
    titles: bool,
    embedder: Embedder | None,
    through_lens: bool,
) -> float:
    faq = faq_of(known)
    ids = sorted(faq.entries)
    rows = [(ids.index(row.entry), row.text, False) for row in known if row.entry is not None]
    rows += [(place, title_of(entry_id), True) for place, entry_id in enumerate(ids)] if titles else []
    lesson = Lesson(
        entry_ids=tuple(ids),
        entries=tuple(row[0] for row in rows),
        texts=tuple(row[1] for row in rows),
        is_title=tuple(row[2] for row in rows),
        text_languages=("en",) * len(rows),
        languages=("en",),
    )
    strangers = background("en")
    texts = [small_letters(text) for text in (*lesson.texts, *strangers)]
    embedded = None if embedder is None else embedder.embed(texts)
    scaled = _rescaled(shares)
    if embedder is None or embedded is None:
        model = train(lesson, strangers, None, words=scaled)
    else:
        lens = lens_for(embedder.name, texts[: len(rows)]) if through_lens else None
        model = train(lesson, strangers, embedded, lens=lens, semantic=scaled)
    return measure(Matcher(model, MatcherSettings(), "ablation", embedder), asked).accuracy


def _rescaled(shares: Shares) -> Shares:
    whole = sum(astuple(shares))
    return Shares(*(share / whole for share in astuple(shares)))
