"""What is read fast is what is read slowly: JSON, and the points of phones."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import ServiceError
from service.readers import loggers, strict_json
from service.readers.field_faults import canonical


class Pairs(list[Any]):
    """Members of an object, perhaps with a name twice."""


TEXTS = st.text('ab:"\\ \t,{}[]é\0', max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(TEXTS, inner), max_size=4).map(Pairs),
    max_leaves=12,
)


def written(value: Any, space: str) -> str:
    """Return a value as JSON, with blanks before colons."""
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(name)}{space}:{written(one, space)}" for name, one in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one, space) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def told(read: Any, body: bytes) -> tuple[str, Any]:
    try:
        return "read", repr(read(body))
    except ServiceError as error:
        return "refused", (type(error), error.message, error.params)


@given(VALUES, st.sampled_from(["", " ", "\n "]))
@example(Pairs([("a", 1), ("a", 2)]), " ")
@example(Pairs([("a", ":")]), "")
@example(Pairs([("a", 1), ("a", ":b")]), "")
def test_plain_json_is_read_as_any(value: Any, space: str) -> None:
    body = written(value, space).encode("utf-8", "surrogatepass")
    fast = told(strict_json.loads, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "_plainly", lambda _: (False, None))
        assert told(strict_json.loads, body) == fast


@given(
    st.text('0123456789-:TZ.+"\\é', max_size=30),
    st.floats(allow_nan=False) | st.integers() | st.none() | st.text(max_size=3),
    st.floats() | st.integers(),
)
@example("0", 0.0, float("inf"))
@example("0", float("nan"), 0.0)
def test_the_checksum_of_a_point_is_that_of_its_json(at: str, lon: Any, lat: Any) -> None:
    point = {"at": at, "lon": lon, "lat": lat}
    assert loggers._checksum(point) == zlib.crc32(canonical([at, lon, lat]).encode())


def feature(second: int, at: str | None = None, **properties: Any) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(1_780_275_600 + second, UTC).isoformat() if at is None else at
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [131.01 + second / 1e4, 46.04]},
        "properties": {"timestamp": stamp, "motion": ["walking"], "speed": -1, **properties},
    }


@given(st.lists(st.integers(0, 200_000), max_size=30), st.randoms())
def test_how_points_are_batched_does_not_change_what_they_are_called(seconds: list[int], random: Any) -> None:
    features = [feature(one) for one in seconds]

    def called(parts: list[list[Any]]) -> list[Any]:
        read = [loggers.read_overland(json.dumps({"locations": part}).encode(), "d") for part in parts]
        tracks = [part for one in read for part in one.parts]
        return sorted(
            (str(part.track), int(part.seq[k]), float(part.fixes.t[k]), float(part.fixes.lon[k]))
            for part in tracks
            for k in range(len(part))
        )

    whole = called([features])
    random.shuffle(features)
    assert called([[one] for one in features]) == whole
    assert called([features[::2], features[1::2]]) == whole


def test_many_messages_of_owntracks() -> None:
    messages = [{"_type": "location", "tst": 1_780_275_600 + k, "lon": 131.0, "lat": 46.0} for k in range(3)]
    body = json.dumps([*messages, {"_type": "lwt"}, 3]).encode()
    logged = loggers.read_owntracks(body, "d", "foot")
    assert [len(part) for part in logged.parts] == [3]
    assert (len(logged.unreadable), logged.ignored) == (1, ("lwt",))
    alone = loggers.read_owntracks(json.dumps(messages[0]).encode(), "d", "foot")
    assert alone.parts[0].ref(0) == logged.parts[0].ref(0)
    with pytest.raises(loggers.Encrypted):
        loggers.read_owntracks(b'[{"_type": "encrypted"}]', "d", "foot")
