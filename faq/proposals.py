"""What is proposed for questions that failed, and how it is kept until an admin accepts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faq.missed import Reason


@dataclass(frozen=True, slots=True)
class AddPhrasings:
    """The group asks what an entry answers: learn its words. ``confidence`` in [0, 1] is how sure that is."""

    entry_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class NewEntry:
    """No entry answers the group: a draft of one. ``answer`` is what an agent replied, None where nobody did."""

    id: str
    topic: str
    title: str
    language: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one meaning. ``texts`` by language are fit to be phrasings, the most typical first."""

    texts: Mapping[str, tuple[str, ...]]
    players: int
    messages: int
    reasons: Mapping[Reason, int]
    proposal: AddPhrasings | NewEntry


def to_row(group: Group) -> dict[str, Any]:
    """A group as JSON values."""
    kind = "phrasings" if isinstance(group.proposal, AddPhrasings) else "entry"
    return asdict(group) | {"proposal": {"kind": kind, **asdict(group.proposal)}}


def from_row(row: Mapping[str, Any]) -> Group:
    """What ``to_row`` made."""
    about = dict(row["proposal"])
    kind = about.pop("kind")
    proposal = AddPhrasings(**about) if kind == "phrasings" else NewEntry(**about)
    texts = {language: tuple(rows) for language, rows in row["texts"].items()}
    reasons = {Reason(reason): count for reason, count in row["reasons"].items()}
    return Group(texts, row["players"], row["messages"], reasons, proposal)
