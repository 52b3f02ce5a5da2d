"""What may be attached, and how players are told so."""

from __future__ import annotations

from dataclasses import dataclass

from bot.effects import Text
from messaging.messages import IncomingFile


@dataclass(frozen=True, slots=True)
class FileRules:
    """What may be attached: ``limit`` in bytes, ``types`` as content types; and how players are told of both."""

    limit: int
    types: frozenset[str]
    limit_in_words: str
    types_in_words: str

    def state_of(self, file: IncomingFile) -> str:
        """The state that an incoming file begins in; ``pending`` is to be fetched, and its bytes are judged then."""
        if file.size is not None and file.size > self.limit:
            return "too_large"
        if file.sha256 is not None:
            return "stored"
        return "pending"

    def words_for(self, state: str) -> Text:
        """What the player is told of a file that could not be taken."""
        if state == "too_large":
            return Text("file_too_large", {"limit": self.limit_in_words})
        if state == "refused":
            return Text("file_type_refused", {"types": self.types_in_words})
        return Text("file_lost")
