"""Every layer as GeoJSON, written by the database: features by keyset page, ready to be sent.

Coordinates are lon, lat in degrees with 7 decimals, which is the lattice itself; outer rings run
counterclockwise (RFC 7946).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Select, String, Text, and_, case, cast, func, literal, select
from sqlalchemy.orm import aliased

from geo.errors import N_
from layers.area import within
from layers.border import border_segment
from layers.catalog import Catalog, require_no_instant
from layers.districts import district
from layers.dwellings import dwelling
from layers.errors import InvalidAttribute
from layers.geometry import Box
from layers.ground_cover import ground_cover
from layers.incident_tables import incident
from layers.line_features import line_feature
from layers.marker_kinds import ServiceStation
from layers.markers import marker
from layers.representatives import answering, representative
from layers.storage import Store
from layers.units import believed, unit_outline, unit_version

_DECIMALS = 7
# ST_AsGeoJSON's option 0: no bbox and no crs member, which it would add for any SRID but 4326.
_PLAIN = 0


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of GeoJSON features; ``cursor`` asks for the next page, None where this is the last."""

    features: tuple[str, ...]
    cursor: str | None

    def collection(self, *members: str) -> bytes:
        """Return the FeatureCollection as UTF-8 JSON, with further members already written as JSON.

        A member is text such as ``"numberReturned":5``.
        """
        head = ",".join(('"type":"FeatureCollection"', *members))
        return ("{" + head + ',"features":[' + ",".join(self.features) + "]}").encode()


class Items(Store):
    """The layers of one district as GeoJSON."""

    def page(
        self,
        layer: str,
        as_of: date,
        *,
        known_at: datetime | None = None,
        bbox: Box | None = None,
        level: int | None = None,
        kind: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> ItemsPage:
        """Return a page of a layer's features as of a day, in the order of their ids.

        Parameters
        ----------
        layer
            An area layer of the district, or one of :data:`layers.catalog.BUILT_IN`.
        as_of
            The day; incidents are those received up to it.
        known_at
            Of an area layer: the instant of the knowledge that is asked for; now where none is given.
        bbox
            Only features that meet the box.
        level
            Of an area layer: the level, 0 the top; the leaves where none is given.
        kind
            Of ``markers``, ``lines`` and ``cover``: only those of the kind.

        Raises
        ------
        UnknownLayer
            The district has no such layer.
        InvalidCursor, InvalidAttribute
            The cursor, the limit, the level or the kind is not possible, or ``known_at`` is asked of a
            layer of which only what is known now is kept.
        """
        source = self._source(layer, as_of, level, known_at)
        columns = source.selected_columns
        if kind is not None:
            source = source.where(_kind_of(layer) == kind)
        if bbox is not None:
            source = source.where(bbox.intersects(columns["geom"]))
        page = self._page(_features(source), columns["id"], _text, limit, cursor)
        return ItemsPage(page.items, page.cursor)

    def feature(
        self,
        layer: str,
        identifier: UUID,
        as_of: date,
        *,
        level: int | None = None,
        known_at: datetime | None = None,
    ) -> str | None:
        """Return one feature of a layer by its id as GeoJSON text, or None where there is none that day."""
        source = self._source(layer, as_of, level, known_at)
        row = self._first(_features(source.where(source.selected_columns["id"] == identifier)))
        return None if row is None else _text(row)

    def _source(self, layer: str, as_of: date, level: int | None, known_at: datetime | None) -> Select[Any]:
        built_in = _SOURCES.get(layer)
        if built_in is not None:
            require_no_instant(layer, known_at)
            return built_in(self.district, as_of).where(*self._there(layer))
        found = Catalog(self._session, self.district).get(layer)
        chosen = found.level_or_leaf(level)
        return _units(self.district, layer, chosen, as_of, known_at, leaf=chosen == found.leaf_level)

    def _there(self, layer: str) -> list[ColumnElement[bool]]:
        """Return the condition that an item lies in the caller's area, where that is only a part."""
        if self.roots is None:
            return []
        if layer == "incidents":
            return [within(incident.c.unit, self.district, self.roots)]
        return answering(self.district, self.roots) if layer == "representatives" else []


def _kind_of(layer: str) -> ColumnElement[str]:
    if layer == "lines":
        return line_feature.c.kind
    if layer == "cover":
        return ground_cover.c.kind
    if layer != "markers":
        raise InvalidAttribute(
            N_("The items of layer {layer} have no kind."),
            mend=N_("Leave kind out; only markers, lines and cover have one."),
            where={"parameter": "kind"},
            layer=layer,
        )
    return marker.c.kind


def _text(row: Row[Any]) -> str:
    return str(row.feature)


def _features(source: Select[Any]) -> Select[Any]:
    """Return the query of a source's rows as GeoJSON text."""
    columns = source.selected_columns
    geom = columns["geom"]
    # ST_ForcePolygonCCW turns lines round as well, and a line's direction is that of its measures.
    turned = case((func.ST_Dimension(geom) == 2, func.ST_ForcePolygonCCW(geom)), else_=geom)
    geometry = func.ST_AsGeoJSON(turned, _DECIMALS, _PLAIN, type_=Text)
    feature = func.concat(
        '{"type":"Feature","id":"',
        columns["id"],
        '","geometry":',
        func.coalesce(geometry, "null"),
        ',"properties":',
        cast(columns["properties"], Text),
        "}",
        type_=Text,
    )
    return source.with_only_columns(feature.label("feature"))


def _properties(**columns: Any) -> Any:
    pairs = [part for name, column in columns.items() for part in (literal(name, String), column)]
    return func.jsonb_build_object(*pairs).label("properties")


def _units(
    code: str, layer: str, level: int, as_of: date, known_at: datetime | None, *, leaf: bool
) -> Select[Any]:
    above = aliased(unit_version)
    geom = unit_version.c.geom if leaf else unit_outline.c.geom
    rows = unit_version.outerjoin(
        above,
        and_(
            above.c.district == unit_version.c.district,
            above.c.unit == unit_version.c.parent,
            above.c.valid.contains(as_of),
            believed(above.c.recorded, known_at),
        ),
    )
    if not leaf:
        rows = rows.join(
            unit_outline,
            and_(
                unit_outline.c.district == unit_version.c.district,
                unit_outline.c.unit == unit_version.c.unit,
                unit_outline.c.revision == unit_version.c.revision,
            ),
        )
    return (
        select(
            unit_version.c.unit.label("id"),
            geom.label("geom"),
            _properties(
                code=unit_version.c.code,
                name=unit_version.c.name,
                level=unit_version.c.level,
                parent=unit_version.c.parent,
                parent_code=above.c.code,
                households=unit_version.c.households,
                valid_from=func.lower(unit_version.c.valid),
                valid_to=func.upper(unit_version.c.valid),
                attributes=unit_version.c.attributes,
            ),
        )
        .select_from(rows)
        .where(
            unit_version.c.district == code,
            unit_version.c.layer == layer,
            unit_version.c.level == level,
            unit_version.c.valid.contains(as_of),
            believed(unit_version.c.recorded, known_at),
        )
    )


def _border(code: str, as_of: date) -> Select[Any]:
    columns = border_segment.c
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(
            code=columns.code,
            name=columns.name,
            seq=columns.seq,
            from_m=columns.from_m,
            to_m=columns.to_m,
            length_m=columns.length_m,
            owner=columns.owner,
            due_days=columns.due_days,
            valid_from=func.lower(columns.valid),
            valid_to=func.upper(columns.valid),
            attributes=columns.attributes,
        ),
    ).where(columns.district == code, columns.valid.contains(as_of))


