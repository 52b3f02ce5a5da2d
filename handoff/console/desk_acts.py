"""What an agent does in the console, each act under its own address: a note can never be taken for a reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from handoff.acts import (
    AgentAct,
    Claim,
    Close,
    Declined,
    LeaveIt,
    Note,
    Perform,
    Release,
    Reopen,
    Reply,
    Resend,
    StoredFile,
)
from handoff.agents import Agent
from handoff.console import views
from handoff.console.access import PATH, Access, body_of, refusal, text_of
from handoff.console.history import ticket_key, whole_number
from messaging.file_types import clean_name
from messaging.files import describe
from storage.database import Database

LONGEST_TEXT = 20_000
LONGEST_REASON = 500
_MOST_FILES = 10
_ACT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class DeskActs:
    """The routes of acts. Each answers 200 when the act is committed, 409 with the reason where it was declined."""

    def __init__(self, database: Database, access: Access, perform: Perform, now: Callable[[], datetime]) -> None:
        self._database = database
        self._access = access
        self._perform = perform
        self._now = now

    def routes(self) -> Sequence[web.RouteDef]:
        ticket = f"{PATH}/tickets/{{key}}"
        return (
            web.post(f"{ticket}/claim", self._claim),
            web.post(f"{ticket}/release", self._release),
            web.post(f"{ticket}/reply", self._reply),
            web.post(f"{ticket}/note", self._note),
            web.post(f"{ticket}/close", self._close),
            web.post(f"{ticket}/reopen", self._reopen),
            web.post(f"{ticket}/resend", self._resend),
            web.post(f"{ticket}/leave", self._leave),
        )

    async def _claim(self, request: web.Request) -> web.Response:
        _, common = await self._begun(request)
        return await self._ended(Claim(**common))

    async def _release(self, request: web.Request) -> web.Response:
        _, common = await self._begun(request)
        return await self._ended(Release(**common))

    async def _reply(self, request: web.Request) -> web.Response:
        body, common = await self._begun(request)
        reason = text_of(body, "override_reason", LONGEST_REASON).strip()
        return await self._ended(Reply(**common, **await self._words(body), override_reason=reason))

    async def _note(self, request: web.Request) -> web.Response:
        body, common = await self._begun(request)
        return await self._ended(Note(**common, **await self._words(body)))

    async def _close(self, request: web.Request) -> web.Response:
        _, common = await self._begun(request)
        return await self._ended(Close(**common))

    async def _reopen(self, request: web.Request) -> web.Response:
        _, common = await self._begun(request)
        return await self._ended(Reopen(**common))

    async def _resend(self, request: web.Request) -> web.Response:
        body, common = await self._begun(request)
        return await self._ended(Resend(**common, message=_message_number(body)))

    async def _leave(self, request: web.Request) -> web.Response:
        body, common = await self._begun(request)
        return await self._ended(LeaveIt(**common, message=_message_number(body)))

    async def _begun(self, request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
        """The request's body, and what every act carries."""
        agent = await self._access.write(request)
        key = ticket_key(request.match_info["key"])
        body = await body_of(request)
        act_id = text_of(body, "act_id", 64)
        if not _ACT_ID.fullmatch(act_id):
            raise refusal(web.HTTPBadRequest, "malformed", "act_id must be 8 to 64 letters, digits and hyphens.")
        return body, {"ticket": key, **self._of(agent, act_id)}

    def _of(self, agent: Agent, act_id: str) -> dict[str, Any]:
        return {
            # One agent's repeat can never be taken for another's act.
            "act_id": f"console:{agent.id}:{act_id}",
            "agent_id": agent.id,
            "desk_name": agent.desk_name,
            "done_at": self._now(),
        }

    async def _words(self, body: dict[str, Any]) -> dict[str, Any]:
        text = text_of(body, "text", LONGEST_TEXT).strip()
        stored = await self._stored(body.get("files", []))
        if not text and not stored:
            raise refusal(web.HTTPBadRequest, "empty", "There is nothing in it yet: write something or attach a file.")
        return {"text": text, "files": stored}

    async def _stored(self, named: Any) -> tuple[StoredFile, ...]:
        """The files that the request names, as they are stored. Raises 400 where one is not."""
        if not isinstance(named, list) or not all(isinstance(each, dict) for each in named):
            raise refusal(web.HTTPBadRequest, "malformed", "files must be a list of objects.")
        if len(named) > _MOST_FILES:
            raise refusal(web.HTTPBadRequest, "too_many_files", f"At most {_MOST_FILES} files go with one message.")
        if not named:
            return ()
        names = [(text_of(each, "sha256", 64), clean_name(text_of(each, "name", 1000))) for each in named]
        async with self._database.reading() as connection:
            known = await describe(connection, [sha256 for sha256, _ in names])
        for sha256, name in names:
            if sha256 not in known:
                raise refusal(
                    web.HTTPBadRequest, "file_gone", f"The file {name} is not here any more: attach it again."
                )
        return tuple(StoredFile(sha256, name, known[sha256].content_type, known[sha256].size) for sha256, name in names)

    async def _ended(self, act: AgentAct) -> web.Response:
        outcome = await self._perform(act)
        if isinstance(outcome, Declined) and isinstance(act, Reply) and outcome.findings:
            found = {"text": act.text, "findings": [views.finding(each) for each in outcome.findings]}
            raise refusal(web.HTTPConflict, outcome.code, outcome.reason, **found)
        if isinstance(outcome, Declined):
            raise refusal(web.HTTPConflict, outcome.code, outcome.reason)
        return web.json_response({})


def _message_number(body: dict[str, Any]) -> int:
    try:
        return whole_number(body.get("message"))
    except ValueError as error:
        raise refusal(web.HTTPBadRequest, "malformed", "message must be a number.") from error
