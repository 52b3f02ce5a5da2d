"""From a request's JSON to the fields of an act: what each field may be is read from the act itself."""

from __future__ import annotations

import types
import typing
from collections.abc import Awaitable, Callable
from dataclasses import Field, fields
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints

from aiohttp import web

from handoff.acts import Act, StoredFile
from handoff.console.access import refusal, text_of
from handoff.console.history import whole_number

_COMMON = frozenset(each.name for each in fields(Act))
FilesNamed = Callable[[Any], Awaitable[tuple[StoredFile, ...]]]
"""Turns what a request names as files into stored ones; raises 400 where one is not there."""


async def fields_of(kind: type[Act], body: dict[str, Any], files_named: FilesNamed) -> dict[str, Any]:
    """The act's own fields. Raises 400 for what has the wrong form; what is left out keeps its default.

    A number that the act cannot do without (its default is 0) must be there.
    """
    hints = get_type_hints(kind)
    own = [each for each in fields(kind) if each.name not in _COMMON]
    return {each.name: await _value(each, hints[each.name], body, files_named) for each in own}


async def _value(each: Field[Any], hint: Any, body: dict[str, Any], files_named: FilesNamed) -> Any:
    name, given = each.name, body.get(each.name)
    optional = get_origin(hint) in (typing.Union, types.UnionType)
    plain = next(part for part in get_args(hint) if part is not type(None)) if optional else hint
    if optional and given is None:
        return None
    if plain is str:
        return text_of(body, name, each.metadata["longest"]).strip()
    if plain is bool:
        if not isinstance(given, bool | None):
            raise refusal(web.HTTPBadRequest, "malformed", f"{name} must be true or false.")
        return bool(given)
    if plain is int:
        return _number(name, given)
    if plain is datetime:
        return _moment(name, given)
    return await files_named(given if given is not None else [])


def _number(name: str, given: Any) -> int:
    try:
        return whole_number(given)
    except ValueError as error:
        raise refusal(web.HTTPBadRequest, "malformed", f"{name} must be a number.") from error


def _moment(name: str, given: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise refusal(web.HTTPBadRequest, "malformed", f"{name} must be a time, such as 2026-08-01T18:00Z.") from error
    if moment.tzinfo is None:
        raise refusal(web.HTTPBadRequest, "malformed", f"{name} needs a time zone, such as 2026-08-01T18:00Z.")
    return moment
