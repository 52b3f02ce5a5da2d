"""Words that agents use again and again: the owner's snippets from a YAML file, and templates from elsewhere."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from storage.problems import Problem, ProblemsFound
from storage.yaml_file import Document, MappingNode, Node, ScalarNode, read_yaml
from storage.yaml_reader import YamlReader

log = structlog.get_logger()

SHIPPED = Path(__file__).parent / "snippets.yaml"
VARIABLES = ("player", "agent", "service")
"""What stands in braces and is filled in by the desk."""

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "vi", "ja")
"""The languages of the shipped file, which may stand in it whichever of them the service speaks."""

_FIELDS = ("topics", "title", "text")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to write. ``title`` and ``text`` are by language; ``code`` names the rule that a template serves."""

    name: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    topics: tuple[str, ...] = ()
    code: str = ""

    def in_language(self, wanted: str, otherwise: Sequence[str]) -> str | None:
        """The language to show it in: the one wanted, else the first other that it has; None where it has none."""
        return next((each for each in (wanted, *otherwise) if each in self.text), None)


Templates = Callable[[], Sequence[Snippet]]
"""Templates that are kept elsewhere (the bot's own texts)."""


def load_snippets(path: Path, languages: Sequence[str]) -> tuple[Snippet, ...]:
    """The snippets of a file, in its order. Raises ProblemsFound with everything that is wrong."""
    document = read_yaml(path)
    reader = _SnippetReader(document, languages)
    found = tuple(reader.snippets())
    problems = [*document.problems, *reader.problems]
    if problems:
        raise ProblemsFound(problems)
    return found


class Snippets:
    """The snippets as they stand in the owner's file, read anew when it changed.

    A file that is wrong changes nothing: what was read last stays, and ``problems`` says what is wrong.
    """

    def __init__(self, path: Path, languages: Sequence[str], templates: Templates = tuple) -> None:
        """Raises ProblemsFound for a file that is wrong from the beginning."""
        self._path = path
        self._templates = templates
        self.languages = tuple(languages)
        self.problems: tuple[Problem, ...] = ()
        self._stamp = _stamp(path)
        self._own = load_snippets(path, languages)

    def all(self) -> tuple[Snippet, ...]:
        """Snippets first, then templates. Reads the file where it changed, so not in an event loop."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._own = load_snippets(self._path, self.languages)
                self.problems = ()
                log.info("snippets_read", snippets=len(self._own))
            except ProblemsFound as found:
                self.problems = found.problems
                log.warning("snippets_refused", problems=[str(each) for each in found.problems])
        return (*self._own, *self._templates())


class _SnippetReader(YamlReader):
    def __init__(self, document: Document, languages: Sequence[str]) -> None:
        super().__init__()
        self._root = document.root
        self._languages = languages

    def snippets(self) -> list[Snippet]:
        found = []
        fields = self.mapping(self._root, "the file of snippets")
        for name, node in fields.items():
            inside = self.mapping(node, f'snippet "{name}"', known=_FIELDS, required=("title", "text"))
            if not inside:
                continue
            title, text = (self._by_language(inside.get(each), f"{name}.{each}") for each in ("title", "text"))
            for language in title.keys() ^ text.keys():
                self.error(node.place, f'"{name}" has a title or a text in {language}, not both', code="missing_key")
            topics = tuple(each.text for each in self.texts(inside.get("topics"), f"{name}.topics"))
            found.append(Snippet(name, title, text, topics))
        return found

    def _by_language(self, node: Node | None, what: str) -> dict[str, str]:
        """Texts by language, their variables checked."""
        if not isinstance(node, MappingNode):
            if node is not None:
                self.mapping(node, what)
            return {}
        fields = self.mapping(node, what, known={*self._languages, *LANGUAGES})
        texts = {}
        for language, each in fields.items():
            text = self.text(each, f"{what}.{language}")
            if text is not None and isinstance(each, ScalarNode):
                self._check(each, f"{what}.{language}")
                texts[language] = text.strip()
        return texts

    def _check(self, node: ScalarNode, what: str) -> None:
        try:
            used = {name for _, name, _, _ in string.Formatter().parse(node.text) if name is not None}
        except ValueError as error:
            self.error(node.place, f"{what} has a brace that is never closed: {error}", "Write {{ for a brace.")
            return
        for name in sorted(used - set(VARIABLES)):
            known = ", ".join(f"{{{each}}}" for each in VARIABLES)
            self.error(node.place, f"{what} has no variable {{{name}}}", f"It may use: {known}.", "unknown_variable")


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
