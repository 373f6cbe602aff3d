"""Tables of project teams: projects, their sites, members of teams, and who is on site when."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE

from layers.base import among, identifier, in_district, link, one_at_a_time, shard_table
from layers.geometry import geometry_type

LEAD, MEMBER = ROLES = ("lead", "member")

project = shard_table(
    "project",
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # The office that runs it.
    Column("office", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    in_district(),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    UniqueConstraint("district", "code"),
)

project_site = shard_table(
    "project_site",
    identifier(),
    identifier("project"),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    # A point or a line.
    Column("geom", geometry_type("GEOMETRY"), nullable=False),
    link("project", "project"),
    CheckConstraint("GeometryType(geom) IN ('POINT', 'LINESTRING')", name="geom"),
    UniqueConstraint("district", "code"),
    Index(None, "district", "project"),
    Index(None, "geom", postgresql_using="gist"),
)

team_member = shard_table(
    "team_member",
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    # Where they come from; nothing else is kept of a person.
    Column("office", Text, nullable=False),
    in_district(),
    UniqueConstraint("district", "code"),
)

project_post = shard_table(
    "project_post",
    identifier(),
    identifier("project"),
    identifier("member"),
    Column("role", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    link("project", "project"),
    link("team_member", "member"),
    among("role", ROLES),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    one_at_a_time("ex_project_post_member", "project", "member"),
    Index(None, "district", "member"),
)
