"""The guard's rules as the owner writes them: a YAML file of phrases, read with every problem at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

import phonenumbers

from handoff.guard.draft import Kind, Severity
from handoff.guard.folding import simplified
from handoff.guard.phrases import Phrase, Rule
from storage.problems import ProblemsFound, did_you_mean
from storage.yaml_file import Document, Node, read_yaml
from storage.yaml_reader import YamlReader

SHIPPED = Path(__file__).parent / "phrases.yaml"


class Section(NamedTuple):
    """What the rules of one section of the file say where they say nothing themselves."""

    kind: Kind
    severity: Severity
    reason: str
    suggestion: str


SECTIONS = {
    "forbidden": Section(
        Kind.FORBIDDEN, Severity.WARN, "Players should not hear this from us.", "Say it kindly, or leave it out."
    ),
    "neutrality": Section(
        Kind.NEUTRALITY,
        Severity.WARN,
        "This takes a side between players.",
        "Say that both reports are noted and will be looked into.",
    ),
    "secrets": Section(
        Kind.SECRET, Severity.BLOCK, "This tells what only the team may know.", "Leave out where it comes from."
    ),
    "accusing": Section(
        Kind.ACCUSING, Severity.WARN, "This blames the player.", "Say what can be done now, not who was wrong."
    ),
    "rhetorical": Section(
        Kind.RHETORICAL,
        Severity.WARN,
        "A question that wants no answer hurts.",
        "Ask what you need to know, or explain.",
    ),
    "promises": Section(
        Kind.PROMISE,
        Severity.WARN,
        "This is a promise.",
        "Record it as a promise with its time, or write: we will tell you as soon as we know.",
    ),
    "compensation": Section(
        Kind.COMPENSATION,
        Severity.BLOCK,
        "Compensation needs approval before it is named.",
        "Ask for approval first; until then write that the case is being looked at.",
    ),
    "curt": Section(
        Kind.CURT, Severity.WARN, "So short a reply sounds unfriendly.", "Add a kind word and the next step."
    ),
}
POLITE = ("greetings", "closings")
_RULE_FIELDS = ("say", "pattern", "unless", "severity", "reason", "instead")
_FIELDS = (*SECTIONS, *POLITE, "embargo", "account_ids", "phone_regions", "allowed")


@dataclass(frozen=True)
class Embargo:
    """Words that no player may read before ``until`` (None: ever)."""

    phrases: tuple[Phrase, ...]
    until: datetime | None
    suggestion: str = "Write that news is announced on our channels."

    @classmethod
    def of(cls, words: Sequence[str], until: datetime | None) -> Embargo:
        """An embargo on words, each as it is spoken."""
        return cls(tuple(map(Phrase.of_words, words)), until)


@dataclass(frozen=True)
class Rules:
    """Everything the owner set for the guard. ``allowed`` are data of our own that may be sent, such as our address."""

    rules: tuple[Rule, ...]
    greetings: Mapping[str, tuple[Phrase, ...]]
    closings: Mapping[str, tuple[Phrase, ...]]
    embargoes: tuple[Embargo, ...]
    account_ids: tuple[re.Pattern[str], ...]
    phone_regions: Mapping[str, tuple[str, ...]]
    allowed: frozenset[str]


def load_rules(path: Path, zone: tzinfo) -> Rules:
    """The rules of a file; dates without an offset are in ``zone``. Raises ProblemsFound with all that is wrong."""
    document = read_yaml(path)
    reader = _RulesReader(document, zone)
    rules = reader.rules()
    problems = [*document.problems, *reader.problems]
    if problems:
        raise ProblemsFound(problems)
    return rules


class _RulesReader(YamlReader):
    def __init__(self, document: Document, zone: tzinfo) -> None:
        super().__init__()
        self._root = document.root
        self._zone = zone

    def rules(self) -> Rules:
        fields = self.mapping(self._root, "the guard's file", _FIELDS)
        return Rules(
            rules=tuple(
                rule
                for name, section in SECTIONS.items()
                for language, node in self.mapping(fields.get(name), f'"{name}"').items()
                for item in self.items(node, f"{name}.{language}")
                if (rule := self._rule(item, language, section)) is not None
            ),
            greetings=self._words_by_language(fields.get("greetings"), "greetings"),
            closings=self._words_by_language(fields.get("closings"), "closings"),
            embargoes=tuple(self._embargoes(fields.get("embargo"))),
            account_ids=tuple(self._patterns(fields.get("account_ids"), "account_ids", re.IGNORECASE)),
            phone_regions={
                language: tuple(self._regions(node, f"phone_regions.{language}"))
                for language, node in self.mapping(fields.get("phone_regions"), '"phone_regions"').items()
            },
            allowed=frozenset(node.text for node in self.texts(fields.get("allowed"), '"allowed"')),
        )

    def _rule(self, node: Node, language: str, section: Section) -> Rule | None:
        fields = self.mapping(node, "a rule", _RULE_FIELDS)
        if not fields:
            return None
        phrases = [
            *self._phrases(fields.get("say"), "say"),
            *(Phrase(compiled.pattern) for compiled in self._patterns(fields.get("pattern"), "pattern")),
        ]
        if not phrases:
            self.error(node.place, "this rule finds nothing", "Give it words:  say: [...]", "missing_key")
        return Rule(
            kind=section.kind,
            language=language,
            phrases=tuple(phrases),
            unless=tuple(self._phrases(fields.get("unless"), "unless")),
            severity=Severity(self.choice(fields.get("severity"), "severity", tuple(Severity), section.severity)),
            reason=self.text(fields.get("reason"), "reason") or section.reason,
            suggestion=self.text(fields.get("instead"), "instead") or section.suggestion,
        )

    def _phrases(self, node: Node | None, what: str) -> Iterator[Phrase]:
        for item in self.texts(node, what):
            if item.text.replace("*", "").strip():
                yield Phrase.of_words(item.text)
            else:
                self.error(item.place, f"{what} needs words beside the *", code="empty")

    def _patterns(self, node: Node | None, what: str, flags: re.RegexFlag = re.NOFLAG) -> Iterator[re.Pattern[str]]:
        for item in self.texts(node, what):
            try:
                pattern = re.compile(simplified(item.text), flags)
            except re.error as error:
                self.error(item.place, f"{what} is no regular expression: {error}", code="pattern")
                continue
            if pattern.search("") is not None:
                self.error(item.place, f"{what} would find a text of nothing", "Make it need a character.", "pattern")
            else:
                yield pattern

    def _words_by_language(self, node: Node | None, what: str) -> dict[str, tuple[Phrase, ...]]:
        fields = self.mapping(node, f'"{what}"')
        return {language: tuple(self._phrases(words, f"{what}.{language}")) for language, words in fields.items()}

    def _embargoes(self, node: Node | None) -> Iterator[Embargo]:
        for item in self.items(node, "embargo"):
            fields = self.mapping(item, "an embargo", ("words", "until", "instead"), required=("words",))
            until = self.moment(fields.get("until"), "until", self._zone)
            embargo = Embargo(tuple(self._phrases(fields.get("words"), "words")), until)
            instead = self.text(fields.get("instead"), "instead")
            yield Embargo(embargo.phrases, until, instead) if instead else embargo

    def _regions(self, node: Node | None, what: str) -> Iterator[str]:
        for item in self.texts(node, what):
            if item.text in phonenumbers.SUPPORTED_REGIONS:
                yield item.text
            else:
                hint = did_you_mean(item.text, phonenumbers.SUPPORTED_REGIONS)
                self.error(item.place, f"no telephone numbers are known of {item.text}", hint, "unknown_value")
