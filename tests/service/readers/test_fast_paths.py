"""What is read fast is what is read slowly: JSON, and the points of phones."""

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import MalformedBody, ServiceError
from service.readers import loggers, overland_points, owntracks_points, strict_json
from service.readers.field_faults import canonical
from service.readers.field_points import read_track


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


@given(st.lists(st.integers(0, 40).map(lambda count: "7" * count), max_size=6), st.text("x.", max_size=9))
def test_a_text_with_too_many_digits_is_not_plain(runs: list[str], before: str) -> None:
    body = (before + "-".join(runs)).encode()
    assert (strict_json.plain_marks(body) is None) == any(len(run) > 18 for run in runs)


def test_trips_and_visits_are_no_points_however_alike() -> None:
    for kind in ("trip", "visit"):
        body = json.dumps({"locations": [feature(second, type=kind) for second in (1, 2)]}).encode()
        logged = loggers.read_overland(body, "d")
        assert (logged.parts, logged.ignored) == ((), (kind, kind))


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


def test_what_is_not_utf8_is_refused() -> None:
    body = json.dumps({"locations": [feature(1, note="b")]}).encode()
    for place in (b"note", b"Feature", b'"b"'):
        with pytest.raises(MalformedBody, match="not UTF-8"):
            loggers.read_overland(body.replace(place, b'"\xff"' if place == b'"b"' else b"\xff"), "d")


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


TIMES = st.integers(0, 3 * 86_400).map(lambda k: 1_780_275_600 + k)
PLACES = st.floats(-200.0, 200.0) | st.sampled_from([0.0, -0.0, 1e-7, 1e22, 131.0, 131])
MAYBE = st.none() | st.integers(-5, 2 * 10**7) | st.floats() | st.sampled_from([-1, 10**400])
ODD: st.SearchStrategy[Any] = st.sampled_from([None, True, "1", 7, -1.5, float("inf"), [], {}])
LOCATIONS = st.fixed_dictionaries(
    {"_type": st.just("location"), "tst": TIMES, "lon": PLACES, "lat": PLACES},
    optional={"acc": MAYBE, "vel": MAYBE, "cog": MAYBE},
)
FEATURES = st.builds(
    lambda t, between, zone, place, motion, others: {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": place},
        "properties": {
            "timestamp": datetime.fromtimestamp(t, UTC).strftime(f"%Y-%m-%d{between}%H:%M:%S") + zone,
            "motion": motion,
            **others,
        },
    },
    TIMES,
    st.sampled_from(["T", "T", "T", " ", "t"]),
    st.sampled_from(["Z", "+0800", "+00:00", ".250Z"]),
    st.tuples(PLACES, PLACES) | st.tuples(PLACES, PLACES, st.just(1)),
    st.lists(st.sampled_from(["walking", "driving", "cycling", "x"]), max_size=2),
    st.fixed_dictionaries({}, optional={"horizontal_accuracy": MAYBE, "speed": MAYBE, "course": MAYBE}),
)


BESIDE: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {}, optional={"trip": FEATURES | ODD, "current": FEATURES | ODD, "other": ODD}
)


def parts_of(logged: loggers.Logged) -> list[Any]:
    """Return all that is in the parts of tracks, NaN by its name."""
    return [
        repr(
            (
                part.track,
                part.mode,
                part.name,
                part.head,
                [part.raw(k) for k in range(len(part))],
                part.seq.tolist(),
                *(getattr(part.fixes, name).tolist() for name in ("t", "lon", "lat", "accuracy_m", "mode")),
                *(getattr(part.fixes, name).tolist() for name in ("speed_ms", "course_deg")),
                sorted(part.faults.items()),
                part.outside.tolist(),
                part.shift,
            )
        )
        for part in logged.parts
    ]


def assert_read_alike(
    read: Callable[[bytes], loggers.Logged], ways: list[tuple[ModuleType, str]], body: bytes
) -> None:
    """Read a body, and again after each of some faster ways was taken away."""
    fast = outcome(read, body)
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ways:
            patch.setattr(module, name, lambda *_: None)
            assert outcome(read, body) == fast


def outcome(read: Callable[[bytes], loggers.Logged], body: bytes) -> Any:
    """Return all that is read of a body, or why it is refused."""
    try:
        logged = read(body)
    except ServiceError as error:
        return type(error), error.message, error.params
    return parts_of(logged), repr(logged.unreadable), logged.ignored


