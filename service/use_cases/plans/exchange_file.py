"""A draft or a release as a GeoPackage for desktop programs: units, levels above, lineage, and what it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyogrio
import shapely

from geo.crs import STORAGE_CRS
from geo.redraw import Change, State, UnitState
from layers.catalog import Layer
from layers.plan_steps import Plan
from layers.releases import Release
from layers.stores import Stores
from layers.units import Unit, UnitTree
from service.indexes.drafts import Drafts
from service.use_cases.plans.editing import open_draft
from service.use_cases.plans.outlines import outline_of

MEDIA_TYPE = "application/geopackage+sqlite3"
UNITS, LINEAGE, ABOUT = "units", "lineage", "about"
_BATCH = 5_000
_LINEAGE_COLUMNS = ("from", "to", "kind", "share_area", "share_households", "share_incidents")
_HOW = (
    "Edit the layer units only. Keep the field id as it is; new areas need none. Draw common edges once. "
    "Then POST this file as the body to /api/v1/plans/exchange."
)


@dataclass(frozen=True, slots=True, eq=False)
class _Content:
    """What a file is to hold: a state, the release below it, and the plan that leads to it."""

    layer: Layer
    release: Release
    state: State
    plan: Plan | None
    change: Change


def write_plan(stores: Stores, drafts: Drafts, identifier: UUID, path: Path) -> str:
    """Write a draft to a GeoPackage and return a name for it."""
    plan = stores.plans.get(identifier)
    draft = open_draft(stores, drafts, plan)
    release = draft.base
    _write(stores, _Content(draft.layer, release, draft.state, plan, draft.state.change()), path)
    return f"plan-{plan.number}-v{plan.version}.gpkg"


def write_release(stores: Stores, drafts: Drafts, identifier: UUID, path: Path) -> str:
    """Write a release to a GeoPackage and return a name for it."""
    release = stores.releases.get(identifier)
    layer = stores.layers.get(release.layer)
    state = State.of(drafts.base(stores, layer, release))
    _write(stores, _Content(layer, release, state, None, Change({}, {})), path)
    return f"{layer.code}-release-{release.number}.gpkg"


def _write(stores: Stores, content: _Content, path: Path) -> None:
    release, layer = content.release, content.layer
    tree = stores.grids.tree(layer.code, release.effective_on, release.published_at)
    _write_units(content, tree, path)
    for level in range(layer.leaf_level):
        _write_level(stores, content, tree, level, path)
    _write_table(path, LINEAGE, _lineage(stores, content))
    _write_table(path, ABOUT, _about(stores, content))


def _write_units(content: _Content, tree: UnitTree, path: Path) -> None:
    """Write the leaves, some thousand at a time."""
    state, level = content.state, content.layer.level_names[content.layer.leaf_level]
    fields = dict.fromkeys(("id", "code", "name", "parent", "parent_code"), pa.string())
    fields |= {"households": pa.int64(), "level": pa.string()}
    if content.plan is not None:
        fields["changed"] = pa.bool_()
    schema = pa.schema({**fields, "geometry": pa.binary()})
    ids = sorted(state, key=lambda each: state.unit(each).code)

    def batches() -> Iterator[pa.RecordBatch]:
        for first in range(0, len(ids), _BATCH):
            chosen = ids[first : first + _BATCH]
            rows = [
                _row(tree.units, each, state.unit(each), level, changed=each in state.changed)
                for each in chosen
            ]
            columns: dict[str, Any] = {name: [row[name] for row in rows] for name in fields}
            columns["geometry"] = _wkb([state.unit(each).area for each in chosen])
            yield pa.RecordBatch.from_pydict(columns, schema=schema)

    _write_areas(path, UNITS, pa.RecordBatchReader.from_batches(schema, batches()), append=False)


def _row(
    upper: Mapping[UUID, Unit], identifier: UUID, unit: UnitState, level: str, *, changed: bool
) -> dict[str, Any]:
    above = None if unit.parent is None else upper[unit.parent]
    return {
        "id": str(identifier),
        "code": unit.code,
        "name": unit.name,
        "parent": None if above is None else str(above.id),
        "parent_code": None if above is None else above.code,
        "households": unit.households,
        "level": level,
        "changed": changed,
    }


def _write_level(stores: Stores, content: _Content, tree: UnitTree, level: int, path: Path) -> None:
    """Write an upper level with its outlines, which are the sums of the leaves as they are drawn."""
    release, layer = content.release, content.layer
    found = stores.grids.outlines(layer.code, level, release.effective_on, release.published_at)
    name = layer.level_names[level]
    areas = outline_of(tree, content.change, dict(zip(found.ids, found.polygons, strict=True)))
    rows = [
        {
            "id": str(identifier),
            "code": code,
            "name": named,
            "parent": None if parent is None else str(parent),
            "parent_code": None if parent is None else tree.units[parent].code,
            "level": name,
        }
        for identifier, code, named, parent in zip(
            found.ids, found.codes, found.names, found.parents, strict=True
        )
        if not areas[identifier].is_empty
    ]
    schema = pa.schema(
        dict.fromkeys(("id", "code", "name", "parent", "parent_code", "level"), pa.string())
        | {"geometry": pa.binary()}
    )
    shapes = [area for area in areas.values() if not area.is_empty]
    columns = {each: [row[each] for row in rows] for each in schema.names[:-1]}
    table = pa.table({**columns, "geometry": _wkb(shapes)}, schema=schema)
    # A level may be called like one of our own layers.
    taken = name in (UNITS, LINEAGE, ABOUT) or name in layer.level_names[:level]
    _write_areas(path, f"level_{level}_{name}" if taken else name, table, append=True)


def _write_areas(path: Path, layer: str, content: Any, *, append: bool) -> None:
    pyogrio.write_arrow(
        content,
        path,
        driver="GPKG",
        layer=layer,
        geometry_name="geometry",
        geometry_type="MultiPolygon",
        crs=STORAGE_CRS,
        append=append,
    )


def _write_table(path: Path, layer: str, table: pa.Table) -> None:
    pyogrio.write_arrow(table, path, driver="GPKG", layer=layer, append=True)


def _lineage(stores: Stores, content: _Content) -> pa.Table:
    """Return where units came from: of a release as it was stored, of a draft as it would be."""
    rows: list[tuple[Any, ...]]
    if content.plan is None:
        rows = [
            (
                str(one.from_unit),
                str(one.to_unit),
                one.kind,
                one.share_area,
                one.share_households,
                one.share_incidents,
            )
            for one in stores.lineage.of_release(content.release.id)
        ]
    else:
        rows = [
            (str(one.before), str(one.after), one.kind.value, min(1.0, one.share), None, None)
            for one in content.change.lineage()
        ]
    kinds = [pa.string()] * 3 + [pa.float64()] * 3
    columns = [pa.array([row[k] for row in rows], kind) for k, kind in enumerate(kinds)]
    return pa.table(columns, names=list(_LINEAGE_COLUMNS))


def _about(stores: Stores, content: _Content) -> pa.Table:
    """Return what the file is, by name and value."""
    told = {
        "district": stores.district,
        "layer": content.layer.code,
        "release": str(content.release.id),
        "release_number": str(content.release.number),
        "crs": STORAGE_CRS,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "how": _HOW,
    }
    if content.plan is not None:
        told |= {
            "plan": str(content.plan.id),
            "plan_number": str(content.plan.number),
            "plan_version": str(content.plan.version),
            "plan_title": content.plan.title,
        }
    return pa.table({"name": list(told), "value": list(told.values())})


def _wkb(areas: Sequence[Any]) -> pa.Array:
    parts, owner = shapely.get_parts(areas, return_index=True)
    return pa.array(shapely.to_wkb(shapely.multipolygons(parts, indices=owner)).tolist(), pa.binary())
