"""Passwords of agents: hashed with Argon2, outside the event loop, a few at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handoff.errors import AgentRefused

SHORTEST = 10
# Hashing costs memory by design (64 MiB each with the library's defaults), not by length: a bound all the same.
LONGEST = 1024
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password was right, and the hash to keep instead where the parameters have changed since."""

    right: bool
    renewed: str | None = None


class Passwords:
    """Hashes and verifies. Pass a cheaper ``hasher`` in tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._decoy: str | None = None

    async def hash(self, password: str, *, name: str) -> str:
        """The hash to store. Raises AgentRefused for a password that is too short, too long or the agent's own name."""
        if len(password) < SHORTEST:
            raise AgentRefused(
                f"a password needs at least {SHORTEST} characters; a few words in a row are easy to keep"
            )
        if len(password) > LONGEST:
            raise AgentRefused(f"a password can have {LONGEST} characters at most")
        if password.strip().casefold() == name.casefold() or len(set(password)) < 3:
            raise AgentRefused("that password is too easy to guess")
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> Verified:
        """Whether ``password`` made ``stored``. It takes as long where nothing is stored (and is never right)."""
        if len(password) > LONGEST:
            return Verified(right=False)
        async with self._turns:
            return await asyncio.to_thread(self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> Verified:
        # Made whoever asks first, so that the time taken does not tell known names from unknown ones.
        if self._decoy is None:
            self._decoy = self._hasher.hash("nobody's password")
        try:
            self._hasher.verify(self._decoy if stored is None else stored, password)
        except (VerificationError, InvalidHashError):
            return Verified(right=False)
        if stored is None:
            return Verified(right=False)
        return Verified(True, self._hasher.hash(password) if self._hasher.check_needs_rehash(stored) else None)
