from datetime import date, timedelta
from typing import Any

import orjson
import pytest
import shapely

from geo.visits import Cover
from layers.errors import InvalidAttribute, InvalidCursor, UnknownLayer
from layers.geometry import Box
from layers.ids import new_id
from layers.items import ItemsPage
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY, NOON


def _features(page: ItemsPage) -> list[dict[str, Any]]:
    collection = orjson.loads(page.collection('"numberReturned":1'))
    assert collection["type"] == "FeatureCollection"
    assert collection["numberReturned"] == 1
    return list(collection["features"])


@pytest.fixture
def county(stores: Stores) -> Stores:
    _, first, *_ = makers.with_grids(stores)
    line = makers.segment(owner="Unit 7")
    stores.border.add([line])
    stores.markers.add(
        [
            makers.marker("M1", segment=line.id, measure_m=5.0),
            makers.marker("S1", "service-station", attributes={"role": "hub", "facilities": ["rest"]}),
        ]
    )
    person = makers.representative()
    stores.representatives.add([person])
    stores.incidents.create(makers.incident(unit=first.id, description="named person"))
    return stores


def test_leaves_are_features_with_the_exact_area(county: Stores) -> None:
    features = _features(county.items.page("grids", DAY))
    assert [one["properties"]["code"] for one in features] == ["G0", "G1", "G2"]
    leaves = county.grids.leaves("grids", DAY)
    for feature, identifier, area in zip(features, leaves.ids, leaves.polygons, strict=True):
        assert feature["id"] == str(identifier)
        assert "crs" not in feature["geometry"]
        shape = shapely.from_geojson(orjson.dumps(feature["geometry"]))
        assert shapely.normalize(shape) == shapely.normalize(area)
        assert all(part.exterior.is_ccw for part in shape.geoms)
    first = features[0]["properties"]
    assert (first["level"], first["parent_code"], first["households"]) == (1, "T1", 100)
    assert (first["valid_from"], first["valid_to"], first["attributes"]) == ("2025-03-01", None, {"seq": 0})


def test_upper_levels_are_their_outlines(county: Stores) -> None:
    (town,) = _features(county.items.page("grids", DAY, level=0))
    assert town["properties"]["code"] == "T1"
    assert town["properties"]["parent"] is None
    assert shapely.from_geojson(orjson.dumps(town["geometry"])).bounds == (120.0, 44.0, 120.03, 44.01)


def test_lines_keep_their_direction(county: Stores) -> None:
    (line,) = _features(county.items.page("border", DAY))
    assert line["geometry"] == {"type": "LineString", "coordinates": [[120, 44.05], [120.01, 44.05]]}
    assert line["properties"]["owner"] == "Unit 7"


def test_stations_are_markers_of_their_kind(county: Stores) -> None:
    markers = _features(county.items.page("markers", DAY))
    assert [one["properties"]["code"] for one in markers] == ["M1", "S1"]
    (station,) = _features(county.items.page("stations", DAY))
    assert station["properties"]["attributes"] == {"role": "hub", "facilities": ["rest"]}


def test_representatives_without_a_place_have_no_geometry(county: Stores) -> None:
    (person,) = _features(county.items.page("representatives", DAY))
    assert person["geometry"] is None
    assert county.items.page("representatives", DAY, bbox=Box(-180, -90, 180, 90)).features == ()


def test_incidents_show_no_free_text_and_only_what_was_received(county: Stores) -> None:
    (found,) = _features(county.items.page("incidents", DAY))
    assert "description" not in found["properties"]
    assert found["properties"]["class"] == "road"
    assert found["geometry"] == {"type": "Point", "coordinates": [120.005, 44.005]}
    assert county.items.page("incidents", DAY - timedelta(days=1)).features == ()
    # Received at 17:00 in UTC: in Shanghai that is the next day.
    county.incidents.create(makers.incident(received_at=NOON + timedelta(hours=5)))
    assert len(county.items.page("incidents", DAY).features) == 1
    assert len(county.items.page("incidents", DAY + timedelta(days=1)).features) == 2


