"""Setting what is due: rules, requests and suspensions, each for something that is there."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.due import DueRule, Suspension
from layers.ids import new_id
from layers.marker_kinds import KINDS
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.due import RuleIn, SubjectIn, SuspensionIn, evidence_named


def add_rule(stores: Stores, given: RuleIn, by: str, now: datetime) -> DueRule:
    """Store a rule for something that is there on its first day.

    Raises
    ------
    NotFound
        There is nothing of this code on that day.
    InvalidInput
        Its parts do not fit together; says which.
    """
    first = given.from_day or stores.districts.current().today(now)
    layer = subject_layer(stores, given, first)
    _check(given, first)
    value = DueRule(
        id=new_id(),
        kind=given.kind,
        code=given.code,
        layer=layer,
        below=given.below,
        from_m=given.from_m,
        to_m=given.to_m,
        clock=given.clock,
        least=evidence_named(given.least),
        within_days=given.within_days,
        times=given.count,
        spacing_hours=given.spacing_hours,
        season_from=given.season_from,
        season_to=given.season_to,
        from_day=first,
        to_day=given.to_day,
        source=given.source,
        asked_by=given.asked_by,
        reason=given.reason,
        created_at=now,
        created_by=by,
    )
    stores.due_rules.add(value)
    stores.audit.record("due.rule", value.kind, value.code, rule=str(value.id), source=value.source)
    return value


def end_rule(stores: Stores, identifier: UUID, now: datetime) -> DueRule:
    """End a rule today.

    Raises
    ------
    NotFound
        There is no such rule.
    InvalidAttribute
        It ended before.
    """
    ended = stores.due_rules.end(identifier, stores.districts.current().today(now))
    stores.audit.record("due.end", ended.kind, ended.code, rule=str(ended.id))
    return ended


def suspend(stores: Stores, given: SuspensionIn, by: str, now: datetime) -> Suspension:
    """Store a suspension of something that is there when it begins.

    Raises
    ------
    NotFound
        There is nothing of this code on that day.
    InvalidInput
        Its parts do not fit together; says which.
    """
    begin = given.from_at or now
    layer = None
    if given.kind == "everything":
        if given.code or given.layer or given.from_m is not None or given.to_m is not None:
            raise _wrong(N_("A suspension of everything names nothing."), "code")
    else:
        subject = SubjectIn.model_validate(
            {name: getattr(given, name) for name in ("kind", "code", "layer", "from_m", "to_m")}
            if given.code
            else {"kind": given.kind, "code": "?"}
        )
        layer = subject_layer(stores, subject, stores.districts.current().today(begin))
    if given.to_at is not None and given.to_at <= begin:
        raise _wrong(N_("The suspension ends before it begins."), "to_at")
    value = Suspension(
        id=new_id(),
        kind=given.kind,
        code=given.code,
        layer=layer,
        from_m=given.from_m,
        to_m=given.to_m,
        from_at=begin,
        to_at=given.to_at,
        reason=given.reason,
        note=given.note,
        created_at=now,
        created_by=by,
    )
    stores.due_rules.suspend(value)
    stores.audit.record("due.suspend", value.kind, value.code, suspension=str(value.id), reason=value.reason)
    return value


def lift(stores: Stores, identifier: UUID, now: datetime) -> Suspension:
    """End a suspension now.

    Raises
    ------
    NotFound
        There is no such suspension.
    InvalidAttribute
        It was over before.
    """
    lifted = stores.due_rules.lift(identifier, now)
    stores.audit.record("due.lift", lifted.kind, lifted.code, suspension=str(lifted.id))
    return lifted


def subject_layer(stores: Stores, given: SubjectIn, day: date) -> str | None:
    """Return the layer of what a rule is for, None for what is no unit, after looking that it is there."""
    if given.kind != "unit" and (given.layer is not None or given.below):
        raise _wrong(N_("Only units have a layer and something below them."), "layer")
    if given.kind != "segment" and (given.from_m is not None or given.to_m is not None):
        raise _wrong(N_("Only segments have measures."), "from_m")
    if given.kind == "segment":
        _stretch(given, stores.border.by_code(given.code, day).length_m)
    elif given.kind == "marker":
        stores.markers.by_code(given.code, day)
    elif given.kind == "marker-kind" and given.code not in KINDS:
        raise InvalidInput(
            N_("“{kind}” is no kind of markers; these are: {known}."),
            mend=N_("Name one of them."),
            where={"pointer": "/code"},
            kind=given.code,
            known=", ".join(sorted(KINDS)),
        )
    elif given.kind == "unit":
        layer = given.layer or _partition(stores)
        stores.grids.unit_by_code(layer, given.code, day)
        return layer
    return None


def _partition(stores: Stores) -> str:
    """Return the partition of a district, which a unit is of where no layer is named."""
    for one in stores.layers.all("partition"):
        return one.code
    raise _wrong(N_("The district has no partition; name the layer of the unit."), "layer")


def _stretch(given: SubjectIn, length_m: float) -> None:
    if (given.from_m is None) != (given.to_m is None):
        raise _wrong(N_("A stretch needs both from_m and to_m."), "to_m")
    if given.from_m is None or given.to_m is None:
        return
    if not given.from_m < given.to_m <= length_m + 1.0:
        raise InvalidInput(
            N_("The stretch from {first} to {last} m is not on the segment, which has {length} m."),
            mend=N_("Give measures in metres from its start, the smaller first."),
            where={"pointer": "/to_m"},
            first=f"{given.from_m:.1f}",
            last=f"{given.to_m:.1f}",
            length=f"{length_m:.1f}",
        )


def _check(given: RuleIn, first: date) -> None:
    requested, hours = given.source != "standing", given.within_days * 24.0
    of_marker = given.kind in ("marker", "marker-kind")
    half = (given.season_from is None) != (given.season_to is None)
    ends = given.to_day is not None and given.to_day <= first
    crowded = (given.count - 1) * given.spacing_hours > hours
    wrong: list[tuple[bool, str, str]] = [
        (given.clock == "joint" and not of_marker, N_("Only markers have a joint inspection."), "clock"),
        (half, N_("A season needs both season_from and season_to."), "season_to"),
        (ends, N_("The rule ends before it begins."), "to_day"),
        (requested and given.to_day is None, N_("A request says when it ends."), "to_day"),
        (requested and given.asked_by is None, N_("A request says who asked."), "asked_by"),
        (crowded, N_("So many visits so far apart need longer than the rule allows."), "count"),
    ]
    for is_wrong, text, member in wrong:
        if is_wrong:
            raise _wrong(text, member)


def _wrong(text: str, member: str, **extra: Any) -> InvalidInput:
    return InvalidInput(
        text, mend=N_("Correct this member, or leave it out."), where={"pointer": f"/{member}"}, **extra
    )
