"""Our Markdown as Discord shows it: pure.

Discord's Markdown has headings of three levels, lists, quotes, code and links, but no tables; a line break is one as
written. Everything else in a text is escaped, so that nothing formats by accident.
"""

from __future__ import annotations

import re

from markdown_it.tree import SyntaxTreeNode

from channels.markdown import parse

LONGEST_TEXT = 2000
# What escapes may add to a text; the adapter takes texts of LONGEST_TEXT less this.
ROOM_FOR_ESCAPES = 100
_SPECIAL = re.compile(r"[\\*_~`|\[<]")
# A day and time, which Discord shows to everybody in their own (reference, "Message Formatting").
_MOMENT = re.compile(r"\\<t:(\d{1,12}(?::[tTdDfFR])?)>")
_LINE_SIGN = re.compile(r"^(\s*)([>#-])", re.MULTILINE)
_LOWEST_HEADING = 3


def render(markdown: str) -> str:
    """Discord's text for this Markdown, or the Markdown itself where escapes and tables would make it too long."""
    text = _block(SyntaxTreeNode(parse(markdown))).strip()
    return text if len(text) <= LONGEST_TEXT else markdown


def escape(text: str) -> str:
    """Plain words so that Discord shows them as they are: no formatting, no link, no mention."""
    escaped = _LINE_SIGN.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", text))
    return _MOMENT.sub(r"<t:\1>", escaped)


def quote(text: str) -> str:
    """Plain words as a quotation."""
    return _indented("> ", escape(text), "> ")


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "inline":
            return _inlines(node)
        case "heading":
            level = int(node.tag[1:])
            return f"{'#' * level} {_blocks(node)}" if level <= _LOWEST_HEADING else f"**{_blocks(node)}**"
        case "fence" | "code_block":
            return _code_block(node.content, node.info)
        case "hr":
            return "⸻"
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return _indented("> ", _blocks(node), "> ")
        case "table":
            return _table(node)
        case _:
            return _blocks(node)


def _blocks(node: SyntaxTreeNode) -> str:
    # A paragraph of a tight list is hidden: what follows it stands on the next line, not after a blank one.
    text = ""
    for child in node.children:
        text += _block(child) + ("\n" if child.type == "paragraph" and child.hidden else "\n\n")
    return text.rstrip("\n")


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1))
    ordered = node.type == "ordered_list"
    items = []
    for number, item in enumerate(node.children, start=first):
        sign = f"{number}. " if ordered else "- "
        items.append(_indented(sign, _blocks(item), " " * len(sign)))
    return "\n".join(items)


def _indented(first: str, text: str, others: str) -> str:
    return first + text.replace("\n", f"\n{others}")


def _code_block(content: str, language: str = "") -> str:
    # Three backticks inside would end the block: a space of no width parts them.
    shown = content.rstrip("\n").replace("```", "`\u200b``")
    return f"```{language.split(' ', maxsplit=1)[0]}\n{shown}\n```"


def _table(node: SyntaxTreeNode) -> str:
    """Columns of equal width in a code block, where formatting does not show anyway."""
    rows = [[_plain(cell) for cell in row.children] for part in node.children for row in part.children]
    widths = [max(map(len, column)) for column in zip(*rows, strict=False)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    return _code_block("\n".join(lines))


def _plain(node: SyntaxTreeNode) -> str:
    if node.type in ("text", "code_inline"):
        return node.content
    return "".join(map(_plain, node.children))


def _inlines(node: SyntaxTreeNode) -> str:
    return "".join(map(_inline, node.children))


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return _code(node.content)
        case "strong":
            return f"**{_inlines(node)}**"
        case "em":
            return f"*{_inlines(node)}*"
        case "s":
            return f"~~{_inlines(node)}~~"
        case "link":
            return _link(node)
        case "text":
            return escape(node.content)
        case _:
            return _inlines(node)


def _code(content: str) -> str:
    if "`" not in content:
        return f"`{content}`"
    # Discord knows one backtick or two around code; longer runs inside are parted.
    parted = content.replace("``", "`\u200b`")
    return f"`` {parted} ``"


def _link(node: SyntaxTreeNode) -> str:
    words, address = _plain(node), str(node.attrs["href"])
    if words == address:
        return address
    if address == f"mailto:{words}":
        return words
    if address.startswith("mailto:"):  # Discord makes links of web addresses only
        return f"{_inlines(node)} ({address.removeprefix('mailto:')})"
    return f"[{_inlines(node)}]({address})"
