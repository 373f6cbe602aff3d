"""Taking incidents in: one, or as many as came at once, each assigned and logged as if it came alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.errors import Gone, NotFound
from layers.ids import new_id
from layers.incidents import Incident, IncidentEvent
from layers.stores import Stores
from service.errors import InvalidInput, NotAllowed
from service.indexes.duty import NOBODY, Accused
from service.indexes.ground import Ground
from service.indexes.locate import Answer, to_storage
from service.schemas.incidents import IncidentIn
from service.use_cases.incidents.assets import known_assets, require_asset
from service.use_cases.incidents.assignment import (
    accused_of,
    assigned,
    chain_of,
    check_time,
    delivery_of,
    holders_of,
    located,
    settle,
    summary,
)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A report that can be taken in, and where it is."""

    report: IncidentIn
    value: Incident
    answer: Answer


PUBLIC_CHANNELS = ("web", "phone")
"""Channels of people; in those of programs anybody could take an external id before its platform delivers."""


def require_public(report: IncidentIn) -> None:
    """Refuse a report without a sign-in in the name of a channel that is not people's own, or about a marker.

    Raises
    ------
    NotAllowed
        The channel is that of a program or an office, or a marker is named: not everybody learns which there
        are.
    """
    channel = report.channel
    if report.asset is not None:
        raise NotAllowed(
            N_("Only who signed in names a marker."),
            mend=N_("Say in the text which one it is, or sign in."),
            where={"pointer": "/asset"},
        )
    if channel not in PUBLIC_CHANNELS:
        raise NotAllowed(
            N_("Reports of channel {channel} need a sign-in."),
            mend=N_("Report through {channels}, or sign in as who delivers for the channel."),
            where={"pointer": "/channel"},
            channel=channel,
            channels=", ".join(PUBLIC_CHANNELS),
        )


def receive(
    stores: Stores,
    ground: Ground,
    report: IncidentIn,
    *,
    allow_inverse: bool = False,
    person: UUID | None = None,
) -> tuple[Incident, bool]:
    """Take in an incident and assign it; return it and whether it is new.

    ``person`` receives it, and answers for it until somebody else accepts it.

    The same channel and external id with the same content is the same incident.

    Raises
    ------
    OutsideDistrict
        No unit owns the place.
    DatumNotAllowed
        The datum's inverse is switched off.
    Conflict
        The channel used the external id for another content.
    Gone
        The channel delivered it before, and it was withdrawn.
    """
    found = receive_all(stores, ground, [report], allow_inverse=allow_inverse, person=person)[0]
    if isinstance(found, WardlineError):
        raise found
    return found


def receive_all(
    stores: Stores,
    ground: Ground,
    reports: Sequence[IncidentIn],
    *,
    allow_inverse: bool = False,
    person: UUID | None = None,
) -> list[tuple[Incident, bool] | WardlineError]:
    """Take in incidents and assign them; return of each what :func:`receive` returns or raises, in order.

    However many they are, who answers for them is asked once, and they are stored and logged together. What
    the database refuses, and what was withdrawn before, is raised. One of them may be at fault: nothing of
    them is to be kept then.
    """
    now = datetime.now(UTC)
    found: list[tuple[Incident, bool] | WardlineError | None] = [None] * len(reports)
    placed: dict[int, _Placed] = {}
    assets = known_assets(stores, ground, [one.asset for one in reports])
    for place, report in enumerate(reports):
        try:
            require_asset(report.asset, assets)
            found_there = _place(stores, ground, report, now, allow_inverse=allow_inverse)
            placed[place] = replace(found_there, value=replace(found_there.value, responsible=person))
        except WardlineError as refusal:
            found[place] = refusal
    for place, stored in zip(placed, _store(stores, ground, list(placed.values()), now), strict=True):
        found[place] = stored
    return [one for one in found if one is not None]


def _place(
    stores: Stores, ground: Ground, report: IncidentIn, now: datetime, *, allow_inverse: bool
) -> _Placed:
    """Return a report as an incident and where it is, or refuse it."""
    lon, lat = to_storage(report.lon, report.lat, report.datum, allowed=allow_inverse, reason="incident")
    occurred = report.occurred_at or now
    check_time(occurred, now)
    accused = _accused(stores, ground, report)
    value = Incident(
        id=new_id(),
        channel=report.channel,
        external_id=report.external_id,
        class_=report.class_,
        title=report.title,
        description=report.description,
        lon=lon,
        lat=lat,
        raw_lon=report.lon,
        raw_lat=report.lat,
        datum=report.datum,
        accuracy_m=report.accuracy_m,
        asset=report.asset,
        occurred_at=occurred,
        received_at=now,
        about_representative=accused.representative,
        about_unit=accused.unit,
    )
    return _Placed(report, value, located(ground, value))


def _store(
    stores: Stores, ground: Ground, placed: Sequence[_Placed], now: datetime
) -> list[tuple[Incident, bool] | WardlineError]:
    """Assign, store and log reports that can be taken in."""
    if not placed:
        return []
    # Whoever reports may neither look up who answers for a place nor read what others reported.
    with stores.intake():
        holders = holders_of(stores, ground, {unit for one in placed for unit in chain_of(one.answer)})
        values = [
            assigned(one.value, settle(ground, holders, one.answer, accused_of(one.value))) for one in placed
        ]
        stored = stores.incidents.create_all(values)
        new = {one[0].id: one[0] for one in stored if not isinstance(one, WardlineError) and one[1]}
        # After storing them: a withdrawal at the same moment has been waited for then.
        _require_never_withdrawn(stores, list(new.values()))
        stores.incidents.add_events(_log(placed, new, now))
    for value in new.values():
        stores.audit.record("incident.create", "incident", value.id, channel=value.channel)
    return list(stored)


def _require_never_withdrawn(stores: Stores, new: Sequence[Incident]) -> None:
    withdrawn = stores.withdrawals.among([named for one in new if (named := delivery_of(one)) is not None])
    if withdrawn:
        channel, name = min(withdrawn)
        raise Gone(
            N_("Channel {channel} delivered {external_id} before, and it was withdrawn."),
            mend=N_("Use a new external id if it is something else."),
            where={"pointer": "/external_id"},
            channel=channel,
            external_id=name,
        )


def _log(placed: Sequence[_Placed], new: Mapping[UUID, Incident], now: datetime) -> list[IncidentEvent]:
    return [
        IncidentEvent(
            new_id(),
            value.id,
            now,
            "received",
            one.report.actor,
            {"channel": value.channel, "assignment": summary(value)},
        )
        for one in placed
        if (value := new.get(one.value.id)) is not None
    ]


def _accused(stores: Stores, ground: Ground, report: IncidentIn) -> Accused:
    """Return whom a report complains about."""
    about = report.about
    if about is None:
        return NOBODY
    place = "/about/representative"
    try:
        code = about.representative
        person = None if code is None else stores.representatives.by_code(code).id
        place = "/about/unit"
        layer = next(iter(ground.partitions))
        unit = None if about.unit is None else stores.grids.unit_by_code(layer, about.unit, ground.day).id
    except NotFound as error:
        raise InvalidInput(
            error.message, mend=error.mend, where={"pointer": place}, **error.params
        ) from error
    return Accused(person, unit)
