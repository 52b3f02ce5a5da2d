"""What the owner can set about the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from handoff.sessions import Lifetime
from messaging.file_types import ALLOWED


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Settings of the console.

    ``public_url`` is the address that agents' browsers see, without a path below it. ``max_file`` counts bytes.
    Within ``attempts_within`` so many failed sign-ins are taken for one name and from one address. In seconds: ``poll``
    is for how long an open console trusts that nothing changed when it was told of nothing; ``gap`` is the shortest
    time between two updates that it is sent, ``pace`` that between two readings of the lists. ``behind_proxy`` takes
    addresses from ``X-Forwarded-For``.
    """

    public_url: str = "http://localhost:8080"
    service: str = "Innkeeper"
    max_file: int = 20 * 1024 * 1024
    allowed_types: frozenset[str] = ALLOWED
    lifetime: Lifetime = field(default_factory=Lifetime)
    attempts_per_name: int = 5
    attempts_per_address: int = 30
    attempts_within: timedelta = timedelta(minutes=15)
    poll: float = 3.0
    gap: float = 0.05
    pace: float = 0.25
    behind_proxy: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers come over https, so that cookies may insist on it."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def origin(self) -> str:
        """The ``Origin`` that a browser sends from a page under ``public_url``."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    def link(self, token: str) -> str:
        """The address of a one-time sign-in link (see handoff.sessions.new_link).

        The token stands behind ``#``: browsers do not send that part, so no access log and no ``Referer`` has it.
        """
        return f"{self.public_url.rstrip('/')}/console/#link={token}"
