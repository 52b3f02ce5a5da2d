"""Which formats there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faq.entry import Faq
from faq.exchange import chatwoot, csv_table, html_page, markdown_page, rasa, zendesk
from faq.exchange.drafts import Imported

READERS: dict[str, Callable[[Path, str], list[Imported]]] = {
    "csv": csv_table.read,
    "markdown": markdown_page.read,
    "chatwoot": chatwoot.read,
    "zendesk": zendesk.read,
    "rasa": rasa.read,
}
WRITERS: dict[str, Callable[[Faq, str | None], str]] = {
    "csv": csv_table.write,
    "markdown": markdown_page.write,
    "chatwoot": chatwoot.write,
    "zendesk": zendesk.write,
    "rasa": rasa.write,
    "html": html_page.write,
}
