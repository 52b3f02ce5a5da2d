"""From the owner's YAML files to one FAQ, or to everything that is wrong with them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from faq.entry import Entry, Faq, Kind, TestQuestion, Topic
from faq.entry_reader import EntryReader, FileHead
from faq.errors import FaqErrors
from faq.stored import content
from storage.problems import Place, Problem, Severity, did_you_mean
from storage.yaml_file import Document, ScalarNode, read_yaml

_TEMPORARY = re.compile(r"^[.#~]|~$")
_FORM = b"1"  # changed when the meaning of the files changes, so that no cache of an older program is believed


@dataclass(frozen=True, slots=True)
class Loaded:
    """What could be read of the files, and what is wrong with them. With an error in it the FAQ is not to be served."""

    faq: Faq
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


def faq_files(folder: Path) -> list[Path]:
    """The YAML files of a FAQ folder in a fixed order; editors' temporary files are passed over."""
    paths = (*folder.glob("*.yaml"), *folder.glob("*.yml"))
    return sorted(path for path in paths if not _TEMPORARY.search(path.name) and path.is_file())


def fingerprint(folder: Path, variables: Mapping[str, str]) -> str:
    """A hash of everything that ``load_faq`` would read; it changes with every byte."""
    digest = hashlib.sha256(_FORM)
    for path in faq_files(folder):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    digest.update(repr(sorted(variables.items())).encode())
    return digest.hexdigest()[:16]


def load_faq(folder: Path, variables: Mapping[str, str], zone: tzinfo = UTC) -> Faq:
    """The FAQ of a folder. Raises FaqErrors with every problem of every file."""
    loaded = read_faq(folder, variables, zone)
    if loaded.errors:
        raise FaqErrors(loaded.errors)
    return loaded.faq


def read_faq(folder: Path, variables: Mapping[str, str], zone: tzinfo = UTC) -> Loaded:
    """As much of the FAQ as can be read, with every problem: for checks that want to say more than the first thing."""
    shown = _shown(folder)
    paths = faq_files(folder)
    if not paths:
        what = "there are no .yaml files here" if folder.is_dir() else "there is no such folder"
        problem = Problem(
            Place(shown, 1, 1), what, "The FAQ is a folder with one YAML file for each topic.", code="no_files"
        )
        return Loaded(_faq((), (), ()), (problem,))
    return load_documents([read_yaml(path, _shown(path)) for path in paths], variables, zone)


def load_documents(documents: Iterable[Document], variables: Mapping[str, str], zone: tzinfo = UTC) -> Loaded:
    """The FAQ that already parsed files make up."""
    problems: list[Problem] = []
    heads: list[FileHead] = []
    entries: list[Entry] = []
    relations: list[ScalarNode] = []
    is_broken = False
    for document in documents:
        reader = EntryReader(document, variables, zone)
        head = reader.head()
        heads.append(head)
        entries += reader.entries(head)
        relations += reader.relations
        problems += [*document.problems, *reader.problems]
        is_broken = is_broken or bool(document.problems)
    problems += [*_doubles(entries), *_double_topics(heads)]
    if not is_broken:  # a broken file hides entries that others relate to
        problems += _unknown_relations(relations, {entry.id for entry in entries})
    if heads and not entries and not any(problem.severity is Severity.ERROR for problem in problems):
        problems.append(Problem(heads[0].place, "no file has an entry", "Write the first one.", code="no_entries"))
    unanswerable = tuple(test for head in heads for test in head.unanswerable)
    return Loaded(_faq(heads, entries, unanswerable), tuple(sorted(problems, key=lambda problem: problem.place)))


def _shown(path: Path) -> str:
    """How a path is best shown: relative to where the command runs if it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else Path(relative).as_posix()


def _faq(heads: Iterable[FileHead], entries: Iterable[Entry], unanswerable: tuple[TestQuestion, ...]) -> Faq:
    by_id: dict[str, Entry] = {}
    for entry in entries:
        by_id.setdefault(entry.id, entry)
    topics: dict[str, Topic] = {}
    for head in heads:
        browsed = [entry for entry in by_id.values() if entry.topic == head.topic and entry.kind is Kind.QUESTION]
        browsed.sort(key=lambda entry: -entry.priority)
        topics.setdefault(head.topic, Topic(head.topic, head.title, tuple(entry.id for entry in browsed)))
    spoken = Counter(language for entry in by_id.values() for language in entry.answers)
    languages = tuple(sorted(spoken, key=lambda language: (-spoken[language], language)))
    return Faq(_version(by_id.values(), topics.values()), by_id, topics, languages, unanswerable)


def _version(entries: Iterable[Entry], topics: Iterable[Topic]) -> str:
    """A hash of what the files say, not of where or in which order they say it."""
    said = [sorted(json.dumps(content(item), sort_keys=True) for item in items) for items in (entries, topics)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _doubles(entries: Iterable[Entry]) -> Iterable[Problem]:
    first: dict[str, Entry] = {}
    for entry in entries:
        if first.setdefault(entry.id, entry) is not entry:
            message = f'the id "{entry.id}" is taken, by {first[entry.id].place}'
            yield Problem(entry.place, message, "Every entry needs an id of its own.", code="duplicate_id")


def _double_topics(heads: Iterable[FileHead]) -> Iterable[Problem]:
    first: dict[str, FileHead] = {}
    for head in heads:
        if head.topic and first.setdefault(head.topic, head) is not head:
            message = f'the topic "{head.topic}" is taken, by {first[head.topic].place}'
            yield Problem(
                head.place, message, "One file is one topic: join the two, or rename one.", code="duplicate_topic"
            )


def _unknown_relations(relations: Iterable[ScalarNode], known: Collection[str]) -> Iterable[Problem]:
    for node in relations:
        if node.text not in known:
            message = f'"related" names "{node.text}", which is no entry'
            yield Problem(node.place, message, did_you_mean(node.text, known), code="unknown_entry")
