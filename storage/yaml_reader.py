"""Taking typed values out of a YAML document, collecting every problem on the way.

A method that finds something wrong reports it and returns its empty value (None, the default, an empty list), so that
the caller goes on and all problems of a file are known at once. A missing node is never a problem here: what must be
there is named in ``mapping(required=…)``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, tzinfo

from storage.problems import Place, Problem, Severity, did_you_mean, nearest
from storage.yaml_file import ListNode, MappingNode, Node, ScalarNode

_NOTHING = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "yes", "on"}
_FALSE = {"false", "no", "off"}
_KINDS = {ScalarNode: "a single value", ListNode: "a list", MappingNode: "names with values"}


def is_nothing(node: Node | None) -> bool:
    """Whether the value is absent: not written, empty, ``~`` or ``null`` without quotes."""
    return node is None or (isinstance(node, ScalarNode) and node.plain and node.text in _NOTHING)


class YamlReader:
    """Reads values of one or more documents and gathers what is wrong with them in ``problems``."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, place: Place, message: str, hint: str | None = None, code: str = "invalid") -> None:
        self.problems.append(Problem(place, message, hint, Severity.ERROR, code))

    def warning(self, place: Place, message: str, hint: str | None = None, code: str = "unusual") -> None:
        self.problems.append(Problem(place, message, hint, Severity.WARNING, code))

    def mapping(
        self,
        node: Node | None,
        what: str,
        known: Collection[str] | None = None,
        required: Collection[str] = (),
    ) -> dict[str, Node]:
        """The named values of ``what``; unknown names (``known`` None allows any) and missing ones are reported."""
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            if is_nothing(node) and not required:
                return {}
            self._wrong_kind(node, what, "names with values", "Write them as  name: value.")
            return {}
        misspelt: set[str | None] = set()
        for name in node.fields if known is not None else ():
            if known is not None and name not in known:
                hint = did_you_mean(name, known)
                self.error(node.key_places[name], f'{what} has no "{name}"', hint, "unknown_key")
                misspelt.add(nearest(name, known))
        for name in required:
            if is_nothing(node.fields.get(name)) and name not in misspelt:
                place = node.key_places.get(name, node.place)
                self.error(place, f'{what} lacks "{name}"', f"Add a line  {name}: …", "missing_key")
        return {name: value for name, value in node.fields.items() if known is None or name in known}

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The values of a list."""
        if is_nothing(node) or node is None:
            return ()
        if not isinstance(node, ListNode):
            self._wrong_kind(node, what, "a list", "Write one line for each, beginning with  - ")
            return ()
        return node.items

    def texts(self, node: Node | None, what: str) -> Iterator[ScalarNode]:
        """The non-empty texts of a list; a single text counts as a list of one."""
        nodes = (node,) if isinstance(node, ScalarNode) and not is_nothing(node) else self.items(node, what)
        for item in nodes:
            if self.text(item, what) is not None and isinstance(item, ScalarNode):
                yield item

    def text(self, node: Node | None, what: str) -> str | None:
        """A text as written; ``no`` and ``404`` are texts too. An empty one is reported."""
        if node is None:
            return None
        if not isinstance(node, ScalarNode):
            hint = 'A text with ": " in it, or one that begins with [ or {, needs "quotes" around it.'
            self._wrong_kind(node, what, "a text", hint)
            return None
        if is_nothing(node) or not node.text.strip():
            self.error(node.place, f"{what} is empty", "Write it, or remove the line.", "empty")
            return None
        if node.cut_by_comment:
            message = f"{what} ends before the #, because # after a space begins a comment"
            self.warning(node.place, message, 'Put the text in "quotes", or write a space after the #.', "comment")
        return node.text

    def choice(self, node: Node | None, what: str, values: Collection[str], default: str) -> str:
        """One of the given words."""
        text = self.text(node, what)
        if text is None or text in values:
            return text if text is not None else default
        assert node is not None
        self.error(node.place, f'{what} cannot be "{text}"', did_you_mean(text, values), "unknown_value")
        return default

    def boolean(self, node: Node | None, what: str, default: bool = False) -> bool:
        """true or false; yes, no, on and off count too."""
        text = self.text(node, what)
        if text is None:
            return default
        if text.casefold() in _TRUE | _FALSE:
            return text.casefold() in _TRUE
        assert node is not None
        self.error(node.place, f'{what} must be true or false, not "{text}"', code="not_boolean")
        return default

    def integer(self, node: Node | None, what: str, default: int, least: int | None = None) -> int:
        """A whole number."""
        number = self.number(node, what, float(default), None if least is None else float(least))
        if number != int(number):
            assert node is not None
            self.error(node.place, f"{what} must be a whole number", code="not_number")
            return default
        if isinstance(node, ScalarNode) and re.fullmatch(r"[-+]?\d+", node.text) and float(node.text) == number:
            # A float keeps 53 bits, and the ids of Discord's channels have more.
            return int(node.text)
        return int(number)

    def number(
        self, node: Node | None, what: str, default: float, least: float | None = None, most: float | None = None
    ) -> float:
        """A number within its limits."""
        text = self.text(node, what)
        if text is None:
            return default
        assert node is not None
        if not re.fullmatch(r"[-+]?(\d+(_\d+)*)(\.\d+)?([eE][-+]?\d+)?", text):
            self.error(node.place, f'{what} must be a number, not "{text}"', code="not_number")
            return default
        value = float(text)
        if (least is not None and value < least) or (most is not None and value > most):
            limits = " and ".join(
                part
                for part in (
                    None if least is None else f"at least {least:g}",
                    None if most is None else f"at most {most:g}",
                )
                if part
            )
            self.error(node.place, f"{what} must be {limits}, not {text}", code="out_of_range")
            return default
        return value

    def day(self, node: Node | None, what: str) -> date | None:
        """A date, as 2027-01-31."""
        text = self.text(node, what)
        if text is None or node is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.error(node.place, f'{what} must be a date, not "{text}"', "Write it as 2027-01-31.", "not_date")
            return None

    def moment(self, node: Node | None, what: str, zone: tzinfo, end_of_day: bool = False) -> datetime | None:
        """A point in time; without an offset it is in ``zone``. A date alone is the start of that day, or its end."""
        text = self.text(node, what)
        if text is None or node is None:
            return None
        try:
            if len(text) == len("2027-01-31"):
                clock = time(23, 59, 59, 999_999) if end_of_day else time()
                return datetime.combine(date.fromisoformat(text), clock, zone)
            moment = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
        except ValueError:
            hint = "Write it as 2027-01-31 09:00 or 2027-01-31T09:00+08:00."
            self.error(node.place, f'{what} must be a date and time, not "{text}"', hint, "not_moment")
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)

    def _wrong_kind(self, node: Node, what: str, wanted: str, hint: str) -> None:
        if is_nothing(node):
            self.error(node.place, f"{what} is empty", hint, "empty")
        else:
            self.error(node.place, f"{what} must be {wanted}, not {_KINDS[type(node)]}", hint, "wrong_kind")
