"""Releases of area layers, the lineage of their units, and the crosswalk between two of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from layers.catalog import Layer
from layers.lineage import CrosswalkRow, LineageEdge
from layers.plan_steps import Plan
from layers.releases import Release
from layers.stores import Stores

CSV_HEADER = (
    "from_id",
    "from_code",
    "to_id",
    "to_code",
    "share_area",
    "share_households",
    "share_incidents",
    "exact",
)


def releases_json(stores: Stores, layer: Layer, today: date) -> list[dict[str, Any]]:
    """Return the releases that make up a layer, in the order of their days."""
    chain = stores.releases.chain(layer.code)
    plans = {plan.release: plan for plan in stores.plans.that_became(layer.code)}
    ends = [later.effective_on for _, later in pairwise(chain)]
    return [
        _release_json(one, until, plans.get(one.id), today)
        for one, until in zip(chain, [*ends, None], strict=True)
    ]


def _release_json(one: Release, until: date | None, plan: Plan | None, today: date) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "layer": one.layer,
        "number": one.number,
        "effective_on": one.effective_on.isoformat(),
        "until": None if until is None else until.isoformat(),
        "published_at": one.published_at.astimezone(UTC).isoformat(),
        "note": one.note,
        "units": one.units,
        "counts": list(one.counts),
        "in_force": one.effective_on <= today and (until is None or today < until),
        "plan": None
        if plan is None
        else {
            "id": str(plan.id),
            "number": plan.number,
            "title": plan.title,
            "author": plan.author_name,
            "reviewer": plan.reviewer_name,
        },
    }


def lineage_json(stores: Stores, unit: UUID, known_at: datetime | None = None) -> dict[str, Any]:
    """Return where a unit came from and what became of it.

    Raises
    ------
    NotFound
        The district never had the unit.
    """
    named = stores.grids.last_known(unit)
    ancestors = stores.lineage.ancestors(unit, known_at)
    descendants = stores.lineage.descendants(unit, known_at)
    edges = [*ancestors, *descendants]
    names = _names(stores, (one for edge in edges for one in (edge.from_unit, edge.to_unit)))
    releases = {one.id: one for one in stores.releases.all(named.layer)}
    return {
        "unit": {"id": str(unit), "code": named.code, "name": named.name},
        "ancestors": [_step_json(edge, releases, names) for edge in ancestors],
        "descendants": [_step_json(edge, releases, names) for edge in descendants],
    }


def _step_json(
    edge: LineageEdge, releases: Mapping[UUID, Release], names: Mapping[UUID, dict[str, str]]
) -> dict[str, Any]:
    release = releases[edge.release] if edge.release is not None else None
    assert release is not None  # noqa: S101 - stored edges have one
    return {
        "release": release.number,
        "effective_on": release.effective_on.isoformat(),
        "kind": edge.kind,
        "from": names[edge.from_unit],
        "to": names[edge.to_unit],
        "share_area": edge.share_area,
        "share_households": edge.share_households,
        "share_incidents": edge.share_incidents,
    }


def crosswalk_json(stores: Stores, layer: Layer, before: UUID, after: UUID) -> dict[str, Any]:
    """Return what became of the units of one release in another.

    Raises
    ------
    NotFound, InvalidAttribute
        As :meth:`layers.lineage.Lineage.crosswalk`.
    """
    rows = stores.lineage.crosswalk(layer.code, before, after)
    units = (one for row in rows for one in (row.from_unit, row.to_unit) if one is not None)
    names = _names(stores, units)
    return {
        "from": stores.releases.get(before).number,
        "to": stores.releases.get(after).number,
        "rows": [_row_json(row, names) for row in rows],
    }


def _row_json(row: CrosswalkRow, names: Mapping[UUID, dict[str, str]]) -> dict[str, Any]:
    return {
        "from": names[row.from_unit],
        "to": None if row.to_unit is None else names[row.to_unit],
        "share_area": row.share_area,
        "share_households": row.share_households,
        "share_incidents": row.share_incidents,
        "exact": row.exact,
    }


def crosswalk_rows(body: Mapping[str, Any]) -> list[Sequence[Any]]:
    """Return a crosswalk as the rows of a table, below ``CSV_HEADER``."""
    return [
        (
            row["from"]["id"],
            row["from"]["code"],
            row["to"] and row["to"]["id"],
            row["to"] and row["to"]["code"],
            row["share_area"],
            row["share_households"],
            row["share_incidents"],
            row["exact"],
        )
        for row in body["rows"]
    ]


def _names(stores: Stores, units: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    return {
        unit.id: {"id": str(unit.id), "code": unit.code, "name": unit.name}
        for unit in (stores.grids.last_known(one) for one in dict.fromkeys(units))
    }
