"""The Markdown of our texts: made safe to fill in, as HTML for the web, as plain text for terminals.

What it may hold is fixed here for every network: CommonMark with tables and strikethrough, without raw HTML and
pictures, line breaks kept as written; links lead to web pages and mail addresses only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType, OptionsDict

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-.!|~<>&:@]")
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}*_。，！？；：）】」』]")
_SCHEMES = {"http", "https", "mailto"}


def escape_markdown(text: str) -> str:
    """The text so that Markdown shows it as it is, on one line: for player names and other values in templates."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def parse(text: str) -> list[Token]:
    """The tokens of a text of ours, for adapters that render it for their network."""
    return _parser().parse(text)


def to_html(text: str) -> str:
    """HTML that is safe to put into a page; links open a new tab."""
    return str(_parser().render(text))


def plain(text: str) -> str:
    """The text without formatting; the address of a link stands behind its words."""
    return _block(SyntaxTreeNode(parse(text))).strip()


def is_safe_link(address: str) -> bool:
    """Whether it leads to a web page or a mail address."""
    try:
        return urlsplit(address).scheme.lower() in _SCHEMES
    except ValueError:
        return False


class _Parser(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "breaks": True})
        self.enable(["strikethrough", "table"]).disable("image")
        self.core.ruler.after("inline", "empty_links", _drop_empty_links)
        self.core.ruler.after("empty_links", "bare_addresses", _link_bare_addresses)
        self.add_render_rule("link_open", _render_link)

    def validateLink(self, url: str) -> bool:  # noqa: N802 (the library's name)
        return is_safe_link(url)


@cache
def _parser() -> _Parser:
    return _Parser()


def _render_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    for name, value in (("target", "_blank"), ("rel", "noopener nofollow")):
        tokens[index].attrSet(name, value)
    return renderer.renderToken(tokens, index, options, env)


def _drop_empty_links(state: StateCore) -> None:
    """``[words]()`` leads nowhere: only the words stay."""
    for block in state.tokens:
        if block.children and "](" in block.content:
            kept: list[bool] = []
            children = []
            for token in block.children:
                if token.type == "link_open":
                    kept.append(bool(token.attrGet("href")))
                if token.type not in {"link_open", "link_close"} or kept[-1]:
                    children.append(token)
                if token.type == "link_close":
                    kept.pop()
            block.children = children


def _link_bare_addresses(state: StateCore) -> None:
    """Make links of addresses that were written without any sign."""
    for block in state.tokens:
        if block.children and "://" in block.content:
            depth, children = 0, []
            for token in block.children:
                depth += token.nesting if token.type in {"link_open", "link_close"} else 0
                children += [token] if depth or token.type != "text" else _with_links(token)
            block.children = children


def _with_links(token: Token) -> list[Token]:
    found, position = [], 0
    for address in _BARE_ADDRESS.finditer(token.content):
        found += [
            _text(token.content[position : address.start()]),
            Token("link_open", "a", 1, attrs={"href": address[0]}, markup="bare"),
            _text(address[0]),
            Token("link_close", "a", -1, markup="bare"),
        ]
        position = address.end()
    return [*found, _text(token.content[position:])] if found else [token]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "inline":
            return "".join(map(_inline, node.children))
        case "fence" | "code_block":
            return node.content.rstrip("\n")
        case "hr":
            return "---"
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return _indented("> ", _blocks(node), "> ")
        case "tr":
            return " | ".join(map(_block, node.children))
        case "thead" | "tbody" | "table":
            return "\n".join(map(_block, node.children))
        case _:
            return _blocks(node)


def _blocks(node: SyntaxTreeNode) -> str:
    # A paragraph of a tight list is marked hidden: what follows it stands on the next line, not after a blank one.
    text = ""
    for child in node.children:
        text += _block(child) + ("\n" if child.type == "paragraph" and child.hidden else "\n\n")
    return text.rstrip("\n")


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1))
    signs = [f"{first + index}. " if node.type == "ordered_list" else "- " for index in range(len(node.children))]
    items = [_indented(sign, _blocks(item), " " * len(sign)) for sign, item in zip(signs, node.children, strict=True)]
    return "\n".join(items)


def _indented(first: str, text: str, others: str) -> str:
    return first + text.replace("\n", f"\n{others}")


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            words, address = "".join(map(_inline, node.children)), str(node.attrs["href"])
            return words if address in {words, f"mailto:{words}"} else f"{words} ({address})"
        case "text" | "code_inline":
            return node.content
        case _:
            return "".join(map(_inline, node.children))
