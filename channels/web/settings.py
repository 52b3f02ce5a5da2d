"""What the owner can set about the web chat."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.file_types import ALLOWED


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the web chat.

    ``allowed_origins`` are the other sites (``https://game.example``) that may embed the chat or open its socket; its
    own address always may. ``max_file`` counts bytes, ``max_text`` characters of one message. The rates are for one
    address: set ``behind_proxy`` where a reverse proxy names the players' addresses in ``X-Forwarded-For``.
    ``poll`` is how many seconds an open page trusts that nothing changed when it was told of nothing.
    """

    allowed_origins: tuple[str, ...] = ()
    max_file: int = 20 * 1024 * 1024
    max_files: int = 10
    max_text: int = 20_000
    allowed_types: frozenset[str] = ALLOWED
    new_chats_per_minute: int = 20
    uploads_per_minute: int = 30
    behind_proxy: bool = False
    poll: float = 5.0
