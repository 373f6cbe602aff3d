"""Notices to people, and the watches by which they are told of units that are redrawn."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.errors import NotFound
from layers.ids import new_id
from layers.lineage import LineageEdge
from layers.notices import Notice
from layers.plan_steps import Plan
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from layers.units import UnitTree

LISTED = 100
"""How many units a notice names."""

REDRAWN = "watched-redrawn"
TASK_GIVEN = "task-given"
_MOVING = frozenset({"split", "merge"})
_EDGES = frozenset({"move", "continue"})
_TEXTS = {
    "plan-approved": N_("Plan {number} “{title}” was approved by {by}."),
    "plan-rejected": N_("Plan {number} “{title}” was rejected by {by}: {note}"),
    "incidents-gone": N_("{count} open incidents went from {unit} to others, since its ground was redrawn."),
    "incidents-come": N_("{count} open incidents came to {unit}, since its ground was redrawn."),
    "case-reminder": N_("{percent} % of the time of a {colour} incident ({class}) is over; it is due {due}."),
    "reminder-letter": N_("Reminder letter {number} of “{title}”. Items that are late: {count}."),
    "reminder-list": N_("Supplementary list {list} to letter {number} of “{title}”. Items: {count}."),
    "report-closed": N_("What you reported, “{title}” ({class}), is closed."),
    "pin-gone": N_("Incident “{title}” ({class}) went from {unit} to {to}, since its place was corrected."),
    "pin-come": N_("Incident “{title}” ({class}) came to {unit} from {from}, since its place was corrected."),
    "help-offered": N_("Help is needed: {kind}, {place}, {metres} m from you. Answer by {until}."),
    "help-phone": N_(
        "Phone volunteer {name}: help is needed ({kind}, {place}), {metres} m from them. Answer for them by "
        "{until}."
    ),
    "help-nobody": N_("Nobody is free to help: {kind}, {place}."),
    "help-over": N_("You are not needed any more: {kind}, {place}."),
    REDRAWN: N_("Plan {number} “{title}” redraws what you watch from {day} on: {units}."),
}
_KINDS = {
    "split": N_("{unit} is split into {others}"),
    "merge": N_("{unit} is merged into {others}"),
    "transfer": N_("ground of {unit} goes to {others}"),
    "move": N_("edges of {unit} are moved"),
}


@dataclass(frozen=True, slots=True)
class _Trees:
    """All units on the day before a change, and on its day."""

    before: UnitTree
    after: UnitTree

    def label(self, unit: UUID) -> str:
        found = self.after.units.get(unit) or self.before.units.get(unit)
        return str(unit) if found is None else found.code

    def above(self, unit: UUID) -> set[UUID]:
        """Return the unit and everything that it lies in, before or after."""
        trees = (tree for tree in (self.before, self.after) if unit in tree.units)
        return {unit, *(one.id for tree in trees for one in tree.chain(unit))}


def follow(stores: Stores, plan: Plan, day: date) -> int:
    """Tell who watches units that a plan redraws on a day, and let the watches follow; return how many.

    Whoever watches a unit that is split or merged watches what becomes of it, and no more what is gone. Who
    watches an upper unit is told of what changes below it.
    """
    if plan.release is None:
        return 0
    edges = stores.lineage.of_release(plan.release)
    if not edges:
        return 0
    with acting(stores.session, SYSTEM):
        eve = day - timedelta(days=1)
        trees = _Trees(stores.grids.tree(plan.layer, eve), stores.grids.tree(plan.layer, day))
        at = datetime.now(UTC)
        reached: dict[UUID, list[LineageEdge]] = defaultdict(list)
        for edge in edges:
            for unit in trees.above(edge.from_unit) | trees.above(edge.to_unit):
                reached[unit].append(edge)
        watched: dict[UUID, set[UUID]] = defaultdict(set)
        for one in stores.watches.on(reached):
            watched[one.person].add(one.unit)
            _move(stores, one.person, one.unit, reached[one.unit], trees, at)
        stores.notices.add(
            [_notice(person, plan, day, edges, units, trees, at) for person, units in watched.items()]
        )
    return len(watched)


def _move(
    stores: Stores, person: UUID, unit: UUID, edges: Iterable[LineageEdge], trees: _Trees, at: datetime
) -> None:
    heirs = {one.to_unit for one in edges if one.from_unit == unit and one.kind in _MOVING}
    stores.watches.add(person, heirs - {unit}, at)
    if unit not in trees.after.units:
        stores.watches.remove(person, unit)


def _notice(
    person: UUID,
    plan: Plan,
    day: date,
    edges: Iterable[LineageEdge],
    watched: set[UUID],
    trees: _Trees,
    at: datetime,
) -> Notice:
    """Return what to tell a person of the edges that concern what they watch, and of nothing beside it."""
    changed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in edges:
        mine = {unit for unit in (one.from_unit, one.to_unit) if trees.above(unit) & watched}
        if one.kind in _EDGES:
            changed.update({(trees.label(unit), "move"): [] for unit in mine})
        elif mine:
            changed[trees.label(one.from_unit), one.kind].append(trees.label(one.to_unit))
    units = [
        {"unit": unit, "kind": kind, "others": sorted(others)} for (unit, kind), others in changed.items()
    ]
    body = {
        "number": plan.number,
        "title": plan.title,
        "day": day.isoformat(),
        "units": sorted(units, key=lambda one: (one["unit"], one["kind"]))[:LISTED],
        "count": len(units),
    }
    return Notice(new_id(), REDRAWN, str(plan.id), at, person=person, body=body)


def watch(stores: Stores, person: UUID, unit: UUID, today: date) -> dict[str, Any]:
    """Let a person watch a unit that is in force.

    Raises
    ------
    NotFound
        There is no such unit today.
    """
    stores.grids.unit(unit, today)
    stores.watches.add(person, [unit], datetime.now(UTC))
    return next(one for one in watches_json(stores, person, today) if one["unit"]["id"] == str(unit))


def unwatch(stores: Stores, person: UUID, unit: UUID) -> None:
    """Let a person watch a unit no more.

    Raises
    ------
    NotFound
        The person does not watch it.
    """
    if not stores.watches.remove(person, unit):
        raise NotFound(
            N_("You do not watch unit {unit}."),
            mend=N_("List what you watch, and name one of those."),
            where={"unit": str(unit)},
            unit=str(unit),
        )


def watches_json(stores: Stores, person: UUID, today: date) -> list[dict[str, Any]]:
    """Return what a person watches as readers see it."""
    found = []
    for one in stores.watches.of_person(person):
        try:
            unit = stores.grids.unit(one.unit, today)
        except NotFound:
            continue  # in force from a later day on
        found.append(
            {
                "unit": {"id": str(one.unit), "code": unit.code, "name": unit.name, "layer": unit.layer},
                "since": one.since.isoformat(),
            }
        )
    return found


def notice_json(stores: Stores, one: Notice, today: date, translate: Callable[[str], str]) -> dict[str, Any]:
    """Return a notice as readers see it, with its words."""
    unit = None if one.unit is None else _name(stores, one.unit, today)
    return {
        "id": str(one.id),
        "kind": one.kind,
        "subject": one.subject,
        "text": _words(one, unit, translate),
        "unit": unit,
        "created_at": one.created_at.isoformat(),
        "seen_at": None if one.seen_at is None else one.seen_at.isoformat(),
        "body": dict(one.body),
    }


def _name(stores: Stores, unit: UUID, today: date) -> str:
    try:
        return stores.grids.unit(unit, today).code
    except NotFound:
        return str(unit)


def _asked(body: Mapping[str, Any], translate: Callable[[str], str]) -> str:
    """Return what a task asks of whom it is given to."""
    thing = body["code"]
    if body["from_m"] is not None:
        stretch = {"low": round(body["from_m"]), "high": round(body["to_m"])}
        thing = translate(N_("{code}, {low} to {high} m")).format(code=thing, **stretch)
    words = [translate(N_("You are asked to visit {thing}.")).format(thing=thing)]
    if body["until"] is not None:
        words.append(translate(N_("Do it by {day}.")).format(day=body["until"]))
    return " ".join([*words, body["reason"]]).strip()


def _words(one: Notice, unit: str | None, translate: Callable[[str], str]) -> str:
    if one.kind == TASK_GIVEN:
        return _asked(one.body, translate)
    text = _TEXTS.get(one.kind)
    if text is None:
        return one.kind
    facts: dict[str, Any] = {"unit": unit or "", **one.body}
    if one.kind == REDRAWN:
        facts["units"] = "; ".join(_changed(part, translate) for part in one.body["units"])
    return translate(text).format(**facts)


def _changed(part: Mapping[str, Any], translate: Callable[[str], str]) -> str:
    return translate(_KINDS[part["kind"]]).format(unit=part["unit"], others=", ".join(part["others"]))
