"""The route that offers words to write: snippets and templates in the player's language."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from handoff.agents import Role
from handoff.console.access import PATH, Access
from handoff.snippets import Snippet, Snippets


class SnippetPages:
    """``GET /console/snippets?language=``: each in that language where it has it, else in another, which is told."""

    def __init__(self, access: Access, snippets: Snippets | None) -> None:
        self._access = access
        self._snippets = snippets

    def routes(self) -> Sequence[web.RouteDef]:
        return (web.get(f"{PATH}/snippets", self._listed),)

    async def _listed(self, request: web.Request) -> web.Response:
        agent = await self._access.agent(request)
        snippets = self._snippets
        if snippets is None:
            return web.json_response({"snippets": [], "problems": []})
        found = await asyncio.to_thread(snippets.all)
        wanted = request.query.get("language", "")
        shown = [_shown(each, language) for each in found if (language := each.in_language(wanted, snippets.languages))]
        # What is wrong with a file is for those who can have it mended.
        problems = [] if agent.role is Role.AGENT else [str(each) for each in snippets.problems]
        return web.json_response({"snippets": shown, "problems": problems})


def _shown(snippet: Snippet, language: str) -> dict[str, Any]:
    return {
        "name": snippet.name,
        "title": snippet.title[language],
        "text": snippet.text[language],
        "language": language,
        "topics": list(snippet.topics),
        "code": snippet.code,
    }
