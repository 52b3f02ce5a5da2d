"""Our Markdown as the HTML that Telegram takes: pure. What Telegram lacks is written with signs."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from markdown_it.tree import SyntaxTreeNode

from channels.markdown import parse, plain

_INLINE = {"strong": "b", "em": "i", "s": "s"}
_BULLETS = "•◦▪"


@lru_cache(maxsize=1024)
def to_html(markdown: str) -> str:
    """Telegram's HTML for a text of ours; what is not formatting shows as it was written.

    Answers are said again and again, so the newest are remembered.
    """
    rendered = _blocks(SyntaxTreeNode(parse(markdown)), 0, quoted=False).strip()
    return rendered or escape(markdown.strip(), quote=False)


def to_plain(markdown: str) -> str:
    """The same without any formatting, for when Telegram does not take it."""
    return plain(markdown) or markdown.strip()


def _blocks(node: SyntaxTreeNode, depth: int, *, quoted: bool) -> str:
    # A paragraph of a tight list is marked hidden: what follows it stands on the next line, not after a blank one.
    text = ""
    for child in node.children:
        text += _block(child, depth, quoted=quoted) + ("\n" if child.type == "paragraph" and child.hidden else "\n\n")
    return text.rstrip("\n")


def _block(node: SyntaxTreeNode, depth: int, *, quoted: bool) -> str:
    match node.type:
        case "inline":
            return "".join(map(_inline, node.children))
        case "heading":
            return f"<b>{_blocks(node, depth, quoted=quoted)}</b>"
        case "fence" | "code_block":
            return _code(node)
        case "hr":
            return "———"
        case "bullet_list" | "ordered_list":
            return _list(node, depth, quoted=quoted)
        case "blockquote" if not quoted:
            return f"<blockquote>{_blocks(node, depth, quoted=True)}</blockquote>"
        case "tr":
            return " | ".join(_block(cell, depth, quoted=quoted) for cell in node.children)
        case "th":
            return f"<b>{_blocks(node, depth, quoted=quoted)}</b>"
        case "thead" | "tbody" | "table":
            return "\n".join(_block(row, depth, quoted=quoted) for row in node.children)
        case _:
            return _blocks(node, depth, quoted=quoted)


def _code(node: SyntaxTreeNode) -> str:
    content = escape(node.content.rstrip("\n"), quote=False)
    language = node.info.split(maxsplit=1)[0] if node.type == "fence" and node.info.strip() else ""
    if language:
        return f'<pre><code class="language-{escape(language)}">{content}</code></pre>'
    return f"<pre>{content}</pre>"


def _list(node: SyntaxTreeNode, depth: int, *, quoted: bool) -> str:
    first = int(node.attrs.get("start", 1))
    bullet = f"{_BULLETS[min(depth, len(_BULLETS) - 1)]} "
    lines = []
    for number, item in enumerate(node.children, first):
        sign = f"{number}. " if node.type == "ordered_list" else bullet
        text = _blocks(item, depth + 1, quoted=quoted)
        # Code keeps its own lines: pushing them to the right would change what a player copies.
        lines.append(sign + (text if "<pre>" in text else text.replace("\n", "\n" + " " * (len(sign) + 1))))
    return "\n".join(lines)


def _inline(node: SyntaxTreeNode) -> str:
    inner = "".join(map(_inline, node.children))
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "text":
            return escape(node.content, quote=False)
        case "code_inline":
            return f"<code>{escape(node.content, quote=False)}</code>"
        case "link":
            return f'<a href="{escape(str(node.attrs["href"]))}">{inner}</a>'
        case "strong" | "em" | "s":
            tag = _INLINE[node.type]
            return f"<{tag}>{inner}</{tag}>"
        case _:
            return inner
