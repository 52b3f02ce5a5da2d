"""What can be chosen at the desk: classes, tiers, topics and categories, as the owner's settings and FAQ stand now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from handoff.console.access import PATH, Access


@dataclass(frozen=True, slots=True)
class DeskChoices:
    """Names of classes and tiers; topics and categories with their titles, by name."""

    classes: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ("standard",)
    topics: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)


Choosing = Callable[[], DeskChoices]
"""What can be chosen now; quick. Topics change as the FAQ does."""


class Choices:
    """The route that tells what can be chosen."""

    def __init__(self, access: Access, choosing: Choosing) -> None:
        self._access = access
        self._choosing = choosing

    def routes(self) -> Sequence[web.RouteDef]:
        return (web.get(f"{PATH}/choices", self._choices),)

    async def _choices(self, request: web.Request) -> web.Response:
        await self._access.agent(request)
        return web.json_response(as_data(self._choosing()))


def as_data(choices: DeskChoices) -> dict[str, Any]:
    return {
        "classes": list(choices.classes),
        "tiers": list(choices.tiers),
        "topics": [{"id": name, "title": title} for name, title in choices.topics.items()],
        "categories": [{"id": name, "title": title} for name, title in choices.categories.items()],
    }
