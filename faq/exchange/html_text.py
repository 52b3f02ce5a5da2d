"""HTML to the Markdown that answers are written in, and back."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "s": "~~", "del": "~~"}
_SKIPPED = {"script", "style", "head", "title"}
_BLOCKS = {"p", "div", "section", "article", "table", "tr", "blockquote", "figure", "ul", "ol"}


def to_html(markdown: str) -> str:
    """Markdown as HTML; HTML written in it is shown, not obeyed."""
    return str(MarkdownIt("commonmark", {"html": False}).render(markdown)).strip()


def to_markdown(html: str) -> str:
    """HTML as Markdown: paragraphs, emphasis, links, lists, headings (as bold lines), code; the rest as its text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]+\n", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []
        self._skipping = 0
        self._verbatim = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "br":
            self.parts.append("  \n")
        elif tag in ("ul", "ol"):
            self.parts.append("\n" if self._lists else "\n\n")
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "a":
            self._links.append((about.get("href") or "", len(self.parts)))
        elif tag == "img":
            self.parts.append(f"![{about.get('alt') or ''}]({about.get('src') or ''})")
        elif tag == "pre":
            self._verbatim = True
            self.parts.append("\n\n```\n")
        elif tag in _BLOCKS and not self._lists:
            self.parts.append("\n\n")
        elif re.fullmatch(r"h[1-6]", tag):
            self.parts.append("\n\n**")
        elif tag in _MARKS and not self._verbatim:
            self.parts.append(_MARKS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            if not self._lists:
                self.parts.append("\n\n")
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            words = "".join(self.parts[start:])
            self.parts[start:] = [f"[{words}]({address})" if address else words]
        elif tag == "pre":
            self._verbatim = False
            self.parts.append("\n```\n\n")
        elif tag in _BLOCKS and not self._lists:
            self.parts.append("\n\n")
        elif re.fullmatch(r"h[1-6]", tag):
            self.parts.append("**\n\n")
        elif tag in _MARKS and not self._verbatim:
            self.parts.append(_MARKS[tag])

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        if not self._verbatim:
            data = re.sub(r"\s+", " ", data)
            if not self.parts or self.parts[-1].endswith("\n"):
                data = data.lstrip()
        self.parts.append(data)

    def _item(self) -> None:
        indentation = "   " * max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        mark = "-" if number is None else f"{number}."
        if self._lists and number is not None:
            self._lists[-1] = number + 1
        before = "" if not self.parts or self.parts[-1].endswith("\n") else "\n"
        self.parts.append(f"{before}{indentation}{mark} ")
