"""What every finder of personal data and secrets shares: what it finds, and how numbers stand in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from handoff.guard.draft import Kind
from handoff.guard.phrases import LATIN

# Letters and digits may touch Chinese and Japanese text, which has no spaces, but not other Latin text.
BEFORE = f"(?<![{LATIN}A-Z])"
AFTER = f"(?![{LATIN}A-Z])"

# Words before a number that make it the number of a thing, not of a person.
_NUMBER_OF_A_THING = re.compile(
    r"(?:order|ticket|invoice|transaction|receipt|reference|case|serial|version|patch|build|\bid|#"
    r"|[订訂]单|訂單|单号|單號|编号|編號|流水|工单|注文|お問い合わせ|受付|取引|đơn hàng|mã|phiên bản|giao dịch)"
    r"[^\d.!?。\n]{0,12}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of text of some kind; ``value`` is what it says without the words that introduce it."""

    kind: Kind
    start: int
    end: int
    value: str


Finder = Callable[[str], Iterator[Found]]


def is_number_of_a_thing(text: str, start: int) -> bool:
    """Whether the number that begins at ``start`` is introduced as that of an order, a ticket, a version …"""
    return _NUMBER_OF_A_THING.search(text[max(0, start - 40) : start]) is not None


def find_all(text: str, wanted: Sequence[Finder]) -> list[Found]:
    """What the finders find, in the order of the text and without overlaps."""
    claimed: list[Found] = []
    for finder in wanted:
        for found in finder(text):
            if all(found.end <= other.start or found.start >= other.end for other in claimed):
                claimed.append(found)
    return sorted(claimed, key=lambda found: found.start)
