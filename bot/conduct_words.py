"""Which words insult us (G16): the owner's list for each language, read with care for those that insult nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from handoff.guard.folding import fold
from storage.problems import ProblemsFound
from storage.yaml_file import MappingNode, read_yaml
from storage.yaml_reader import YamlReader

SHIPPED = Path(__file__).parent / "conduct.yaml"
LISTS = ("always", "insults", "us")
NEAR = 3
"""Words between an insult and whom it is for."""
NEAR_WIDE = 5
"""The same in characters, where a script has no spaces."""
LONE = 3
"""So few words with an insult among them are said to whoever reads them."""
LONE_WIDE = 4
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_SENTENCE = re.compile(r"[.!?。！？\n]+")


@dataclass(frozen=True, slots=True)
class Insults:
    """One language's lists: phrases that are an insult as they stand, words that are one when said to us, and us."""

    always: tuple[str, ...] = ()
    insults: tuple[str, ...] = ()
    us: tuple[str, ...] = ()


def load_conduct(path: Path) -> tuple[Insults, ...]:
    """The lists of every language in the file. Raises ProblemsFound."""
    document = read_yaml(path)
    reader = YamlReader()
    reader.problems += document.problems
    found = []
    for language, node in reader.mapping(document.root, "the insults").items():
        fields = reader.mapping(node, f"the insults of {language}", known=LISTS)
        if isinstance(node, MappingNode):
            read = {name: tuple(each.text for each in reader.texts(fields.get(name), name)) for name in LISTS}
            found.append(Insults(**read))
    if reader.problems:
        raise ProblemsFound(reader.problems)
    return tuple(found)


class ConductWords:
    """Finds insults that are meant for us. What players say of the game, of monsters or of each other is none."""

    def __init__(self, languages: Iterable[Insults]) -> None:
        known = tuple(languages)
        self._always = _Phrases(each for language in known for each in language.always)
        self._said = tuple((_Phrases(each.insults), _Phrases(each.us)) for each in known)

    def insult_in(self, text: str) -> str:
        """The words that insult us; empty where there are none."""
        for sentence in _SENTENCE.split(fold(text).lowered):
            found = next(self._found(sentence), "")
            if found:
                return found
        return ""

    def _found(self, sentence: str) -> Iterator[str]:
        said = _Sentence(sentence)
        if not said.words:
            return
        yield from (phrase for phrase, _, _ in self._always.within(said))
        for insults, us in self._said:
            for insult, start, end in insults.within(said):
                if said.is_short or any(said.are_near(start, end, first, last) for _, first, last in us.within(said)):
                    yield insult


class _Sentence:
    """A sentence as words with their places; in characters where its script has no spaces."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.is_wide = bool(_WIDE.search(self.text))
        self.words = _WORD.findall(self.text)

    @property
    def is_short(self) -> bool:
        return len(self.text) <= LONE_WIDE if self.is_wide else len(self.words) <= LONE

    def are_near(self, start: int, end: int, first: int, last: int) -> bool:
        between = max(first - end, start - last, 0)
        return between <= (NEAR_WIDE if self.is_wide else NEAR)


class _Phrases:
    """Phrases as they are looked for: whole words, or characters where a script has no spaces."""

    def __init__(self, phrases: Iterable[str]) -> None:
        folded = [fold(each).lowered.strip() for each in phrases]
        self._wide = tuple(each for each in folded if each and _WIDE.search(each))
        self._words = tuple(tuple(_WORD.findall(each)) for each in folded if each and not _WIDE.search(each))

    def within(self, said: _Sentence) -> Iterator[tuple[str, int, int]]:
        """Each phrase that is there, with its place: in words, or in characters."""
        if said.is_wide:
            for phrase in self._wide:
                start = said.text.find(phrase)
                if start >= 0:
                    yield phrase, start, start + len(phrase)
            return
        for words in self._words:
            for start in range(len(said.words) - len(words) + 1):
                if tuple(said.words[start : start + len(words)]) == words:
                    yield " ".join(words), start, start + len(words)
