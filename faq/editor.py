"""Adding to the owner's FAQ: phrasings, tests and whole entries, written into the YAML files as its owner would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from faq.entry import Faq
from faq.errors import FaqErrors, UnknownEntry
from faq.language.folding import fold
from faq.loader import faq_files, load_documents
from faq.variables import Variables
from storage.problems import ProblemsFound, Severity, nearest
from storage.yaml_editor import YamlEditor, append, dump_yaml, write_atomically
from storage.yaml_file import ListNode, MappingNode, Node, ScalarNode, parse_yaml, read_yaml


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry to be added; texts by language."""

    id: str
    title: Mapping[str, str]
    phrasings: Mapping[str, Sequence[str]]
    answer: Mapping[str, str]
    tags: Sequence[str] = ()
    tests: Mapping[str, Sequence[str]] = field(default_factory=dict)


class FaqEditor:
    """Gathers changes to a FAQ folder; ``save`` writes all of them, or none if the result would not load.

    Raises ProblemsFound where a file is too broken to be edited.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self._protect = Variables(variables).protect
        self._opened: dict[Path, YamlEditor] = {}
        self._new_files: dict[Path, CommentedMap] = {}
        self._trees: dict[Path, Node | None] = {}

    def add_phrasings(
        self, entry_id: str, phrasings: Mapping[str, Sequence[str]], tests: Mapping[str, Sequence[str]] | None = None
    ) -> int:
        """Add phrasings (and positive tests) by language to an entry, leaving out what it has; how many were added.

        Raises UnknownEntry.
        """
        entry = self._entry(entry_id)
        added = 0
        for language, texts in phrasings.items():
            added += _extend(_child(entry, "phrasings"), language, [self._protect(text) for text in texts])
        for language, texts in (tests or {}).items():
            _extend(_child(_child(entry, "tests"), "positive"), language, texts)
        return added

    def add_entry(self, topic: str, draft: EntryDraft, topic_title: Mapping[str, str] | None = None) -> Path:
        """Add an entry at the end of a topic's file, which is made where there is none; the file's path."""
        path = self._file_of(topic)
        if path is None:
            path = self._folder / f"{topic}.yaml"
            title = dict(topic_title or {language: topic.replace("-", " ").capitalize() for language in draft.title})
            self._new_files[path] = CommentedMap(
                {"topic": topic, "title": _flow(title), "entries": CommentedSeq([self._node(draft)])}
            )
        elif path in self._new_files:
            append(self._new_files[path]["entries"], self._node(draft), blank_line_before=True)
        else:
            append(self._open(path).data["entries"], self._node(draft), blank_line_before=True)
        return path

    def render(self) -> dict[Path, str]:
        """The text that every changed file will have. Raises FaqErrors where the FAQ would no longer load."""
        self.faq()
        return self._texts()

    def faq(self) -> Faq:
        """The FAQ as it will be. Raises FaqErrors where it would no longer load."""
        texts = self._texts()
        kept = [read_yaml(path) for path in faq_files(self._folder) if path not in texts]
        changed = [parse_yaml(text.encode(), str(path)) for path, text in texts.items()]
        loaded = load_documents([*kept, *changed], self._variables)
        if loaded.errors:
            raise FaqErrors(loaded.errors)
        return loaded.faq

    def _texts(self) -> dict[Path, str]:
        texts = {path: editor.render() for path, editor in self._opened.items() if editor.is_changed}
        return texts | {path: dump_yaml(data) for path, data in self._new_files.items()}

    def save(self) -> list[Path]:
        """Write every change; the files written. Raises FaqErrors or CannotEdit before anything is written."""
        texts = self.render()
        changed = [editor for path, editor in self._opened.items() if path in texts]
        for editor in changed:
            editor.ensure_unchanged()
        for editor in changed:
            editor.save()
        for path in self._new_files:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, texts[path].encode())
        return sorted(texts)

    def _entry(self, entry_id: str) -> CommentedMap:
        known: list[str] = []
        for path in (*self._new_files, *faq_files(self._folder)):
            ids = self._entry_ids(path)
            known += ids
            if entry_id in ids:
                data = self._new_files.get(path) or self._open(path).data
                found: CommentedMap = data["entries"][ids.index(entry_id)]
                return found
        close = nearest(entry_id, known)
        hint = f'; did you mean "{close}"?' if close else ""
        raise UnknownEntry(f'there is no entry "{entry_id}"{hint}')

    def _entry_ids(self, path: Path) -> list[str]:
        data = self._new_files.get(path) or (self._opened[path].data if path in self._opened else None)
        if data is not None:
            return [str(entry.get("id")) for entry in data.get("entries") or ()]
        entries = _fields(self._tree(path)).get("entries")
        items = entries.items if isinstance(entries, ListNode) else ()
        return [_text(_fields(item).get("id")) for item in items]

    def _file_of(self, topic: str) -> Path | None:
        for path, data in self._new_files.items():
            if data["topic"] == topic:
                return path
        files = faq_files(self._folder)
        return next((path for path in files if _text(_fields(self._tree(path)).get("topic")) == topic), None)

    def _tree(self, path: Path) -> Node | None:
        """A file as it was when first looked at; quicker than opening it for changes."""
        if path not in self._trees:
            self._trees[path] = read_yaml(path).root
        return self._trees[path]

    def _node(self, draft: EntryDraft) -> CommentedMap:
        protect = self._protect
        node = CommentedMap({"id": draft.id})
        node["title"] = _flow({language: protect(text) for language, text in draft.title.items()})
        node["phrasings"] = CommentedMap(
            {language: CommentedSeq(map(protect, texts)) for language, texts in draft.phrasings.items()}
        )
        node["answer"] = CommentedMap({language: _block(protect(text)) for language, text in draft.answer.items()})
        if draft.tags:
            node["tags"] = _flow(list(draft.tags))
        if draft.tests:
            positive = CommentedMap({language: CommentedSeq(texts) for language, texts in draft.tests.items()})
            node["tests"] = CommentedMap({"positive": positive})
        return node

    def _open(self, path: Path) -> YamlEditor:
        if path not in self._opened:
            try:
                self._opened[path] = YamlEditor(path)
            except ProblemsFound as error:
                raise FaqErrors(problem for problem in error.problems if problem.severity is Severity.ERROR) from error
        return self._opened[path]


def _child(parent: CommentedMap, name: str) -> CommentedMap:
    if parent.get(name) is None:
        parent[name] = CommentedMap()
    child: CommentedMap = parent[name]
    return child


def _extend(by_language: CommentedMap, language: str, texts: Sequence[str]) -> int:
    """Add what is not there yet to the list of a language; a single text becomes a list."""
    present = by_language.get(language)
    if present is None:
        present = by_language[language] = CommentedSeq()
    elif not isinstance(present, CommentedSeq):
        present = by_language[language] = CommentedSeq([present])
    known = {fold(str(text)) for text in present}
    added = 0
    for text in texts:
        if fold(text) not in known:
            known.add(fold(text))
            append(present, text)
            added += 1
    return added


def _fields(node: Node | None) -> dict[str, Node]:
    return node.fields if isinstance(node, MappingNode) else {}


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, ScalarNode) else ""


def _block(text: str) -> LiteralScalarString:
    """A text of several lines under a |, without the spaces at line ends that it cannot show."""
    block: LiteralScalarString = LiteralScalarString(
        "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    )
    return block


def _flow(value: Mapping[str, str] | list[str]) -> Any:
    """The value in one line: {en: …} or […]."""
    node = CommentedSeq(value) if isinstance(value, list) else CommentedMap(value)
    node.fa.set_flow_style()
    return node
