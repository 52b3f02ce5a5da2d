"""One call of a method: its parameters, however they were sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from tests.protocol.telegram_server.errors import bad_request

UPLOAD_LIMIT = 50_000_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file inside a multipart request."""

    name: str
    mime_type: str
    content: bytes


@dataclass(slots=True)
class Call:
    """A method with its parameters; a value sent as form text is decoded when it is asked for."""

    method: str
    values: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None else str(value)

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f'parameter "{name}" must be an Integer') from None

    def flag(self, name: str) -> bool:
        return self.values.get(name) in (True, "true", "True", "1", 1)

    def structure(self, name: str) -> Any:
        value = self.values.get(name)
        if isinstance(value, str) and value:
            try:
                return json.loads(value)
            except ValueError:
                raise bad_request(f"can't parse {name} JSON object") from None
        return value


async def read_call(method: str, request: web.BaseRequest) -> Call:
    """Read the parameters from JSON, a form, a multipart form, or the query string."""
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        body = await request.read()
        values = json.loads(body) if body else {}
    elif kind.startswith("multipart/form-data"):
        return await _read_multipart(method, request)
    else:
        body = await request.read()
        values = dict(parse_qsl(body.decode(), keep_blank_values=True)) if body else {}
    if request.query_string:
        values = dict(request.query) | values
    return Call(method, values)


async def _read_multipart(method: str, request: web.BaseRequest) -> Call:
    call = Call(method, {})
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        assert isinstance(part, BodyPartReader)
        assert part.name is not None
        content = bytes(await part.read())
        if part.filename is None:
            call.values[part.name] = content.decode()
        else:
            mime_type = part.headers.get("Content-Type", "application/octet-stream")
            call.uploads[part.name] = Upload(part.filename, mime_type, content)
    return call