def _markers(code: str, as_of: date) -> Select[Any]:
    columns = marker.c
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(
            code=columns.code,
            kind=columns.kind,
            name=columns.name,
            segment=columns.segment,
            measure_m=columns.measure_m,
            valid_from=func.lower(columns.valid),
            valid_to=func.upper(columns.valid),
            attributes=columns.attributes,
        ),
    ).where(columns.district == code, columns.valid.contains(as_of))


def _stations(code: str, as_of: date) -> Select[Any]:
    return _markers(code, as_of).where(marker.c.kind == ServiceStation.kind)


def _representatives(code: str, as_of: date) -> Select[Any]:  # noqa: ARG001 - one shape for all sources
    columns = representative.c
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(code=columns.code, name=columns.name, attributes=columns.attributes),
    ).where(columns.district == code, columns.active)


def _incidents(code: str, as_of: date) -> Select[Any]:
    # Descriptions stay out: free text may name people, and a map does not need it.
    columns = incident.c
    zone = select(district.c.timezone).where(district.c.code == code).scalar_subquery()
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(
            **{"class": columns["class"]},
            title=columns.title,
            channel=columns.channel,
            status=columns.status,
            colour=columns.colour,
            occurred_at=columns.occurred_at,
            unit=columns.unit,
            representative=columns.representative,
            segment=columns.segment,
            measure_m=columns.measure_m,
        ),
    ).where(columns.district == code, cast(func.timezone(zone, columns.received_at), Date) <= as_of)


def _cover(code: str, as_of: date) -> Select[Any]:  # noqa: ARG001 - one shape for all sources
    columns = ground_cover.c
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(code=columns.code, kind=columns.kind, name=columns.name),
    ).where(columns.district == code)


def _dwellings(code: str, as_of: date) -> Select[Any]:  # noqa: ARG001 - one shape for all sources
    columns = dwelling.c
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(code=columns.code, households=columns.households),
    ).where(columns.district == code)


def _lines(code: str, as_of: date) -> Select[Any]:  # noqa: ARG001 - one shape for all sources
    columns = line_feature.c
    return select(
        columns.id,
        columns.geom.label("geom"),
        _properties(code=columns.code, kind=columns.kind, name=columns.name),
    ).where(columns.district == code)


_SOURCES: dict[str, Callable[[str, date], Select[Any]]] = {
    "border": _border,
    "cover": _cover,
    "dwellings": _dwellings,
    "incidents": _incidents,
    "lines": _lines,
    "markers": _markers,
    "representatives": _representatives,
    "stations": _stations,
}
