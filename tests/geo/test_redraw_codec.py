"""Operations are read strictly: what is not one is refused with the place of the fault."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.redraw import RedrawRefused, operation_from_json

A, B, C = (str(UUID(int=k)) for k in (1, 2, 3))
LINE = [[116.3, 39.8], [116.4000001, 39.9]]
RING = [[116.3, 39.8], [116.4, 39.8], [116.4, 39.9], [116.3, 39.8]]
PARTS: list[dict[str, Any]] = [
    {"id": B, "code": "1", "name": "one"},
    {"id": C, "code": "2", "name": "two", "households": 3},
]
GOOD: list[dict[str, Any]] = [
    {"type": "move", "paths": [{"old": LINE, "new": [LINE[0], [116.35, 39.8], LINE[1]]}]},
    {"type": "split", "unit": A, "line": LINE, "parts": PARTS},
    {"type": "merge", "units": [A, B], "into": {"id": C, "code": "3", "name": "three"}},
    {"type": "transfer", "region": [RING], "from": A, "to": B},
    {"type": "reassign", "units": [A, B], "parent": C},
    {"type": "rename", "unit": A, "name": "新名称"},
    {"type": "recode", "unit": A, "code": "110101001001001"},
]
BAD: list[tuple[Any, str]] = [
    ([], "/"),
    ({}, "/type"),
    ({"type": "explode"}, "/type"),
    ({"type": ["move"]}, "/type"),
    ({"type": "move"}, "/paths"),
    ({"type": "move", "paths": {}}, "/paths"),
    ({"type": "move", "paths": []}, "/paths"),
    ({"type": "move", "paths": [7]}, "/paths/0"),
    ({"type": "move", "paths": [{"old": LINE, "new": LINE, "a/b": 1}]}, "/paths/0/a~1b"),
    ({"type": "move", "paths": [{"old": LINE}]}, "/paths/0/new"),
    ({"type": "move", "paths": [{"old": LINE, "new": LINE[:1]}]}, "/paths/0/new"),
    ({"type": "move", "paths": [{"old": LINE, "new": [*LINE, [1, 2, 3]]}]}, "/paths/0/new/2"),
    ({"type": "move", "paths": [{"old": LINE, "new": [*LINE, [True, 2]]}]}, "/paths/0/new/2"),
    ({"type": "move", "paths": [{"old": LINE, "new": [*LINE, ["1", 2]]}]}, "/paths/0/new/2"),
    ({"type": "move", "paths": [{"old": LINE, "new": [*LINE, [39.8, 116.3]]}]}, "/paths/0/new/2"),
    ({"type": "move", "paths": [{"old": LINE, "new": [*LINE, [float("nan"), 1.0]]}]}, "/paths/0/new/2"),
    ({"type": "move", "paths": [{"old": LINE, "new": [*LINE, [10**400, 1.0]]}]}, "/paths/0/new/2"),
    ({**GOOD[1], "unit": "A"}, "/unit"),
    ({**GOOD[1], "unit": 7}, "/unit"),
    ({**GOOD[1], "parts": PARTS[:1]}, "/parts"),
    ({**GOOD[1], "parts": [PARTS[0], PARTS[0]]}, "/parts/1"),
    ({**GOOD[1], "parts": [PARTS[0], {**PARTS[1], "households": -1}]}, "/parts/1/households"),
    ({**GOOD[1], "parts": [PARTS[0], {**PARTS[1], "households": True}]}, "/parts/1/households"),
    ({**GOOD[1], "parts": [PARTS[0], {**PARTS[1], "households": 1.5}]}, "/parts/1/households"),
    ({**GOOD[1], "parts": [PARTS[0], {**PARTS[1], "name": "  "}]}, "/parts/1/name"),
    ({**GOOD[2], "units": [A]}, "/units"),
    ({**GOOD[2], "units": [A, A]}, "/units/1"),
    ({**GOOD[2], "into": None}, "/into"),
    ({**GOOD[2], "into": {"id": C, "code": "3"}}, "/into/name"),
    ({**GOOD[3], "region": [[*RING[:-1], [116.0, 39.0]]]}, "/region/0"),
    ({**GOOD[3], "to": A}, "/to"),
    ({**GOOD[4], "units": []}, "/units"),
    ({**GOOD[5], "name": "a\nb"}, "/name"),
    ({**GOOD[5], "name": "x" * 201}, "/name"),
    ({**GOOD[6], "code": 7}, "/code"),
    ({**GOOD[6], "extra": 7}, "/extra"),
]


@pytest.mark.parametrize("told", GOOD, ids=lambda told: told["type"])
def test_an_operation_comes_back_as_it_was(told: dict[str, Any]) -> None:
    assert operation_from_json(told).to_json() == told


@pytest.mark.parametrize(("told", "pointer"), BAD)
def test_a_fault_is_named_by_its_pointer(told: Any, pointer: str) -> None:
    with pytest.raises(RedrawRefused) as refused:
        operation_from_json(told)
    assert refused.value.where["pointer"] == pointer
    assert refused.value.code in {"operation-malformed", "off-lattice"}
    with pytest.raises(RedrawRefused) as refused:
        operation_from_json(told, "/ops/4")
    assert refused.value.where["pointer"] == f"/ops/4{pointer}".rstrip("/")


def test_coordinates_are_rounded_to_the_lattice() -> None:
    told = {**GOOD[1], "line": [[116.30000004, 39.8], [116.4, 39.90000006]]}
    assert operation_from_json(told).to_json()["line"] == [[116.3, 39.8], [116.4, 39.9000001]]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "paths", "old", "new", "unit", "units", "parts", "region", "from"]),
            inner | st.sampled_from([told["type"] for told in GOOD]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from(GOOD), st.data())
@settings(deadline=None, max_examples=300)
def test_any_value_is_an_operation_or_refused(value: Any, good: dict[str, Any], data: st.DataObject) -> None:
    member = data.draw(st.sampled_from(sorted(good)))
    for told in (value, {**good, member: value}):
        refused = None
        try:
            operation_from_json(told)
        except RedrawRefused as refusal:
            refused = refusal
        assert refused is None or refused.where["pointer"].startswith("/")
