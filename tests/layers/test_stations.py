from typing import Any

from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY


def _station(code: str, role: str, *facilities: str, **others: Any) -> Any:
    attributes = {"role": role, "facilities": list(facilities), **others}
    return makers.marker(code, "service-station", attributes=attributes)


def test_stations_are_markers_with_the_facilities_asked_for(stores: Stores) -> None:
    hub = _station("H", "hub", "charging", "rest", opening_hours="24/7", phone="110", capacity=9)
    points = [_station("P1", "point", "rest"), _station("P2", "point", "charging")]
    stores.markers.add([*reversed(points), hub, makers.marker("G", "gate")])
    assert {one.code for one in stores.stations.all(DAY)} == {"H", "P1", "P2"}
    assert [one.id for one in stores.stations.all(DAY)] == sorted(one.id for one in (hub, *points))
    charging = stores.stations.all(DAY, facilities=["charging"])
    assert {one.code for one in charging} == {"H", "P2"}
    both = stores.stations.all(DAY, facilities=["rest", "charging"])
    assert [one.code for one in both] == ["H"]
    assert (both[0].opening_hours, both[0].phone, both[0].capacity) == ("24/7", "110", 9)
    assert {one.code for one in stores.stations.all(DAY, role="point")} == {"P1", "P2"}
    assert stores.stations.all(DAY, facilities=["helicopter"]) == ()
    assert stores.stations.facilities(DAY) == ("charging", "rest")
