from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from layers.columns import accept_packed, pack, to_microseconds, to_seconds, unpack


def test_columns_survive_the_way_in_and_out(session: Session) -> None:
    rng = np.random.default_rng(3)
    count = 1000
    sent: dict[str, NDArray[Any]] = {
        "a": rng.integers(-(2**57), 2**62, count),
        "b": rng.integers(-(2**31), 2**31, count),
        "c": rng.normal(size=count),
        "d": rng.normal(size=count).astype(np.float32),
    }
    sent["c"][::7] = np.nan
    kinds = {"a": ">i8", "b": ">i4", "c": ">f8", "d": ">f4"}
    driver = session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor(binary=True) as cursor:
        accept_packed(cursor)
        cursor.execute(
            "CREATE TEMPORARY TABLE sample (a timestamptz, b int4, c float8, d float4) ON COMMIT DROP"
        )
        names = dict(zip(kinds, ("timestamptz", "int4", "float8", "float4"), strict=True))
        cursor.execute(
            "INSERT INTO sample SELECT unnest(%s), unnest(%s), unnest(%s), unnest(%s)",
            [pack(name, sent[column]) for column, name in names.items()],
        )
        result = cursor.execute(
            "SELECT array_agg(a), array_agg(b), array_agg(c), array_agg(d) FROM sample"
        ).pgresult
        for place, (name, kind) in enumerate(kinds.items()):
            np.testing.assert_array_equal(unpack(kind, result.get_value(0, place)), sent[name])
        none = [pack(name, np.empty(0)) for name in names.values()]
        cursor.execute("INSERT INTO sample SELECT unnest(%s), unnest(%s), unnest(%s), unnest(%s)", none)
        assert cursor.rowcount == 0
        nothing = cursor.execute("SELECT array_agg(a) FROM sample WHERE false").pgresult
        assert len(unpack(">i8", nothing.get_value(0, 0))) == 0
        holes = cursor.execute("SELECT array_agg(nullif(b, b)) FROM sample").pgresult
        with pytest.raises(ValueError, match="width"):
            unpack(">i4", holes.get_value(0, 0))
        with pytest.raises(ValueError, match="width"):
            unpack(">i8", result.get_value(0, 1))


@given(st.integers(0, 4_200_000_000_000_000))
def test_times_are_kept_to_the_microsecond(microseconds: int) -> None:
    seconds = np.array([microseconds / 1e6])
    sent = to_microseconds(seconds).astype(np.int64)
    assert to_seconds(sent)[0] == seconds[0]
