"""Checks calls against the machine-readable Bot API, where a copy of it is at hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from tests.protocol.telegram_server.call import Call

_DEFAULT = Path(__file__).parents[4] / "shared" / "emulators" / "telegram-bot-api-9.2.json"
_ONLY_TYPE = re.compile(r"(?:must be|always) [“\"]?(\w+)[”\"]?\.?$")
"""How the description of a ``type`` says that it can only be this one."""
_SCALARS: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "String": (str,),
    "Boolean": (bool,),
    "Float": (int, float),
}


class Schema:
    """The methods and types of the Bot API; ``problems`` says what is wrong with a call."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self._methods: dict[str, dict[str, Any]] = {
            name: {field["name"]: field for field in method.get("fields", [])}
            for name, method in document["methods"].items()
        }
        self._types: dict[str, Any] = document["types"]

    @classmethod
    def find(cls) -> Schema | None:
        """The schema named by INNKEEPER_BOT_API_SCHEMA or in its usual place; None where there is none."""
        path = Path(os.environ.get("INNKEEPER_BOT_API_SCHEMA", _DEFAULT))
        return cls(path) if path.is_file() else None

    def problems(self, call: Call) -> list[str]:
        """Everything that is wrong with the call's parameters; empty if it is a good call."""
        fields = self._methods.get(call.method)
        if fields is None:
            return [f"{call.method}: no such method"]
        given = call.values.keys() | call.uploads.keys()
        found = [
            f"{call.method}: {name} is required"
            for name, field in fields.items()
            if field["required"] and name not in given
        ]
        for name, value in call.values.items():
            if name in fields:
                found += self._check_any(f"{call.method}.{name}", self._decoded(fields[name], value), fields[name])
            else:
                found.append(f"{call.method}: {name} is unknown")
        return found

    @staticmethod
    def _decoded(field: dict[str, Any], value: Any) -> Any:
        """Form values are text; those that are not meant as text are JSON."""
        if isinstance(value, str) and field["types"] != ["String"] and "InputFile" not in field["types"]:
            try:
                return json.loads(value)
            except ValueError:
                return value
        return value

    def _check_any(self, where: str, value: Any, field: dict[str, Any]) -> list[str]:
        attempts = [self._check(where, value, kind) for kind in field["types"]]
        return min(attempts, key=len)

    def _check(self, where: str, value: Any, kind: str) -> list[str]:
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{where}: not an array"]
            inner = kind.removeprefix("Array of ")
            return [problem for i, item in enumerate(value) for problem in self._check(f"{where}[{i}]", item, inner)]
        if kind == "InputFile":
            return [] if isinstance(value, str) else [f"{where}: not a file"]
        if kind in _SCALARS:
            good = isinstance(value, _SCALARS[kind]) and (kind == "Boolean" or not isinstance(value, bool))
            return [] if good else [f"{where}: {value!r} is not a {kind}"]
        return self._check_object(where, value, kind)

    def _check_object(self, where: str, value: Any, kind: str) -> list[str]:
        definition = self._types[kind]
        if "subtypes" in definition:
            return min((self._check_object(where, value, sub) for sub in definition["subtypes"]), key=len)
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is not a {kind}"]
        fields = {field["name"]: field for field in definition.get("fields", [])}
        found = [f"{where}.{name}: is required" for name, f in fields.items() if f["required"] and name not in value]
        for name, inner in value.items():
            if name not in fields:
                found.append(f"{where}.{name}: is unknown in {kind}")
            else:
                found += self._check_any(f"{where}.{name}", inner, fields[name])
        named = _ONLY_TYPE.search(fields.get("type", {}).get("description", ""))
        if named and value.get("type") != named[1]:
            found.append(f"{where}.type: must be {named[1]}")
        return found
