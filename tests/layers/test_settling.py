"""What the role reaches that brings tasks and ledgers in step with evidence, whoever brings it."""

from layers.stores import Stores
from tests.layers.row_scene import as_web, count, lay


def test_settling_reaches_what_it_needs_and_ends(stores: Stores) -> None:
    session = stores.session
    scene = lay(session)
    as_web(session, scene.walking())
    assert (count(session, "coverage_task"), count(session, "coverage_line")) == (1, 1)
    with stores.settling():
        assert (count(session, "coverage_task"), count(session, "coverage_line")) == (2, 2)
        assert (count(session, "fix"), count(session, "patrol")) == (3, 1), "nobody else's ways"
        assert len(stores.tasks.names([scene.walker, scene.other])) == 2
    assert (count(session, "coverage_task"), count(session, "coverage_line")) == (1, 1)
    assert len(stores.tasks.names([scene.walker, scene.other])) == 1
