"""Several planners over many releases, as a state machine: nothing published is lost, and all stays exact.

Planners begin drafts on what is in force, draw on them, publish in any order and withdraw. Whatever happens,
the head is an exact partition; a refused publication leaves draft and head as they were; what was published
is still there after everybody else's publications, until somebody publishes something else in its place.
"""

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from geo.merge import Conflict, Merged, merge
from geo.partition import prove
from geo.redraw import Base, Change, Operation, Reassign, RedrawRefused, Rename, State
from tests.geo.drawing import PARENTS, Web, state_of
from tests.geo.partitions import make

seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(("move", "move", "rename", "reassign"))


@dataclass(eq=False)
class Draft:
    """A planner's work on a release."""

    base: State
    state: State
    operations: list[Operation] = field(default_factory=list)


def released(state: State) -> State:
    """Return a state as a release of its own, as publishing and reading it again does."""
    units = [state.unit(one) for one in state]
    columns = (
        [getattr(one, name) for one in units] for name in ("code", "name", "parent", "households", "area")
    )
    return State.of(Base.build(list(state), *columns, groups=state.base.groups))


def between(old: State, new: State) -> Change:
    units = {*old, *new}
    return Change.between({one: old.get(one) for one in units}, {one: new.get(one) for one in units})


def edges_of(change: Change, side: str) -> set[tuple[int, ...]]:
    """Return the undirected edges that a change removed or added and did not only hand to another unit."""
    sides: dict[str, set[tuple[int, ...]]] = {"removed": set(), "added": set()}
    for unit in change.units:
        delta = change.edges(unit)
        for name, found in sides.items():
            for x1, y1, x2, y2 in getattr(delta, name).tolist():
                found.add(min((x1, y1, x2, y2), (x2, y2, x1, y1)))
    return sides[side] - sides["removed" if side == "added" else "added"]


def both_named(theirs: Change, mine: Change) -> bool:
    """Return whether both gave a unit another name or parent, and not the same."""
    for unit in theirs.units & mine.units:
        base, their, my = theirs.before[unit], theirs.after[unit], mine.after[unit]
        assert base is not None
        assert their is not None
        assert my is not None
        for old, one, other in zip(
            base.attributes()[1:3], their.attributes()[1:3], my.attributes()[1:3], strict=True
        ):
            if one != old and other not in (old, one):
                return True
    return False


def all_edges(state: State) -> set[tuple[int, ...]]:
    web = Web.of([state.unit(one).area for one in state])
    return {(*a, *b) for a, others in web.around.items() for b in others if a < b}


def _operation(state: State, kind: str, rng: np.random.Generator) -> Operation | None:
    """Return something that a planner may try, None where there is nothing of the kind."""
    units: list[UUID] = list(state)
    unit = units[int(rng.integers(len(units)))]
    if kind == "move":
        return Web.of([state.unit(one).area for one in state]).any_move(rng)
    if kind == "reassign":
        return Reassign((unit,), PARENTS[int(rng.integers(len(PARENTS)))])
    return Rename(unit, f"name {int(rng.integers(2**32))}")


class Planners(RuleBasedStateMachine):
    """The model: the attributes that each unit has by the last publication that changed them."""

    drafts = Bundle("drafts")

    @initialize(seed=seeds)
    def publish_the_first(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        made = make(rng, 4, 7)
        self.frame = made.frame
        self.head = state_of(made, rng)
        self.releases = [self.head]
        self.expected = {one: self.head.unit(one).attributes()[1:3] for one in self.head}

    @rule(target=drafts, back=st.integers(0, 3), kinds=st.lists(kinds, min_size=1, max_size=4), seed=seeds)
    def begin(self, back: int, kinds: list[str], seed: int) -> Draft:
        """Begin a draft, or turn up with one that was begun some releases ago."""
        base = self.releases[-1 - min(back, len(self.releases) - 1)]
        draft = Draft(base, base)
        self.draw(draft, kinds, seed)
        return draft

    @rule(draft=drafts, kinds=st.lists(kinds, min_size=1, max_size=3), seed=seeds)
    def draw_on(self, draft: Draft, kinds: list[str], seed: int) -> None:
        self.draw(draft, kinds, seed)

    def draw(self, draft: Draft, kinds: list[str], seed: int) -> None:
        """Draw operations on a draft; those refused leave it as it was."""
        rng = np.random.default_rng(seed)
        for kind in kinds:
            operation = _operation(draft.state, kind, rng)
            if operation is None:
                continue
            try:
                draft.state, _ = draft.state.apply(operation)
            except RedrawRefused:
                continue
            draft.operations.append(operation)

    @rule(draft=drafts)
    def undo(self, draft: Draft) -> None:
        if draft.operations:
            draft.operations.pop()
            draft.state = draft.base.apply_all(draft.operations)

    @rule(draft=consumes(drafts))
    def withdraw(self, draft: Draft) -> None:
        assert draft.base.apply_all(draft.operations).same_as(draft.state)

    @rule(draft=consumes(drafts))
    def publish(self, draft: Draft) -> None:
        theirs, mine = between(draft.base, self.head), draft.state.change()
        found = merge(self.head, theirs, mine, draft.operations)
        if isinstance(found, Conflict) or both_named(theirs, mine):
            assert isinstance(found, Conflict), "one of two names was lost"
            assert found.places
            assert draft.base.apply_all(draft.operations).same_as(draft.state)
            return
        self._nothing_is_lost(found, theirs, mine)
        for unit in mine.units:
            before, after = mine.before[unit], mine.after[unit]
            assert before is not None
            assert after is not None
            name, parent = self.expected[unit]
            self.expected[unit] = (
                after.name if after.name != before.name else name,
                after.parent if after.parent != before.parent else parent,
            )
        self.head = released(found.state)
        self.releases.append(self.head)

    def _nothing_is_lost(self, found: Merged, theirs: Change, mine: Change) -> None:
        """Both planners' new edges are there, and none that either took away."""
        edges = all_edges(found.state)
        for change in (theirs, mine):
            other = mine if change is theirs else theirs
            kept = edges_of(change, "added")
            if found.way == "replayed":  # what one drew last may stand where the other drew before
                kept -= edges_of(other, "removed")
            assert kept <= edges
            assert not (edges_of(change, "removed") - edges_of(other, "added")) & edges

    @invariant()
    def the_head_is_exact_and_says_what_was_published(self) -> None:
        if not hasattr(self, "head"):
            return
        proof = prove([self.head.unit(one).area for one in self.head], self.frame)
        assert proof.exact, proof.defects
        assert {one: self.head.unit(one).attributes()[1:3] for one in self.head} == self.expected


TestPlanners = Planners.TestCase
TestPlanners.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
