"""What ``./wardline import`` was asked for, the district it works on, and the way from one to the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from shapely import Geometry
from sqlalchemy.orm import Session

from geo.crs import STORAGE_CRS
from geo.errors import N_
from geo.lattice import quantise
from layers import districts
from layers.catalog import Layer, LayerKind
from layers.stores import Stores
from service.cli.repairs import RepairRequest, telling, write_files
from service.cli.targets import Target, check_place
from service.errors import InvalidInput
from service.indexes.snapshots import choose_district
from service.readers.osm import RoadFile, read_roads
from service.readers.places import read_places
from service.readers.units import UnitRows, unit_rows
from service.readers.vector import Features, Shape, read_vector
from service.use_cases.import_border import plan_border, store_border
from service.use_cases.import_features import (
    CoverPlan,
    LinePlan,
    plan_barriers,
    plan_cover,
    plan_dwellings,
    plan_lines,
)
from service.use_cases.import_grids import Examination, examine, publish
from service.use_cases.import_markers import STATION, plan_markers, store_markers
from service.use_cases.import_representatives import plan_representatives, store_representatives
from service.use_cases.import_sites import plan_sites
from service.use_cases.repair_grids import plan_repair
from service.use_cases.roads import import_roads
from service.use_cases.tracks import put_barriers

_LEVELS = ("township", "village", "grid")
_POINTS = ("markers", "stations", "representatives", "dwellings")
_SHAPES: dict[str, Shape] = {"border": "line", "lines": "line", "sites": "site", "barriers": "barrier"}
_OF_KINDS: dict[str, Callable[..., CoverPlan | LinePlan]] = {"lines": plan_lines, "cover": plan_cover}
_NO_DEFECTS: dict[str, Any] = {"type": "FeatureCollection", "features": []}


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The content of the file, read and checked by rows; nothing of it was compared with the district yet."""

    features: Features
    units: UnitRows | None = None
    upper: UnitRows | None = None
    frame: Geometry | None = None
    above: Features | None = None
    roads: RoadFile | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The options of one import."""

    layer: str
    file: Path
    source_layer: str | None
    fields: Mapping[str, str]
    parent_fields: tuple[str, ...]
    parent_layer: str | None
    level_names: tuple[str, ...] | None
    kind: str | None
    crs: str | None
    encoding: str | None
    frame: Path | None
    enclaves: tuple[tuple[float, float], ...]
    effective_on: date | None
    stretch_km: float
    code_prefix: str
    ignored: tuple[str, ...]
    district_name: str | None
    timezone: str
    note: str
    apply: bool
    repair: RepairRequest | None = None
    silent: bool = False

    def read(self) -> Prepared:
        """Read the file, and what belongs to it, as this layer needs it.

        Raises
        ------
        WardlineError
            The file, a row or an option is refused; see the readers.
        """
        if self.layer == "roads":
            return _prepared_roads(read_roads(self.file))
        if self.layer in _POINTS:
            return Prepared(
                read_places(self.file, layer=self.source_layer, crs=self.crs, encoding=self.encoding)
            )
        shape = _SHAPES.get(self.layer, "area")
        features = read_vector(
            self.file, shape, layer=self.source_layer, crs=self.crs, encoding=self.encoding
        )
        if shape != "area" or self.layer in _OF_KINDS:
            return Prepared(features)
        return self._read_areas(features)

    def levels(self) -> tuple[str, ...]:
        """Return the names of the levels, top first.

        Raises
        ------
        InvalidInput
            There are not as many names as levels.
        """
        count = len(self.parent_fields) + 1
        names = self.level_names or _LEVELS[-count:]
        if len(names) != count or len(set(names)) != count:
            raise InvalidInput(
                N_("{count} levels need as many names, and got: {names}."),
                mend=N_(
                    "Give --levels one name per level, top first, and --parent-field once per upper level."
                ),
                where={"option": "--levels"},
                count=count,
                names=", ".join(names),
            )
        return tuple(names)

    def _read_areas(self, features: Features) -> Prepared:
        if self.parent_layer is not None and not self.parent_fields:
            raise InvalidInput(
                N_("--parent-layer needs to know each unit's parent."),
                mend=N_("Name the field with its code with --parent-field FIELD."),
                where={"option": "--parent-field"},
            )
        units = unit_rows(features, self.fields, self.parent_fields)
        upper = above = None
        if self.parent_layer is not None:
            above = read_vector(
                self.file, "area", layer=self.parent_layer, crs=self.crs, encoding=self.encoding
            )
            # The level above has its own columns: what is named for the units counts where it exists.
            fields = {ours: theirs for ours, theirs in self.fields.items() if theirs in above.columns}
            upper = unit_rows(above, fields)
        return Prepared(features, units, upper, self._read_frame(), above)

    def _read_frame(self) -> Geometry | None:
        if self.frame is None:
            return None
        rows = read_vector(self.frame, "area", crs=None)
        if len(rows) != 1:
            raise InvalidInput(
                N_("The frame {file} has {count} rows."),
                mend=N_("Give one area, of several parts where needed."),
                where={"file": self.frame.name},
                file=self.frame.name,
                count=len(rows),
            )
        return quantise(rows.geometries[0])


def open_target(session: Session, request: Request, named: str | None) -> Target:
    """Return the district that was named, or the only one; with ``--apply`` a named new one is created.

    Raises
    ------
    DistrictNotNamed
        None was named, there is not exactly one, and the import is to be applied.
    """
    known = {one.code: one for one in districts.every(session)}
    if named is None and (request.apply or len(known) == 1):
        named = choose_district(list(known), None, None)
    today = datetime.now(UTC).astimezone(ZoneInfo(known[named].timezone if named in known else "UTC")).date()
    if named is None:
        return Target(None, None, exists=False, today=today)
    stores = Stores(session, named)
    if named not in known and request.apply:
        stores.districts.create(request.district_name or named, timezone=request.timezone)
        today = datetime.now(UTC).astimezone(ZoneInfo(request.timezone)).date()
    return Target(stores, named, exists=named in known or request.apply, today=today)


def carry_out(target: Target, request: Request, prepared: Prepared) -> tuple[dict[str, Any], dict[str, Any]]:
    """Examine what was read, store it where that is asked for and allowed; return report and defects."""
    day = request.effective_on or target.today
    collection = _NO_DEFECTS
    check_place(target, prepared.features, day)
    if prepared.units is not None:
        report, collection = _areas(target, request, prepared, prepared.units, day)
    elif prepared.roads is not None:
        report = _roads(target, request, prepared.roads)
    elif request.layer == "border":
        report = _border(target, request, prepared.features, day)
    elif request.layer == "dwellings":
        report = _dwellings(target, request, prepared.features)
    elif request.layer == "sites":
        report = _sites(target, request, prepared.features)
    elif request.layer == "barriers":
        report = _barriers(target, request, prepared.features, day)
    elif request.layer in _OF_KINDS:
        report = _of_kinds(target, request, prepared.features)
    elif request.layer == "representatives":
        report = _representatives(target, request, prepared.features, day)
    else:
        report = _markers(target, request, prepared.features, day)
    report = {
        "layer": request.layer,
        "district": target.district,
        "effective_on": day.isoformat(),
        "applied": request.apply and report.get("exact", True),
        **report,
    }
    return report, collection


def _areas(
    target: Target, request: Request, prepared: Prepared, units: UnitRows, day: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Examine an area layer and publish it."""
    stored = target.stores.layers.find(request.layer) if target.stores and target.exists else None
    names = stored.level_names if stored and not request.level_names else request.levels()
    if len(names) != len(request.parent_fields) + 1:
        names = request.levels()
    kind = _kind(request, stored)
    examination = examine(
        units, names, kind=kind, upper=prepared.upper, frame=prepared.frame, enclaves=request.enclaves
    )
    report, collection = examination.to_json(), examination.defects_geojson()
    if request.repair is not None:
        examination, report = _mended(request, request.repair, prepared, examination)
    if request.apply and report["exact"] and target.stores is not None:
        layer = stored or _create(target.stores, request, examination)
        release = publish(target.stores, layer, examination, day, request.note)
        report["release"] = {"number": release.number, "id": str(release.id), "units": release.units}
    return report, collection