def test_boxes_choose_what_they_meet(county: Stores) -> None:
    def codes(box: Box) -> list[str]:
        return [one["properties"]["code"] for one in _features(county.items.page("grids", DAY, bbox=box))]

    assert codes(Box(120.001, 44.001, 120.002, 44.002)) == ["G0"]
    assert codes(Box(120.011, 44.001, 120.021, 44.002)) == ["G1", "G2"]
    assert codes(Box(0, 0, 1, 1)) == []
    assert codes(Box(120.025, 44.001, -170, 44.002)) == ["G2"]
    assert codes(Box(170, 44.001, 120.001, 44.002)) == ["G0"]
    assert codes(Box(170, -90, -170, 90)) == []


def test_pages_follow_the_cursor_to_the_end(county: Stores) -> None:
    county.markers.add([makers.marker(f"N{one:02}") for one in range(7)])
    codes = []
    cursor = None
    while True:
        page = county.items.page("markers", DAY, limit=3, cursor=cursor)
        assert len(page.features) <= 3
        codes += [one["properties"]["code"] for one in _features(page)]
        cursor = page.cursor
        if cursor is None:
            break
    assert codes == ["M1", "S1", *(f"N{one:02}" for one in range(7))]


def test_one_feature_by_its_id(county: Stores) -> None:
    unit = county.grids.unit_by_code("grids", "G1", DAY)
    text = county.items.feature("grids", unit.id, DAY)
    assert text is not None
    assert orjson.loads(text)["properties"]["name"] == "Grid 1"
    assert county.items.feature("grids", unit.id, date(2020, 1, 1)) is None
    assert county.items.feature("border", new_id(), DAY) is None


def test_quotes_and_other_scripts_survive(county: Stores) -> None:
    name = 'a "quoted" \\ 名字\n</script>'
    county.representatives.add([makers.representative("R2")])
    value = county.representatives.by_code("R2")
    county.representatives.save(type(value)(value.id, value.code, name))
    features = _features(county.items.page("representatives", DAY))
    assert name in [one["properties"]["name"] for one in features]


def test_impossible_questions_are_refused(county: Stores) -> None:
    with pytest.raises(UnknownLayer, match="it has: grids, border"):
        county.items.page("gridz", DAY)
    with pytest.raises(InvalidCursor):
        county.items.page("grids", DAY, cursor="nonsense")
    with pytest.raises(InvalidAttribute):
        county.items.page("grids", DAY, limit=0)
    for level in (-1, 2, 10**9):
        with pytest.raises(InvalidAttribute, match=r"Use 0 to 1: township, grid"):
            county.items.page("grids", DAY, level=level)
        with pytest.raises(InvalidAttribute, match="no level"):
            county.tiles.tile("grids", 0, 0, 0, DAY, level=level)
        with pytest.raises(InvalidAttribute, match="no level"):
            county.grids.outlines("grids", level, DAY)


def test_dwellings_lines_and_cover_are_features(county: Stores) -> None:
    county.dwellings.add([makers.dwelling("D1", households=3)])
    county.lines.add([makers.line("L1"), makers.line("L2", "river")])
    (dwelling,) = _features(county.items.page("dwellings", DAY))
    assert dwelling["properties"] == {"code": "D1", "households": 3}
    lines = _features(county.items.page("lines", DAY))
    assert lines[0]["geometry"] == {"type": "LineString", "coordinates": [[120, 44.005], [120.03, 44.005]]}
    (river,) = _features(county.items.page("lines", DAY, kind="river"))
    county.cover.add([makers.cover("C1"), makers.cover("C2", Cover.WATER)])
    (lake,) = _features(county.items.page("cover", DAY, kind="water"))
    assert (lake["geometry"]["type"], lake["properties"]["name"]) == ("Polygon", "Cover C2")
    assert river["properties"] == {"code": "L2", "kind": "river", "name": "Line L2"}


def test_markers_by_kind(county: Stores) -> None:
    (gate,) = _features(county.items.page("markers", DAY, kind="gate"))
    assert gate["properties"]["code"] == "M1"
    with pytest.raises(InvalidAttribute, match="only markers"):
        county.items.page("border", DAY, kind="gate")
