"""What is checked, and what the check says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """A warning may be overridden by the agent with a reason, a block only by a lead."""

    WARN = "warn"
    BLOCK = "block"


class Stage(StrEnum):
    """Where in the talk a draft stands: the first words of this agent, in between, or the last before the close."""

    FIRST = "first"
    REPLY = "reply"
    CLOSING = "closing"


class Kind(StrEnum):
    """What a finding is about."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    ADDRESS = "address"
    ACCOUNT = "account"
    IDENTITY_NUMBER = "identity_number"
    IP_ADDRESS = "ip_address"
    PASSWORD = "password"  # noqa: S105 the name of a kind
    TOKEN = "token"  # noqa: S105 the name of a kind
    SECRET = "secret"  # noqa: S105 the name of a kind
    EMBARGO = "embargo"
    NEUTRALITY = "neutrality"
    FORBIDDEN = "forbidden"
    ACCUSING = "accusing"
    RHETORICAL = "rhetorical"
    PROMISE = "promise"
    COMPENSATION = "compensation"
    GREETING = "greeting"
    CLOSING = "closing"
    CURT = "curt"


# The rule of conduct behind each kind.
CODES: dict[Kind, str] = {
    Kind.EMAIL: "G1",
    Kind.PHONE: "G1",
    Kind.CARD: "G1",
    Kind.ADDRESS: "G1",
    Kind.ACCOUNT: "G1",
    Kind.IDENTITY_NUMBER: "G1",
    Kind.IP_ADDRESS: "G1",
    Kind.NEUTRALITY: "G2",
    Kind.PASSWORD: "G3",
    Kind.TOKEN: "G3",
    Kind.SECRET: "G3",
    Kind.EMBARGO: "G3",
    Kind.GREETING: "G5",
    Kind.CLOSING: "G5",
    Kind.CURT: "G5",
    Kind.FORBIDDEN: "G6",
    Kind.ACCUSING: "G7",
    Kind.RHETORICAL: "G7",
    Kind.PROMISE: "G9",
    Kind.COMPENSATION: "G9",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A text about to be sent to one player ``at`` (aware).

    ``known`` is data that the player gave themselves, in any notation: it may be repeated to them. ``approved`` are the
    kinds (PROMISE, COMPENSATION) that were recorded and approved for this draft.
    """

    text: str
    language: str
    at: datetime
    stage: Stage = Stage.REPLY
    known: frozenset[str] = frozenset()
    approved: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend before sending: the characters ``start`` to ``end`` of the text, why, and what to do instead.

    What is missing from the text (a greeting) has an empty span where it should stand.
    """

    kind: Kind
    severity: Severity
    start: int
    end: int
    reason: str
    suggestion: str

    @property
    def code(self) -> str:
        """The code of the rule of conduct, such as G6."""
        return CODES[self.kind]


def may_be_sent(findings: Sequence[Finding], override_reason: str, is_lead: bool) -> bool:
    """Whether a draft may go out despite what was found: warnings need a reason, blocks a lead's reason."""
    if not findings:
        return True
    blocked = any(finding.severity is Severity.BLOCK for finding in findings)
    return bool(override_reason.strip()) and (is_lead or not blocked)
