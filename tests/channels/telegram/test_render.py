"""Our Markdown as Telegram's HTML."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.markdown import escape_markdown
from channels.telegram.render import to_html, to_plain
from tests.protocol.telegram_server import entities


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("plain words", "plain words"),
        ("**bold** *it* ~~gone~~ `a<b`", "<b>bold</b> <i>it</i> <s>gone</s> <code>a&lt;b</code>"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("# Title\ntext", "<b>Title</b>\n\ntext"),
        ("- a\n- b\n  - c\n    - d", "• a\n• b\n   ◦ c\n      ▪ d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("1. first\n   more\n2. second", "1. first\n    more\n2. second"),
        ("> said\n> > deep", "<blockquote>said\n\ndeep</blockquote>"),
        (
            "```python\nif a < b:\n    pass\n```",
            '<pre><code class="language-python">if a &lt; b:\n    pass</code></pre>',
        ),
        ("```\ncode\n```", "<pre>code</pre>"),
        ("[the inn](https://e.org/?a=1&b=2)", '<a href="https://e.org/?a=1&amp;b=2">the inn</a>'),
        ("[run](javascript:alert(1))", "[run](javascript:alert(1))"),
        ('[q](https://e.org/"x)', '<a href="https://e.org/%22x">q</a>'),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("|a|b|\n|-|-|\n|1|2|", "<b>a</b> | <b>b</b>\n1 | 2"),
        ("<b>x</b> & <script>", "&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;"),
        ("[only]: https://e.org", "[only]: https://e.org"),
        ("@everyone @ann", "@everyone @ann"),
    ],
)
def test_rendered(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


def test_plain_has_no_signs_of_formatting() -> None:
    assert to_plain("**Go** to [the inn](https://e.org)") == "Go to the inn (https://e.org)"


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(alphabet=st.sampled_from("ab <>&\"'*_`~[]()#>-+1.\n|!\\🦄中é"), max_size=200))
def test_telegram_parses_whatever_is_rendered(markdown: str) -> None:
    plain, marks = entities.parse(to_html(markdown), "HTML")
    assert bool(plain.strip()) == bool(markdown.strip()) or not plain.strip()
    assert all(mark["offset"] + mark["length"] <= entities.length(plain) for mark in marks)


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(min_size=1, max_size=100).filter(lambda text: text.isprintable() and text.strip()))
def test_an_escaped_name_shows_as_it_is_and_is_never_formatting(name: str) -> None:
    plain, marks = entities.parse(to_html(f"Hello {escape_markdown(name)}!"), "HTML")
    assert plain == f"Hello {' '.join(name.split())}!"
    assert {mark["type"] for mark in marks} <= {"mention", "bot_command"}
