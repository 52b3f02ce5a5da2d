"""The chat's page, its frame for other sites, the script that brings it there, and what they are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from aiohttp import web

from channels.base import Surroundings
from channels.markdown import to_html
from channels.web.settings import WebSettings
from messaging.commands import COMMANDS
from messaging.languages import accepted_language, nearest_language

STATIC = Path(__file__).parent / "static"
_SERVED = frozenset(path.name for path in STATIC.iterdir() if path.suffix in {".js", ".css", ".svg"})
_TEXT_KEYS = (
    "web_title",
    "web_placeholder",
    "web_send",
    "web_attach",
    "web_connecting",
    "web_offline",
    "web_online",
    "web_typing",
    "web_you",
    "web_bot",
    "web_agent",
    "web_new_messages",
    "web_earlier_messages",
    "web_too_long",
    "web_file_uploading",
    "web_file_failed",
    "web_file_too_large",
    "web_file_type_refused",
    "web_remove_file",
    "web_sending",
    "web_sent",
    "web_edited",
    "web_message_failed",
    "web_retry",
    "web_skip_to_input",
    "web_messages_label",
    "web_open_chat",
    "web_close_chat",
    "web_drop_files",
    "web_today",
    "web_menu",
)


def page_texts(surroundings: Surroundings, language: str) -> dict[str, Any]:
    """The page's words in this language, and the greeting that stands above every conversation."""
    return {
        "language": language,
        "texts": {key: surroundings.texts(key, language) for key in _TEXT_KEYS},
        "greeting": to_html(surroundings.texts("hello", language)),
        # The greeting stands above every conversation: there is nothing to start.
        "commands": [
            {"name": name, "label": surroundings.texts(f"command_{name}", language)}
            for name in COMMANDS
            if name != "start"
        ],
    }


class Pages:
    """Serves what a browser loads. ``surroundings`` raises 503 while the program is not ready."""

    def __init__(self, settings: WebSettings, surroundings: Callable[[], Surroundings]) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._page = Template((STATIC / "chat.html").read_text(encoding="utf-8"))
        self._widget = (STATIC / "widget.js").read_text(encoding="utf-8")

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            web.get("/chat", self._chat),
            web.get("/chat/embed", self._embedded),
            web.get("/widget.js", self._script),
            web.get("/chat/assets/{name}", self._asset),
        )

    async def _chat(self, request: web.Request) -> web.Response:
        return self._answer(request, ["'self'"])

    async def _embedded(self, request: web.Request) -> web.Response:
        return self._answer(request, ["'self'", *self._settings.allowed_origins])

    def _answer(self, request: web.Request, framing: Sequence[str]) -> web.Response:
        surroundings = self._surroundings()
        texts = page_texts(surroundings, _language_of(request, surroundings))
        facts = {
            **texts,
            "embedded": request.path.endswith("/embed"),
            "name": request.query.get("name", "")[:80],
            "max_file": self._settings.max_file,
            "max_files": self._settings.max_files,
            "max_text": self._settings.max_text,
            "accept": sorted(self._settings.allowed_types),
        }
        body = self._page.substitute(
            language=texts["language"],
            title=_escaped(texts["texts"]["web_title"]),
            skip=_escaped(texts["texts"]["web_skip_to_input"]),
            # In a script element only this could end it or begin a comment.
            facts=json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c"),
        )
        host = request.host
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
            f"connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors {' '.join(framing)}"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Vary": "Accept-Language"}
        return web.Response(text=body, content_type="text/html", headers={**_SAFE, **headers})

    async def _script(self, request: web.Request) -> web.Response:
        surroundings = self._surroundings()
        language = _language_of(request, surroundings)
        texts = {key: surroundings.texts(key, language) for key in ("web_title", "web_open_chat", "web_close_chat")}
        facts = json.dumps({"language": request.query.get("language"), "texts": texts})
        headers = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language"}
        script = self._widget.replace('"FACTS"', facts)
        # The script is meant for other sites, so their pages may load it.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return web.Response(text=script, content_type="text/javascript", headers={**_SAFE, **headers})

    async def _asset(self, request: web.Request) -> web.FileResponse:
        name = request.match_info["name"]
        if name not in _SERVED:
            raise web.HTTPNotFound
        # Always asked for again, and answered with 304 while it is unchanged: no page mixes old and new modules.
        return web.FileResponse(STATIC / name, headers={**_SAFE, "Cache-Control": "no-cache"})


_SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def _language_of(request: web.Request, surroundings: Surroundings) -> str:
    wanted = request.query.get("language")
    if wanted:
        return nearest_language(wanted, surroundings.languages)
    return accepted_language(request.headers.get("Accept-Language", ""), surroundings.languages)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
