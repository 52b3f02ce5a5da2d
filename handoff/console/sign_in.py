"""Signing in and out: by name and password, or by a one-time link that sets the password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from handoff import agents, sessions
from handoff.agents import Agent
from handoff.console.access import COOKIE, PATH, Access, body_of, refusal, text_of
from handoff.console.attempts import Attempts
from handoff.console.settings import ConsoleSettings
from handoff.errors import AgentRefused
from handoff.passwords import LONGEST, Passwords
from messaging.live import Live
from storage.database import Database

WRONG = "That name and password do not belong together."
LINK_SPENT = "This link was used already or has expired. Ask an admin for a new one, or sign in below."


class SignIn:
    """The routes of signing in and out."""

    def __init__(
        self,
        settings: ConsoleSettings,
        database: Database,
        access: Access,
        passwords: Passwords,
        *,
        live: Live,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._database = database
        self._access = access
        self._passwords = passwords
        self._live = live
        self._now = now
        self._by_name = Attempts(settings.attempts_per_name, settings.attempts_within)
        self._by_address = Attempts(settings.attempts_per_address, settings.attempts_within)

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            web.get(f"{PATH}/session", self._who),
            web.post(f"{PATH}/session", self._sign_in),
            web.delete(f"{PATH}/session", self._sign_out),
            web.post(f"{PATH}/link", self._look_at_link),
            web.post(f"{PATH}/password", self._set_password),
        )

    async def _who(self, request: web.Request) -> web.Response:
        return web.json_response(self._as_data(await self._access.agent(request)))

    async def _sign_in(self, request: web.Request) -> web.Response:
        self._access.same_origin(request)
        body = await body_of(request)
        name = agents.fold(text_of(body, "name", 200))
        password = text_of(body, "password", LONGEST)
        self._take_attempt(name, request)
        async with self._database.reading() as connection:
            agent = await agents.named(connection, name)
            stored = await agents.password_hash(connection, agent.id) if agent is not None else None
        verified = await self._passwords.verify(stored, password)
        if not verified.right or agent is None or agent.disabled_at is not None:
            raise refusal(web.HTTPForbidden, "wrong", WRONG)
        self._by_name.forget(name)
        self._by_address.take_back(self._access.address(request))
        async with self._database.transaction() as connection:
            if await agents.password_hash(connection, agent.id) != stored:
                # It was replaced through a link while this one was verified.
                raise refusal(web.HTTPForbidden, "wrong", WRONG)
            if verified.renewed is not None:
                await agents.set_password_hash(connection, agent.id, verified.renewed)
            token = await sessions.begin(connection, agent.id, self._now(), self._settings.lifetime)
        return self._let_in(agent, token)

    async def _sign_out(self, request: web.Request) -> web.Response:
        agent = await self._access.write(request)
        async with self._database.transaction() as connection:
            await sessions.end(connection, request.cookies[COOKIE])
        self._live.tell(f"agent:{agent.id}")
        response = web.json_response({})
        self._access.let_out(response)
        return response

    async def _look_at_link(self, request: web.Request) -> web.Response:
        self._access.same_origin(request)
        token = text_of(await body_of(request), "token", 200)
        self._take_attempt(None, request)
        async with self._database.reading() as connection:
            agent = await sessions.link_agent(connection, token, self._now())
        if agent is None:
            raise refusal(web.HTTPForbidden, "link_spent", LINK_SPENT)
        self._by_address.take_back(self._access.address(request))
        return web.json_response(self._as_data(agent))

    async def _set_password(self, request: web.Request) -> web.Response:
        self._access.same_origin(request)
        body = await body_of(request)
        token = text_of(body, "token", 200)
        self._take_attempt(None, request)
        now = self._now()
        async with self._database.reading() as connection:
            agent = await sessions.link_agent(connection, token, now)
        if agent is None:
            raise refusal(web.HTTPForbidden, "link_spent", LINK_SPENT)
        try:
            hashed = await self._passwords.hash(text_of(body, "password", LONGEST), name=agent.name)
        except AgentRefused as refused:
            raise refusal(web.HTTPBadRequest, "password", f"{refused}.".capitalize()) from refused
        async with self._database.transaction() as connection:
            if await sessions.use_link(connection, token, now) is None:
                raise refusal(web.HTTPForbidden, "link_spent", LINK_SPENT)
            await agents.set_password_hash(connection, agent.id, hashed)
            # Whoever was signed in with the old password is not any more.
            await sessions.end_all(connection, agent.id)
            session = await sessions.begin(connection, agent.id, now, self._settings.lifetime)
        self._by_address.take_back(self._access.address(request))
        self._live.tell(f"agent:{agent.id}")
        return self._let_in(agent, session)

    def _take_attempt(self, name: str | None, request: web.Request) -> None:
        """Count this try, by its name and by where it comes from. Raises 429 where there were too many."""
        now = self._now()
        address = self._access.address(request)
        minutes = self._by_address.minutes_to_wait(address, now)
        if name is not None:
            minutes = max(minutes, self._by_name.minutes_to_wait(name, now))
        if minutes:
            unit = "minute" if minutes == 1 else "minutes"
            tries = refusal(
                web.HTTPTooManyRequests,
                "too_many",
                f"Too many tries. Please wait {minutes} {unit}, or ask an admin for a new sign-in link.",
            )
            tries.headers["Retry-After"] = str(minutes * 60)
            raise tries
        self._by_address.count(address, now)
        if name is not None:
            self._by_name.count(name, now)

    def _let_in(self, agent: Agent, token: str) -> web.Response:
        response = web.json_response(self._as_data(agent))
        self._access.let_in(response, token)
        return response

    def _as_data(self, agent: Agent) -> dict[str, Any]:
        return {
            "id": agent.id,
            "name": agent.name,
            "desk_name": agent.desk_name,
            "role": agent.role,
            "service": self._settings.service,
            "max_file": self._settings.max_file,
        }
