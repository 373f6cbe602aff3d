"""Loading the demo into a real database: complete, idempotent, replaced as a whole or not at all."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from geo.partition import prove
from layers.base import metadata
from layers.errors import Conflict
from layers.incident_tables import incident
from layers.incidents import IncidentFilter
from layers.stores import Stores
from service.database import session_factory
from service.demo import world
from service.demo.content import VERSION
from service.demo.county import COUNTY_CODE, LAYER
from service.demo.load import demo_state, load_demo

TODAY = date(2026, 3, 10)
SIZE, INCIDENTS, DAYS = 300, 400, 6

pytestmark = pytest.mark.skipif(
    not world.ATLAS.exists(), reason="map assets are not installed: run ./wardline demo or npm ci in maps/web"
)


def load(engine: Engine, today: date = TODAY, **changed: object) -> object:
    options: dict[str, object] = {"size": SIZE, "incidents": INCIDENTS, "patrol_days": DAYS, **changed}
    return load_demo(engine, today=today, **options)  # type: ignore[arg-type]


@pytest.fixture
def stores(engine: Engine) -> Iterator[Stores]:
    load(engine)
    with session_factory(engine)() as session:
        yield Stores(session, COUNTY_CODE)


def rows(session: Session) -> dict[str, int]:
    """How many rows every table has."""
    return {
        table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def test_an_empty_database_holds_no_demo(engine: Engine) -> None:
    assert demo_state(engine) is None


def test_the_published_grids_are_a_proven_partition_with_all_levels(stores: Stores) -> None:
    leaves = stores.grids.leaves(LAYER, TODAY)
    assert len(leaves) == SIZE
    proof = prove(leaves.polygons)
    assert proof.exact, proof.defects[:3]
    release = stores.releases.in_force(LAYER, TODAY)
    assert release is not None
    assert release.counts == (4, 19, 300)
    assert sum(leaves.households.tolist()) > 30_000


def test_upper_levels_cover_exactly_their_leaves(stores: Stores) -> None:
    outline = {level: stores.grids.outlines(LAYER, level, TODAY) for level in (0, 1)}
    leaves = stores.grids.leaves(LAYER, TODAY)
    frames = [prove(outline[level].polygons).frame for level in (0, 1)]
    bottom = prove(leaves.polygons).frame
    assert bottom is not None
    assert all(frame is not None and frame.equals(bottom) for frame in frames)


def test_every_small_grid_reaches_a_person(stores: Stores) -> None:
    tree = stores.grids.tree(LAYER, TODAY)
    leaves = stores.grids.leaves(LAYER, TODAY)
    holders = stores.representatives.holders(TODAY)
    for leaf in leaves.ids:
        chain = tree.chain(leaf)
        assert len(chain) == 3
        found = next(holders[unit.id] for unit in chain if unit.id in holders)
        assert found[0].role == "home"


def test_every_representative_has_one_home_and_every_big_grid_somebody(stores: Stores) -> None:
    duties = [one for one in stores.representatives.responsibilities(TODAY) if one.role == "home"]
    people = stores.representatives.all()
    assert Counter(one.representative for one in duties) == {one.id: 1 for one in people}
    big_grids = {unit.id for unit in stores.grids.tree(LAYER, TODAY).units.values() if unit.level == 1}
    assert {one.unit for one in duties} == big_grids


def test_every_incident_is_assigned_by_the_rules(stores: Stores) -> None:
    page = stores.incidents.page(limit=1_000)
    assert len(page.items) == INCIDENTS
    overlays = 0
    for one in page.items:
        assert one.unit is not None
        assert one.representative is not None
        assert one.assignment["rule"] in ("grid", "overlay")
        overlays += one.assignment["rule"] == "overlay"
        if one.class_ in ("fence", "marker", "forager"):
            assert one.assignment["rule"] == "overlay"
            assert one.segment is not None
    assert overlays > 0
    assert any(one.status == "closed" for one in page.items)
    opened = stores.incidents.page(IncidentFilter(open_only=True), limit=1_000)
    assert 0 < len(opened.items) < INCIDENTS / 4


def test_loading_again_changes_nothing(engine: Engine) -> None:
    first = load(engine)
    with session_factory(engine)() as session:
        before = rows(session)
    again = load(engine)
    with session_factory(engine)() as session:
        assert rows(session) == before
    assert first.counts == again.counts  # type: ignore[attr-defined]
    assert again.was_there  # type: ignore[attr-defined]
    assert before["incident"] == INCIDENTS


def test_another_day_or_size_replaces_the_demo_as_a_whole(engine: Engine) -> None:
    load(engine)
    load(engine, TODAY + timedelta(days=40), size=200)
    state = demo_state(engine)
    assert state is not None
    assert (state.version, state.size.small_grids, state.today) == (VERSION, 200, TODAY + timedelta(days=40))
    with session_factory(engine)() as session:
        stores = Stores(session, COUNTY_CODE)
        assert len(stores.grids.leaves(LAYER, TODAY)) == 200
        assert session.execute(select(func.count()).select_from(incident)).scalar_one() == INCIDENTS


def test_an_interrupted_load_leaves_nothing_and_is_redone_cleanly(engine: Engine) -> None:
    class Interrupted(Exception):
        pass

    def stop_at_patrols(_: str, share: float) -> None:
        if share > 0.6:
            raise Interrupted

    with pytest.raises(Interrupted):
        load(engine, progress=stop_at_patrols)
    assert demo_state(engine) is None
    with session_factory(engine)() as session:
        assert not any(rows(session).values())
    load(engine)
    assert demo_state(engine) is not None


def test_progress_is_told_in_order(engine: Engine) -> None:
    told: list[float] = []
    load(engine, progress=lambda _, share: told.append(share))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] < 1.0


def test_a_district_that_no_demo_made_is_never_replaced(engine: Engine) -> None:
    with session_factory(engine)() as session, session.begin():
        Stores(session, COUNTY_CODE).districts.create("A real one")
    with pytest.raises(Conflict, match="no demo made it"):
        demo_state(engine)
    with pytest.raises(Conflict, match="no demo made it"):
        load(engine)


def test_other_districts_stay_as_they_are(engine: Engine) -> None:
    with session_factory(engine)() as session, session.begin():
        Stores(session, "150000").districts.create("Neighbour")
    load(engine)
    load(engine, TODAY + timedelta(days=1))
    with session_factory(engine)() as session:
        assert {one.code for one in Stores(session, COUNTY_CODE).districts.all()} == {"150000", COUNTY_CODE}


def test_the_same_day_gives_the_same_release(engine: Engine) -> None:
    digests = []
    for _ in range(2):
        load(engine)
        with session_factory(engine)() as session:
            release = Stores(session, COUNTY_CODE).releases.latest(LAYER)
            assert release is not None
            digests.append(release.digest)
        load(engine, TODAY + timedelta(days=1))
    assert digests[0] == digests[1]
