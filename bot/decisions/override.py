"""Whether a reply may go out despite what the guard found in it, and what is kept of an override."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.effects import Decline
from handoff.acts import ConfirmUnderstood, Correct, Reply
from handoff.guard.draft import Finding, Severity, may_be_sent

_WORDS_SHOWN = 60
Guardable = Reply | Correct | ConfirmUnderstood
"""The acts whose words reach a player."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard found in ``text``, a reply as it would be sent, and whether its writer leads."""

    text: str = ""
    findings: tuple[Finding, ...] = ()
    is_lead: bool = False

    def words(self, finding: Finding) -> str:
        """The words that a finding is about, shortened."""
        words = " ".join(self.text[finding.start : finding.end].split())
        return words if len(words) <= _WORDS_SHOWN else f"{words[: _WORDS_SHOWN - 1]}…"


def refusal(guarded: Guarded, reply: Guardable) -> Decline | None:
    """Why the reply does not go out; None where it does: nothing was found, or its writer may override and says why."""
    if may_be_sent(guarded.findings, reply.override_reason, guarded.is_lead):
        return None
    blocked = any(finding.severity is Severity.BLOCK for finding in guarded.findings)
    reasons = " ".join(
        f"“{words}”: {finding.reason}" if (words := guarded.words(finding)) else finding.reason
        for finding in guarded.findings
    )
    ending = "Only a lead may send it like this." if blocked and not guarded.is_lead else "Change it, or say why not."
    return Decline("guard", f"Please look at this once more. {reasons} {ending}", guarded.findings)


def record(guarded: Guarded, reply: Guardable) -> tuple[str, dict[str, Any]]:
    """The note and the data that are kept of an override; both empty where nothing was overridden."""
    if not guarded.findings:
        return "", {}
    reason = reply.override_reason.strip()
    codes = ", ".join(sorted({f"{finding.code} {finding.kind}" for finding in guarded.findings}))
    found = [
        {
            "kind": finding.kind.value,
            "code": finding.code,
            "severity": finding.severity.value,
            "span": [finding.start, finding.end],
        }
        for finding in guarded.findings
    ]
    note = f"{reply.desk_name} sent a reply that the guard had stopped ({codes}). The reason: {reason}"
    return note, {"override": {"reason": reason, "findings": found}}
