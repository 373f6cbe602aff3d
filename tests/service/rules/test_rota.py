"""Duties as spans: exact through every change of the clock, and interval arithmetic that loses no second."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.hours import hours_of, is_holiday, open_at, open_spans
from service.rules.rota import DAYS, Pattern, Span, clash, merged, wall, without

BASE = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    BERLIN,
    *map(ZoneInfo, ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/St_Johns")),
]
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)

seconds = st.integers(0, 60)
spans = st.builds(
    lambda begin, length: Span(BASE + timedelta(seconds=begin), BASE + timedelta(seconds=begin + length)),
    seconds,
    st.integers(0, 12),
)
lots = st.lists(spans, max_size=8)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


def ticks(many: list[Span]) -> set[int]:
    """Return the seconds that spans hold, one by one."""
    return {
        second
        for one in many
        for second in range(int((one.begin - BASE).total_seconds()), int((one.end - BASE).total_seconds()))
    }


def never(_: date) -> bool:
    return False


@given(lots)
def test_merging_keeps_every_second_and_leaves_nothing_to_merge(many: list[Span]) -> None:
    found = merged(many)
    assert ticks(found) == ticks(many)
    assert all(one.end < other.begin for one, other in pairwise(found))


@given(lots, lots)
def test_what_is_left_is_the_difference(many: list[Span], taken: list[Span]) -> None:
    assert ticks(without(many, taken)) == ticks(many) - ticks(taken)


@given(lots, lots)
def test_a_clash_is_the_first_time_in_common(first: list[Span], second: list[Span]) -> None:
    common = ticks(first) & ticks(second)
    found = clash(first, second)
    assert (found is None) == (not common)
    if found is not None:
        assert ticks([found]) <= common
        assert min(ticks([found])) == min(common)


@given(st.sampled_from(ZONES), days, st.integers(0, 2880), st.integers(0, 2880))
def test_the_wall_clock_never_runs_backwards(zone: ZoneInfo, day: date, one: int, other: int) -> None:
    early, late = sorted((one, other))
    assert wall(day, early, zone) <= wall(day, late, zone)
    assert wall(day, 1440, zone) == wall(day + timedelta(days=1), 0, zone)


@given(st.sampled_from(ZONES), days, st.lists(st.integers(1, 1439), max_size=5, unique=True))
def test_duties_that_tile_a_day_leave_no_gap_and_never_clash(
    zone: ZoneInfo, day: date, cuts: list[int]
) -> None:
    edges = [0, *sorted(cuts), 1440]
    duties = [Pattern(begin, end, on_day=day) for begin, end in pairwise(edges)]
    found = [span for one in duties for _, span in one.shifts(day, day + timedelta(days=1), zone, never)]
    assert merged(found) == [Span(wall(day, 0, zone), wall(day, 1440, zone))]
    for place, one in enumerate(found):
        assert clash([one], found[place + 1 :]) is None


@given(
    st.sampled_from(ZONES),
    st.sampled_from(
        [FORWARD, BACK, date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 12, 24)]
    ),
    st.integers(0, 1439),
    st.integers(1, 720),
)
def test_hours_of_a_station_and_duties_by_the_same_clock_are_the_same_time(
    zone: ZoneInfo, day: date, begin: int, length: int
) -> None:
    end = min(begin + length, 1440)
    text = f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    since, until = wall(day, 0, zone).astimezone(zone), wall(day, 1440, zone).astimezone(zone)
    opened = merged(open_spans(hours_of(text, str(zone), 13.4, 52.5), since, until))
    duty = Pattern(begin, end, on_day=day).span(day, zone)
    assert opened == ([] if duty is None else [duty])


@pytest.mark.parametrize(
    ("day", "begin", "end", "hours"),
    [
        (FORWARD, "00:00", "24:00", 23.0),
        (BACK, "00:00", "24:00", 25.0),
        (FORWARD, "01:00", "03:00", 1.0),
        # The clock skips from two to three: what lies in between is no time at all.
        (FORWARD, "02:00", "02:30", 0.0),
        (FORWARD, "02:30", "04:00", 1.0),
        (BACK, "01:00", "03:00", 3.0),
        (date(2026, 6, 1), "22:00", "30:00", 8.0),
    ],
)
def test_how_long_a_duty_is_when_the_clock_changes(day: date, begin: str, end: str, hours: float) -> None:
    first, last = (int(one[:2]) * 60 + int(one[3:]) for one in (begin, end))
    found = Pattern(first, last, on_day=day).span(day, BERLIN)
    assert (0.0 if found is None else (found.end - found.begin) / timedelta(hours=1)) == hours


def test_a_holiday_is_no_weekday() -> None:
    holiday = date(2026, 10, 1)  # a Thursday
    thursdays = Pattern(480, 1080, frozenset({"th"}))
    assert not thursdays.falls_on(holiday, lambda day: day == holiday)
    assert thursdays.falls_on(holiday, never)
    assert Pattern(480, 1080, frozenset({"ph"})).falls_on(holiday, lambda day: day == holiday)
    away = Pattern(480, 1080, frozenset({"th"}), away=frozenset({holiday}))
    assert not away.falls_on(holiday, never)


@given(days, st.sets(st.sampled_from(DAYS[:7])), st.integers(0, 40), st.integers(0, 40))
def test_a_weekly_duty_falls_on_its_weekdays_in_its_period(
    first: date, weekdays: set[str], after: int, length: int
) -> None:
    begin = first + timedelta(days=after)
    end = begin + timedelta(days=length)
    pattern = Pattern(60, 120, frozenset(weekdays), from_day=begin, to_day=end)
    found = [day for day, _ in pattern.shifts(first, first + timedelta(days=60), ZONES[1], never)]
    every = (first + timedelta(days=place) for place in range(60))
    assert found == [day for day in every if begin <= day < end and DAYS[day.weekday()] in weekdays]


def test_a_station_is_open_in_its_spans_and_no_longer() -> None:
    hours = hours_of("Mo-Fr 08:00-18:00; PH off", "Asia/Shanghai", 131.0, 46.0)
    zone = ZoneInfo("Asia/Shanghai")
    begin = datetime(2026, 9, 28, tzinfo=zone)
    found = list(open_spans(hours, begin, begin + timedelta(days=7)))
    assert len(found) == 4, "Thursday is National Day"
    for one in found:
        assert open_at(hours, one.begin.astimezone(zone))
        assert not open_at(hours, one.end.astimezone(zone))


def test_holidays_close_to_a_border_are_those_of_this_side() -> None:
    # A place of the neighbour's, whose national day is the 26th of November.
    there = ("Asia/Shanghai", 110.0, 46.0)
    assert not is_holiday(*there, date(2026, 11, 26))
    assert is_holiday(*there, date(2026, 10, 1))
    assert is_holiday("Asia/Ulaanbaatar", 110.0, 46.0, date(2026, 11, 26))
