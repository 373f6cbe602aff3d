"""In-memory snapshots of each district: area layers, overlays and border for locating, and the stations.

A snapshot never changes. A watcher looks once a second whether a layer's head was raised, builds what is new
beside the old and swaps it in with one assignment, so a lookup neither waits nor touches the database. A
release's content never changes either: its index is kept by release id, so any past or scheduled day is
answered from memory once it was asked for. Stations are kept by day until a head of the district is raised.
"""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from geo.errors import N_
from geo.linear import MeasuredLine
from geo.nearest import NearestIndex
from layers import districts, heads
from layers.border import BorderSegment
from layers.catalog import Layer
from layers.districts import District
from layers.errors import UnknownDistrict
from layers.heads import Head
from layers.releases import Release
from layers.roads import CLOSURES, ROADS, RoadTable
from layers.stores import Stores
from service.errors import DistrictNotNamed, NotReady
from service.indexes.ground import Areas, Ground, build_areas, in_force, lay_border, lay_ground, measure
from service.indexes.roads import DayRoads
from service.indexes.stations import DayStations

K = TypeVar("K")
V = TypeVar("V")

_log = logging.getLogger("wardline.indexes")

INTERVAL_S = 1.0
KEPT_RELEASES = 12
KEPT_DAYS = 64
KEPT_ROADS = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of a district: its heads when it was read, its layers, releases and border."""

    district: District
    heads: Mapping[str, Head]
    layers: tuple[Layer, ...]
    releases: Mapping[str, tuple[Release, ...]]
    border: tuple[BorderSegment, ...]
    lines: tuple[MeasuredLine, ...]
    current: Ground
    stations: DayStations

    def today(self) -> date:
        """Return the day it is in the district."""
        return datetime.now(ZoneInfo(self.district.timezone)).date()


class Indexes:
    """The snapshots of all districts of a database.

    Parameters
    ----------
    sessions
        Makes the sessions in which snapshots are read.
    default
        The district that requests mean when they name none and there are several.
    """

    def __init__(self, sessions: sessionmaker[Session], default: str | None = None) -> None:
        self._sessions = sessions
        self._default = default
        self._known: Mapping[str, _Known] | None = None
        self._areas: OrderedDict[UUID, Areas] = OrderedDict()
        self._grounds: OrderedDict[tuple[str, date], Ground] = OrderedDict()
        self._stations: OrderedDict[tuple[str, date], DayStations] = OrderedDict()
        self._tables: OrderedDict[tuple[str, int], RoadTable] = OrderedDict()
        self._roads: OrderedDict[tuple[str, int, int, date], DayRoads] = OrderedDict()
        self._building = threading.RLock()
        self._closed = False

    @property
    def ready(self) -> bool:
        """Whether the first snapshots are built."""
        return self._known is not None

    async def watch(self) -> None:
        """Build the snapshots and keep them fresh until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.refresh)
            except Exception:  # noqa: BLE001 - the old snapshots go on answering
                _log.exception("the locate indexes could not be refreshed")
            await asyncio.sleep(INTERVAL_S)

    def refresh(self) -> None:
        """Look whether a layer changed or a day began somewhere, and swap in new snapshots where so."""
        with self._building, self._sessions() as session:
            if self._closed:
                return
            found = heads.every(session)
            of: dict[str, dict[str, Head]] = {}
            for (code, layer), head in found.items():
                of.setdefault(code, {})[layer] = head
            old = self._known or {}
            new: dict[str, _Known] = {}
            for district in districts.every(session):
                known = old.get(district.code)
                if known is None or known.heads != of.get(district.code, {}) or known.district != district:
                    known = self._read(session, district, of.get(district.code, {}))
                elif known.today() != known.current.day:
                    known = self._renew(session, known)
                new[district.code] = known
            if new != self._known:
                self._known = new

    def close(self) -> None:
        """Read no more; returns when a refresh that is under way has given its connection back."""
        with self._building:
            self._closed = True

    def district(self, named: str | None) -> str:
        """Return the code of the district a request means, from memory.

        Raises
        ------
        NotReady
            The first snapshots are not built yet.
        UnknownDistrict
            There is no such district.
        DistrictNotNamed
            None is named, none is the default and there is not exactly one.
        """
        known = self._require()
        return choose_district(list(known), named, self._default)

    def find_district(self, named: str | None) -> str:
        """Return the code of the district a request means, also of one that was stored a moment ago.

        Raises what :meth:`district` raises; asks the database where memory does not know the district.
        """
        try:
            return self.district(named)
        except (UnknownDistrict, DistrictNotNamed):
            self.refresh()
            return self.district(named)

    def current(self, district: str) -> Ground:
        """Return today's ground of a district, from memory."""
        return self._of(district).current

    def cached(self, district: str, day: date) -> Ground | None:
        """Return the ground of a day if it is in memory."""
        known = self._of(district)
        return known.current if known.current.day == day else self._grounds.get((district, day))

    def ground(self, district: str, day: date | None = None, known_at: datetime | None = None) -> Ground:
        """Return the ground of a day; reads the database where it was not asked for before.

        With ``known_at`` the areas are those of the releases then known; the border is that of now. Releases
        are kept as any others are, and put together anew for each question.
        """
        known = self._of(district)
        if known_at is not None:
            with self._building:
                return self._make_ground(known, day or known.today(), known_at)
        if day is None or day == known.current.day:
            return known.current
        with self._building:
            return _keep(self._grounds, (district, day), KEPT_DAYS, lambda: self._make_ground(known, day))

    def stations(self, district: str, day: date) -> DayStations:
        """Return the stations of a day; reads the database where it was not asked for before."""
        known = self._of(district)
        if day == known.current.day:
            return known.stations
        with self._building:
            return _keep(self._stations, (district, day), KEPT_DAYS, lambda: self._read_stations(known, day))

    def roads(self, district: str, day: date) -> DayRoads:
        """Return the roads of a day; reads the database where they changed since they were asked for."""
        known = self._of(district)
        version, closed = (
            known.heads[head].version if head in known.heads else 0 for head in (ROADS, CLOSURES)
        )
        made = self._roads.get((district, version, closed, day))
        if made is not None:
            return made
        with self._building:
            return _keep(
                self._roads,
                (district, version, closed, day),
                KEPT_ROADS,
                lambda: self._read_roads(district, version, day),
            )

    def today(self, district: str) -> date:
        """Return the day it is in a district."""
        return self._of(district).today()

    def first_day(self, district: str) -> date | None:
        """Return the first day on which an area layer is in force."""
        releases = self._of(district).releases.values()
        return min((one.effective_on for every in releases for one in every), default=None)

    def _require(self) -> Mapping[str, _Known]:
        if self._known is None:
            raise NotReady(N_("The indexes are still being built."), mend=N_("Try again in a few seconds."))
        return self._known

    def _of(self, district: str) -> _Known:
        known = self._require()
        if district not in known:
            # Stored by another process since the last look.
            self.refresh()
            known = self._require()
        return known[district]

    def _read(self, session: Session, district: District, found: Mapping[str, Head]) -> _Known:
        stores = Stores(session, district.code)
        layers = stores.layers.all()
        segments = stores.border.during(date.min, date.max)
        empty = Ground(district, date.min, {}, (), lay_border((), ()))
        nobody = DayStations(district.timezone, (), NearestIndex.build([], []))
        known = _Known(
            district,
            found,
            layers,
            {layer.code: stores.releases.all(layer.code) for layer in layers},
            segments,
            tuple(measure(one) for one in segments),
            empty,
            nobody,
        )
        for kept in (self._grounds, self._stations):
            for key in [key for key in kept if key[0] == district.code]:
                del kept[key]
        return self._renew(session, known)

    def _renew(self, session: Session, known: _Known) -> _Known:
        today = known.today()
        return _Known(
            known.district,
            known.heads,
            known.layers,
            known.releases,
            known.border,
            known.lines,
            self._lay(session, known, today),
            DayStations.read(Stores(session, known.district.code), known.district.timezone, today),
        )

    def _make_ground(self, known: _Known, day: date, known_at: datetime | None = None) -> Ground:
        with self._sessions() as session:
            return self._lay(session, known, day, known_at)

    def _read_stations(self, known: _Known, day: date) -> DayStations:
        with self._sessions() as session:
            return DayStations.read(Stores(session, known.district.code), known.district.timezone, day)

    def _read_roads(self, district: str, version: int, day: date) -> DayRoads:
        with self._sessions() as session:
            roads = Stores(session, district).roads
            table = _keep(self._tables, (district, version), KEPT_ROADS, roads.table)
            return DayRoads.build(table, roads.closures(), day)

    def _lay(self, session: Session, known: _Known, day: date, known_at: datetime | None = None) -> Ground:
        stores = Stores(session, known.district.code)
        areas: list[Areas] = []
        for layer in known.layers:
            release = in_force(known.releases[layer.code], day, known_at)
            if release is not None:
                areas.append(self._areas_of(stores, layer, release, day, known_at))
        valid = [
            position
            for position, one in enumerate(known.border)
            if (one.valid_from is None or one.valid_from <= day)
            and (one.valid_to is None or day < one.valid_to)
        ]
        border = lay_border([known.border[one] for one in valid], [known.lines[one] for one in valid])
        return lay_ground(known.district, day, areas, border)

    def _areas_of(
        self, stores: Stores, layer: Layer, release: Release, day: date, known_at: datetime | None
    ) -> Areas:
        def build() -> Areas:
            return build_areas(stores, layer, release, day, known_at)

        return _keep(self._areas, release.id, KEPT_RELEASES, build)


def _keep(kept: OrderedDict[K, V], key: K, most: int, make: Callable[[], V]) -> V:
    """Return what is kept under a key, made where it is not; what was asked for longest ago makes way."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]


def choose_district(codes: list[str], named: str | None, default: str | None) -> str:
    """Return the district a request means: the named one, the default, or the only one.

    Raises
    ------
    UnknownDistrict
        The named district does not exist.
    DistrictNotNamed
        None is named and there is not exactly one.
    """
    wanted = named or default
    if wanted is not None and wanted in codes:
        return wanted
    known = ", ".join(codes[:20]) or "–"
    if wanted is not None:
        raise UnknownDistrict(
            N_("There is no district {district}; there are: {known}."),
            mend=N_("Name one of them, or create the district first."),
            where={"parameter": "district"},
            district=wanted[:64],
            known=known,
        )
    if len(codes) == 1:
        return codes[0]
    raise DistrictNotNamed(
        N_("The request names no district; there are: {known}."),
        mend=N_(
            "Name one of these codes: district=… in a request, --district … in a command. "
            "`./wardline import` makes the first one."
        ),
        where={"parameter": "district"},
        known=known,
    )
