"""The classes of service as the owner writes them, read into targets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from handoff.errors import Problem, SettingsError
from handoff.sla import Measure, Target, TicketClass
from storage.problems import did_you_mean

DEFAULT_CLASS = "routine"
ROLES = ("agent", "lead", "admin")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(wall\s+|working\s+)?(second|minute|hour|day)s?")


@dataclass(frozen=True, slots=True)
class ClassSettings:
    """A class as the owner writes it, None for no target.

    ``5 minutes`` and ``24 hours`` are of service time, ``48 wall hours`` pass by night too and while the player owes
    the next word, ``3 working days`` are days from midnight to midnight on which the office works.
    """

    first_reply: str | None = None
    next_reply: str | None = None
    resolution: str | None = None


def _default_classes() -> dict[str, ClassSettings]:
    return {
        "routine": ClassSettings(first_reply="5 minutes", next_reply="5 minutes"),
        "special": ClassSettings(first_reply="24 hours", next_reply="24 hours"),
        "major_bug": ClassSettings(first_reply="5 minutes", next_reply="24 hours", resolution="3 working days"),
        "complaint": ClassSettings(first_reply="5 minutes", next_reply="5 minutes", resolution="48 wall hours"),
    }


def _default_warnings() -> dict[int, tuple[str, ...]]:
    return {50: ("agent",), 80: ("agent", "lead"), 100: ("agent", "lead", "admin")}


@dataclass(frozen=True, slots=True)
class SlaSettings:
    """The classes by name, and the roles that are warned at each percentage of a target."""

    classes: Mapping[str, ClassSettings] = field(default_factory=_default_classes)
    warn: Mapping[int, Sequence[str]] = field(default_factory=_default_warnings)


@dataclass(frozen=True, slots=True)
class Sla:
    """The classes by name, and whom to warn at which percentage."""

    classes: Mapping[str, TicketClass]
    roles_at: Mapping[int, tuple[str, ...]]

    def class_of(self, name: str) -> TicketClass:
        """The class of this name; one that is not set keeps its name and has the targets of the default class."""
        return self.classes.get(name) or replace(self.classes[DEFAULT_CLASS], name=name)

    def roles_by(self, percent: int) -> frozenset[str]:
        """Everybody who has been warned once so much of a target is used up."""
        return frozenset(role for at, roles in self.roles_at.items() if at <= percent for role in roles)

    @classmethod
    def from_settings(cls, settings: SlaSettings) -> Sla:
        """The rules that ``settings`` describe. Raises SettingsError naming every setting that is wrong."""
        return _Reader(settings).sla()


class _Reader:
    """Reads settings into rules, collecting every problem on the way."""

    def __init__(self, settings: SlaSettings) -> None:
        self._settings = settings
        self._warn_at = tuple(sorted(settings.warn))
        self._problems: list[Problem] = []

    def sla(self) -> Sla:
        classes = {name: self._class(name, written) for name, written in self._settings.classes.items()}
        if not classes:
            self._refuse("classes", "at least one class is needed")
        elif DEFAULT_CLASS not in classes:
            self._refuse("classes", f"there is no {DEFAULT_CLASS}, which every ticket is that nothing else is said of")
        for percent, roles in self._settings.warn.items():
            self._check_warning(percent, roles)
        if self._problems:
            raise SettingsError(self._problems)
        return Sla(classes, {percent: tuple(self._settings.warn[percent]) for percent in self._warn_at})

    def _check_warning(self, percent: int, roles: Sequence[str]) -> None:
        if percent <= 0:
            self._refuse(f"warn.{percent}", "a percentage above 0 is needed")
        if isinstance(roles, str):
            self._refuse(f"warn.{percent}", f"a list of roles is needed, such as [{roles}]")
            return
        for role in roles:
            if role not in ROLES:
                self._refuse(f"warn.{percent}", f"there is no role {role!r}. {did_you_mean(role, ROLES)}")

    def _class(self, name: str, written: ClassSettings) -> TicketClass:
        here = f"classes.{name}"
        if not (written.first_reply or written.next_reply or written.resolution):
            self._refuse(here, "it has no target")
        return TicketClass(
            name,
            self._target(f"{here}.first_reply", written.first_reply),
            self._target(f"{here}.next_reply", written.next_reply),
            self._target(f"{here}.resolution", written.resolution),
        )

    def _target(self, setting: str, text: str | None) -> Target | None:
        if text is None:
            return None
        parts = _DURATION.fullmatch(text.strip().lower())
        if parts is None:
            self._refuse(setting, f"{text!r} is not a time; write it as 5 minutes, 48 wall hours or 3 working days")
            return None
        number, counted, unit = parts[1], (parts[2] or "").strip(), parts[3]
        if unit == "day" and not counted:
            self._refuse(setting, f"{text!r} could mean two things; write working days, wall days or hours")
        if unit != "day" and counted == "working":
            self._refuse(setting, f"{text!r}: only days are counted as working; {number} {unit}s are of service time")
        amount = timedelta(**{f"{unit}s": float(number)})
        if not amount:
            self._refuse(setting, "a target needs more than no time")
        return Target(amount, Measure(counted or "service"), self._warn_at)

    def _refuse(self, setting: str, reason: str) -> None:
        self._problems.append(Problem(setting, reason))
