"""Times by the column are what they are one by one; what has two meanings has none."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.readers.moments import (
    AmbiguousDate,
    day_comes_first,
    from_wall_clock,
    iso_seconds,
    read_time,
    seconds_of,
    unix_seconds,
    wall_seconds,
)
from service.readers.track_clocks import joined

WALL = datetime(2025, 6, 15, 8, 5)  # noqa: DTZ001
WALLS = st.datetimes(datetime(1685, 1, 3), datetime(2254, 12, 29))  # noqa: DTZ001
OFFSETS = st.none() | st.integers(-1_439, 1_439)
INSTANTS = st.tuples(WALLS, OFFSETS).map(
    lambda one: one[0] if one[1] is None else one[0].replace(tzinfo=timezone(timedelta(minutes=one[1])))
)
LETTERS = st.text("0123456789-:.TZ+ ,W", min_size=17, max_size=34)


@given(st.lists(INSTANTS.map(lambda one: one.isoformat()) | LETTERS | st.text(max_size=30), max_size=30))
def test_a_column_is_read_as_its_texts_are(texts: list[str]) -> None:
    seconds, read, naive = iso_seconds(texts)
    for place in np.flatnonzero(read).tolist():
        moment = datetime.fromisoformat(texts[place])
        assert naive[place] == (moment.tzinfo is None)
        expected = wall_seconds(moment) if moment.tzinfo is None else moment.timestamp()
        assert seconds[place] == expected
    assert np.isnan(seconds[~read]).all()


@given(st.lists(INSTANTS, min_size=1, max_size=20))
def test_the_usual_spelling_is_read_by_the_column(moments: list[datetime]) -> None:
    spelled = [one.isoformat(timespec="milliseconds") for one in moments]
    seconds = [one for one in spelled if "." in one and one.count(":") in (2, 3)]
    _, read, _ = iso_seconds(seconds)
    assert read.all()


@pytest.mark.parametrize(
    "text",
    [
        "15.06.2025 08:05",
        "15.6.2025, 8:05:00",
        "15/06/2025 08:05:00",
        "06/15/2025 8:05 AM",
        "2025/6/15 8:05",
        "2025年6月15日 8时5分",
        "2025年06月15日 上午8:05:00",
        "20250615080500",
        "2025-06-15 08:05",
        f"{45_823 + (8 * 60 + 5) / 1_440:.9f}",
    ],
)
def test_wall_clocks_in_their_usual_spellings(text: str) -> None:
    assert read_time(text) == WALL


@pytest.mark.parametrize(
    ("text", "hour"), [("15/6/2025 12:30 AM", 0), ("15/6/2025 12:30 PM", 12), ("15/6/2025 下午1:30", 13)]
)
def test_halves_of_the_day(text: str, hour: int) -> None:
    moment = read_time(text)
    assert isinstance(moment, datetime)
    assert moment.hour == hour


@pytest.mark.parametrize("text", ["1711120100000", "1711120100", "1711120100000000", "1711120100000000000"])
def test_counts_of_seconds_and_less_are_no_dates_of_1711(text: str) -> None:
    assert read_time(text) == 1_711_120_100.0
    assert seconds_of(np.array([float(text)]))[0] == 1_711_120_100.0


@pytest.mark.parametrize(
    "text",
    ["2025-06-15", "20250615", "08:05:00", "15.06.2025", "31.02.2025 08:00", "13:00 PM", "15/06/2025 25:00"],
)
def test_half_a_time_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_time(text)


def test_a_date_of_two_meanings_is_told_by_its_neighbours_or_not_at_all() -> None:
    with pytest.raises(AmbiguousDate):
        read_time("06/07/2025 08:05")
    assert read_time("06/07/2025 08:05", day_first=True) == datetime(2025, 7, 6, 8, 5)  # noqa: DTZ001
    assert read_time("06/07/2025 08:05", day_first=False) == datetime(2025, 6, 7, 8, 5)  # noqa: DTZ001
    assert read_time("06/06/2025 08:05") == datetime(2025, 6, 6, 8, 5)  # noqa: DTZ001
    assert day_comes_first(["06/07/2025 08:05", "13/07/2025 08:05"]) is True
    assert day_comes_first(["06/07/2025 08:05", "06/13/2025 08:05"]) is False
    assert day_comes_first(["06/07/2025 08:05"]) is None
    assert day_comes_first(["13/07/2025 08:05", "06/13/2025 08:05"]) is None


def test_what_a_clock_shows_twice_or_never_is_doubtful() -> None:
    walls = np.array(
        [wall_seconds(datetime(2025, *one)) for one in ((3, 30, 2, 30), (10, 26, 2, 30), (6, 1, 2))]  # noqa: DTZ001
    )
    found, odd = from_wall_clock(walls, ZoneInfo("Europe/Ljubljana"))
    assert odd.tolist() == [True, True, False]
    assert found[2] == datetime(2025, 6, 1, tzinfo=UTC).timestamp()
    found, odd = from_wall_clock(walls, ZoneInfo("Asia/Shanghai"))
    assert not odd.any()


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("2025-06-15", "08:05:00"),
        ("15.06.2025", "8:05"),
        ("20250615", "080500"),
        ("45823", "08:05:00"),
        ("45823", f"{(8 * 60 + 5) / 1_440:.9f}"),
        ("2025-06-15 00:00:00", "1899-12-30 08:05:00"),
        ("2025年6月15日", "上午8:05"),
        ("2025-06-15", "2025-06-15 08:05:00"),
    ],
)
def test_dates_and_times_of_day_in_two_columns(day: str, clock: str) -> None:
    assert read_time(joined(day, clock)) == WALL


@given(st.from_regex(r"[0-9]{7,15}(\.[0-9]{1,10})?", fullmatch=True))
def test_counts_of_seconds_are_read_together_as_one_by_one(text: str) -> None:
    (seconds,), (read,) = unix_seconds([text])
    assert read or len(text.partition(".")[0]) not in range(9, 14) or len(text.partition(".")[2]) > 9
    if read:
        assert seconds == read_time(text)
