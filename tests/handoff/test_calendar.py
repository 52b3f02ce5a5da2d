"""The service calendar: named days first, then every minute against a counter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.calendar import WEEKDAYS, Calendar, CalendarSettings
from handoff.errors import SettingsError
from tests.handoff.minutes import MINUTE, MinuteCounter

HOUR = timedelta(hours=1)
NIGHTLY = CalendarSettings(time_zone="Asia/Ho_Chi_Minh")
ALWAYS = CalendarSettings(week=dict.fromkeys(WEEKDAYS, ("00:00-24:00",)))


def calendar_of(**changes: object) -> Calendar:
    return Calendar.from_settings(replace(CalendarSettings(), **changes))


def moment(text: str, zone: str = "Asia/Ho_Chi_Minh", fold: int = 0) -> datetime:
    # In UTC: Python holds a time that is shown twice unequal to any time of another zone.
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02 08:59:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 23:59", True),
        ("2026-03-03 01:59:59.999999", True),
        ("2026-03-03 02:00", False),
        ("2026-03-03 05:00", False),
    ],
)
def test_default_hours_cross_midnight(at: str, is_open: bool) -> None:
    assert Calendar.from_settings(NIGHTLY).is_open(moment(at)) is is_open


def test_openings_and_closings() -> None:
    calendar = Calendar.from_settings(NIGHTLY)
    closed, opened = moment("2026-03-03 05:00"), moment("2026-03-03 23:00")
    assert calendar.opens_next(closed) == moment("2026-03-03 09:00")
    assert calendar.opens_next(opened) == opened
    assert calendar.closes_next(opened) == moment("2026-03-04 02:00")
    assert calendar.closes_next(closed) == closed


def test_service_time_leaves_the_night_out() -> None:
    calendar = Calendar.from_settings(NIGHTLY)
    asked = moment("2026-03-03 01:58")
    assert calendar.add_service_time(asked, 5 * MINUTE) == moment("2026-03-03 09:03")
    assert calendar.service_time_between(asked, moment("2026-03-03 09:03")) == 5 * MINUTE
    assert calendar.service_time_between(moment("2026-03-03 03:00"), moment("2026-03-03 08:00")) == timedelta()
    assert calendar.service_time_between(asked, asked - HOUR) == timedelta()


def test_reaching_the_close_exactly_is_in_time() -> None:
    calendar = Calendar.from_settings(NIGHTLY)
    assert calendar.add_service_time(moment("2026-03-03 01:55"), 5 * MINUTE) == moment("2026-03-03 02:00")
    assert calendar.add_service_time(moment("2026-03-03 05:00"), timedelta()) == moment("2026-03-03 05:00")


def test_several_intervals_a_day_and_closed_days() -> None:
    calendar = calendar_of(week={"monday": ["13:00-17:00", "09:00-12:00"], "friday": ["22:00-06:00"]})
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert not calendar.is_open(monday + 12.5 * HOUR)
    assert calendar.service_time_between(monday, monday + timedelta(days=7)) == 15 * HOUR
    assert calendar.opens_next(monday + 18 * HOUR) == monday + timedelta(days=4, hours=22)
    assert calendar.add_service_time(monday, 7 * HOUR + MINUTE) == monday + timedelta(days=4, hours=22, minutes=1)


def test_a_holiday_takes_what_starts_on_it_and_leaves_the_evening_before() -> None:
    calendar = calendar_of(time_zone="Europe/Berlin", holidays_country="DE", holidays_subdivision="BY")
    assert calendar.is_open(moment("2026-01-06 01:30", "Europe/Berlin"))  # Epiphany, a holiday in Bavaria
    assert not calendar.is_open(moment("2026-01-06 12:00", "Europe/Berlin"))
    assert calendar.opens_next(moment("2026-01-06 03:00", "Europe/Berlin")) == moment(
        "2026-01-07 09:00", "Europe/Berlin"
    )
    berlin = calendar_of(time_zone="Europe/Berlin", holidays_country="DE", holidays_subdivision="BE")
    assert berlin.is_open(moment("2026-01-06 12:00", "Europe/Berlin"))


def test_holiday_hours_hold_instead_of_the_weeks() -> None:
    calendar = calendar_of(holidays_country="US", holiday_hours=["12:00-14:00"])
    christmas = datetime(2026, 12, 25, tzinfo=UTC)
    assert calendar.service_time_between(christmas + 2 * HOUR, christmas + 24 * HOUR) == 2 * HOUR


def test_an_exception_beats_the_week_and_the_holiday() -> None:
    calendar = calendar_of(
        holidays_country="US", exceptions={date(2026, 12, 25): ["20:00-21:00"], date(2026, 3, 3): []}
    )
    assert calendar.is_open(datetime(2026, 12, 25, 20, 30, tzinfo=UTC))
    assert not calendar.is_open(datetime(2026, 12, 25, 12, tzinfo=UTC))
    assert not calendar.is_open(datetime(2026, 3, 3, 12, tzinfo=UTC))


def test_open_all_the_time() -> None:
    calendar = Calendar.from_settings(ALWAYS)
    at = datetime(2026, 3, 3, 4, 5, tzinfo=UTC)
    assert calendar.is_always_open()
    assert calendar.opens_next(at) == at
    assert calendar.closes_next(at) is None
    assert calendar.add_service_time(at, timedelta(days=1000)) == at + timedelta(days=1000)
    assert not Calendar.from_settings(NIGHTLY).is_always_open()
    assert not Calendar.from_settings(replace(ALWAYS, holidays_country="FR")).is_always_open()
    assert not Calendar.from_settings(replace(ALWAYS, exceptions={date(2026, 5, 1): []})).is_always_open()


def test_never_open_again_is_none_and_a_far_exception_is_found() -> None:
    calendar = calendar_of(week={}, exceptions={date(2030, 1, 1): ["10:00-11:00"]})
    before, after = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    assert calendar.opens_next(before) == datetime(2030, 1, 1, 10, tzinfo=UTC)
    assert calendar.add_service_time(before, 2 * HOUR) is None
    assert calendar.opens_next(after) is None
    assert calendar.service_time_between(before, after) == HOUR


def test_hours_the_clock_skips_and_repeats() -> None:
    """Berlin skips 02:00-03:00 on 29 March 2026 and shows it twice on 25 October."""
    calendar = calendar_of(time_zone="Europe/Berlin", week={"sunday": ["01:00-02:30"]})
    spring, autumn = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert calendar.service_time_between(spring, spring + 8 * HOUR) == HOUR
    assert calendar.service_time_between(autumn, autumn + 8 * HOUR) == 2.5 * HOUR
    assert calendar.is_open(moment("2026-10-25 02:45", "Europe/Berlin", fold=0))
    assert not calendar.is_open(moment("2026-10-25 02:45", "Europe/Berlin", fold=1))
    skipped = calendar_of(time_zone="Europe/Berlin", week={"sunday": ["02:10-02:50"]})
    assert skipped.service_time_between(spring, spring + 8 * HOUR) == timedelta()
    assert skipped.opens_next(spring) == moment("2026-04-05 02:10", "Europe/Berlin")


def test_the_default_hours_close_when_the_clock_first_shows_two() -> None:
    calendar = calendar_of(time_zone="Europe/Berlin")
    evening = moment("2026-10-24 20:00", "Europe/Berlin")
    assert calendar.closes_next(evening) == moment("2026-10-25 02:00", "Europe/Berlin", fold=0)


def test_working_days() -> None:
    calendar = calendar_of(holidays_country="US", exceptions={date(2026, 3, 4): [], date(2026, 3, 7): ["10:00-12:00"]})
    assert [calendar.is_working_day(date(2026, 3, day)) for day in range(2, 9)] == [
        True,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    assert not calendar.is_working_day(date(2026, 12, 25))
    working = calendar.working_calendar()
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    assert working.add_service_time(friday, timedelta(days=3)) == datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert working.add_service_time(friday + timedelta(days=1), timedelta(days=3)) == datetime(2026, 3, 12, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Calendar.from_settings(NIGHTLY).is_open(datetime(2026, 3, 3))  # noqa: DTZ001 what the test is about
    with pytest.raises(ValueError, match="negative"):
        Calendar.from_settings(NIGHTLY).add_service_time(datetime(2026, 3, 3, tzinfo=UTC), -HOUR)


@pytest.mark.parametrize(
    ("changes", "setting", "reason"),
    [
        ({"time_zone": "Europe/Berln"}, "time_zone", "Europe/Berlin"),
        ({"time_zone": "../etc"}, "time_zone", "no time zone"),
        ({"week": {"mondy": ["09:00-17:00"]}}, "week.mondy", "monday"),
        ({"week": {"monday": ["9-17"]}}, "week.monday[0]", "not an interval"),
        ({"week": {"monday": ["09:00-12:00", "25:00-26:00"]}}, "week.monday[1]", "from 00:00 to 24:00"),
        ({"week": {"monday": ["09:61-12:00"]}}, "week.monday[0]", "from 00:00 to 24:00"),
        ({"week": {"monday": ["09:00-09:00"]}}, "week.monday[0]", "holds no time"),
        ({"week": {"monday": ["09:00-12:00", "11:00-13:00"]}}, "week.monday", "overlap"),
        ({"week": {"monday": "09:00-12:00"}}, "week.monday", "a list"),
        ({"week": {"monday": []}}, "week", "never be open"),
        ({"holidays_country": "DEU2"}, "holidays_country", "no holidays are known"),
        ({"holidays_country": "DE", "holidays_subdivision": "XX"}, "holidays_subdivision", "BY"),
        ({"holidays_subdivision": "BY"}, "holidays_subdivision", "holidays_country"),
        ({"holiday_hours": ["noon"]}, "holiday_hours[0]", "not an interval"),
        ({"exceptions": {date(2026, 1, 1): ["x"]}}, "exceptions.2026-01-01[0]", "not an interval"),
        ({"working_days": ["fryday"]}, "working_days[0]", "friday"),
        ({"working_days": []}, "working_days", "at least one"),
    ],
)
def test_the_wrong_setting_is_named(changes: dict[str, object], setting: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        calendar_of(**changes)
    assert [problem.setting for problem in caught.value.problems] == [setting]
    assert reason in caught.value.problems[0].reason
    assert setting in str(caught.value)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        calendar_of(time_zone="Mars", week={"monday": ["x", "y"]}, holidays_country="??")
    named = [problem.setting for problem in caught.value.problems]
    assert named == ["time_zone", "week.monday[0]", "week.monday[1]", "holidays_country"]


# Dates around each change of the clock, and where a zone has none, any.
CHANGES = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # by half an hour
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 29)],  # at midnight
    "America/St_Johns": [date(2010, 3, 14), date(2010, 11, 7)],  # at 00:01, back over midnight
    "Pacific/Apia": [date(2011, 12, 30)],  # the day that was left out
    "Asia/Ho_Chi_Minh": [date(2026, 2, 17)],
}
# Public holidays near such days, as everybody's calendar has them.
HOLIDAYS = {
    ("Europe/Berlin", "DE"): [date(2026, 4, 3), date(2026, 4, 6), date(2026, 10, 3)],
    ("America/New_York", "US"): [date(2026, 11, 11)],
    ("Europe/Berlin", "IT"): [date(2026, 4, 5), date(2026, 4, 6), date(2026, 11, 1)],
}
WINDOW_DAYS = 12


@st.composite
def day_hours(draw: st.DrawFn) -> list[str]:
    """Up to three intervals that do not overlap; the last may run past midnight."""
    # The hours at which clocks change, quarters of an hour so that ends and starts meet, and odd minutes.
    changing = st.sampled_from([0, 60, 90, 120, 150, 180, 1380])
    minute = changing | st.integers(0, 95).map(lambda quarter: quarter * 15) | st.integers(0, 1439)
    marks = sorted(draw(st.lists(minute, max_size=6, unique=True)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    if pairs and draw(st.booleans()):
        opens, _ = pairs[-1]
        ends = draw(st.sampled_from([0, 60, 120, 150, 180, opens - 1]))
        pairs[-1] = (opens, max(0, min(ends, opens - 1))) if opens else pairs[-1]
    return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs]


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Calendar, MinuteCounter, datetime, datetime]:
    """A calendar, the same counted by the minute, and two ordered moments with days of room around them."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    middle = draw(st.sampled_from(CHANGES[zone]))
    week = draw(st.fixed_dictionaries({day: day_hours() for day in WEEKDAYS}))
    near = st.integers(-3, 3).map(lambda days: middle + timedelta(days=days))
    exceptions = draw(st.dictionaries(near, day_hours(), max_size=2))
    week["monday"] = week["monday"] or ["09:00-02:00"]
    calendar = calendar_of(time_zone=zone, week=week, exceptions=exceptions)
    start = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(days=WINDOW_DAYS // 2)
    counter = MinuteCounter(zone, start, WINDOW_DAYS * 24 * 60)
    for day in counter.dates():
        counter.add(day, exceptions.get(day, week[WEEKDAYS[day.weekday()]]))
    moments = st.integers(4 * 24 * 60, 8 * 24 * 60).map(lambda minutes: start + minutes * MINUTE)
    first, second = sorted([draw(moments), draw(moments)])
    return calendar, counter, first, second


@st.composite
def holiday_scenes(draw: st.DrawFn) -> tuple[Calendar, MinuteCounter, datetime, datetime]:
    """The same around public holidays with hours of their own, exceptions on them too."""
    zone, country = draw(st.sampled_from(sorted(HOLIDAYS)))
    days = HOLIDAYS[zone, country]
    middle = draw(st.sampled_from(days))
    week = draw(st.fixed_dictionaries({day: day_hours() for day in WEEKDAYS}))
    week["wednesday"] = week["wednesday"] or ["09:00-02:00"]
    on_holidays = draw(day_hours())
    exceptions = draw(st.dictionaries(st.sampled_from(days), day_hours(), max_size=1))
    calendar = calendar_of(
        time_zone=zone, week=week, exceptions=exceptions, holidays_country=country, holiday_hours=on_holidays
    )
    start = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(days=2)
    counter = MinuteCounter(zone, start - timedelta(days=2), 6 * 24 * 60)
    for day in counter.dates():
        usual = on_holidays if day in days else week[WEEKDAYS[day.weekday()]]
        counter.add(day, exceptions.get(day, usual))
    moments = st.integers(0, 3 * 24 * 60).map(lambda minutes: start + minutes * MINUTE)
    first, second = sorted([draw(moments), draw(moments)])
    return calendar, counter, first, second


@settings(max_examples=150, deadline=None)
@given(holiday_scenes())
def test_holidays_agree_with_the_minute_counter(scene: tuple[Calendar, MinuteCounter, datetime, datetime]) -> None:
    """T8."""
    calendar, counter, start, end = scene
    assert calendar.is_open(start) == bool(counter.open[counter.index(start)])
    assert calendar.service_time_between(start, end) == counter.between(start, end)
    passed = counter.after(start, counter.between(start, end))
    assert calendar.add_service_time(start, counter.between(start, end)) == passed


@settings(max_examples=200, deadline=None)
@given(scenes())
def test_the_calendar_agrees_with_the_minute_counter(scene: tuple[Calendar, MinuteCounter, datetime, datetime]) -> None:
    calendar, counter, start, end = scene
    assert calendar.is_open(start) == bool(counter.open[counter.index(start)])
    assert calendar.service_time_between(start, end) == counter.between(start, end)
    # What lies past the counter's window it cannot tell.
    edge = counter.start + timedelta(days=WINDOW_DAYS - 1)
    for found, expected in (
        (calendar.opens_next(start), counter.first(start, is_open=True)),
        (calendar.closes_next(start), counter.first(start, is_open=False)),
        (calendar.add_service_time(start, end - start), counter.after(start, end - start)),
    ):
        if expected is not None and expected < edge:
            assert found == expected
        else:
            assert found is None or found >= edge


@settings(max_examples=100, deadline=None)
@given(scenes(), st.timedeltas(timedelta(microseconds=1), timedelta(days=20)))
def test_adding_and_measuring_are_inverse(
    scene: tuple[Calendar, MinuteCounter, datetime, datetime], duration: timedelta
) -> None:
    calendar, _, start, _ = scene
    due = calendar.add_service_time(start, duration)
    assert due is not None
    assert calendar.service_time_between(start, due) == duration
    assert calendar.service_time_between(start, due - timedelta(microseconds=1)) < duration
