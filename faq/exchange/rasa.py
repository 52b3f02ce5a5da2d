"""Rasa's training data: intents with examples, and the responses to them, in one or several YAML files.

Format: https://rasa.com/docs/reference/primitives/training-data-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from faq.editor import EntryDraft
from faq.entry import Faq
from faq.errors import ImportFailed
from faq.exchange.drafts import Imported, slug, spoken
from storage.yaml_editor import dump_yaml
from storage.yaml_file import ListNode, MappingNode, Node, ScalarNode, read_yaml

_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def read(path: Path, language: str) -> list[Imported]:
    """Intents that have both examples and a response, from one file or all YAML files below a folder.

    ``faq/ask_price`` becomes the entry ask-price of the topic faq. Raises ImportFailed.
    """
    files = sorted((*path.rglob("*.yml"), *path.rglob("*.yaml"))) if path.is_dir() else [path]
    examples: dict[str, list[str]] = {}
    responses: dict[str, str] = {}
    for file in files:
        document = read_yaml(file)
        if document.root is None and document.problems:
            raise ImportFailed("\n".join(map(str, document.problems)))
        root = _fields(document.root)
        for intent, texts in _intents(root.get("nlu")):
            examples.setdefault(intent, []).extend(texts)
        for name, node in _fields(root.get("responses")).items():
            text = _first_text(node)
            if text:
                responses.setdefault(name.removeprefix("utter_"), text)
    shared = [intent for intent in examples if intent in responses and examples[intent]]
    if not shared:
        raise ImportFailed(f"{path} has no intent with both examples (nlu:) and a response (responses: utter_…)")
    return [_imported(intent, examples[intent], responses[intent], language) for intent in shared]


def _imported(intent: str, examples: list[str], response: str, language: str) -> Imported:
    topic, _, name = intent.rpartition("/")
    words = re.sub(r"[_-]+", " ", name).strip()
    draft = EntryDraft(
        id=slug(words, "intent"),
        title={language: words[:1].upper() + words[1:]},
        phrasings={language: examples},
        answer={language: response},
    )
    topic_words = re.sub(r"[_-]+", " ", topic or "imported")
    return Imported(slug(topic_words, "imported"), {language: topic_words.capitalize()}, draft)


def _intents(node: Node | None) -> Iterator[tuple[str, list[str]]]:
    for item in node.items if isinstance(node, ListNode) else ():
        fields = _fields(item)
        intent, examples = fields.get("intent"), fields.get("examples")
        if isinstance(intent, ScalarNode) and isinstance(examples, ScalarNode):
            lines = (line.strip() for line in examples.text.splitlines())
            texts = [_ENTITY.sub(r"\1", line[1:].strip()) for line in lines if line.startswith("-")]
            yield intent.text, [text for text in texts if text]


def _first_text(node: Node) -> str | None:
    for item in node.items if isinstance(node, ListNode) else ():
        text = _fields(item).get("text")
        if isinstance(text, ScalarNode) and text.text.strip():
            return text.text.strip()
    return None


def _fields(node: Node | None) -> dict[str, Node]:
    return node.fields if isinstance(node, MappingNode) else {}


def write(faq: Faq, language: str | None) -> str:
    """Intents and responses in one language (the FAQ's most common where none is given)."""
    language = language or faq.languages[0]
    intents, responses = CommentedSeq(), CommentedMap()
    for entry, title, answer in spoken(faq, language):
        intent = f"{entry.topic}/{entry.id.replace('-', '_')}"
        texts = [phrasing.text for phrasing in entry.phrasings if phrasing.language == language] or [title]
        examples = LiteralScalarString("".join(f"- {' '.join(text.split())}\n" for text in texts))
        intents.append(CommentedMap({"intent": intent, "examples": examples}))
        responses[f"utter_{intent}"] = CommentedSeq([CommentedMap({"text": LiteralScalarString(f"{answer}\n")})])
    return dump_yaml(CommentedMap({"version": "3.1", "nlu": intents, "responses": responses}))
