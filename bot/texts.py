"""What the bot itself says, from ``bot/texts/<language>.yaml``: kept by the owner, checked when the program starts."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_timezone_location

from storage.problems import Problem, ProblemsFound
from storage.yaml_file import MappingNode, Node, ScalarNode, read_yaml
from storage.yaml_reader import YamlReader

SHIPPED = Path(__file__).parent / "texts"
REFERENCE = "en"
HUMAN_WORDS = "human_words"
TAKE_BACK_WORDS = "take_back_words"
PLAIN_PREFIXES = ("button_", "command_", "web_", "panel_title", "panel_button", "language_name")
PLAIN = frozenset({f"survey_{score}" for score in range(1, 6)})


@dataclass(frozen=True, slots=True)
class Language:
    """One language's texts: by key a text, or its plural forms by CLDR category."""

    tag: str
    locale: Locale
    texts: Mapping[str, str | Mapping[str, str]]
    human_words: tuple[str, ...]
    take_back_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Texts:
    """The bot's own words in every language of the service; ``default`` is used where a player's is not there."""

    languages: Mapping[str, Language]
    default: str
    escape: Callable[[str], str]
    constants: Mapping[str, str]

    def fill(self, key: str, language: str, values: Mapping[str, str | int] | None = None) -> str:
        """The text as Markdown with its variables filled in; what is filled in never becomes formatting.

        Raises KeyError for a key that no file has.
        """
        chosen = self.languages.get(language) or self.languages[self.default]
        text = chosen.texts[key]
        known: dict[str, str | int] = {**self.constants, **(values or {})}
        if not known.get("player"):
            known["player"] = str(chosen.texts["player_unnamed"])
        if not isinstance(text, str):
            count = known.get("count", known.get("minutes", 0))
            text = text[chosen.locale.plural_form(int(count))]
        escape = str if key in PLAIN or key.startswith(PLAIN_PREFIXES) else self.escape
        filled = {name: escape(value) if isinstance(value, str) else value for name, value in known.items()}
        return text.format_map(filled).strip()

    def name_of(self, language: str) -> str:
        """The language's own name."""
        return self.fill("language_name", language) if language in self.languages else language

    def moment(self, at: datetime, now: datetime, zone: ZoneInfo, language: str) -> str:
        """A day and time for people, in their language; the day is left out where it is today."""
        chosen = self.languages.get(language) or self.languages[self.default]
        local = at.astimezone(zone)
        time = f"{format_time(local, 'short', locale=chosen.locale)} ({local.tzname()})"
        if local.date() == now.astimezone(zone).date():
            return time
        return f"{format_skeleton('MMMEd', local, locale=chosen.locale)} {time}"

    def zone(self, zone: str, now: datetime, language: str) -> str:
        """A time zone for people: its city, and what its clocks show now."""
        chosen = self.languages.get(language) or self.languages[self.default]
        local = now.astimezone(ZoneInfo(zone))
        offset = zone.startswith("Etc/")
        city = local.strftime("UTC%z")[:6] if offset else get_timezone_location(zone, chosen.locale, return_city=True)
        return f"{city} · {format_time(local, 'short', locale=chosen.locale)}"


def load_texts(
    folder: Path, languages: tuple[str, ...], escape: Callable[[str], str], constants: Mapping[str, str]
) -> Texts:
    """The texts of these languages; the first is the default. Raises ProblemsFound with everything that is wrong.

    A language that the owner's ``folder`` lacks comes from the shipped ones.
    """
    reader = YamlReader()
    reference = _read(SHIPPED / f"{REFERENCE}.yaml", reader)
    loaded: dict[str, Language] = {}
    for tag in languages:
        path = source_of(folder, tag)
        fields = _read(path, reader)
        _compare(tag, path, fields, reference, reader)
        loaded[tag] = _language(tag, fields, reader)
    if reader.problems:
        raise ProblemsFound(reader.problems)
    return Texts(loaded, languages[0], escape, constants)


def source_of(folder: Path, tag: str) -> Path:
    """The owner's file for this language, or the shipped one where they have none."""
    path = folder / f"{tag}.yaml"
    return path if path.exists() else SHIPPED / f"{tag}.yaml"


def available(folder: Path) -> tuple[str, ...]:
    """Every language that there are texts for."""
    return tuple(sorted({path.stem for each in (folder, SHIPPED) for path in each.glob("*.yaml")}))


def _read(path: Path, reader: YamlReader) -> MappingNode | None:
    document = read_yaml(path)
    reader.problems += document.problems
    if document.root is None and not document.problems:
        reader.error(document.start, "the file is empty", "Copy the shipped one and change what you like.", "empty")
    reader.mapping(document.root, "the file of texts")
    return document.root if isinstance(document.root, MappingNode) else None


def _compare(
    tag: str, path: Path, fields: MappingNode | None, reference: MappingNode | None, reader: YamlReader
) -> None:
    """Every key of the reference, no other, and in each text only variables that the reference's text has."""
    if fields is None or reference is None:
        return
    reader.mapping(fields, f"the texts of {tag}", known=reference.fields.keys(), required=reference.fields.keys())
    for key, node in fields.fields.items():
        allowed = _variables(reference.fields.get(key))
        for text in _strings(node):
            try:
                used = {name for _, name, _, _ in string.Formatter().parse(text.text) if name is not None}
            except ValueError as error:
                reader.error(text.place, f'"{key}" has a brace that is never closed: {error}', "Write {{ for a brace.")
                continue
            for name in sorted(used - allowed - _ALWAYS):
                names = ", ".join(f"{{{each}}}" for each in sorted(allowed | _ALWAYS))
                reader.error(text.place, f'"{key}" has no variable {{{name}}}', f"It may use: {names}.")


_ALWAYS = {"service", "player"}


def _strings(node: Node | None) -> tuple[ScalarNode, ...]:
    if isinstance(node, ScalarNode):
        return (node,)
    return (
        tuple(each for each in node.fields.values() if isinstance(each, ScalarNode))
        if isinstance(node, MappingNode)
        else ()
    )


def _variables(node: Node | None) -> set[str]:
    return {
        name for text in _strings(node) for _, name, _, _ in string.Formatter().parse(text.text) if name is not None
    }


def _language(tag: str, fields: MappingNode | None, reader: YamlReader) -> Language:
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    texts: dict[str, str | Mapping[str, str]] = {}
    words: dict[str, tuple[str, ...]] = {}
    for key, node in (fields.fields if fields else {}).items():
        if key in (HUMAN_WORDS, TAKE_BACK_WORDS):
            words[key] = tuple(each.text for each in reader.texts(node, key))
        elif isinstance(node, MappingNode):
            forms = reader.mapping(node, f'"{key}"', known=locale.plural_form.tags | {"other"}, required=("other",))
            texts[key] = _Plural({name: each.text for name, each in forms.items() if isinstance(each, ScalarNode)})
        else:
            texts[key] = reader.text(node, f'"{key}"') or ""
    return Language(tag, locale, texts, words.get(HUMAN_WORDS, ()), words.get(TAKE_BACK_WORDS, ()))


class _Plural(dict[str, str]):
    """Plural forms; a category that is not written falls back to ``other``."""

    def __missing__(self, category: str) -> str:
        return self["other"]


def problems_of(folder: Path, languages: tuple[str, ...]) -> tuple[Problem, ...]:
    """Everything that is wrong with the texts of these languages."""
    try:
        load_texts(folder, languages, str, {})
    except ProblemsFound as found:
        return found.problems
    return ()
