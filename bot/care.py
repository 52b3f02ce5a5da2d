"""The owner's numbers for what happens around a request: its form, its survey, its manners. See config.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Care:
    """``form_patience``: how long a form waits for its next answer. ``survey_expires``: 0 asks for no opinion at all.

    ``survey_words``: how long after a rating the next words are taken for a part of it. ``unasked_per_day``: how often
    we write to one player without being asked to (G17). The rest is G16: at which insult they are warned, the lead is
    told, and they are muted, for how long, and after what time an insult is forgotten.
    """

    time_zone: str = "UTC"
    form_patience: timedelta = timedelta(minutes=15)
    survey_expires: timedelta = timedelta(days=7)
    survey_words: timedelta = timedelta(minutes=10)
    follow_up_after: timedelta = timedelta(days=3)
    unasked_per_day: int = 2
    warn_at: int = 2
    tell_lead_at: int = 3
    mute_at: int = 4
    mute_for: timedelta = timedelta(hours=1)
    forget_insults_after: timedelta = timedelta(hours=24)
