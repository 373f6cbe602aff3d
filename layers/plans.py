"""Plans: drafts of changes on top of a release, their operations and their way to a publication.

Every write names the version it was made from and raises it, so two planners never overwrite each other
unseen. Who may take which step from where is data (:data:`layers.plan_tables.STEPS`); that nobody decides a
plan of their own is also a rule of the table and of row security.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from geo.errors import N_
from layers import plan_steps
from layers.errors import InvalidAttribute, NotFound, StaleVersion, WrongPerson
from layers.ids import new_id
from layers.paging import Page
from layers.plan_steps import Person, Plan, PlanOp, published, require_draft, require_step
from layers.plan_tables import PlanStatus, plan, plan_op
from layers.storage import Store


class Plans(Store):
    """The plans of one district."""

    def create(
        self,
        layer: str,
        base: UUID,
        author: Person,
        title: str,
        *,
        note: str = "",
        scope: Collection[UUID] = (),
        effective_on: date | None = None,
        at: datetime | None = None,
    ) -> Plan:
        """Store a new draft and return it.

        Raises
        ------
        NotFound
            The layer or the release is not stored.
        """
        self._lock(f"plan:{layer}")
        highest = self._first(
            select(func.max(plan.c.number).label("number")).where(
                plan.c.district == self.district, plan.c.layer == layer
            )
        )
        now = at or datetime.now(UTC)
        identifier = new_id()
        self._insert(
            plan,
            [
                {
                    "id": identifier,
                    "layer": layer,
                    "number": ((highest.number if highest else None) or 0) + 1,
                    "title": title,
                    "note": note,
                    "author": author.id,
                    "author_name": author.name,
                    "base": base,
                    "scope": sorted(set(scope)),
                    "status": "draft",
                    "effective_on": effective_on,
                    "version": 1,
                    "created_at": now,
                    "changed_at": now,
                    "decision_note": "",
                }
            ],
        )
        return self.get(identifier)

    def get(self, identifier: UUID) -> Plan:
        """Return a plan by its id.

        Raises
        ------
        NotFound
            The district has no such plan.
        """
        row = self._first(select(plan).where(plan.c.district == self.district, plan.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no plan {plan}."),
                mend=N_("Check the id, or list the plans."),
                where={"plan": str(identifier)},
                district=self.district,
                plan=str(identifier),
            )
        return plan_steps.plan_of(row)

    def page(
        self,
        *,
        layer: str | None = None,
        statuses: Collection[PlanStatus] = (),
        author: UUID | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Plan]:
        """Return a page of plans, the newest first; of a layer, of some statuses, of an author."""
        statement = select(plan).where(plan.c.district == self.district)
        if layer is not None:
            statement = statement.where(plan.c.layer == layer)
        if statuses:
            statement = statement.where(plan.c.status.in_(sorted(statuses)))
        if author is not None:
            statement = statement.where(plan.c.author == author)
        return self._page(statement, plan.c.id, plan_steps.plan_of, limit, cursor, newest_first=True)

    def due(self, day: date) -> tuple[Plan, ...]:
        """Return the scheduled plans that take effect by a day, in the order of their days."""
        return self._scheduled(plan.c.effective_on <= day)

    def later(self, layer: str, day: date) -> tuple[Plan, ...]:
        """Return the scheduled plans of a layer that take effect after a day, in the order of their days."""
        return self._scheduled((plan.c.layer == layer) & (plan.c.effective_on > day))

    def change(self, identifier: UUID, version: int, **values: Any) -> Plan:
        """Change title, note, scope or effective day of a draft, or what it conflicts with.

        Raises
        ------
        StaleVersion
            The plan is no longer at ``version``.
        Conflict
            The plan is no draft, and more than ``conflict`` is to change.
        """
        unknown = values.keys() - {"title", "note", "scope", "effective_on", "conflict"}
        if unknown:
            raise ValueError(f"a plan's {sorted(unknown)} cannot be set so")
        found = self._at(identifier, version)
        if values.keys() - {"conflict"}:
            require_draft(found)
        if "scope" in values:
            values["scope"] = sorted(set(values["scope"]))
        return self._store(found, values)

    def rebase(self, identifier: UUID, version: int, base: UUID) -> Plan:
        """Draw a draft from another release; what it conflicted with is forgotten.

        Raises
        ------
        StaleVersion, Conflict
            As :meth:`change`.
        NotFound
            The release is not stored.
        """
        found = self._at(identifier, version)
        require_draft(found)
        return self._store(found, {"base": base, "conflict": None})

    def that_became(self, layer: str) -> tuple[Plan, ...]:
        """Return the plans of a layer that became releases."""
        rows = self._all(
            select(plan).where(
                plan.c.district == self.district, plan.c.layer == layer, plan.c.release.is_not(None)
            )
        )
        return tuple(plan_steps.plan_of(row) for row in rows)

    def became(self, identifier: UUID, release: UUID) -> Plan:
        """Note that the release of a scheduled plan was published again, on top of an earlier one."""
        return self._store(self.get(identifier), {"release": release})

    def stale(self, found: Plan, asked: int) -> StaleVersion:
        """Return the refusal of a change that was made from another version of a plan."""
        return StaleVersion(
            N_("The plan is at version {version}; the change was made from version {asked}."),
            mend=N_("Load the plan again, look at what changed, and repeat the change."),
            where={"plan": str(found.id), "version": found.version},
            version=found.version,
            asked=asked,
        )

    def counts(self, identifiers: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
        """Return for each plan how many of its operations count, and how many are undone."""
        rows = self._all(
            select(
                plan_op.c.plan,
                func.count().filter(~plan_op.c.undone).label("done"),
                func.count().filter(plan_op.c.undone).label("undone"),
            )
            .where(plan_op.c.district == self.district, plan_op.c.plan == func.any(list(identifiers)))
            .group_by(plan_op.c.plan)
        )
        return {row.plan: (row.done, row.undone) for row in rows}

    def ops(self, identifier: UUID, *, undone: bool = False) -> tuple[PlanOp, ...]:
        """Return the operations of a plan in their order, those undone only where asked for."""
        statement = select(plan_op).where(plan_op.c.district == self.district, plan_op.c.plan == identifier)
        if not undone:
            statement = statement.where(~plan_op.c.undone)
        return tuple(plan_steps.op_of(row) for row in self._all(statement.order_by(plan_op.c.seq)))

    def add_ops(
        self,
        found: Plan,
        ops: Sequence[Mapping[str, Any]],
        author: UUID,
        known: Sequence[PlanOp] | None = None,
    ) -> tuple[Plan, tuple[PlanOp, ...]]:
        """Add operations to a draft as it was read; those that were undone are gone after it.

        ``known`` are all operations that were read with the plan, those undone too; None reads them.

        Raises
        ------
        StaleVersion, Conflict
            As :meth:`change`.
        """
        require_draft(found)
        # The new version first: whoever waits for the row, or finds it gone on, has written nothing yet.
        after = self._store(found, {})
        before = self.ops(found.id, undone=True) if known is None else known
        if any(one.undone for one in before):
            self._write(plan_op.delete().where(self._of(found), plan_op.c.undone))
        last = max((one.seq for one in before if not one.undone), default=0)
        added = tuple(
            PlanOp(found.id, seq, dict(op), author, after.changed_at, undone=False)
            for seq, op in enumerate(ops, last + 1)
        )
        rows = [{name: getattr(one, name) for name in PlanOp.__slots__} for one in added]
        self._insert(plan_op, rows)
        return after, added

    def replace_ops(self, found: Plan, ops: Sequence[Mapping[str, Any]], author: UUID) -> Plan:
        """Put other operations in the place of a draft's, as those that are to be told on another base.

        Raises
        ------
        StaleVersion, Conflict
            As :meth:`change`.
        """
        require_draft(found)
        self._write(plan_op.delete().where(self._of(found)))
        return self.add_ops(found, ops, author, known=())[0]

    def undo_last(self, found: Plan, known: Sequence[PlanOp] | None = None) -> tuple[Plan, PlanOp]:
        """Undo the last operation of a draft that is not undone yet.

        Raises
        ------
        StaleVersion, Conflict
            As :meth:`change`; also where nothing is left to undo.
        """
        return self._turn(found, known, undone=True)

    def undo_one(self, found: Plan, seq: int, known: Sequence[PlanOp] | None = None) -> tuple[Plan, PlanOp]:
        """Undo one operation of a draft, whatever follows it.

        Raises
        ------
        StaleVersion, Conflict
            As :meth:`change`; also where it is not there, or undone.
        """
        return self._turn(found, known, undone=True, seq=seq)

    def redo(self, found: Plan, known: Sequence[PlanOp] | None = None) -> tuple[Plan, PlanOp]:
        """Do the operation again that was undone last.

        Raises
        ------
        StaleVersion, Conflict
            As :meth:`change`; also where nothing is undone.
        """
        return self._turn(found, known, undone=False)

    def set_status(
        self,
        identifier: UUID,
        version: int,
        status: PlanStatus,
        by: Person | None,
        *,
        note: str = "",
        release: UUID | None = None,
        effective_on: date | None = None,
        at: datetime | None = None,
    ) -> Plan:
        """Take a plan to another status.

        Parameters
        ----------
        identifier, version
            The plan, and the version the step was decided on.
        status
            Where to; see :data:`layers.plan_tables.STEPS`.
        by
            Who takes the step; None is the service itself, on the plan's day.
        note
            Of a decision: why.
        release, effective_on
            Of ``scheduled`` and ``published``: what the plan became, and its first day.

        Raises
        ------
        StaleVersion
            The plan is no longer at ``version``.
        Conflict
            The status is not reached from the present one.
        WrongPerson
            The step is the author's and another takes it, or a reviewer's and the author takes it.
        InvalidAttribute
            A plan without operations was to be submitted, or one to be published has no release.
        """
        found = self._at(identifier, version)
        require_step(found, status, by)
        now = at or datetime.now(UTC)
        values: dict[str, Any] = {"status": status}
        if status == "submitted":
            self._require_ops(found)
            values["submitted_at"] = now
        elif status in ("approved", "rejected") and by is not None:
            values |= {
                "decided_at": now,
                "reviewer": by.id,
                "reviewer_name": by.name,
                "decision_note": note,
            }
        elif status == "draft":
            # The note of a decision stays to be read; the decision itself is no longer one.
            values |= {"decided_at": None, "reviewer": None, "reviewer_name": None, "submitted_at": None}
        elif status in ("scheduled", "published"):
            values |= published(found, release, effective_on)
        return self._store(found, values, now)

    def _scheduled(self, condition: Any) -> tuple[Plan, ...]:
        rows = self._all(
            select(plan)
            .where(plan.c.district == self.district, plan.c.status == "scheduled", condition)
            .order_by(plan.c.effective_on, plan.c.number)
        )
        return tuple(plan_steps.plan_of(row) for row in rows)

    def _at(self, identifier: UUID, version: int) -> Plan:
        """Return the plan if it still is at a version."""
        found = self.get(identifier)
        if found.version != version:
            raise self.stale(found, version)
        return found

    def _store(self, found: Plan, values: Mapping[str, Any], at: datetime | None = None) -> Plan:
        """Store values in a plan and raise its version, if it still is at the one that was read."""
        changed = {**values, "version": found.version + 1, "changed_at": at or datetime.now(UTC)}
        done = self._write(
            update(plan)
            .where(plan.c.district == self.district, plan.c.id == found.id, plan.c.version == found.version)
            .values(**changed)
        )
        if done.rowcount and not values:
            return replace(found, version=changed["version"], changed_at=changed["changed_at"])
        after = self.get(found.id)
        if done.rowcount == 0:
            if after.version == found.version:
                raise WrongPerson(
                    N_("Plan {number} is not yours to change."),
                    mend=N_("Its author drafts it, submits it and publishes it; a reviewer decides it."),
                    where={"plan": str(found.id)},
                    number=found.number,
                )
            raise self.stale(after, found.version)
        return after

    def _turn(
        self, found: Plan, known: Sequence[PlanOp] | None, *, undone: bool, seq: int | None = None
    ) -> tuple[Plan, PlanOp]:
        require_draft(found)
        ops = self.ops(found.id, undone=True) if known is None else known
        wanted = [one for one in ops if one.undone is not undone and seq in (None, one.seq)]
        if not wanted:
            raise plan_steps.nothing_to_turn(found.id, seq, undone=undone)
        chosen = wanted[-1] if undone else wanted[0]
        after = self._store(found, {})
        self._write(update(plan_op).where(self._of(found), plan_op.c.seq == chosen.seq).values(undone=undone))
        return after, replace(chosen, undone=undone)

    def _of(self, found: Plan) -> ColumnElement[bool]:
        return (plan_op.c.district == self.district) & (plan_op.c.plan == found.id)

    def _require_ops(self, found: Plan) -> None:
        if not self.ops(found.id):
            raise InvalidAttribute(
                N_("Plan {number} changes nothing yet."),
                mend=N_("Add an operation before it is submitted."),
                where={"plan": str(found.id)},
                number=found.number,
            )
