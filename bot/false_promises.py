"""Texts of the bot that promise what the settings do not hold: people at every hour, or sooner than is aimed for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bot.texts import HUMAN_WORDS, TAKE_BACK_WORDS, source_of
from faq.lint import always_open_promise
from handoff.sla_settings import Sla
from storage.problems import Place, Problem
from storage.yaml_file import MappingNode, Node, ScalarNode, read_yaml

# What the bot itself does at once, the moment it is asked, may be said so; people are what is promised here.
OWN_DEEDS = (
    *("hello", "help", "web_", "command_", "button_", "panel_", "form_", "language_", "zone_", "survey_"),
    # An agent is there already.
    *("agent_greeting", "hold"),
)
_HOUR = "hours? hour giờ 小时 小時 時間".split()
_WITHIN = re.compile(
    r"(?:with)?in (?:about |at most )?(\d+) (minutes?|hours?)"
    r"|(\d+)\s*(分钟|分鐘|小时|小時)\s*(?:之)?[内內]"
    r"|trong (?:vòng )?(\d+) (phút|giờ)"
    r"|(\d+)\s*(分|時間)\s*以内",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(
    r"\b(?:immediately|instantly|straight away|right away)\b|立即|立刻|马上|馬上"
    r"|ngay lập tức|ngay tức khắc|直ちに|ただちに|即座に",
    re.IGNORECASE,
)


def false_promises(folder: Path, languages: tuple[str, ...], *, always_open: bool | None, sla: Sla) -> list[Problem]:
    """Every one of them, at its place in the file. ``always_open`` is None where the hours are not right."""
    soonest = _soonest(sla)
    found: list[Problem] = []
    for language in languages:
        root = read_yaml(source_of(folder, language)).root
        for key, text, place in _texts(root):
            found += _promises(key, text, place, always_open=always_open, soonest=soonest)
    return found


def _soonest(sla: Sla) -> timedelta | None:
    """The shortest time in which any class aims for a first reply."""
    targets = [each.first_reply.amount for each in sla.classes.values() if each.first_reply is not None]
    return min(targets, default=None)


def _texts(root: Node | None) -> Iterator[tuple[str, str, Place]]:
    if not isinstance(root, MappingNode):
        return
    for key, node in root.fields.items():
        if key in (HUMAN_WORDS, TAKE_BACK_WORDS):
            continue
        for each in (node, *(node.fields.values() if isinstance(node, MappingNode) else ())):
            if isinstance(each, ScalarNode):
                yield key, each.text, each.place


def _promises(
    key: str, text: str, place: Place, *, always_open: bool | None, soonest: timedelta | None
) -> Iterator[Problem]:
    always = always_open_promise(text)
    if always_open is False and always:
        message = f'"{key}" says "{always}", and the service calendar has closing hours'
        yield Problem(place, message, "Name the hours instead, or change the calendar.", code="broken_promise")
    if key.startswith(OWN_DEEDS):
        return
    at_once = _AT_ONCE.search(text)
    if at_once:
        message = f'"{key}" says "{at_once[0]}", which people cannot hold'
        yield Problem(place, message, "Say that they answer as soon as they can.", code="broken_promise")
    for within in _WITHIN.finditer(text):
        number, unit = next((a, b) for a, b in zip(within.groups()[::2], within.groups()[1::2], strict=True) if a)
        promised = timedelta(hours=int(number)) if unit.lower() in _HOUR else timedelta(minutes=int(number))
        if soonest is None or promised < soonest:
            aim = "no class aims for a time" if soonest is None else f"the settings aim for {_spoken(soonest)}"
            message = f'"{key}" promises "{within[0]}", and {aim}'
            yield Problem(place, message, "Promise no more than sla in config.yaml.", code="broken_promise")


def _spoken(length: timedelta) -> str:
    minutes = length / timedelta(minutes=1)
    return f"{minutes:g} minutes" if minutes < 120 else f"{minutes / 60:g} hours"
