"""``{name}`` in the owner's texts: filled in from the configuration. ``{{name}}`` stays ``{name}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from storage.problems import Place
from storage.yaml_file import ScalarNode

_VARIABLE = re.compile(r"\{\{(?P<literal>[A-Za-z_]\w*)\}\}|\{(?P<name>[A-Za-z_]\w*)\}")


class Variables:
    """The declared variables, and the lines of the file that uses them (to say where one stands)."""

    def __init__(self, values: Mapping[str, str], lines: tuple[str, ...] = ()) -> None:
        self._values = values
        self._lines = lines

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def fill(self, text: str) -> str:
        """The text with every known variable replaced; an unknown one stays as written."""
        return _VARIABLE.sub(self._value, text) if "{" in text else text

    def protect(self, text: str) -> str:
        """The text so written that what looks like an unknown variable in it stays what it is."""

        def protected(found: re.Match[str]) -> str:
            return found[0] if found["literal"] or found["name"] in self._values else f"{{{found[0]}}}"

        return _VARIABLE.sub(protected, text)

    def unknown(self, node: ScalarNode) -> Iterator[tuple[str, Place]]:
        """Variables in a text that nobody declared, and where each stands."""
        if "{" not in node.text:
            return
        missing = {found["name"] for found in _VARIABLE.finditer(node.text)} - {None, *self._values}
        for name in sorted(missing):
            yield name, self._place(node, name)

    def _value(self, found: re.Match[str]) -> str:
        if found["literal"]:
            return f"{{{found['literal']}}}"
        return self._values.get(found["name"], found[0])

    def _place(self, node: ScalarNode, name: str) -> Place:
        for number in range(node.place.line, min(node.end_line, len(self._lines)) + 1):
            start = node.place.column - 1 if number == node.place.line else 0
            column = self._lines[number - 1].find(f"{{{name}}}", start)
            if column >= 0:
                return Place(node.place.file, number, column + 1)
        return node.place
