"""A file that comes back from a desktop program: a draft of just what it shows, or refused in places."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from geo.difference import Derived, derive
from geo.errors import N_
from geo.partition import Defect, DefectKind, as_feature, prove
from geo.redraw import RedrawRefused, State, operation_from_json
from geo.redraw.refusals import CrossesEdge, GroundChanged, PathsOpen, Swallowed
from geo.repair import Limits
from layers.catalog import Layer
from layers.plan_steps import Plan, PlanOp
from layers.releases import Release
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.drafts import Drafts
from service.readers.exchange import ExchangeFile
from service.use_cases.plans.drafting import Planner, at_version, partition_of
from service.use_cases.plans.editing import Draft, Reach, open_draft
from service.use_cases.plans.mending import Mended, mend, surroundings
from service.use_cases.plans.returned import Counted, Returned, Target, returned

Translate = Callable[[str], str]
MOST_UNITS = 10_000
"""An operation names at most so many units."""
_MOST_SHOWN = 200
_MEND = N_(
    "Draw the common edges of neighbours once, with topological editing switched on, and send the "
    "file again, or send it with repair=true to have it repaired within limits. Nothing was stored."
)
_MEND_AFTER = N_(
    "Draw the common edges of neighbours once, with topological editing switched on, and send the "
    "file again: a repair does not mend these places. Nothing was stored."
)
_GROUND = (CrossesEdge, GroundChanged, PathsOpen, Swallowed)


class ExchangeRefused(InvalidInput):
    """The areas of a file do not divide the ground exactly; ``extra["features"]`` are the places."""

    code = "exchange-not-exact"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file is to become: a new draft of a title, or more of a draft at a version.

    ``repair`` are the limits within which its areas may be repaired, None where they may not.
    """

    title: str | None
    plan: UUID | None
    release: UUID | None
    version: int | None
    repair: Limits | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TakenBack:
    """The draft that came of a file, its operations, what was counted and what was repaired on the way."""

    draft: Draft
    ops: tuple[PlanOp, ...]
    found: Derived
    counted: Counted
    seconds: float
    mended: Mended | None = None


def take_back(
    stores: Stores,
    drafts: Drafts,
    planner: Planner,
    file: ExchangeFile,
    wanted: Wanted,
    translate: Translate = str,
) -> TakenBack:
    """Turn what a file shows into the operations of a draft.

    Raises
    ------
    ExchangeRefused
        The areas leave gaps, overlap or change the outer boundary.
    RepairUndecided
        They were to be repaired, and the limits do not decide every place.
    InvalidInput, InvalidRows
        What the file belongs to is not said, or rows of it are refused.
    NotAllowed, RedrawRefused, Conflict, StaleVersion, WrongPerson
        As for operations that are drawn here.
    """
    began = time.perf_counter()
    if wanted.plan is not None:
        plan = at_version(stores, wanted.plan, wanted.version)
        _require_of(stores, file, plan)
        draft = open_draft(stores, drafts, plan)
    else:
        draft = _new(stores, drafts, planner, file, wanted)
    release = draft.base
    shown = returned(stores, draft.state, file, _parents(stores, draft.layer, release))
    found, mended = _found(draft.state, shown, wanted.repair, translate)
    Reach.of(stores, draft, planner).require(found.change)
    told = [one.to_json() for one in found.operations]
    state = draft.state.apply_all([operation_from_json(one) for one in told])
    seconds = time.perf_counter() - began
    plan = draft.plan
    ops: tuple[PlanOp, ...] = ()
    if told:
        plan, ops = stores.plans.add_ops(plan, told, planner.person.id, draft.known)
        drafts.remember(plan.base, [*draft.told, *told], state)
    stores.audit.record(
        "plan.exchange",
        "plan",
        plan.id,
        operations=[one["type"] for one in told][:_MOST_SHOWN],
        version=plan.version,
        snapped=shown.counted.snapped,
        repaired=0 if mended is None else len(mended.done.changes),
    )
    made = Draft(plan, draft.layer, (*draft.ops, *ops), state, draft.releases, () if told else draft.undone)
    return TakenBack(made, ops, found, shown.counted, seconds, mended)


