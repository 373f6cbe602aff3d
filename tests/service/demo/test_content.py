"""The demo's content: exact counts, a border of about 120 km, people for every ground, no future."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.crs import GEOD
from geo.linear import MeasuredLine
from geo.locate import LocateIndex
from geo.track import Verdict, clean
from layers.marker_kinds import BoundaryMarker, ServiceStation
from service.demo import world
from service.demo.content import Content, make_content
from service.demo.county import REPRESENTATIVES
from service.demo.ground import border_of, make_ground
from service.demo.patrols import Fault
from service.demo.state import COUNTY_CODE, DemoSize
from service.demo.world import AtlasMissing, shared_border

TODAY = date(2026, 3, 10)

pytestmark = pytest.mark.skipif(
    not world.ATLAS.exists(),
    reason="the map assets are not installed: run ./wardline demo or npm ci in maps/web",
)


@pytest.fixture(scope="module")
def whole() -> Content:
    return make_content(DemoSize(), TODAY)


def test_counts_are_those_of_the_real_practice(whole: Content) -> None:
    county = whole.county
    assert (len(county.townships), len(county.big_grids), len(county.leaves)) == (12, 184, 2_924)
    assert len(county.people) == REPRESENTATIVES == 236
    assert len(whole.reports) == 20_000


def test_codes_are_fifteen_digits_that_nest(whole: Content) -> None:
    county = whole.county
    for unit in (*county.townships, *county.big_grids, *county.leaves):
        assert len(unit.code) == 15
        assert unit.code.startswith(COUNTY_CODE)
    for leaf in county.leaves:
        assert leaf.code[:12] == county.big_grids[leaf.parent].code[:12]
    for grid in county.big_grids:
        assert grid.code[:9] == county.townships[grid.parent].code[:9]
    assert len({leaf.code for leaf in county.leaves}) == 2_924


def test_codes_run_from_west_to_east(whole: Content) -> None:
    """The first small grids of a village lie west of its last ones."""
    county = whole.county
    for village in range(184):
        members = [index for index, leaf in enumerate(county.leaves) if leaf.parent == village]
        members.sort(key=lambda index: county.leaves[index].code)
        lons = county.shapes.centre[members, 0]
        assert lons[0] <= lons[-1]


def test_every_big_grid_has_somebody_and_the_extra_52_are_where_load_is_highest(whole: Content) -> None:
    county = whole.county
    staff = Counter(person.home for person in county.people)
    assert set(staff) == set(range(184))
    assert sum(count - 1 for count in staff.values()) == 52
    load = np.bincount(county.shapes.big_grid, county.households)
    alone = max(load[home] for home, count in staff.items() if count == 1)
    relieved = min(load[home] / (count - 1) for home, count in staff.items() if count > 1)
    assert alone <= relieved
    assert len({person.name for person in county.people}) == 236


def test_representatives_sit_in_their_home(whole: Content) -> None:
    county = whole.county
    for person in county.people[::7]:
        home = county.shapes.polygons[county.shapes.big_grid == person.home]
        assert shapely.covers(shapely.union_all(home), shapely.Point(person.lon, person.lat))


def test_households_are_in_the_range_of_the_size_rule(whole: Content) -> None:
    households = whole.county.households
    assert np.percentile(households, 10) >= 80
    assert np.percentile(households, 90) <= 500
    small = whole.county.area_km2 < np.median(whole.county.area_km2)
    assert households[small].mean() > 1.3 * households[~small].mean()


def test_the_border_is_the_real_one_in_stretches_of_about_25_km(whole: Content) -> None:
    ground = make_ground()
    arc = shared_border("156", "496")
    border = border_of(whole.county.shapes.frame, ground.border)
    length = MeasuredLine.from_lonlat(border).length_m
    assert 115_000 < length < 125_000
    on_border = {tuple(vertex) for vertex in border.tolist()}
    atlas = np.round(arc[(arc[:, 0] > border[0, 0]) & (arc[:, 0] < border[-1, 0])], 7).tolist()
    inner = [vertex for vertex in map(tuple, atlas) if vertex in on_border]
    assert len(inner) > 20, "the vertices of the atlas are kept"
    segments = [stretch.segment for stretch in whole.stretches]
    assert len(segments) == 5
    assert segments[0].from_m == 0.0
    assert segments[-1].to_m == pytest.approx(length, abs=0.01)
    for one, two in pairwise(segments):
        assert one.to_m == two.from_m
        assert one.geom.coords[-1] == two.geom.coords[0]
        assert one.route is not None
        assert two.route is not None
        assert one.route.coords[-1] == two.route.coords[0]
    assert all(20_000 < segment.to_m - segment.from_m <= 25_000.001 for segment in segments)
    assert len({segment.owner for segment in segments}) == 5


def test_segments_lie_on_the_frame(whole: Content) -> None:
    boundary = shapely.get_coordinates(whole.county.shapes.frame.exterior)
    vertices = {tuple(vertex) for vertex in boundary.tolist()}
    for stretch in whole.stretches:
        assert set(stretch.segment.geom.coords[1:-1]) <= vertices


def test_the_fence_track_runs_on_the_inner_side(whole: Content) -> None:
    for stretch in whole.stretches:
        legal = MeasuredLine.from_lonlat(np.array(stretch.segment.geom.coords))
        track = stretch.line.lonlat[5:-5]
        offset = legal.locate(track[:, 0], track[:, 1]).offset_m
        assert (offset < -29).all()
        assert np.percentile(-offset, 95) < 85
        assert shapely.contains_xy(whole.county.shapes.frame, track[:, 0], track[:, 1]).all()
        assert shapely.LineString(stretch.line.lonlat).is_simple


def test_boundary_markers_stand_every_one_to_two_km_and_are_numbered(whole: Content) -> None:
    border = MeasuredLine.from_lonlat(border_of(whole.county.shapes.frame, make_ground().border))
    markers = [one for one in whole.markers if one.kind == BoundaryMarker.kind]
    lons, lats = np.array([(one.lon, one.lat) for one in markers]).T
    measure = np.sort(border.locate(lons, lats).measure_m)
    gaps = np.diff(measure)
    assert gaps.min() > 1_000
    assert gaps.max() < 2_000
    numbers = [one.attributes.number for one in markers if isinstance(one.attributes, BoundaryMarker)]
    assert numbers[:2] == ["1123", "1123/1"]
    assert len(set(numbers)) == len(numbers)
    assert all(one.segment is not None and one.measure_m is not None for one in markers)


def test_there_is_one_hub_and_twelve_points_with_hours(whole: Content) -> None:
    stations = [one.attributes for one in whole.markers if isinstance(one.attributes, ServiceStation)]
    assert Counter(one.role for one in stations) == {"hub": 1, "point": 12}
    assert all(one.opening_hours and one.facilities for one in stations)
    kinds = Counter(one.kind for one in whole.markers)
    assert {"gate", "well", "lamp", "monitoring-point", "work-site", "fence-post", "river-crossing"} <= set(
        kinds
    )
    assert (
        len({one.code for one in whole.markers})
        == len({one.id for one in whole.markers})
        == len(whole.markers)
    )


def test_incidents_lie_in_the_county_and_in_the_past_year(whole: Content) -> None:
    places = np.array([(one.lon, one.lat) for one in whole.reports])
    assert shapely.contains_xy(whole.county.shapes.frame, places[:, 0], places[:, 1]).all()
    assert all(one.occurred_at <= one.received_at for one in whole.reports)
    # 2026-03-10 begins in the county at 16:00 UTC of the day before.
    assert max(one.received_at for one in whole.reports) < datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert min(one.occurred_at for one in whole.reports) >= datetime(2025, 3, 9, 16, tzinfo=UTC)
    assert len({(one.channel, one.external_id) for one in whole.reports if one.external_id}) > 4_000


def test_incidents_have_seasons(whole: Content) -> None:
    snow = Counter(one.occurred_at.month for one in whole.reports if one.class_ == "snow")
    assert snow[1] > 10 * max(snow[6], 1)


def test_patrols_keep_to_the_track_and_end_before_today(whole: Content) -> None:
    sound = [patrol for patrol in whole.patrols if patrol.fault is Fault.NONE]
    assert len(sound) > 100
    for patrol in sound[::10]:
        line = next(one.line for one in whole.stretches if one.segment.code.lower() == patrol.device[:3])
        distance = line.locate(patrol.fixes.lon, patrol.fixes.lat).distance_m
        assert np.median(distance) < 12
        assert clean(patrol.fixes).pieces >= 1
    latest = max(float(np.nanmax(patrol.fixes.t)) for patrol in whole.patrols)
    assert latest < datetime(2026, 3, 9, 16, tzinfo=UTC).timestamp()


def test_receivers_are_honest_about_their_error(whole: Content) -> None:
    """About two thirds of fixes on the open track lie within what the receiver stated, and not all."""
    stretch = whole.stretches[0]
    patrol = next(one for one in whole.patrols if one.device == "b01-a" and one.fault is Fault.NONE)
    distance = stretch.line.locate(patrol.fixes.lon, patrol.fixes.lat).distance_m
    share = (distance < patrol.fixes.accuracy_m).mean()
    assert 0.5 < share < 0.99


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault.SPIKES, Verdict.SPIKE),
        (Fault.NULL_ISLAND, Verdict.NULL_ISLAND),
        (Fault.FROZEN_CLOCK, Verdict.FROZEN_CLOCK),
        (Fault.OLD_CLOCK, Verdict.BEFORE_GPS),
        (Fault.POOR_ACCURACY, Verdict.INACCURATE),
    ],
)
def test_faults_of_devices_are_in_it_and_are_recognised(
    whole: Content, fault: Fault, verdict: Verdict
) -> None:
    faulty = [patrol for patrol in whole.patrols if patrol.fault is fault]
    assert faulty
    assert (clean(faulty[0].fixes).verdict == verdict).any()


def test_one_recording_comes_twice(whole: Content) -> None:
    prints = Counter(patrol.fixes.t.tobytes() for patrol in whole.patrols)
    assert max(prints.values()) == 2


def test_the_frame_is_about_120_by_60_to_80_km(whole: Content) -> None:
    area_km2 = abs(GEOD.geometry_area_perimeter(whole.county.shapes.frame)[0]) / 1e6
    assert 6_000 < area_km2 < 10_000


def test_the_same_day_and_size_give_the_same_content() -> None:
    size = DemoSize(small_grids=120, incidents=300, patrol_days=4)
    once = make_content(size, TODAY)
    assert once.digest() == make_content(size, TODAY).digest()
    assert once.digest() != make_content(size, date(2026, 3, 11)).digest()


def test_a_missing_atlas_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(AtlasMissing, match=r"countries-10m\.json.*npm ci"):
        shared_border("156", "496", tmp_path / "countries-10m.json")


def test_countries_without_a_common_border_are_refused() -> None:
    with pytest.raises(AtlasMissing):
        shared_border("156", "076")


def test_dwellings_lie_in_their_grids_and_sum_to_their_households(whole: Content) -> None:
    county = whole.county
    index = LocateIndex.build(county.shapes.polygons, [one.id.hex for one in county.leaves])
    places = np.array([(one.lon, one.lat) for one in whole.land.dwellings])
    owners = index.locate(places[:, 0], places[:, 1])
    assert [county.leaves[k].code for k in owners.tolist()] == [one.code[:15] for one in whole.land.dwellings]
    households = [one.households for one in whole.land.dwellings]
    sums = np.bincount(owners, weights=households, minlength=len(county.leaves))
    assert (sums == county.households).all()


def test_roads_join_the_towns_and_some_lines_run_along_boundaries(whole: Content) -> None:
    kinds = Counter(one.kind for one in whole.land.lines)
    assert kinds["road"] == 11 + 2
    assert kinds["track"] > 150
    assert kinds["river"] == 2
    assert len({one.code for one in whole.land.lines}) == len(whole.land.lines)
    borders = shapely.union_all(shapely.boundary(whole.county.shapes.polygons))
    for one in whole.land.lines[-4:]:
        line = one.line
        assert line.is_simple
        assert shapely.length(line) > 0.5
        near = borders.intersection(line.buffer(0.002))
        assert shapely.hausdorff_distance(line, near, densify=0.05) < 0.01
        # It ends at boundary nodes, so a boundary can be traced along it; it is not the boundary itself.
        ends = shapely.points([line.coords[0], line.coords[-1]])
        assert (shapely.distance(ends, borders) == 0).all()
        assert shapely.length(shapely.difference(line, borders)) > 0.2 * shapely.length(line)
