"""One file of the FAQ, entry by entry: what it may hold, and what is wrong with what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from faq.entry import Entry, Field, Handoff, Kind, Link, Phrasing, TestQuestion
from faq.variables import Variables
from storage.problems import Place, did_you_mean, nearest
from storage.yaml_file import Document, MappingNode, Node, ScalarNode
from storage.yaml_reader import YamlReader, is_nothing

CHANNELS = ("discord", "telegram", "web", "terminal")
FIELD_TYPES = ("text", "long_text", "number", "date", "time", "email", "url", "image", "file", "yes_no")
ID_LENGTH_AT_MOST = 48  # an id travels in Telegram's callback data, which holds 64 bytes
_FILE_KEYS = ("topic", "title", "entries", "owner", "review_by", "unanswerable")
_ENTRY_KEYS = (
    *("id", "title", "phrasings", "answer", "channel_answers", "kind", "handoff", "class", "queue_topic"),
    *("links", "related", "form", "tags", "priority", "owner", "review_by"),
    *("valid_from", "valid_until", "embargo", "tests"),
)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
_USUAL_LANGUAGES = (
    *(
        "en",
        "zh-Hans",
        "zh-Hant",
        "vi",
        "ja",
        "ko",
        "th",
        "id",
        "ms",
        "tl",
        "hi",
        "ar",
        "he",
        "fa",
        "tr",
        "ru",
        "uk",
        "pl",
    ),
    *(
        "de",
        "fr",
        "es",
        "es-419",
        "pt",
        "pt-BR",
        "it",
        "nl",
        "sv",
        "no",
        "nb",
        "da",
        "fi",
        "cs",
        "sk",
        "hu",
        "ro",
        "el",
        "bg",
    ),
)


@dataclass(frozen=True, slots=True)
class FileHead:
    """What a file says of all its entries."""

    topic: str
    title: Mapping[str, str]
    place: Place
    owner: Node | None
    review_by: Node | None
    unanswerable: tuple[TestQuestion, ...]


class EntryReader(YamlReader):
    """Reads the entries of one document; ``problems`` and ``relations`` fill up while it does."""

    def __init__(self, document: Document, variables: Mapping[str, str], zone: tzinfo) -> None:
        super().__init__()
        self.relations: list[ScalarNode] = []
        self._document = document
        self._variables = Variables(variables, document.lines)
        self._zone = zone
        self._fields: dict[str, Node] = {}

    def head(self) -> FileHead:
        """The topic and what else stands above the entries."""
        root = self._document.root
        start = self._document.start
        if root is None:
            if not self._document.problems:
                self.error(
                    start, "the file is empty", "Give it a topic: and a list of entries:, or delete it.", "empty"
                )
        else:
            self._fields = self.mapping(root, "the file", _FILE_KEYS, ("topic", "title", "entries"))
        fields = self._fields
        topic = self.identifier(fields.get("topic"), "the topic") or ""
        place = root.key_places.get("topic", start) if isinstance(root, MappingNode) else start
        tests = tuple(self._tests(fields.get("unanswerable"), "unanswerable", positive=False))
        title = self._texts_by_language(fields.get("title"), "the title of the topic")
        return FileHead(topic, title, place, fields.get("owner"), fields.get("review_by"), tests)

    def entries(self, head: FileHead) -> Iterator[Entry]:
        """Every entry that has an id, with what could be read of it."""
        for node in self.items(self._fields.get("entries"), "entries"):
            fields = self.mapping(node, _name_of(node), _ENTRY_KEYS, ("id", "title", "phrasings", "answer"))
            entry_id = self.identifier(fields.get("id"), "the id")
            if entry_id is not None:
                yield self._entry(entry_id, node.place, fields, head)

    def identifier(self, node: Node | None, what: str) -> str | None:
        """A name for programs: small letters, digits and hyphens."""
        text = self.text(node, what)
        if text is None or node is None:
            return None
        if not _ID.fullmatch(text):
            better = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
            hint = f'"{better}" would do.' if better else "For example: account-recover."
            self.error(node.place, f'{what} "{text}" may hold only a-z, 0-9 and single hyphens', hint, "bad_id")
        elif len(text) > ID_LENGTH_AT_MOST:
            message = f"{what} has {len(text)} characters, more than {ID_LENGTH_AT_MOST}"
            self.error(node.place, message, "Shorten it.", "bad_id")
        return text

    def _entry(self, entry_id: str, place: Place, fields: Mapping[str, Node], head: FileHead) -> Entry:
        name = f'"{entry_id}"'
        get = fields.get
        valid_from = self.moment(get("valid_from"), f"valid_from of {name}", self._zone)
        valid_until = self.moment(get("valid_until"), f"valid_until of {name}", self._zone, end_of_day=True)
        if valid_from and valid_until and valid_until <= valid_from:
            self.error(fields["valid_until"].place, f"{name} ends before it begins", "Swap the two.", "dates")
        return Entry(
            id=entry_id,
            topic=head.topic,
            place=place,
            title=self._texts_by_language(get("title"), f"the title of {name}"),
            phrasings=tuple(self._phrasings(get("phrasings"), name)),
            answers=self._texts_by_language(get("answer"), f"the answer of {name}"),
            channel_answers=self._channel_answers(get("channel_answers"), name),
            kind=Kind(self.choice(get("kind"), f"kind of {name}", list(Kind), Kind.QUESTION)),
            handoff=Handoff(self.choice(get("handoff"), f"handoff of {name}", list(Handoff), Handoff.OFFER)),
            ticket_class=self.text(get("class"), f"class of {name}"),
            ticket_topic=self.identifier(get("queue_topic"), f"queue_topic of {name}"),
            links=tuple(self._links(get("links"), name)),
            related=tuple(self._related(get("related"), name)),
            form=tuple(self._form(get("form"), name)),
            tags=tuple(tag.text for tag in self.texts(get("tags"), f"tags of {name}")),
            priority=self.integer(get("priority"), f"priority of {name}", 0),
            owner=self.text(get("owner") or head.owner, f"owner of {name}"),
            review_by=self.day(get("review_by") or head.review_by, f"review_by of {name}"),
            valid_from=valid_from,
            valid_until=valid_until,
            embargo=self.moment(get("embargo"), f"embargo of {name}", self._zone),
            tests=self._both_tests(get("tests"), name),
            places=dict(_places(fields)),
        )

    def _by_language(self, node: Node | None, what: str) -> Iterator[tuple[str, Node]]:
        fields = self.mapping(node, what)
        if isinstance(node, MappingNode) and not fields:
            self.error(node.place, f"{what} is empty", "Write it for one language at least:  en: …", "empty")
        for language, value in fields.items():
            if _LANGUAGE.fullmatch(language):
                yield language, value
                continue
            assert isinstance(node, MappingNode)
            close = nearest(language, _USUAL_LANGUAGES)
            hint = f'Did you mean "{close}"?' if close else "For example: en, zh-Hans, pt-BR."
            self.error(node.key_places[language], f'"{language}" in {what} is no language code', hint, "bad_language")

    def _texts_by_language(self, node: Node | None, what: str) -> dict[str, str]:
        read = (
            (language, self._filled(value, f"{what} ({language})")) for language, value in self._by_language(node, what)
        )
        return {language: text for language, text in read if text is not None}

    def _filled(self, node: Node | None, what: str) -> str | None:
        """A text with its variables filled in."""
        text = self.text(node, what)
        if text is None or not isinstance(node, ScalarNode):
            return None
        for name, place in self._variables.unknown(node):
            hint = did_you_mean(name, self._variables.names) or "Declare it under faq: variables: in config.yaml."
            self.error(place, f"{{{name}}} in {what} is no known variable", hint, "unknown_variable")
        return self._variables.fill(text).strip()

    def _phrasings(self, node: Node | None, name: str) -> Iterator[Phrasing]:
        for language, values in self._by_language(node, f"phrasings of {name}"):
            what = f"phrasings of {name} ({language})"
            if is_nothing(values):
                self.error(values.place, f"{what} are empty", "Write some, or remove the line.", "empty")
                continue
            for item in self.texts(values, what):
                text = self._filled(item, f"a phrasing of {name}")
                if text is not None:
                    yield Phrasing(text, language, item.place)

    def _channel_answers(self, node: Node | None, name: str) -> dict[tuple[str, str], str]:
        answers: dict[tuple[str, str], str] = {}
        for channel, by_language in self.mapping(node, f"channel_answers of {name}", CHANNELS).items():
            texts = self._texts_by_language(by_language, f"the answer of {name} on {channel}")
            answers |= {(language, channel): text for language, text in texts.items()}
        return answers

    def _links(self, node: Node | None, name: str) -> Iterator[Link]:
        for item in self.items(node, f"links of {name}"):
            fields = self.mapping(item, f"a link of {name}", ("url", "label"), ("url", "label"))
            url = self._filled(fields.get("url"), f"the url of a link of {name}")
            label = self._texts_by_language(fields.get("label"), f"the label of a link of {name}")
            if url is not None and not re.match(r"(https?://[^/\s]|mailto:\S+@)", url):
                hint = "It begins with https:// or mailto:."
                self.error(
                    fields["url"].place, f'"{url}" of {name} is no address that a button can open', hint, "bad_link"
                )
            elif url is not None and label:
                yield Link(url, label)

    def _related(self, node: Node | None, name: str) -> Iterator[str]:
        for item in self.texts(node, f"related of {name}"):
            self.relations.append(item)
            yield item.text

    def _form(self, node: Node | None, name: str) -> Iterator[Field]:
        taken: set[str] = set()
        for item in self.items(node, f"the form of {name}"):
            what = f"a field of the form of {name}"
            fields = self.mapping(item, what, ("name", "type", "label", "hint", "required"), ("name", "label"))
            field_name = self.text(fields.get("name"), f"the name of {what}")
            field_type = self.choice(fields.get("type"), f"the type of {what}", FIELD_TYPES, "text")
            label = self._texts_by_language(fields.get("label"), f"the label of {what}")
            hint = self._texts_by_language(fields.get("hint"), f"the hint of {what}")
            required = self.boolean(fields.get("required"), f'"required" of {what}')
            if field_name in taken:
                self.error(
                    item.place, f'the form of {name} has two fields "{field_name}"', "Rename one.", "duplicate_field"
                )
            elif field_name is not None:
                taken.add(field_name)
                yield Field(field_name, field_type, label, hint, required)

    def _both_tests(self, node: Node | None, name: str) -> tuple[TestQuestion, ...]:
        fields = self.mapping(node, f"tests of {name}", ("positive", "negative"))
        return (
            *self._tests(fields.get("positive"), f"positive tests of {name}", positive=True),
            *self._tests(fields.get("negative"), f"negative tests of {name}", positive=False),
        )

    def _tests(self, node: Node | None, what: str, positive: bool) -> Iterator[TestQuestion]:
        for language, values in self._by_language(node, what):
            for item in self.texts(values, f"{what} ({language})"):
                yield TestQuestion(item.text, language, item.place, positive)


def _name_of(node: Node) -> str:
    """How to call an entry in a message: by its id where it has one."""
    given = node.fields.get("id") if isinstance(node, MappingNode) else None
    return f'the entry "{given.text}"' if isinstance(given, ScalarNode) and given.text else "an entry"


def _places(fields: Mapping[str, Node]) -> Iterator[tuple[str, Place]]:
    """Where an entry's class, titles and answers stand, by the names that ``Entry.places`` has."""
    if "class" in fields:
        yield "class", fields["class"].place
    for key in ("title", "answer"):
        for language, node in _named(fields.get(key)):
            yield f"{key} {language}", node.place
    for channel, by_language in _named(fields.get("channel_answers")):
        for language, node in _named(by_language):
            yield f"answer {language} {channel}", node.place


def _named(node: Node | None) -> Iterator[tuple[str, Node]]:
    if isinstance(node, MappingNode):
        yield from node.fields.items()
