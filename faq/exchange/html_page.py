"""The FAQ as one HTML page that needs nothing else: for the game's website, or to print."""

from __future__ import annotations

from html import escape

from faq.entry import Faq, Kind
from faq.exchange.drafts import title_of
from faq.exchange.html_text import to_html

_STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
summary { cursor: pointer; font-weight: 600; padding: .4rem 0 }
details { border-bottom: 1px solid #8886 }
nav ul { padding: 0 }
nav li { display: inline; margin-right: 1rem }
"""


def write(faq: Faq, language: str | None) -> str:
    """The questions of each topic, to be opened one by one, in one language (by default the FAQ's most common)."""
    language = language or faq.languages[0]
    topics = [(topic.id, title_of(topic.title, language, topic.id), _questions(faq, topic.entry_ids, language))
              for topic in faq.topics.values()]  # fmt: skip
    topics = [topic for topic in topics if topic[2]]
    menu = "".join(f'<li><a href="#{escape(name)}">{escape(title)}</a></li>' for name, title, _ in topics)
    sections = "".join(
        f'<section id="{escape(name)}">\n<h2>{escape(title)}</h2>\n{body}</section>\n' for name, title, body in topics
    )
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>FAQ</title>\n<style>{_STYLE}</style>\n'
        f"<h1>FAQ</h1>\n<nav><ul>{menu}</ul></nav>\n{sections}</html>\n"
    )


def _questions(faq: Faq, entry_ids: tuple[str, ...], language: str) -> str:
    parts = []
    for entry in (faq.entries[entry_id] for entry_id in entry_ids):
        if language in entry.answers and entry.kind is Kind.QUESTION:
            title = escape(title_of(entry.title, language, entry.id))
            answer = to_html(entry.answers[language])
            parts.append(f'<details id="{escape(entry.id)}"><summary>{title}</summary>\n{answer}\n</details>\n')
    return "".join(parts)
