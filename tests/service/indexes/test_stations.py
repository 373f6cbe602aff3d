"""The day of an instant is that of the district, not that of the server."""

from datetime import UTC, date, datetime

import pytest

from service.indexes.stations import day_in


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [("Asia/Shanghai", 15, 6), ("Asia/Shanghai", 16, 7), ("UTC", 23, 6), ("America/Chicago", 4, 5)],
)
def test_the_day_in_a_zone(zone: str, hour: int, day: int) -> None:
    assert day_in(zone, datetime(2025, 7, 6, hour, 30, tzinfo=UTC)) == date(2025, 7, day)
