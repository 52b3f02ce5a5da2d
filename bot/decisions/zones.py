"""The player's time zone: told by their browser, or set by themselves with /timezone or the button out of hours."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo, available_timezones

from bot.effects import ChangePlayer, Choice, Effect, Remember, Say, Text, ZoneName, number_in
from bot.situation import Situation

# One city for each hour of the day that people play at, from west to east.
COMMON = (
    *("Pacific/Honolulu", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York"),
    *("America/Sao_Paulo", "Atlantic/Azores", "Europe/London", "Europe/Berlin", "Europe/Istanbul", "Asia/Dubai"),
    *("Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Ho_Chi_Minh", "Asia/Shanghai", "Asia/Taipei"),
    *("Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland"),
)
A_FEW = 6
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?00)?", re.IGNORECASE)
_FARTHEST = {"+": 14, "-": 12}


def ask(start: int = 0, *before: Text) -> tuple[Effect, ...]:
    """A few cities as buttons, with the way to more."""
    choices = [Choice(ZoneName(each), f"zone:{each}") for each in COMMON[start : start + A_FEW]]
    following = start + A_FEW if start + A_FEW < len(COMMON) else 0
    choices.append(Choice(Text("button_more"), f"zones:{following}"))
    return (Say((*before, Text("zone_choose")), tuple(choices)),)


def press_more(_situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    start = number_in(rest) or 0
    return ask(start) if start < len(COMMON) else None


def press_zone(situation: Situation, rest: str) -> tuple[Effect, ...] | None:
    return choose(situation, rest) if rest in COMMON else None


def command(situation: Situation, argument: str) -> tuple[Effect, ...]:
    """/timezone, /timezone Asia/Tokyo, /timezone tokyo, /timezone UTC+9."""
    if not argument:
        return ask()
    zone = find(argument)
    if zone is None:
        return ask(0, Text("zone_unknown"))
    return choose(situation, zone)


def choose(situation: Situation, zone: str) -> tuple[Effect, ...]:
    """What the player said themself counts more than what their browser says."""
    return (
        ChangePlayer({"time_zone": zone}),
        Remember(replace(situation.memory, zone_chosen=True)),
        Say((Text("zone_set", {"zone": ZoneName(zone)}),)),
    )


def hear(situation: Situation, zone: str | None) -> tuple[Effect, ...]:
    """What the network says of the player's zone; nothing where they chose one, or where there is no such zone."""
    if zone is None or zone == situation.player.time_zone or situation.memory.zone_chosen or not is_zone(zone):
        return ()
    return (ChangePlayer({"time_zone": zone}),)


def find(words: str) -> str | None:
    """The zone that these words name: by its name, its city, or its distance from UTC."""
    offset = _OFFSET.fullmatch(words.strip())
    if offset:
        hours = int(offset[2])
        if hours > _FARTHEST[offset[1]]:
            return None
        # The database counts them the other way round: Etc/GMT-9 is nine hours ahead.
        return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{hours}" if hours else "Etc/UTC"
    wanted = words.strip().casefold().replace(" ", "_")
    known = sorted(each for each in available_timezones() if "/" in each and not each.startswith("Etc/"))
    by_name = next((each for each in known if each.casefold() == wanted), None)
    return by_name or next((each for each in known if each.rpartition("/")[2].casefold() == wanted), None)


def is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        return False
    return True
