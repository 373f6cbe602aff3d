"""The steps of loading the demo: each writes one part of its content through the stores and use cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely

from geo.errors import N_
from geo.linear import MeasuredLine
from geo.partition import dissolve, prove
from layers.due import DueRule
from layers.incidents import Incident
from layers.marker_kinds import ServiceStation
from layers.outreach_records import Gathering, Request
from layers.representatives import Representative
from layers.stores import Stores
from layers.units import UnitDraft
from service.demo import cases
from service.demo.content import Content
from service.demo.county import LAYER_NAME, LEVEL_NAMES, DemoUnit
from service.demo.identity import demo_id
from service.demo.incidents import Report
from service.demo.meetings import make_gatherings, make_stops
from service.demo.patrols import as_csv
from service.demo.roads import write_roads
from service.demo.state import LAYER
from service.errors import ServiceError
from service.indexes.ground import Ground, build_areas, in_force, lay_border
from service.readers.osm import read_roads
from service.readers.tracks import read
from service.use_cases.incidents import assign, holders_of
from service.use_cases.roads import import_roads
from service.use_cases.tracks import Delivery, upload

_UPLOADED_AFTER_S = 900.0


class DemoBroken(ServiceError):
    """The demo's own partition is not exact: a fault of the generator, never of the user."""

    code = "demo-broken"


def publish_county(stores: Stores, content: Content, note: str) -> None:
    """Prove the small grids an exact partition of the county's frame and publish all three levels."""
    county = content.county
    shapes = county.shapes
    proof = prove(shapes.polygons, shapes.frame)
    if not proof.exact:
        raise DemoBroken(
            N_("The demo's grids are not an exact partition: {kind} at {place}."),
            mend=N_("Please report this, with the size you asked for."),
            kind=proof.defects[0].kind,
            place=proof.defects[0].place,
        )
    upper = [
        dissolve(shapes.polygons, shapes.township[shapes.big_grid]),
        dissolve(shapes.polygons, shapes.big_grid),
    ]
    levels = (county.townships, county.big_grids, county.leaves)
    geometries = (*upper, list(shapes.polygons))
    drafts = [
        _draft(unit, geometry, levels, None if level < 2 else int(county.households[index]))
        for level, units in enumerate(levels)
        for index, (unit, geometry) in enumerate(zip(units, geometries[level], strict=True))
    ]
    layer = stores.layers.create(
        LAYER, name=LAYER_NAME.zh, name_en=LAYER_NAME.en, kind="partition", level_names=LEVEL_NAMES
    )
    _publish(stores, layer.code, content, drafts, note)


def _publish(
    stores: Stores, layer: str, content: Content, drafts: Sequence[UnitDraft], note: str = ""
) -> None:
    release = stores.grids.publish(layer, content.since, drafts, note=note)
    stores.audit.record("layer.publish", "release", release.id, layer=layer, units=len(drafts), by="demo")


def _draft(
    unit: DemoUnit,
    geometry: shapely.Geometry,
    levels: tuple[tuple[DemoUnit, ...], ...],
    households: int | None,
) -> UnitDraft:
    parent = None if unit.parent < 0 else levels[unit.level - 1][unit.parent].id
    english = {"name_en": unit.name.en}
    return UnitDraft(unit.id, unit.code, unit.name.zh, unit.level, parent, geometry, households, english)


def load_overlays(stores: Stores, content: Content) -> None:
    """Publish the overlay layers."""
    for overlay in content.overlays:
        layer = stores.layers.create(
            overlay.code,
            name=overlay.name.zh,
            name_en=overlay.name.en,
            kind="overlay",
            level_names=(overlay.level_name,),
            priority=overlay.priority,
            classes=overlay.classes,
        )
        drafts = [
            UnitDraft(one.id, one.code, one.name.zh, 0, None, one.geometry, None, {"name_en": one.name.en})
            for one in overlay.areas
        ]
        _publish(stores, layer.code, content, drafts)


def load_border(stores: Stores, content: Content) -> None:
    """Store the border's stretches and all markers."""
    stores.border.add([stretch.segment for stretch in content.stretches])
    stores.markers.add(content.markers)


def load_land(stores: Stores, content: Content) -> None:
    """Store lines, ground cover, barriers and dwellings, and the roads again as a network of ways."""
    stores.lines.add(content.land.lines)
    stores.cover.add(content.cover)
    stores.barriers.replace(content.barriers, content.since)
    stores.dwellings.add(content.land.dwellings)
    stations = [one for one in content.markers if one.kind == ServiceStation.kind]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "roads.osm.pbf"
        write_roads(file, content.land.lines, stations)
        import_roads(stores, read_roads(file).table)