@given(st.lists(LOCATIONS, min_size=1, max_size=8), st.data())
def test_plain_messages_of_owntracks_are_read_as_any(values: list[Any], data: Any) -> None:
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(["tst", "lon", "lat", "acc", "vel", "cog"]))
        data.draw(st.sampled_from(values))[name] = data.draw(ODD)
    body = json.dumps(values).encode()
    if data.draw(st.booleans()):  # all with the names of one
        names = data.draw(st.sampled_from(values))
        values = [{name: one.get(name) for name in names} for one in values]
        body = json.dumps(values).encode()
    if data.draw(st.booleans()):  # a name that comes twice
        body = body.replace(b'"lon":', b'"tst":1,"lon":', 1)
    ways = [(owntracks_points, name) for name in ("columns", "columns_of")]
    assert_read_alike(lambda one: loggers.read_owntracks(one, "d", "foot"), ways, body)


@pytest.mark.parametrize(
    "odd",
    [{"tst": True}, {"tst": "1"}, {"tst": 1_780_275_600.5}, {"lon": 131}, {"_type": "lwt"}, {"acc": "3"}],
)
def test_a_message_that_is_no_plain_one_is_read_by_itself(odd: dict[str, Any]) -> None:
    plain = {"_type": "location", "tst": 1_780_275_600, "lon": 131.5, "lat": 46.5, "acc": 3}
    body = json.dumps([plain, {**plain, **odd}]).encode()
    assert owntracks_points.columns(body, "foot") is None
    ways = [(owntracks_points, name) for name in ("columns", "columns_of")]
    assert_read_alike(lambda one: loggers.read_owntracks(one, "d", "foot"), ways, body)


@given(st.lists(FEATURES, min_size=1, max_size=8), st.data())
def test_plain_features_of_overland_are_read_as_any(values: list[Any], data: Any) -> None:
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(["timestamp", "motion", "speed", "course", "type"]))
        data.draw(st.sampled_from(values))["properties"][name] = data.draw(
            ODD | st.sampled_from(["trip", "visit"])
        )
    if data.draw(st.booleans()):  # all with the names of one
        names = data.draw(st.sampled_from(values))["properties"]
        for one in values:
            one["properties"] = {name: one["properties"].get(name) for name in names}
            one["geometry"]["coordinates"] = one["geometry"]["coordinates"][:2]
    body = {"locations": values, **data.draw(BESIDE)}
    text = json.dumps(body)
    # A name that comes twice, and what stands where nobody expects it.
    told = data.draw(st.sampled_from([None, '"motion":', '"geometry":', '"type":', '"speed":']))
    if told is not None:
        text = text.replace(
            told.replace(":", ": "),
            data.draw(st.sampled_from([f"{told} {{}}, {told}", f'"x": [], {told}'])),
            1,
        )
    ways = [(overland_points, name) for name in ("_read_alike", "columns")]
    assert_read_alike(lambda one: loggers.read_overland(one, "d"), ways, text.encode())


def test_plain_bodies_take_the_fast_way() -> None:
    message = {"_type": "location", "tst": 1_780_275_600, "lon": 131.5, "lat": 46.5, "acc": 3}
    assert owntracks_points.columns_of([message], "foot") is not None
    assert owntracks_points.columns(json.dumps([message, message]).encode(), "foot") is not None
    for beside in ({}, {"current": feature(4), "trip": {"distance": 3, "start_location": feature(1)}}):
        body = json.dumps({"locations": [feature(3), feature(4)], **beside}).encode()
        assert overland_points.columns(body, loggers._mode) is not None
        most = strict_json.plain_marks(body)
        assert most is not None
        assert overland_points._read_alike(body, most) is not None


def test_what_a_plain_feature_was_is_told_as_it_was_sent() -> None:
    """Whole numbers stay whole numbers, also of a feature that was read as one of many."""
    features = [feature(second, course=second, wifi="x") for second in (1, 90_000, 2)]
    logged = loggers.read_overland(json.dumps({"locations": features}).encode(), "d")
    told = [part.raw(k)["points"][0] for part in logged.parts for k in range(len(part))]
    assert [(one["at"], repr(one["course"])) for one in told] == [
        (features[k]["properties"]["timestamp"], repr(features[k]["properties"]["course"])) for k in (0, 2, 1)
    ]


def test_a_track_keeps_its_name() -> None:
    point = {"seq": 1, "at": "2026-06-01T01:00:00Z", "lon": 131.5, "lat": 46.5, "course": 3.0}
    track = {"track": "6f1c2a52-3c0e-4c5b-9d0e-000000000001", "name": "dawn", "points": [point]}
    assert read_track(track).name == "dawn"
