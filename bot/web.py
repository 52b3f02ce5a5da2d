"""The one web application: every part's routes behind the same safe headers, with health and metrics beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web

from bot.metrics import Metrics
from bot.requests import Requests
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger()

MOST_BYTES = 25 * 1024 * 1024
CONSOLE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_web(
    routes: Iterable[web.RouteDef],
    database: Database,
    metrics: Metrics,
    is_ready: Callable[[], bool],
    requests: Requests,
) -> web.Application:
    """The application; ``/healthz`` answers 200 while the process can do its work, 503 while it cannot."""

    async def healthz(_request: web.Request) -> web.Response:
        try:
            await database.ping()
        except StorageError as error:
            return web.json_response({"status": "database unreachable", "error": str(error)}, status=503)
        ready = is_ready()
        return web.json_response({"status": "ready" if ready else "starting"}, status=200 if ready else 503)

    async def livez(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def figures(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def home(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/chat")

    application = web.Application(middlewares=[requests.middleware, _guard], client_max_size=MOST_BYTES)
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/livez", livez)
    application.router.add_get("/metrics", figures)
    known = list(routes)
    application.add_routes(known)
    if any(route.path == "/chat" for route in known):
        application.router.add_get("/", home)
    return application


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The edge: safe headers on every answer, and no inner error ever shown to anybody."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _add_headers(request, answer)
        raise
    except StorageError as error:
        log.error("database_away", path=request.path, error=str(error))
        response = web.json_response({"error": "The service is not available right now; please try again."}, status=503)
    except Exception as error:
        if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            # Whoever called has hung up, in the middle of their words or of ours: nobody is there to be answered.
            raise
        log.exception("request_failed", path=request.path, method=request.method)
        response = web.json_response({"error": "Something went wrong on our side; please try again."}, status=500)
    if not response.prepared:
        _add_headers(request, response)
    return response


def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/console"):
        response.headers.setdefault("Content-Security-Policy", CONSOLE_POLICY)
