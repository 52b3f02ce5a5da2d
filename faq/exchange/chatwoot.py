"""Chatwoot's exports: help-center articles, canned responses, and the question-and-answer pairs of its assistant.

Fields: https://developers.chatwoot.com/api-reference/help-center/add-a-new-article
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faq.editor import EntryDraft
from faq.entry import Faq
from faq.errors import ImportFailed
from faq.exchange.drafts import Imported, Slugs, language_of, locale_of, read_json, slug, spoken, title_of, write_json

_PUBLISHED = (None, "published", "approved", 1)


def read(path: Path, language: str) -> list[Imported]:
    """What the API returns, with or without its "payload" wrapper. Raises ImportFailed."""
    about = read_json(path)
    rows = about.get("payload", about.get("articles")) if isinstance(about, dict) else about
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ImportFailed(f'{path} is no list of articles or canned responses, and has no "payload" with one')
    slugs = Slugs()
    found: dict[Any, Imported] = {}
    for number, row in enumerate(rows, start=1):
        title = str(row.get("title") or row.get("question") or row.get("short_code") or "").strip()
        content = str(row.get("content") or row.get("answer") or "").strip()
        if not title or not content or row.get("status") not in _PUBLISHED:
            continue
        key = row.get("associated_article_id") or row.get("id") or f"row {number}"
        found[key] = _with_row(found.get(key), row, title, content, language, slugs)
    return list(found.values())


def _with_row(
    known: Imported | None, row: dict[str, Any], title: str, content: str, language: str, slugs: Slugs
) -> Imported:
    given = row.get("category")
    category: dict[str, Any] = given if isinstance(given, dict) else {}
    locale = row.get("locale") or category.get("locale")
    language = language_of(str(locale)) if locale else language
    topic_title = str(category.get("name") or "Imported")
    if row.get("short_code"):
        title = title.replace("_", " ").replace("-", " ")
    draft = known.draft if known else EntryDraft(slugs.take(title, f"article-{row.get('id', 'new')}"), {}, {}, {})
    return Imported(
        known.topic if known else slug(str(category.get("slug") or topic_title), "imported"),
        {language: topic_title} | dict(known.topic_title if known else {}),
        EntryDraft(
            id=draft.id,
            title={**draft.title, language: title},
            phrasings={**draft.phrasings, language: [title]},
            answer={**draft.answer, language: content},
        ),
    )


def write(faq: Faq, language: str | None) -> str:
    """Help-center articles in one language, or in all; a topic is a category."""
    articles: list[dict[str, Any]] = []
    first: dict[str, int] = {}
    for code in faq.languages if language is None else (language,):
        locale = locale_of(code).split("-us")[0].replace("-", "_")
        for entry, title, answer in spoken(faq, code):
            number = len(articles) + 1
            category = title_of(faq.topics[entry.topic].title, code, entry.topic)
            articles.append(
                {
                    "id": number,
                    "title": title,
                    "slug": entry.id,
                    "content": answer,
                    "status": "published",
                    "position": number,
                    "locale": locale,
                    "associated_article_id": first.get(entry.id),
                    "category": {"name": category, "slug": entry.topic, "locale": locale},
                }
            )
            first.setdefault(entry.id, number)
    return write_json({"payload": articles})