def _new(stores: Stores, drafts: Drafts, planner: Planner, file: ExchangeFile, wanted: Wanted) -> Draft:
    """Begin a draft on the release that the file, or the request, names."""
    identifier = wanted.release or file.about_id("release")
    if identifier is None:
        raise InvalidInput(
            N_("The file does not say which release it is of: its table “about” is missing."),
            mend=N_("Name the release with release=, or the draft with plan=."),
            where={"parameter": "release"},
        )
    if file.about.get("district", stores.district) != stores.district:
        raise InvalidInput(
            N_("The file is of district {other}, not of {district}."),
            mend=N_("Send it to the district it was exported from."),
            where={"parameter": "district"},
            other=file.about["district"][:64],
            district=stores.district,
        )
    release = stores.releases.get(identifier)
    layer = partition_of(stores, release.layer)
    title = (wanted.title or file.about.get("plan_title", "")).strip()[:200]
    if not title:
        raise InvalidInput(
            N_("The new draft has no title."), mend=N_("Give title=."), where={"parameter": "title"}
        )
    plan = stores.plans.create(layer.code, release.id, planner.person, title)
    stores.audit.record("plan.create", "plan", plan.id, number=plan.number, base=str(release.id))
    state = State.of(drafts.base(stores, layer, release))
    return Draft(plan, layer, (), state, stores.releases.all(layer.code))


def _require_of(stores: Stores, file: ExchangeFile, plan: Plan) -> None:
    """Refuse a file that says it is of something else than a draft as it is now."""
    named, release = file.about_id("plan"), file.about_id("release")
    version = file.about.get("plan_version", "")
    if named == plan.id and version.isdecimal() and int(version[:9]) != plan.version:
        raise stores.plans.stale(plan, int(version[:9]))
    # A file of the base shows the draft only as long as nothing is drawn.
    of_base = named is None and release == plan.base and not stores.plans.ops(plan.id)
    if file.about and named != plan.id and not of_base:
        raise InvalidInput(
            N_("The file was not exported from plan {number}: what it shows would undo what is drawn there."),
            mend=N_("Send it without plan= to make a draft of its own, or export the plan and edit that."),
            where={"parameter": "plan"},
            number=plan.number,
        )


def _parents(stores: Stores, layer: Layer, release: Release) -> dict[str, UUID]:
    tree = stores.grids.tree(layer.code, release.effective_on, release.published_at)
    return {unit.code: unit.id for unit in tree.units.values() if unit.level == layer.leaf_level - 1}


def _found(
    state: State, shown: Returned, limits: Limits | None, translate: Translate
) -> tuple[Derived, Mended | None]:
    """Derive operations from what a file shows; only what is not exact is repaired, and then proven anew."""
    try:
        return _derived(state, shown.target, _MEND, translate), None
    except ExchangeRefused:
        if limits is None:
            raise
    mended = mend(state, shown.target, shown.order, limits, translate)
    return _derived(state, mended.target, _MEND_AFTER, translate), mended


def _derived(state: State, target: Target, way: str, translate: Translate) -> Derived:
    try:
        found = derive(state, target)
    except RedrawRefused as refusal:
        if isinstance(refusal, _GROUND):
            raise _refused(state, target, way, translate) from refusal
        raise
    if len(found.change.units) > MOST_UNITS:
        raise InvalidInput(
            N_("The file changes {units} units; a draft may change {most} at once."),
            mend=N_("Import it as a new state of the layer, or send it in parts."),
            units=len(found.change.units),
            most=MOST_UNITS,
        )
    return found


def _refused(state: State, target: Target, way: str, translate: Translate) -> ExchangeRefused:
    """Return the refusal of areas that are no exact partition, with every place where they are not."""
    names, defects = _defects(state, target)
    texts = [_sentence(defect, names, translate) for defect in defects]
    features = [
        as_feature(defect, text, names) for defect, text in zip(defects[:_MOST_SHOWN], texts, strict=False)
    ]
    for feature in features:
        feature["properties"]["role"] = "defect"
    return ExchangeRefused(
        N_("The areas of the file do not divide the ground exactly, in {count} places. The first: {first}"),
        mend=way,
        extra={"features": features, "defects": len(defects)},
        count=len(defects),
        first=texts[0] if texts else "–",
    )


def _defects(state: State, target: Target) -> tuple[list[str], Sequence[Defect]]:
    """Prove what differs, with everything beside it, against the ground of just that before."""
    local = surroundings(state, target)
    return local.codes, prove(local.areas, local.frame).defects


def _sentence(defect: Defect, names: Sequence[str], translate: Translate) -> str:
    """Return what is wrong at a place; the outer boundary is not the file's to change."""
    if defect.kind is DefectKind.T_JUNCTION and len(defect.units) < 2:
        words = translate(
            N_("The edge of {unit} meets the outer boundary at {lon}, {lat} between two of its vertices.")
        )
        mend = translate(N_("The outer boundary is locked: end the edge in one of its vertices."))
        lon, lat = (f"{part:.7f}" for part in defect.place)
        return f"{words.format(unit=names[defect.units[0]], lon=lon, lat=lat)} {mend}"
    return defect.sentence(names, translate=translate)
