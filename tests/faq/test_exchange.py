"""From and to other tools' formats."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from faq.editor import FaqEditor
from faq.entry import Faq
from faq.errors import ImportFailed
from faq.exchange.drafts import Imported, language_of, slug
from faq.exchange.formats import READERS, WRITERS
from faq.exchange.html_text import to_html, to_markdown
from faq.loader import load_faq
from storage.yaml_file import parse_yaml
from tests.faq.writing import ACCOUNT, PAYMENT, faq_of

BOTH = ACCOUNT.replace(
    "      en: Choose **Forgot password** at the sign-in of {game}.",
    "      en: Choose **Forgot password**.\n      zh-Hans: |\n        请点**忘记密码**。\n\n        - 一\n        - 二",
).replace("{en: Reset my password}", "{en: Reset my password, zh-Hans: 重置密码}")


def imported(tmp_path: Path, entries: list[Imported]) -> Faq:
    """What the FAQ folder holds after an import."""
    folder = tmp_path / "imported"
    folder.mkdir()
    editor = FaqEditor(folder, {})
    for entry in entries:
        editor.add_entry(entry.topic, entry.draft, entry.topic_title)
    editor.save()
    return load_faq(folder, {})


@pytest.mark.parametrize("name", sorted(READERS))
def test_what_is_exported_can_be_imported(tmp_path: Path, name: str) -> None:
    faq = faq_of(BOTH, PAYMENT)
    path = tmp_path / "export"
    path.write_text(WRITERS[name](faq, "en"), encoding="utf-8", newline="")
    again = imported(tmp_path, READERS[name](path, "en"))
    assert sorted(entry.answers["en"] for entry in again.entries.values()) == sorted(
        entry.answers["en"] for entry in faq.entries.values()
    )
    assert again.topics.keys() == faq.topics.keys()
    if name in ("csv", "markdown", "rasa"):  # the others have no place for phrasings
        assert {entry.id: [phrasing.text for phrasing in entry.phrasings] for entry in again.entries.values()} == {
            entry.id: [phrasing.text for phrasing in entry.phrasings] for entry in faq.entries.values()
        }


@pytest.mark.parametrize("name", ["csv", "chatwoot", "zendesk"])
def test_all_languages_travel_together(tmp_path: Path, name: str) -> None:
    path = tmp_path / "export"
    path.write_text(WRITERS[name](faq_of(BOTH), None), encoding="utf-8", newline="")
    again = imported(tmp_path, READERS[name](path, "en"))
    (entry,) = (entry for entry in again.entries.values() if "zh-Hans" in entry.answers)
    assert entry.answers == {"en": "Choose **Forgot password**.", "zh-Hans": "请点**忘记密码**。\n\n- 一\n- 二"}
    assert entry.title == {"en": "Reset my password", "zh-Hans": "重置密码"}


def test_a_table_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_text('Question;Answer\nHow do I pay?;"By card.\nOr {cash}."\n;\n', encoding="utf-8-sig")
    faq = imported(tmp_path, READERS["csv"](path, "de"))
    (entry,) = faq.entries.values()
    assert (entry.id, entry.topic) == ("how-do-i-pay", "imported")
    assert entry.answers == {"de": "By card.\nOr {cash}."}
    assert [phrasing.text for phrasing in entry.phrasings] == ["How do I pay?"]


def test_a_markdown_page_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "help.md"
    path.write_text(
        "# Help\n\nWelcome.\n\n## Paying\n\n### How do I pay?\n\nBy card.\n\n#### Which?\n\nAny.\n\n"
        "```\n### no heading\n```\n\n### Can I pay later?\n\nNo.\n\n## Playing\n\n### How do I jump?\n\nSpace.\n"
    )
    found = READERS["markdown"](path, "en")
    assert [(entry.topic, entry.draft.title["en"]) for entry in found] == [
        ("paying", "How do I pay?"),
        ("paying", "Can I pay later?"),
        ("playing", "How do I jump?"),
    ]
    assert found[0].draft.answer["en"].startswith("By card.\n\n#### Which?")
    assert found[0].draft.answer["en"].endswith("### no heading\n```")


def test_zendesk_articles(tmp_path: Path) -> None:
    path = tmp_path / "articles.json"
    articles = [
        {"id": 1, "title": "Refunds", "body": "<p>Within <b>14</b> days.</p>", "locale": "en-us", "section_id": 7},
        {"id": 1, "title": "退款", "body": "<p>14 天内。</p>", "locale": "zh-cn", "section_id": 7},
        {"id": 2, "title": "Secret", "body": "<p>x</p>", "locale": "en-us", "section_id": 7, "draft": True},
    ]
    path.write_text(json.dumps({"articles": articles, "sections": [{"id": 7, "name": "Payment & shop"}]}))
    (entry,) = READERS["zendesk"](path, "en")
    assert (entry.topic, entry.draft.id) == ("payment-shop", "refunds")
    assert entry.draft.answer == {"en": "Within **14** days.", "zh-Hans": "14 天内。"}


def test_chatwoot_articles_canned_responses_and_pairs(tmp_path: Path) -> None:
    path = tmp_path / "chatwoot.json"
    article = {"id": 1, "title": "Refunds", "content": "14 days.", "status": "published",
               "category": {"name": "Shop", "slug": "shop", "locale": "pt_BR"}}  # fmt: skip
    canned = {"id": 2, "short_code": "late_parcel", "content": "It is late."}
    pair = {"id": 3, "question": "Where?", "answer": "Here.", "status": "approved"}
    draft = {"id": 4, "title": "Draft", "content": "x", "status": "draft"}
    for rows in ([article, canned, pair, draft], {"payload": [article, canned, pair, draft], "meta": {}}):
        path.write_text(json.dumps(rows))
        found = READERS["chatwoot"](path, "en")
        assert [(entry.topic, entry.draft.title) for entry in found] == [
            ("shop", {"pt-BR": "Refunds"}),
            ("imported", {"en": "late parcel"}),
            ("imported", {"en": "Where?"}),
        ]


def test_rasa_training_data_in_several_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: faq/ask_refund\n  examples: |\n    - i want a [refund](thing)\n'
        '    - money [back]{"entity": "x"} please\n- intent: greet\n  examples: |\n    - hey\n'
    )
    (tmp_path / "domain.yml").write_text("responses:\n  utter_faq/ask_refund:\n  - text: Within 14 days.\n")
    (entry,) = READERS["rasa"](tmp_path, "en")
    assert (entry.topic, entry.draft.id, entry.draft.title) == ("faq", "ask-refund", {"en": "Ask refund"})
    assert entry.draft.phrasings == {"en": ["i want a refund", "money back please"]}
    assert entry.draft.answer == {"en": "Within 14 days."}


def test_rasa_export_is_valid_training_data() -> None:
    document = parse_yaml(WRITERS["rasa"](faq_of(ACCOUNT), "en").encode(), "nlu.yml")
    assert document.problems == ()


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("text", ["", "x", "{}", "[1, 2]", '{"articles": 1}', "a: [1\n"])
def test_what_is_no_export_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "wrong"
    path.write_text(text)
    with pytest.raises(ImportFailed, match="wrong"):
        READERS[name](path, "en")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]


def test_the_html_page_shows_and_never_obeys_what_is_written() -> None:
    text = ACCOUNT.replace("Get my account back", "Get <b>my</b> account back").replace(
        "and follow", "<script>alert(1)</script> and follow"
    )
    html = WRITERS["html"](faq_of(text, PAYMENT), None)
    page = _Page()
    page.feed(html)
    assert page.tags.count("details") == 4
    assert {"account", "payment", "account-recover"} <= set(page.ids)
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two <strong>bold</strong> <em>it</em></p>", "One\n\nTwo **bold** *it*"),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", "- a\n- b\n   1. c"),
        ("<ol><li><p>a</p></li><li>b</li></ol>", "1. a\n2. b"),
        ('<p>See <a href="https://x.example">this</a>.<br>Next</p>', "See [this](https://x.example).\nNext"),
        ("<h2>Head</h2><p>x &amp; y</p><script>no</script>", "**Head**\n\nx & y"),
        ("<pre><code>a  b\n c</code></pre>", "```\na  b\n c\n```"),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


def test_markdown_survives_html() -> None:
    text = "One **bold** [link](https://x.example)\n\n1. a\n2. b\n\n- c\n- d"
    assert to_markdown(to_html(text)) == text


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en-us", "en"), ("en_GB", "en"), ("zh-cn", "zh-Hans"), ("zh_TW", "zh-Hant"), ("pt-br", "pt-BR"), ("vi", "vi")],
)
def test_locales(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_slugs_fit_and_never_end_in_half_a_word() -> None:
    assert slug("How do I get my account back?", "x") == "how-do-i-get-my-account-back"
    assert slug("账号", "entry-1") == "entry-1"
    long = slug("word " * 30, "x")
    assert len(long) <= 48
    assert long.endswith("word")