def _mended(
    request: Request, asked: RepairRequest, prepared: Prepared, before: Examination
) -> tuple[Examination, dict[str, Any]]:
    """Repair the units, examine the result as if it were a file of its own, and write the files asked for."""
    if before.kind != "partition":
        raise InvalidInput(
            N_("Layer {layer} is an overlay, whose units may overlap and leave gaps."),
            mend=N_("Repair partitions only; leave --repair away, or give --kind partition."),
            where={"option": "--repair"},
            layer=request.layer,
        )
    with telling(silent=asked.silent) as tell:
        plan = plan_repair(
            before.units,
            before.level_names,
            asked.limits,
            upper=prepared.upper,
            frame=prepared.frame,
            enclaves=request.enclaves,
            tell=tell,
        )
    after = examine(
        plan.units,
        before.level_names,
        upper=plan.upper,
        frame=plan.frame,
        enclaves=(*request.enclaves, *plan.enclaves),
    )
    write_files(asked, plan, prepared.features, prepared.above)
    report = after.to_json()
    report |= {"before": before.to_json()["defects"], "repair": plan.to_json()}
    report["exact"] = after.exact and plan.decided
    for name, path in (("changes_file", asked.changes), ("repaired_file", asked.repaired)):
        if path is not None:
            report[name] = str(path)
    return after, report