def load_people(stores: Stores, content: Content) -> None:
    """Store the representatives, their home big grids, and who answers for the overlays."""
    county = content.county
    stores.representatives.add(
        [
            Representative(one.id, one.code, one.name.zh, one.lon, one.lat, {"name_en": one.name.en})
            for one in county.people
        ]
    )
    homes = [(one.id, county.big_grids[one.home].id) for one in county.people]
    stores.representatives.assign(homes, content.since, role="home")
    desks = shapely.STRtree(shapely.points([(one.lon, one.lat) for one in county.people]))
    extras = [
        (county.people[int(desks.nearest(area.geometry.centroid))].id, area.id)
        for overlay in content.overlays
        for area in overlay.areas
    ]
    stores.representatives.assign(extras, content.since, role="extra")


def load_incidents(stores: Stores, content: Content, day: date) -> None:
    """Assign every report to its unit, person and place on the border, and store them all."""
    ground = _ground(stores, day)
    holders = holders_of(stores, ground)
    values = []
    for number, report in enumerate(content.reports):
        found = assign(
            ground, holders, report.lon, report.lat, class_=report.class_, accuracy_m=report.accuracy_m
        )
        values.append(
            replace(
                _incident(number, report),
                unit=found.unit,
                representative=found.representative,
                segment=found.segment,
                measure_m=found.measure_m,
                assignment=found.body,
            )
        )
    led = list(cases.lead(values, day))
    stores.incidents.add_many([one.value for one in led])
    cases.store(stores, led, day)


def load_gatherings(stores: Stores, content: Content, day: date) -> None:
    """Store meetings and visits with what came of them, and stops; one request has its patrols already."""
    granted = False
    for one in make_gatherings(content.county, day, content.reports):
        stores.outreach.begin(one)
        stores.outreach.add_parts(one)
        asked = next((each for each in one.requests if each.kind == "patrol"), None)
        if asked is not None and not granted:
            _grant(stores, asked, one, day)
            granted = True
    for stop in make_stops(content.county, day):
        stores.stops.add(stop)


def _grant(stores: Stores, asked: Request, heard: Gathering, day: date) -> None:
    """Grant the patrols of a request: a rule of what is due of its unit."""
    at = datetime.combine(day, time(), UTC)
    rule = DueRule(
        id=demo_id("rule", 0),
        kind="unit",
        code=stores.grids.unit(asked.unit, day).code,
        layer=LAYER,
        within_days=7.0,
        times=2,
        spacing_hours=24.0,
        from_day=day - timedelta(days=20),
        to_day=day + timedelta(days=60),
        source="meeting",
        asked_by=heard.place,
        reason=asked.text,
        created_at=at,
        created_by="demo",
    )
    stores.due_rules.add(rule)
    stores.outreach.settle(asked.id, at, "demo", "", rule=rule.id)


def _incident(number: int, report: Report) -> Incident:
    return Incident(
        id=demo_id("incident", number),
        channel=report.channel,
        external_id=report.external_id,
        class_=report.class_,
        title=report.title,
        lon=report.lon,
        lat=report.lat,
        raw_lon=report.lon,
        raw_lat=report.lat,
        accuracy_m=report.accuracy_m,
        occurred_at=report.occurred_at,
        received_at=report.received_at,
        status=report.status,
        colour=report.colour,
    )


def _ground(stores: Stores, day: date) -> Ground:
    """Return the ground of a day as this transaction sees it, which is not committed yet."""
    areas = []
    for layer in stores.layers.all():
        release = in_force(stores.releases.all(layer.code), day)
        if release is not None:
            areas.append(build_areas(stores, layer, release, day))
    segments = stores.border.all(day)
    lines = [MeasuredLine.from_lonlat(np.array(one.line.coords)) for one in segments]
    return Ground(
        stores.districts.current(),
        day,
        {one.layer.code: one for one in areas if one.layer.kind == "partition"},
        tuple(one for one in areas if one.layer.kind == "overlay"),
        lay_border(segments, lines),
    )


def load_patrols(stores: Stores, content: Content) -> None:
    """Upload every recording as the file its device would send, some minutes after it ended."""
    for patrol in content.patrols:
        sent = as_csv(patrol.fixes)
        source = f"{patrol.device}-{patrol.name.replace(' ', '-')}.csv"
        received_at = datetime.fromtimestamp(float(patrol.fixes.t.max()) + _UPLOADED_AFTER_S, UTC)
        delivery = replace(
            Delivery.of(patrol.device, source, sent, received_at, patrol.person), name=patrol.name
        )
        upload(stores, delivery, read(sent, "csv", filename=source, mode=patrol.mode))
