"""Text as Telegram counts and formats it: UTF-16 lengths, HTML parse mode, entities it finds by itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from tests.protocol.telegram_server.errors import ApiError, bad_request

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/<>]))|(?P<mention>(?<!\w)@\w{4,32}(?!\w))"
)


def length(text: str) -> int:
    """The length in UTF-16 code units, which is how Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def find(text: str) -> list[dict[str, Any]]:
    """The entities Telegram marks in plain text by itself (commands and mentions are enough for bots)."""
    if "/" not in text and "@" not in text:
        return []
    return [
        {
            "type": str(match.lastgroup),
            "offset": length(text[: match.start()]),
            "length": length(match.group()),
        }
        for match in _FOUND.finditer(text)
    ]


def parse(text: str, parse_mode: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The plain text and its entities, or the refusal "can't parse entities" with Telegram's words."""
    if not parse_mode:
        return text, find(text)
    if parse_mode.upper() != "HTML":
        raise bad_request(f"this fake parses HTML only, not {parse_mode}")
    parser = _TelegramHtml(text)
    # What Telegram finds by itself is marked too, but not inside what is marked already as code or a link.
    closed = [e for e in parser.entities if e["type"] in ("code", "pre", "text_link")]
    found = [e for e in find(parser.plain) if not any(_overlap(e, each) for each in closed)]
    marks = parser.entities + found
    return parser.plain, sorted(marks, key=lambda mark: (mark["offset"], -mark["length"]))


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def _refuse(words: str) -> ApiError:
    return bad_request(f"can't parse entities: {words}")


class _TelegramHtml(HTMLParser):
    """Telegram's small HTML: known tags only, strictly nested, four named references."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.plain = ""
        self.entities: list[dict[str, Any]] = []
        self._open: list[tuple[str, int, dict[str, Any]]] = []
        for stray in re.finditer(r"<(?![a-zA-Z/])", text):
            raise _refuse(f'Unsupported start tag "" at byte offset {len(text[: stray.start()].encode())}')
        self.feed(text)
        self.close()
        if self._open:
            raise _refuse(f'Can\'t find end tag corresponding to start tag "{self._open[-1][0]}"')

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "span" and given.get("class") == "tg-spoiler":
            entity: dict[str, Any] = {"type": "spoiler"}
        elif tag == "blockquote" and "expandable" in given:
            entity = {"type": "expandable_blockquote"}
        elif tag in _KINDS:
            entity = {"type": _KINDS[tag]}
        else:
            raise _refuse(f'Unsupported start tag "{tag}" at byte offset {len(self.plain.encode())}')
        if tag == "a":
            entity["url"] = given.get("href") or ""
        language = given.get("class") or ""
        if tag == "code" and language.startswith("language-"):
            entity["language"] = language.removeprefix("language-")
        self._open.append((tag, length(self.plain), entity))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        raise _refuse(f'Unsupported start tag "{tag}/" at byte offset {len(self.plain.encode())}')

    def handle_endtag(self, tag: str) -> None:
        here = len(self.plain.encode())
        if not self._open:
            raise _refuse(f"Unexpected end tag at byte offset {here}")
        opened, start, entity = self._open.pop()
        if opened != tag:
            raise _refuse(f'Unmatched end tag at byte offset {here}, expected "</{opened}>", found "</{tag}>"')
        entity |= {"offset": start, "length": length(self.plain) - start}
        if entity["length"] > 0:
            self.entities.append(entity)

    def handle_data(self, data: str) -> None:
        self.plain += data

    def handle_entityref(self, name: str) -> None:
        self.plain += _NAMED.get(name, f"&{name};")

    def handle_charref(self, name: str) -> None:
        code = int(name[1:], 16) if name[:1] in "xX" else int(name)
        self.plain += chr(code)

    def handle_comment(self, data: str) -> None:
        raise _refuse(f'Unsupported start tag "!--" at byte offset {len(self.plain.encode())}')

    def handle_decl(self, declaration: str) -> None:
        raise _refuse(f'Unsupported start tag "!" at byte offset {len(self.plain.encode())}')
