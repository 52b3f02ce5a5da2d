"""Zendesk's Help Center as its API gives it: {"articles": [{id, title, body, locale, …}], "sections": […]}.

Fields: https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from faq.editor import EntryDraft
from faq.entry import Faq
from faq.errors import ImportFailed
from faq.exchange.drafts import Imported, Slugs, language_of, locale_of, read_json, slug, spoken, title_of, write_json
from faq.exchange.html_text import to_html, to_markdown


def read(path: Path, language: str) -> list[Imported]:
    """Published articles; those with one id in several locales become one entry. Raises ImportFailed."""
    about = read_json(path)
    articles = about.get("articles") if isinstance(about, dict) else about
    if not isinstance(articles, list) or not all(isinstance(article, dict) for article in articles):
        raise ImportFailed(f'{path} has no list of "articles"')
    sections = {section.get("id"): str(section.get("name", "")) for section in _list(about, "sections")}
    slugs = Slugs()
    found: dict[Any, Imported] = {}
    for number, article in enumerate(articles, start=1):
        if article.get("draft") or not article.get("title") or not article.get("body"):
            continue
        spoken_in = language_of(str(article["locale"])) if article.get("locale") else language
        key = article.get("id", number)
        section = sections.get(article.get("section_id")) or "Imported"
        found[key] = _with_article(found.get(key), article, spoken_in, section, slugs)
    return list(found.values())


def _with_article(
    known: Imported | None, article: dict[str, Any], language: str, section: str, slugs: Slugs
) -> Imported:
    title = str(article["title"]).strip()
    draft = known.draft if known else EntryDraft(slugs.take(title, f"article-{article.get('id', 'new')}"), {}, {}, {})
    return Imported(
        known.topic if known else slug(section, "imported"),
        {language: section} | dict(known.topic_title if known else {}),
        EntryDraft(
            id=draft.id,
            title={**draft.title, language: title},
            phrasings={**draft.phrasings, language: [title]},
            answer={**draft.answer, language: to_markdown(str(article["body"]))},
            tags=draft.tags or [str(label) for label in article.get("label_names") or ()],
        ),
    )


def _list(about: Any, name: str) -> list[dict[str, Any]]:
    rows = about.get(name) if isinstance(about, dict) else None
    return [row for row in rows or () if isinstance(row, dict)]


def write(faq: Faq, language: str | None) -> str:
    """Articles in one language, or in all; a topic is a section."""
    articles = []
    for code in faq.languages if language is None else (language,):
        for entry, title, answer in spoken(faq, code):
            articles.append(
                {
                    "id": _number(entry.id),
                    "title": title,
                    "body": to_html(answer),
                    "locale": locale_of(code),
                    "section_id": _number(entry.topic),
                    "label_names": list(entry.tags),
                    "draft": False,
                }
            )
    sections = [
        {"id": _number(topic.id), "name": title_of(topic.title, language or faq.languages[0], topic.id)}
        for topic in faq.topics.values()
    ]
    return write_json({"articles": articles, "sections": sections})


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
