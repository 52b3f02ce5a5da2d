"""What an agent does in the console, each act under its own address: a note can never be taken for a reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from handoff.acts import (
    Act,
    AnswerLead,
    AskLead,
    Assign,
    Claim,
    Classify,
    Close,
    ConfirmUnderstood,
    Correct,
    Declined,
    DropPromise,
    Escalate,
    Hold,
    KeepPromise,
    LeaveIt,
    Merge,
    Mute,
    Note,
    Perform,
    Release,
    Reopen,
    Reply,
    Resend,
    SetTier,
    Snooze,
    StoredFile,
    Transfer,
    Undo,
    Unhold,
    Unmute,
    Wake,
    WriteMemo,
)
from handoff.agents import Agent
from handoff.console import views
from handoff.console.access import PATH, Access, body_of, refusal, text_of
from handoff.console.act_body import fields_of
from handoff.console.history import ticket_key
from messaging.file_types import clean_name
from messaging.files import describe
from storage.database import Database

_MOST_FILES = 10
_ACT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


ACTS: Mapping[str, type[Act]] = {
    "claim": Claim,
    "assign": Assign,
    "release": Release,
    "reply": Reply,
    "undo": Undo,
    "correct": Correct,
    "note": Note,
    "hold": Hold,
    "unhold": Unhold,
    "snooze": Snooze,
    "wake": Wake,
    "transfer": Transfer,
    "ask-lead": AskLead,
    "answer-lead": AnswerLead,
    "escalate": Escalate,
    "merge": Merge,
    "classify": Classify,
    "confirm": ConfirmUnderstood,
    "keep-promise": KeepPromise,
    "drop-promise": DropPromise,
    "close": Close,
    "reopen": Reopen,
    "resend": Resend,
    "leave": LeaveIt,
    "memo": WriteMemo,
    "tier": SetTier,
    "mute": Mute,
    "unmute": Unmute,
}
# These say something: an empty one is a slip of the finger.
_SPEAKING = (Reply, Note)


class DeskActs:
    """The routes of acts. Each answers 200 when the act is committed, 409 with the reason where it was declined."""

    def __init__(self, database: Database, access: Access, perform: Perform, now: Callable[[], datetime]) -> None:
        self._database = database
        self._access = access
        self._perform = perform
        self._now = now

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post(f"{PATH}/tickets/{{key}}/{name}", partial(self._do, kind=kind)) for name, kind in ACTS.items()]

    async def _do(self, request: web.Request, kind: type[Act]) -> web.Response:
        agent = await self._access.write(request)
        key = ticket_key(request.match_info["key"])
        body = await body_of(request)
        act_id = text_of(body, "act_id", 64)
        if not _ACT_ID.fullmatch(act_id):
            raise refusal(web.HTTPBadRequest, "malformed", "act_id must be 8 to 64 letters, digits and hyphens.")
        act = kind(ticket=key, **self._of(agent, act_id), **await fields_of(kind, body, self._stored))
        if isinstance(act, _SPEAKING) and not act.text and not act.files:
            raise refusal(web.HTTPBadRequest, "empty", "There is nothing in it yet: write something or attach a file.")
        return await self._ended(act)

    def _of(self, agent: Agent, act_id: str) -> dict[str, Any]:
        return {
            # One agent's repeat can never be taken for another's act.
            "act_id": f"console:{agent.id}:{act_id}",
            "agent_id": agent.id,
            "desk_name": agent.desk_name,
            "done_at": self._now(),
        }

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

    async def _ended(self, act: Act) -> web.Response:
        outcome = await self._perform(act)
        if isinstance(outcome, Declined) and isinstance(act, Reply | Correct | ConfirmUnderstood) and outcome.findings:
            found = {"text": act.text, "findings": [views.finding(each) for each in outcome.findings]}
            raise refusal(web.HTTPConflict, outcome.code, outcome.reason, **found)
        if isinstance(outcome, Declined):
            raise refusal(web.HTTPConflict, outcome.code, outcome.reason, **outcome.details)
        return web.json_response({})
