"""How often an address may do a thing, and which address that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from channels.web.access import address_of, chat_of, new_token
from channels.web.rates import Rate
from channels.web.settings import WebSettings


def test_a_rate_allows_so_many_within_any_minute() -> None:
    time = datetime(2026, 3, 1, tzinfo=UTC)
    rate = Rate(2, lambda: time)
    assert [rate.take("a"), rate.take("a"), rate.take("a"), rate.take("b")] == [True, True, False, True]
    time += timedelta(seconds=59)
    assert not rate.take("a")
    time += timedelta(seconds=1)
    assert [rate.take("a"), rate.take("a"), rate.take("a")] == [True, True, False]


def test_tokens_are_long_and_open_chats_of_their_own() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len({chat_of(token) for token in tokens}) == 100
    assert not tokens & {chat_of(token) for token in tokens}


@pytest.mark.parametrize(
    ("forwarded", "behind_proxy", "address"),
    [
        ("203.0.113.7", False, "198.51.100.1"),
        ("203.0.113.7", True, "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", True, "203.0.113.7"),
        ("", True, "198.51.100.1"),
    ],
)
def test_only_our_own_proxy_is_believed(forwarded: str, behind_proxy: bool, address: str) -> None:
    request = make_mocked_request("GET", "/chat", {"X-Forwarded-For": forwarded}).clone(remote="198.51.100.1")
    assert address_of(request, WebSettings(behind_proxy=behind_proxy)) == address
