"""A FAQ page in Markdown: topics as headings, questions as headings below, answers under these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from faq.editor import EntryDraft
from faq.entry import Faq
from faq.errors import ImportFailed
from faq.exchange.drafts import Imported, Slugs, spoken, title_of

_ANCHOR = re.compile(r"\s*\{#([a-z0-9-]+)\}\s*$")
_ASKED = re.compile(r"<!--\s*asked:\s*(.*?)\s*-->", re.DOTALL)


class _Heading(NamedTuple):
    level: int
    title: str
    line: int
    below: int


def read(path: Path, language: str) -> list[Imported]:
    """Questions are the headings of the level that most often has text below it; higher ones are topics, deeper ones
    part of the answer. Raises ImportFailed."""
    text = path.read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    headings = _headings(text)
    filled = Counter(
        heading.level
        for heading, end in _with_ends(headings, len(lines))
        if any(line.strip() for line in lines[heading.below : end])
    )
    if not filled:
        raise ImportFailed(f"{path} has no headings with text below: a question is a heading, its answer the text")
    questions = max(filled, key=lambda level: (filled[level], level))
    outer = [heading for heading in headings if heading.level <= questions]
    slugs, topics, topic = Slugs(), Slugs(), ("", "")
    found: list[Imported] = []
    for heading, end in _with_ends(outer, len(lines)):
        body = "\n".join(lines[heading.below : end]).strip()
        if heading.level < questions:
            anchor, title = _ANCHOR.search(heading.title), _ANCHOR.sub("", heading.title)
            topic = (topics.take(anchor[1] if anchor else title, "topic"), title)
        elif body:
            topic = topic if topic[0] else (topics.take(path.stem, "imported"), path.stem)
            found.append(_imported(*topic, heading.title, body, language, slugs, len(found) + 1))
    return found


def _imported(
    topic: str, topic_title: str, title: str, body: str, language: str, slugs: Slugs, number: int
) -> Imported:
    anchor = _ANCHOR.search(title)
    title = _ANCHOR.sub("", title).strip()
    asked = _ASKED.search(body)
    phrasings = [part.strip() for part in asked[1].splitlines() if part.strip()] if asked else [title]
    draft = EntryDraft(
        id=slugs.take(anchor[1] if anchor else title, f"{topic}-{number}"),
        title={language: title},
        phrasings={language: phrasings},
        answer={language: _ASKED.sub("", body).strip()},
    )
    return Imported(topic, {language: topic_title}, draft)


def _with_ends(headings: list[_Heading], last: int) -> Iterator[tuple[_Heading, int]]:
    """Each heading with the line where the text below it ends."""
    ends = [heading.line for heading in headings[1:]]
    yield from zip(headings, [*ends, last], strict=False)


def _headings(text: str) -> list[_Heading]:
    """Every heading with its first line and the line below it (what looks like one inside code is none)."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [
        _Heading(int(token.tag[1]), tokens[place + 1].content, token.map[0], token.map[1])
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]


def write(faq: Faq, language: str | None) -> str:
    """One page in one language (the FAQ's most common where none is given)."""
    language = language or faq.languages[0]
    parts: list[str] = []
    topic = ""
    for entry, title, answer in spoken(faq, language):
        if entry.topic != topic:
            topic = entry.topic
            parts.append(f"# {title_of(faq.topics[topic].title, language, topic)} {{#{topic}}}")
        asked = "\n".join(phrasing.text for phrasing in entry.phrasings if phrasing.language == language)
        parts.append(f"## {title} {{#{entry.id}}}")
        if asked:
            parts.append(f"<!-- asked:\n{asked}\n-->")
        parts.append(answer)
    return "\n\n".join(parts) + "\n"