def _kind(request: Request, stored: Layer | None) -> LayerKind:
    """Return whether the layer is a partition or an overlay: as it is stored, asked for, or named."""
    if request.kind not in (None, "partition", "overlay"):
        raise InvalidInput(
            N_("An area layer cannot be of the kind “{kind}”."),
            mend=N_("Give --kind partition or --kind overlay."),
            where={"option": "--kind"},
            kind=request.kind,
        )
    if request.kind is not None:
        return cast("LayerKind", request.kind)
    if stored is not None:
        return stored.kind
    return "partition" if request.layer == "grids" else "overlay"


def _create(stores: Stores, request: Request, examination: Examination) -> Layer:
    return stores.layers.create(
        request.layer, name=request.layer, kind=examination.kind, level_names=examination.level_names
    )


def _border(target: Target, request: Request, features: Features, day: date) -> dict[str, Any]:
    plan = plan_border(
        features,
        request.fields,
        effective_on=day,
        prefix=request.code_prefix,
        stretch_km=request.stretch_km,
    )
    if request.apply and target.stores is not None:
        store_border(target.stores, plan, day)
    return plan.to_json()


def _prepared_roads(roads: RoadFile) -> Prepared:
    """Return roads as what an import reads; their lines tell whether they are in the district at all."""
    features = Features(roads.file, "ways", STORAGE_CRS, roads.table.geom, {})
    return Prepared(features, roads=roads)


def _roads(target: Target, request: Request, roads: RoadFile) -> dict[str, Any]:
    if request.apply and target.stores is not None:
        import_roads(target.stores, roads.table)
    return roads.to_json()


def _dwellings(target: Target, request: Request, features: Features) -> dict[str, Any]:
    plan = plan_dwellings(features, request.fields)
    if request.apply and target.stores is not None:
        with telling(silent=request.silent) as tell:
            plan.store(target.stores, tell)
    return plan.to_json()


def _of_kinds(target: Target, request: Request, features: Features) -> dict[str, Any]:
    plan = _OF_KINDS[request.layer](features, request.fields, request.kind)
    if target.stores is None:
        return plan.to_json()
    report = {**plan.to_json(), "gone": plan.gone(target.stores)}
    if request.apply:
        plan.store(target.stores)
    return report


def _barriers(target: Target, request: Request, features: Features, day: date) -> dict[str, Any]:
    plan = plan_barriers(features, request.fields, day, request.kind)
    if target.stores is None:
        return plan.to_json()
    gone = plan.gone(target.stores, day)
    report = {**plan.to_json(), "gone": list(gone)}
    if request.apply:
        report["recomputed"] = put_barriers(target.stores, plan.barriers, day, gone.values())
    return report


def _sites(target: Target, request: Request, features: Features) -> dict[str, Any]:
    if target.stores is None or not target.exists:
        raise InvalidInput(
            N_("Sites need the projects of a district."),
            mend=N_("Store its projects first, and name it with --district CODE."),
            where={"option": "--district"},
        )
    plan = plan_sites(target.stores, features, request.fields)
    if request.apply:
        plan.store(target.stores)
    return plan.to_json()


def _markers(target: Target, request: Request, features: Features, day: date) -> dict[str, Any]:
    plan = plan_markers(
        features,
        request.fields,
        segments=target.stores.border.all(day) if target.stores else (),
        effective_on=day,
        kind=STATION if request.layer == "stations" else request.kind,
        ignored=request.ignored,
    )
    if request.apply and target.stores is not None:
        store_markers(target.stores, plan, day)
    return plan.to_json()


def _representatives(target: Target, request: Request, features: Features, day: date) -> dict[str, Any]:
    if target.stores is None or not target.exists:
        raise InvalidInput(
            N_("Representatives need the grids of a district."),
            mend=N_("Import its grids first, and name it with --district CODE."),
            where={"option": "--district"},
        )
    plan = plan_representatives(target.stores, features, request.fields, effective_on=day)
    if request.apply:
        store_representatives(target.stores, plan, day)
    return plan.to_json()
