"""Everything the demo district holds, made up in memory: the same for the same size and day."""

import hashlib
from dataclasses import dataclass
from datetime import date

import shapely

from geo.synthetic import counts_for
from layers.barriers import Barrier
from layers.ground_cover import CoverArea
from layers.markers import Marker
from service.demo.border import Stretch, make_border_markers, make_stretches
from service.demo.county import County, make_county
from service.demo.cover import make_cover
from service.demo.ground import border_of, make_ground
from service.demo.incidents import Report, make_reports
from service.demo.land import Land, make_land
from service.demo.overlays import Overlay, make_overlays
from service.demo.patrols import DemoPatrol, make_patrols
from service.demo.places import make_places
from service.demo.sight import make_barriers
from service.demo.state import DemoSize


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The demo district; everything is valid from ``since``, the first of January before the year's data."""

    since: date
    county: County
    stretches: tuple[Stretch, ...]
    markers: tuple[Marker, ...]
    overlays: tuple[Overlay, ...]
    land: Land
    cover: tuple[CoverArea, ...]
    barriers: tuple[Barrier, ...]
    reports: tuple[Report, ...]
    patrols: tuple[DemoPatrol, ...]

    def digest(self) -> str:
        """Return a SHA-256 over all of it."""
        whole = hashlib.sha256()
        for geometry in (*self.county.shapes.polygons, *(one.segment.line for one in self.stretches)):
            whole.update(shapely.to_wkb(geometry))
        county = self.county
        for part in (county.townships, county.big_grids, county.leaves, county.people, self.markers):
            whole.update(repr(part).encode())
        whole.update(county.households.tobytes() + repr(self.reports).encode())
        whole.update("".join(f"{one.kind} {one.area.wkt}" for one in self.cover).encode())
        whole.update(repr(self.barriers).encode())
        whole.update(repr(self.land.lines).encode() + repr(self.land.dwellings).encode())
        whole.update("".join(area.geometry.wkt for one in self.overlays for area in one.areas).encode())
        for patrol in self.patrols:
            fixes = patrol.fixes
            whole.update(f"{patrol.device}|{patrol.person}|{patrol.mode}".encode())
            for column in (fixes.t, fixes.lon, fixes.lat, fixes.accuracy_m):
                whole.update(column.tobytes())
        return whole.hexdigest()


def make_content(size: DemoSize, today: date) -> Content:
    """Return the demo's content up to the day before ``today``.

    Raises
    ------
    AtlasMissing
        The atlas of the world is not installed.
    TooCrowded
        The size is more than the county's ground can hold.
    """
    since = date(today.year - 2, 1, 1)
    ground = make_ground()
    county = make_county(ground.frame, counts_for(size.small_grids))
    border = border_of(county.shapes.frame, ground.border)
    stretches = make_stretches(border, ground.track, since)
    markers = (*make_border_markers(border, stretches, since), *make_places(county, stretches, since, today))
    return Content(
        since=since,
        county=county,
        stretches=stretches,
        markers=markers,
        overlays=make_overlays(county, stretches),
        land=make_land(county),
        cover=make_cover(stretches, county.shapes.frame),
        barriers=make_barriers(stretches, since),
        reports=tuple(make_reports(county, stretches, today, count=size.incidents)),
        patrols=tuple(make_patrols(stretches, today, days=size.patrol_days)),
    )
