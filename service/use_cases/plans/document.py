"""A plan's document: what it changes, as those who sign for it and those who live with it read it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.describe import NO_MARKS, Mark, Marks, describe
from geo.redraw import Change, State
from layers.geometry import Box
from layers.stores import Stores
from maps.document import Facts, Maps, Written
from maps.document import page as document_page
from maps.document import pdf as document_pdf
from maps.shell import Reader
from service.indexes.drafts import Drafts
from service.use_cases.plans import drafting
from service.use_cases.plans.drafting import Planner
from service.use_cases.plans.editing import open_draft
from service.use_cases.plans.impact import Impact, SizeRule, impact_of
from service.use_cases.plans.publishing import lineage

MOST_WRITTEN = 300
MOST_LEGS = 8_000
_NEAR = 0.05
_ROUND_ABOUT = 0.5
"""Marks this far off are looked at, in degrees and in parts of the extent of what changes."""


def html(facts: Facts, reader: Reader, nonce: str) -> str:
    """Return the document of a plan as one HTML file."""
    return document_page(facts, reader, nonce)


def pdf(facts: Facts, reader: Reader) -> bytes:
    """Return the document of a plan as PDF.

    Raises
    ------
    PdfUnavailable
        It cannot be made on this machine, or not now.
    """
    return document_pdf(document_page(facts, reader, "pdf"))


def gather(stores: Stores, drafts: Drafts, planner: Planner, identifier: UUID, reader: Reader) -> Facts:
    """Return what a plan's document tells; a published plan's is what it did to its base."""
    plan = stores.plans.get(identifier)
    draft = open_draft(stores, drafts, plan)
    change = draft.state.change()
    district = stores.districts.current()
    now = datetime.now(UTC)
    day = plan.effective_on or district.today(now)
    found = impact_of(stores, draft.state, change, day)
    told = found.to_json(draft.state, SizeRule(), reader.translate)
    maps = _maps(stores, draft.state, change, day)
    parents = {one.parent for one in (*change.before.values(), *change.after.values()) if one is not None}
    names = drafting.names(stores, [one for one in parents if one is not None])
    facts = Facts(
        district=(district.name_en or district.name) if reader.lang == "en" else district.name,
        level=draft.layer.level_names[draft.layer.leaf_level],
        plan=drafting.plan_json(stores, plan, planner),
        impact=told,
        upper={str(unit): (one["code"], one["name"]) for unit, one in names.items()},
        lineage=_lineage(change, found),
        written=(),
        unwritten=0,
        maps=maps,
        day=day.isoformat(),
        made_at=now.astimezone(ZoneInfo(district.timezone)).strftime("%Y-%m-%d %H:%M"),
    )
    # All is read: the connection goes back before the seconds that writing and drawing take.
    stores.session.commit()
    written, unwritten = _written(maps)
    return replace(facts, written=written, unwritten=unwritten)


def _maps(stores: Stores, state: State, change: Change, day: date) -> Maps:
    before = State.of(state.base)
    box = _around(change)
    if box is None:
        return Maps(before, state, change, (), NO_MARKS)
    lines = [(one.kind, one.line) for one in stores.lines.all(bbox=box)]
    marks = Marks.of(
        Mark(one.code, one.name, one.lon, one.lat)
        for one in stores.markers.all(day)
        if box.west <= one.lon <= box.east and box.south <= one.lat <= box.north
    )
    return Maps(before, state, change, lines, marks)


def _around(change: Change) -> Box | None:
    """Return the box of what changes and of what lies around it."""
    sides = (*change.before.values(), *change.after.values())
    areas = np.array([one.area for one in sides if one is not None], dtype=object)
    if not len(areas):
        return None
    west, south, east, north = shapely.total_bounds(areas).tolist()
    wide, high = _NEAR + _ROUND_ABOUT * (east - west), _NEAR + _ROUND_ABOUT * (north - south)
    return Box(
        max(-180.0, west - wide), max(-90.0, south - high), min(180.0, east + wide), min(90.0, north + high)
    )


def _written(maps: Maps) -> tuple[list[Written], int]:
    """Return the boundaries of the units that are changed or new, as many as there is room for."""
    state = maps.after
    units = sorted(
        (unit for unit, one in maps.change.after.items() if one is not None and _redrawn(maps.change, unit)),
        key=lambda unit: state.unit(unit).code,
    )
    found: list[Written] = []
    legs = 0
    for unit in units[:MOST_WRITTEN]:
        value = state.unit(unit)
        others = {state.unit(one).code: state.unit(one).area for one in state.around([unit])}
        told = describe(value.area, others, maps.marks)
        legs += sum(len(run.legs) for walk in told.walks for run in walk.runs)
        if legs > MOST_LEGS and found:
            break
        found.append(Written(value.code, value.name, told))
    return found, len(units) - len(found)


def _redrawn(change: Change, unit: UUID) -> bool:
    old, new = change.before.get(unit), change.after.get(unit)
    if old is None or new is None:
        return new is not None
    return not old.area.equals_exact(new.area, 0.0, normalize=True)


def _lineage(change: Change, found: Impact) -> Sequence[Mapping[str, Any]]:
    rows = []
    for one in lineage(change, found):
        source, target = change.before.get(one.from_unit), change.after.get(one.to_unit)
        if source is not None and target is not None:
            rows.append(
                {
                    "from": source.code,
                    "to": target.code,
                    "kind": one.kind,
                    "area": one.share_area,
                    "households": one.share_households,
                    "incidents": one.share_incidents,
                }
            )
    return sorted(rows, key=lambda row: (row["from"], row["to"]))
