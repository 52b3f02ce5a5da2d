"""A fake Telegram Bot API server, stateful and held to the real one's contract.

In a test::

    async with FakeTelegram() as server:
        ann = server.user("Ann")
        ann.writes("hello")
        reply = await server.next_sent(ann)

Out of process: ``python -m tests.protocol.telegram_server --port 8081`` (see ``control_api``).
"""

from tests.protocol.telegram_server.errors import ApiError, bad_request, forbidden, too_many_requests
from tests.protocol.telegram_server.faults import Fault
from tests.protocol.telegram_server.people import FakeGroup, FakeUser
from tests.protocol.telegram_server.server import FakeTelegram

__all__ = [
    "ApiError",
    "FakeGroup",
    "FakeTelegram",
    "FakeUser",
    "Fault",
    "bad_request",
    "forbidden",
    "too_many_requests",
]
