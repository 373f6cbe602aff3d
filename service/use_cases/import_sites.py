"""Importing the sites of projects: points and lines, each with its code and the code of its project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely

from geo.errors import N_
from layers.ids import new_id
from layers.projects import Site
from layers.stores import Stores
from service.readers.columns import code_field, lacking, repeated_codes, required_texts, resolve, texts
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features


@dataclass(frozen=True, slots=True, eq=False)
class SitePlan:
    """What an import of sites would store."""

    features: Features
    sites: tuple[Site, ...]
    new: int

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "file": self.features.file,
            "source_layer": self.features.layer,
            "crs": self.features.crs,
            "rows": len(self.sites),
            "new": self.new,
            "sites_on_lines": sum(one.shape.geom_type == "LineString" for one in self.sites),
            "projects": len({one.project for one in self.sites}),
        }

    def store(self, stores: Stores) -> None:
        """Store them in place of those with the same codes; others stay."""
        stores.projects.put_sites(self.sites)


def plan_sites(
    stores: Stores,
    features: Features,
    fields: Mapping[str, str],
    *,
    project: str | None = None,
    known_faults: Sequence[RowFault] = (),
) -> SitePlan:
    """Read sites: points or lines of one part with a code, the code of a project, and a name if there is one.

    ``project`` is that of all rows, where the file names none; ``known_faults`` were found before.

    Raises
    ------
    InvalidRows
        Rows without a code, with another row's or another project's, of no project, or with a line of several
        parts or without a length.
    InvalidInput
        There is no such field, or none for the project.
    """
    chosen = resolve(features, fields, ("code", "name", "project"))
    codes, faults = required_texts(features, code_field(features, chosen))
    faults += [*known_faults, *repeated_codes(codes)]
    if "project" in chosen:
        projects, more = required_texts(features, chosen["project"])
        faults += more
    elif project is not None:
        projects = [project] * len(codes)
    else:
        raise lacking(features, "project", N_("Name the field with --field project=FIELD."))
    names: list[str | None] = [None] * len(codes)
    if "name" in chosen:
        names, more = texts(features, chosen["name"])
        faults += more
    known = stores.projects.codes()
    stored = {one.code: one for one in stores.projects.sites()}
    shapes, more = _shapes(features)
    faults += more + _strangers(codes, projects, known, stored)
    refuse_rows(features.file, features.layer, faults)
    sites = tuple(
        Site(
            stored[code].id if code in stored else new_id(),
            known[projects[k]],
            code,
            names[k] or code,
            shapes[k],
        )
        for k, code in enumerate(codes)
    )
    return SitePlan(features, sites, sum(one.code not in stored for one in sites))


def _shapes(features: Features) -> tuple[list[Any], list[RowFault]]:
    """Return each row's point or line of one part, and a fault for each that is neither."""
    shapes: list[Any] = []
    faults = []
    for row, shape in enumerate(features.geometries, start=1):
        if shape is None:
            shapes.append(None)
            continue
        parts = shapely.get_parts(shape)
        if len(parts) > 1:
            mend = N_("Give each part a row and a code of its own.")
            faults.append(
                RowFault(row, N_("Its line has {count} parts."), mend, params={"count": len(parts)})
            )
        elif parts[0].geom_type == "LineString" and parts[0].length == 0:
            faults.append(RowFault(row, N_("Its line has no length."), N_("Draw it, or give a point.")))
        shapes.append(parts[0])
    return shapes, faults


def _strangers(
    codes: Sequence[str], projects: Sequence[str], known: Mapping[str, UUID], stored: Mapping[str, Site]
) -> list[RowFault]:
    """Return a fault for each row of a project that there is not, or whose site is another project's."""
    faults = []
    for row, (code, project) in enumerate(zip(codes, projects, strict=True), start=1):
        if project and project not in known:
            mend = N_("Store the project first, or correct its code.")
            params = {"project": project[:40]}
            faults.append(RowFault(row, N_("There is no project {project}."), mend, code, params))
        elif code in stored and project and stored[code].project != known[project]:
            message = N_("A site of another project has this code.")
            faults.append(RowFault(row, message, N_("Give it its own."), code))
    return faults
