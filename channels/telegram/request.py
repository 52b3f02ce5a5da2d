"""The HTTP layer under python-telegram-bot: aiohttp, with errors that say whether a request can have had an effect."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

_JSON = {"Content-Type": "application/json", "User-Agent": BaseRequest.USER_AGENT}
_PLAIN = {"User-Agent": BaseRequest.USER_AGENT}


class NotSent(NetworkError):
    """No connection came about: the request surely had no effect."""


class Unavailable(NetworkError):
    """The server said that it did not serve the request: it surely had no effect."""


class FileNotThere(TelegramError):
    """There is no file at this address (any more)."""


class AiohttpRequest(BaseRequest):
    """Sends the SDK's requests over one aiohttp session.

    Raises NotSent and Unavailable where nothing can have happened; TimedOut and a plain NetworkError where the request
    had left and nobody knows. Refusals of the Bot API come as the SDK's own errors. Times are in seconds.
    """

    def __init__(
        self,
        *,
        connections: int = 128,
        connect_timeout: float = 10.0,
        timeout: float = 20.0,
        media_timeout: float = 90.0,
    ) -> None:
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._media_timeout = media_timeout
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, tuple[URL, str | None]] = {}

    @property
    def read_timeout(self) -> float:
        return self._timeout

    async def initialize(self) -> None:
        """Nothing to do ahead: the first request opens the session."""

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Idle connections are let go before Telegram does it: a request never meets a connection that just closed.
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and body of the answer; only ``read_timeout`` of the four times can be changed per call."""
        has_files = request_data is not None and request_data.contains_files
        default = self._media_timeout if has_files or method == "GET" else self._timeout
        timeout = float(read_timeout) if isinstance(read_timeout, int | float) else default
        address, proxy = self._address(url)
        try:
            async with self._open().request(
                method,
                address,
                data=_body(request_data),
                headers=_PLAIN if has_files or request_data is None else _JSON,
                timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=self._connect_timeout),
                proxy=proxy,
                allow_redirects=False,
            ) as answer:
                payload = await answer.read()
                status = answer.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(f"no connection to {address.host}: {type(error).__name__}") from error
        except TimeoutError as error:
            raise TimedOut(f"no answer from {address.host} within {timeout:g} seconds") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"the connection to {address.host} broke: {type(error).__name__}") from error
        _check(status, payload, method)
        return status, payload

    def _address(self, url: str) -> tuple[URL, str | None]:
        """The parsed address and its proxy; methods are few and come often, files are never the same."""
        known = self._urls.get(url)
        if known is None:
            known = URL(url), proxy_for(url)
            if "/file/" not in url:
                self._urls[url] = known
        return known


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY …)."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy is None or proxy_bypass(parts.hostname or ""):
        return None
    return proxy


def _body(request_data: RequestData | None) -> bytes | aiohttp.FormData | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return json.dumps(request_data.parameters).encode()
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, content_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=content_type)
    return form


def _check(status: int, payload: bytes, method: str) -> None:
    """Raise what the SDK would not tell apart: who refuses, the Bot API or something on the way to it.

    A proxy's 403 must not look like a player who blocked the bot, nor its 404 like a wrong token. A 5xx with the Bot
    API's own JSON is its word that the call failed, and 503 says "not served"; any other 5xx comes from something that
    cannot know what happened behind it.
    """
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    message = f"the server answered {status}"
    if status == HTTPStatus.NOT_FOUND and method == "GET":
        raise FileNotThere(message)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise BadRequest(message)
    if _is_from_bot_api(payload):
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(message)
    elif status < HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise Unavailable(f"{message}, and it is not the Bot API that says so")
    else:
        raise NetworkError(message)


def _is_from_bot_api(payload: bytes) -> bool:
    try:
        answer = json.loads(payload)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("ok") is False
