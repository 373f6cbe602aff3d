"""Project teams: projects with their sites, the members of teams, and who is on site on a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from shapely import Geometry
from sqlalchemy import ColumnElement, Row, Table, func, select, update
from sqlalchemy.dialects.postgresql import Range, insert

from geo.errors import N_
from layers.errors import NotFound
from layers.geometry import Box, from_shape, to_shape
from layers.paging import Page
from layers.project_tables import project, project_post, project_site, team_member
from layers.storage import Store

Role = Literal["lead", "member"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project from ``first_day`` up to, without, ``end``; None is open."""

    id: UUID
    code: str
    name: str
    kind: str
    office: str
    first_day: date
    end: date | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place of a project: a point or a line in lon, lat degrees."""

    id: UUID
    project: UUID
    code: str
    name: str
    shape: Geometry


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody who belongs to teams: a code, a name and an office."""

    id: UUID
    code: str
    name: str
    office: str


@dataclass(frozen=True, slots=True)
class Post:
    """A member on the sites of a project from ``first_day`` up to, without, ``end``; None is open."""

    id: UUID
    project: UUID
    member: UUID
    role: Role
    first_day: date
    end: date | None


class Projects(Store):
    """The projects and their teams of one district."""

    def add(self, value: Project) -> None:
        """Store a project.

        Raises
        ------
        Conflict
            The district has one of the same code.
        """
        names = ("id", "code", "name", "kind", "office", "created_at", "created_by")
        row = {name: getattr(value, name) for name in names}
        self._insert(project, [{**row, "valid": Range(value.first_day, value.end)}])

    def get(self, identifier: UUID) -> Project:
        """Return a project.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        statement = select(project).where(project.c.district == self.district, project.c.id == identifier)
        row = self._first(statement)
        if row is None:
            raise self._missing(N_("District {district} has no project {code}."), str(identifier))
        return _project(row)

    def codes(self) -> dict[str, UUID]:
        """Return the ids of all projects by code."""
        rows = self._all(select(project.c.code, project.c.id).where(project.c.district == self.district))
        return {row.code: row.id for row in rows}

    def page(
        self,
        *,
        day: date | None = None,
        member: UUID | None = None,
        with_team: bool = False,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Project]:
        """Return a page of projects: of a day, on whose sites a member or anybody is (on that day)."""
        wanted: list[ColumnElement[bool]] = [project.c.district == self.district]
        if day is not None:
            wanted.append(project.c.valid.contains(day))
        if member is not None or with_team:
            wanted.append(project.c.id.in_(self._posted(project_post.c.project, day, member=member)))
        return self._page(select(project).where(*wanted), project.c.id, _project, limit, cursor)

    def count(self, day: date) -> dict[str, int]:
        """Return how many projects there are on a day, members, members on site, and projects with a team."""
        here = project.c.district == self.district
        members = select(func.count()).where(team_member.c.district == self.district)
        on_site = self._posted(project_post.c.member, day).distinct().subquery()
        staffed = self._posted(project_post.c.project, day).distinct().subquery()
        row = self._first(
            select(
                select(func.count()).where(here, project.c.valid.contains(day)).scalar_subquery(),
                members.scalar_subquery(),
                select(func.count()).select_from(on_site).scalar_subquery(),
                select(func.count()).select_from(staffed).scalar_subquery(),
            )
        )
        names = ("projects", "members", "on-site", "projects-with-team")
        return dict(zip(names, row or (0, 0, 0, 0), strict=True))

    def end(self, identifier: UUID, day: date) -> None:
        """Let a project and its posts end before a day; those that would begin later are removed."""
        valid = func.daterange(func.lower(project.c.valid), day)
        mine = (project.c.district == self.district) & (project.c.id == identifier)
        self._write(update(project).where(mine).values(valid=valid))
        posts = (project_post.c.district == self.district) & (project_post.c.project == identifier)
        longer = func.upper_inf(project_post.c.valid) | (func.upper(project_post.c.valid) > day)
        later = func.lower(project_post.c.valid) >= day
        self._write(project_post.delete().where(posts & later))
        ended = func.daterange(func.lower(project_post.c.valid), day)
        self._write(update(project_post).where(posts & longer).values(valid=ended))

    def put_sites(self, values: Sequence[Site]) -> None:
        """Store sites in place of those with the same codes."""
        table = project_site
        for value in values:
            row = {
                "district": self.district,
                "id": value.id,
                "project": value.project,
                "code": value.code,
                "name": value.name,
                "geom": from_shape(value.shape),
            }
            statement = insert(table).values(row)
            new = statement.excluded
            self._write(
                statement.on_conflict_do_update(
                    index_elements=["district", "code"],
                    set_={"project": new.project, "name": new.name, "geom": new.geom},
                )
            )

    def sites(
        self, *, projects: Collection[UUID] | None = None, box: Box | None = None, day: date | None = None
    ) -> tuple[Site, ...]:
        """Return sites by code: of some projects, that meet a box, of projects of a day; all if not given."""
        wanted: list[ColumnElement[bool]] = [project_site.c.district == self.district]
        if box is not None:
            wanted.append(box.intersects(project_site.c.geom))
        if projects is not None:
            wanted.append(project_site.c.project.in_(projects))
        if day is not None:
            of_day = select(project.c.id).where(
                project.c.district == self.district, project.c.valid.contains(day)
            )
            wanted.append(project_site.c.project.in_(of_day))
        rows = self._all(select(project_site).where(*wanted).order_by(project_site.c.code))
        return tuple(
            Site(row.id, row.project, row.code, row.name, cast("Geometry", to_shape(row.geom)))
            for row in rows
        )

    def put_members(self, values: Sequence[TeamMember]) -> None:
        """Store members in place of those with the same codes."""
        for value in values:
            row = {name: getattr(value, name) for name in TeamMember.__slots__}
            statement = insert(team_member).values({"district": self.district, **row})
            new = statement.excluded
            self._write(
                statement.on_conflict_do_update(
                    index_elements=["district", "code"], set_={"name": new.name, "office": new.office}
                )
            )

    def members(
        self, *, on_site: date | None = None, limit: int, cursor: str | None = None
    ) -> Page[TeamMember]:
        """Return a page of members, those on site on a day if it is given."""
        wanted: list[ColumnElement[bool]] = [team_member.c.district == self.district]
        if on_site is not None:
            wanted.append(team_member.c.id.in_(self._posted(project_post.c.member, on_site)))
        return self._page(select(team_member).where(*wanted), team_member.c.id, _member, limit, cursor)

    def members_by_code(self, codes: Collection[str]) -> dict[str, TeamMember]:
        """Return those members of some codes that there are."""
        return {one.code: one for one in self._members(team_member, team_member.c.code, codes)}

    def members_by_id(self, ids: Collection[UUID]) -> dict[UUID, TeamMember]:
        """Return those members of some ids that there are."""
        return {one.id: one for one in self._members(team_member, team_member.c.id, ids)}

    def _members(self, table: Table, column: ColumnElement[Any], values: Collection[Any]) -> list[TeamMember]:
        rows = self._all(select(table).where(table.c.district == self.district, column.in_(values)))
        return [_member(row) for row in rows]

    def add_posts(self, values: Sequence[Post]) -> None:
        """Put members on site.

        Raises
        ------
        Overlap
            Somebody is on site of the project twice on a day.
        """
        self._insert(
            project_post,
            [
                {
                    "id": one.id,
                    "project": one.project,
                    "member": one.member,
                    "role": one.role,
                    "valid": Range(one.first_day, one.end),
                }
                for one in values
            ],
        )

    def post(self, identifier: UUID) -> Post:
        """Return a post.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        table = project_post
        row = self._first(select(table).where(table.c.district == self.district, table.c.id == identifier))
        if row is None:
            raise self._missing(N_("District {district} has no post {code} on a project."), str(identifier))
        return _post(row)

    def posts(self, projects: Collection[UUID], day: date | None = None) -> tuple[Post, ...]:
        """Return the posts of projects, those of a day if it is given, leads first, then by their begin."""
        column = project_post.c
        wanted = [column.district == self.district, column.project.in_(projects)]
        if day is not None:
            wanted.append(column.valid.contains(day))
        rows = self._all(
            select(project_post)
            .where(*wanted)
            .order_by(column.project, column.role, func.lower(column.valid), column.id)
        )
        return tuple(_post(row) for row in rows)

    def end_post(self, value: Post, day: date) -> None:
        """Let a post end before a day; one that would begin later is removed."""
        mine = (project_post.c.district == self.district) & (project_post.c.id == value.id)
        if day <= value.first_day:
            self._write(project_post.delete().where(mine))
        else:
            self._write(update(project_post).where(mine).values(valid=Range(value.first_day, day)))

    def _posted(self, column: ColumnElement[Any], day: date | None, member: UUID | None = None) -> Any:
        wanted = [project_post.c.district == self.district]
        if day is not None:
            wanted.append(project_post.c.valid.contains(day))
        if member is not None:
            wanted.append(project_post.c.member == member)
        return select(column).where(*wanted)

    def _missing(self, text: str, code: str) -> NotFound:
        return NotFound(
            text, mend=N_("List those that there are."), where={"id": code}, district=self.district, code=code
        )


def _project(row: Row[Any]) -> Project:
    plain = ("id", "code", "name", "kind", "office", "created_at", "created_by")
    return Project(
        **{name: getattr(row, name) for name in plain}, first_day=row.valid.lower, end=row.valid.upper
    )


def _member(row: Row[Any]) -> TeamMember:
    return TeamMember(row.id, row.code, row.name, row.office)


def _post(row: Row[Any]) -> Post:
    return Post(row.id, row.project, row.member, row.role, row.valid.lower, row.valid.upper)
