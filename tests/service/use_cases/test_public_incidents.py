"""The public table: no small count is told, and none can be reckoned from what is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import LinearConstraint, milp

from layers.incidents import ClassCount
from service.errors import InvalidInput
from service.use_cases.public_incidents import LEAST, OTHER, Mask, Table, quarter_of, table_of, tellable

NOW = datetime(2026, 5, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def found(counts: Table) -> list[ClassCount]:
    return [
        ClassCount(f"T{row}", f"乡{row}", f"c{column}", int(count))
        for (row, column), count in np.ndenumerate(counts)
        if count
    ]


def possible(counts: Table, told: Mask, row: int, column: int) -> tuple[int, int]:
    """Return the least and the most that a count can be for who knows what is told, and our rules."""
    rows, columns = counts.shape
    sums = []
    for place in range(rows):
        one = np.zeros((rows, columns))
        one[place, :-1], one[place, -1] = 1, -1
        sums.append(one.ravel())
    for place in range(columns):
        one = np.zeros((rows, columns))
        one[:-1, place], one[-1, place] = 1, -1
        sums.append(one.ravel())
    # What is not told is not zero; what is told is known.
    least = np.where(told, counts, 1).ravel().astype(float)
    most = np.where(told, counts, 10_000).ravel().astype(float)
    ends = []
    for sign in (1, -1):
        cost = np.zeros((rows, columns))
        cost[row, column] = sign
        answer = milp(
            cost.ravel(),
            constraints=LinearConstraint(np.array(sums), 0, 0),
            bounds=(least, most),  # type: ignore[arg-type]
            integrality=np.ones(rows * columns),
        )
        assert answer.success
        ends.append(round(float(answer.x[row * columns + column])))
    return ends[0], ends[1]


tables = arrays.arrays(
    np.int64,
    st.tuples(st.integers(1, 5), st.integers(1, 4)),
    elements=st.one_of(st.integers(0, 6), st.integers(0, 40)),
)


@settings(max_examples=80)
@given(tables)
def test_no_small_count_can_be_reckoned(counts: Table) -> None:
    units, classes, table = table_of(found(counts))
    told = tellable(table)
    assert table.shape == (len(units) + 1, len(classes) + 1)
    assert table[-1, -1] == counts.sum()
    assert not (told & (table > 0) & (table < LEAST)).any()
    if table[-1, -1] < LEAST:
        assert not told.any()
        return
    for row, column in np.argwhere((table > 0) & (table < LEAST)):
        low, high = possible(table, told, int(row), int(column))
        assert low < high
        assert high >= LEAST


def test_what_may_be_told_is_told() -> None:
    units, classes, table = table_of(found(np.array([[9, 12, 20], [30, 8, 3], [6, 5, 0]])))
    told = tellable(table)
    assert (len(units), len(classes)) == (3, 3)
    # One small count, and the three that cost least.
    assert np.argwhere(~told).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    assert told[-1].all()
    assert told[:, -1].all()


def test_parts_and_classes_with_few_go_together() -> None:
    units, classes, table = table_of(found(np.array([[20, 1, 0], [2, 0, 1], [1, 0, 0]])))
    assert [code for code, _ in units] == [OTHER]
    assert table[-1, -1] == 25
    units, classes, table = table_of(found(np.array([[20, 9, 0], [2, 0, 1], [1, 0, 2]])))
    assert [code for code, _ in units] == ["T0", OTHER]
    assert OTHER in classes
    assert (table[:-1, -1] >= LEAST).all()
    assert (table[-1, :-1] >= LEAST).all()


def test_nothing_is_told_of_next_to_nothing() -> None:
    assert not tellable(table_of(found(np.array([[2, 1]])))[2]).any()
    assert not tellable(table_of([])[2]).any()


def test_quarters_are_whole_and_over() -> None:
    last = quarter_of(None, ZONE, NOW)
    assert last.name == "2026-Q1"
    assert last.from_at == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert last.to_at == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert quarter_of("2025-Q4", ZONE, NOW).to_at == last.from_at
    for wrong in ("2026-Q2", "2026-Q5", "2026-03", "", "9999-Q1", "0001-Q1", "２０２５-Q1"):
        with pytest.raises(InvalidInput, match="not a quarter"):
            quarter_of(wrong, ZONE, NOW)
