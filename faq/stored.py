"""A FAQ as JSON and back: what an unchanged FAQ starts from, and what a child process hands over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from faq.entry import Entry, Faq, Field, Handoff, Kind, Link, Phrasing, Place, TestQuestion, Topic

_NOT_CONTENT = {"place", "places", "tests"}


def content(item: Entry | Topic) -> Any:
    """What an entry or topic says, as plain JSON values: without its place in the files and without its tests."""
    return _plain(
        {field.name: getattr(item, field.name) for field in fields(item) if field.name not in _NOT_CONTENT},
        places=False,
    )


def to_json(faq: Faq) -> str:
    """The whole FAQ, places included."""
    return json.dumps(
        {
            "version": faq.version,
            "languages": faq.languages,
            "entries": [_plain(_shallow(entry), places=True) for entry in faq.entries.values()],
            "topics": [asdict(topic) for topic in faq.topics.values()],
            "unanswerable": [_plain(_shallow(test), places=True) for test in faq.unanswerable],
        },
        ensure_ascii=False,
    )


def from_json(text: str) -> Faq:
    """What ``to_json`` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    about = json.loads(text)
    entries = [_entry(entry) for entry in about["entries"]]
    topics = [Topic(topic["id"], topic["title"], tuple(topic["entry_ids"])) for topic in about["topics"]]
    return Faq(
        version=about["version"],
        entries={entry.id: entry for entry in entries},
        topics={topic.id: topic for topic in topics},
        languages=tuple(about["languages"]),
        unanswerable=tuple(_test(test) for test in about["unanswerable"]),
    )


def _shallow(item: Any) -> dict[str, Any]:
    return {field.name: getattr(item, field.name) for field in fields(item)}


def _plain(value: Any, places: bool) -> Any:
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Place):
        return [value.file, value.line, value.column]
    if isinstance(value, Mapping):
        return {" ".join(key) if isinstance(key, tuple) else key: _plain(inner, places) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner, places) for inner in value]
    named = _shallow(value)
    return {name: _plain(inner, places) for name, inner in named.items() if places or name not in _NOT_CONTENT}


def _entry(about: dict[str, Any]) -> Entry:
    about = {name: tuple(value) if isinstance(value, list) else value for name, value in about.items()}
    about["place"] = Place(*about["place"])
    about["phrasings"] = tuple(
        Phrasing(row["text"], row["language"], Place(*row["place"])) for row in about["phrasings"]
    )
    about["channel_answers"] = {tuple(key.split(" ")): text for key, text in about["channel_answers"].items()}
    about["places"] = {name: Place(*place) for name, place in about["places"].items()}
    about["kind"] = Kind(about["kind"])
    about["handoff"] = Handoff(about["handoff"])
    about["links"] = tuple(Link(**link) for link in about["links"])
    about["form"] = tuple(Field(**row) for row in about["form"])
    about["tests"] = tuple(_test(test) for test in about["tests"])
    if about["review_by"] is not None:
        about["review_by"] = date.fromisoformat(about["review_by"])
    for name in ("valid_from", "valid_until", "embargo"):
        if about[name] is not None:
            about[name] = datetime.fromisoformat(about[name])
    return Entry(**about)


def _test(about: dict[str, Any]) -> TestQuestion:
    return TestQuestion(about["text"], about["language"], Place(*about["place"]), about["positive"])
