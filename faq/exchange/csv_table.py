"""A table with one row per entry and language: what spreadsheets open. Nothing else in the FAQ is lost on the way
back than links, forms and dates."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from faq.editor import EntryDraft
from faq.entry import Faq
from faq.errors import ImportFailed
from faq.exchange.drafts import Imported, Slugs, slug, title_of

COLUMNS = ("topic", "topic_title", "id", "language", "title", "phrasings", "answer", "tags", "tests")
_NEEDED = ("title", "answer")


def read(path: Path, language: str) -> list[Imported]:
    """Rows with at least a title (or question) and an answer; several phrasings stand on lines of their own.

    Raises ImportFailed.
    """
    text = path.read_text(encoding="utf-8-sig")
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = list(csv.DictReader(StringIO(text, newline=""), delimiter=delimiter))
    rows = [{(name or "").strip().casefold().replace(" ", "_"): (value or "") for name, value in row.items()
             if isinstance(value, str)} for row in rows]  # fmt: skip
    for row in rows:
        row["title"] = row.get("title") or row.get("question") or ""
    missing = [name for name in _NEEDED if not any(row.get(name) for row in rows)]
    if missing:
        raise ImportFailed(f"{path} lacks the column {missing[0]}; the columns are {', '.join(COLUMNS)}")
    slugs = Slugs()
    found: dict[str, Imported] = {}
    for number, row in enumerate(rows, start=1):
        if row["title"].strip() and row.get("answer", "").strip():
            entry_id = row.get("id", "").strip() or slugs.take(row["title"], f"entry-{number}")
            found[entry_id] = _with_row(found.get(entry_id), entry_id, row, row.get("language", "").strip() or language)
    return list(found.values())


def _with_row(known: Imported | None, entry_id: str, row: dict[str, str], language: str) -> Imported:
    """An entry with one more language."""
    topic = slug(row.get("topic", ""), "imported") if known is None else known.topic
    topic_title = {language: row.get("topic_title") or row.get("topic") or topic.capitalize()}
    draft = known.draft if known is not None else EntryDraft(entry_id, {}, {}, {})
    phrasings = _lines(row.get("phrasings", "")) or [row["title"].strip()]
    tests = _lines(row.get("tests", ""))
    return Imported(
        topic,
        topic_title if known is None else {**topic_title, **known.topic_title},
        EntryDraft(
            id=entry_id,
            title={**draft.title, language: row["title"].strip()},
            phrasings={**draft.phrasings, language: phrasings},
            answer={**draft.answer, language: row["answer"].strip()},
            tags=draft.tags or [tag.strip() for tag in row.get("tags", "").split(",") if tag.strip()],
            tests={**draft.tests, language: tests} if tests else draft.tests,
        ),
    )


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def write(faq: Faq, language: str | None) -> str:
    """The FAQ as a table; all languages where none is given."""
    stream = StringIO(newline="")
    table = csv.writer(stream)
    table.writerow(COLUMNS)
    for entry in faq.entries.values():
        for code, answer in entry.answers.items():
            if language in (None, code):
                phrasings = [phrasing.text for phrasing in entry.phrasings if phrasing.language == code]
                tests = [test.text for test in entry.tests if test.language == code and test.positive]
                topic = title_of(faq.topics[entry.topic].title, code, entry.topic)
                title = title_of(entry.title, code, entry.id)
                row = (entry.topic, topic, entry.id, code, title, "\n".join(phrasings), answer, ", ".join(entry.tags))
                table.writerow((*row, "\n".join(tests)))
    return stream.getvalue()
