from dataclasses import fields
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import InvalidAttribute, UnknownAttribute, UnknownKind
from layers.marker_kinds import KINDS, ServiceStation, read_attributes

EXAMPLES: dict[str, dict[str, Any]] = {
    "boundary-marker": {"number": "128", "side": "line", "height_m": 1.5, "erected_on": "1994-06-30"},
    "gate": {"width_m": 4, "lockable": True, "vehicles": False},
    "well": {"depth_m": 12.5, "covered": True, "drinking_water": False},
    "lamp": {"power_w": 60, "height_m": 6, "solar": True},
    "service-station": {
        "role": "hub",
        "facilities": ["charging", "rest"],
        "opening_hours": "Mo-Fr 08:00-18:00; PH off",
        "phone": "110",
        "capacity": 20,
    },
    "monitoring-point": {"instrument": "water-level", "automatic": True},
    "work-site": {"project": "Road 7", "starts_on": "2025-01-01", "ends_on": "2025-12-31"},
    "fence-post": {"number": "P-17", "material": "concrete", "installed_on": "2019-05-05"},
    "river-crossing": {"river": "Clear River", "crossing": "ford", "width_m": 35},
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_reads_back_what_it_wrote(kind: str) -> None:
    common = {"radius_m": 20.0, "routine_days": 30, "joint_days": 365, "note": "by the road"}
    value = read_attributes(kind, {**EXAMPLES[kind], **common})
    written = orjson.loads(orjson.dumps(value.to_json()))
    assert written == {**EXAMPLES[kind], **common}
    assert read_attributes(kind, written) == value
    assert value.kind == kind


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == set(KINDS)


def test_unknown_kinds_and_attributes_list_the_known() -> None:
    with pytest.raises(UnknownKind, match="no kind of marker “gait”; there are: boundary-marker, fence-post"):
        read_attributes("gait", {})
    with pytest.raises(UnknownAttribute, match="has no attribute “colour”; it has: joint_days, lockable"):
        read_attributes("gate", {"colour": "red"})


@pytest.mark.parametrize(
    ("kind", "attribute", "value", "expected"),
    [
        ("gate", "width_m", "4", "a number"),
        ("gate", "width_m", True, "a number"),
        ("gate", "width_m", -1, "0 or more"),
        ("gate", "width_m", float("nan"), "a number"),
        ("gate", "lockable", "yes", "true or false"),
        ("gate", "routine_days", 1.5, "a whole number"),
        ("gate", "routine_days", float("inf"), "a whole number"),
        ("gate", "note", "  ", "text"),
        ("gate", "note", 7, "text"),
        ("work-site", "starts_on", "1.2.2025", "a day such as"),
        ("work-site", "starts_on", 20250101, "a day such as"),
        ("boundary-marker", "side", "left", "one of own, other, line"),
        ("service-station", "facilities", "charging", "a list of texts"),
        ("service-station", "facilities", [1], "text"),
        ("service-station", "opening_hours", "Mo-Fr 8-25:99", "opening hours as in OpenStreetMap"),
        ("service-station", "role", "spoke", "one of hub, point"),
    ],
)
def test_wrong_values_are_named_with_what_is_expected(
    kind: str, attribute: str, value: Any, expected: str
) -> None:
    base = {"role": "hub"} if kind == "service-station" else {}
    with pytest.raises(InvalidAttribute, match=expected) as refusal:
        read_attributes(kind, {**base, attribute: value})
    assert refusal.value.where == {"pointer": f"/attributes/{attribute}"}


def test_a_station_has_a_role() -> None:
    with pytest.raises(InvalidAttribute, match="role"):
        read_attributes("service-station", {})
    assert read_attributes("service-station", {"role": "point", "phone": None}) == ServiceStation(
        role="point"
    )


def test_facilities_are_sorted_and_named_once() -> None:
    value = read_attributes("service-station", {"role": "hub", "facilities": ["rest", "charging", "rest"]})
    assert value == ServiceStation(role="hub", facilities=("charging", "rest"))


def test_days_are_dates() -> None:
    value = read_attributes("work-site", {"starts_on": date(2025, 1, 2)})
    assert value.to_json() == {"starts_on": "2025-01-02"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_any_json_is_read_or_refused_and_what_is_read_is_kept(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from([one.name for one in fields(KINDS[kind])])
    given_values = data.draw(st.dictionaries(names, JSON, max_size=4))
    try:
        value = read_attributes(kind, given_values)
    except InvalidAttribute:
        return
    assert read_attributes(kind, value.to_json()) == value
