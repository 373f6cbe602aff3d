"""Duty sheets: a person, their grid and their duties, of one person or of many in one document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup
from shapely import Geometry

from geo.errors import N_
from maps.document import labels
from maps.document.drawing import CHANGED, GROUND, MARK, label, path_of, svg
from maps.document.frames import Frame
from maps.document.page import environment, policy, sheet
from maps.shell import Reader

SIZE = (820, 250)
DUTIES: tuple[str, ...] = (
    N_("Go to every small grid of the home grid, and know its boundary and who to turn to there."),
    N_("Take in what people report; solve alone what can be, and hand on the rest one colour at a time."),
    N_("Follow each incident until it is closed, and tell who reported it how it ended."),
    N_("Collect opinions and problems at visits and meetings, each counted for itself."),
    N_("Keep in touch with the demonstration households of the home grid."),
)
"""What everybody does, where a person has no duties of their own."""
ROLES: Mapping[str, str] = {"home": N_("home grid"), "extra": N_("further duty")}


@dataclass(frozen=True, slots=True, eq=False)
class Duty:
    """What one sheet tells.

    ``facts`` are as the service tells them; ``areas`` are the small grids of the home grid with their codes,
    in lon, lat degrees, and ``place`` is where the person can be met.
    """

    facts: Mapping[str, Any]
    areas: Sequence[tuple[str, Geometry]]
    place: tuple[float, float] | None


def duty_page(sheets: Sequence[Duty], head: Mapping[str, str], reader: Reader, nonce: str) -> str:
    """Return the sheets as one HTML file; ``head`` names the district, the part of it and the day."""
    return (
        environment()
        .get_template("duty.html")
        .render(
            _=reader.say,
            reader=reader,
            head=head,
            sheets=[(one.facts, duty_map(one, reader, number)) for number, one in enumerate(sheets)],
            duties=DUTIES,
            roles=ROLES,
            nonce=nonce,
            policy=policy(nonce),
            sheet=sheet(),
        )
    )


def duty_map(one: Duty, reader: Reader, number: int) -> Markup | None:
    """Return the map of a home grid and its small grids; nothing where it has no area."""
    if not one.areas:
        return None
    frame = Frame.around([area for _, area in one.areas], *SIZE)
    placed = frame.place(np.array([area for _, area in one.areas], dtype=object))
    prefix = labels.shortened({code for code, _ in one.areas})
    paths = "".join(map(path_of, placed))
    line = f'stroke="{GROUND["top-line"]}" stroke-width="1.2" stroke-linejoin="round"'
    body = [f'<path d="{paths}" fill="{CHANGED}" fill-rule="evenodd" {line}/>']
    wanted = [
        (area, code.removeprefix(prefix), False) for area, (code, _) in zip(placed, one.areas, strict=True)
    ]
    body += [label(each) for each in labels.place(wanted, frame.width, frame.height - 24)]
    body += _met(frame, one.place)
    title = reader.say(N_("Home grid of {person}"), person=one.facts["person"]["code"])
    return svg(frame, title, f"duty{number}", body)


def _met(frame: Frame, place: tuple[float, float] | None) -> list[str]:
    """Return the mark of where a person can be met, where the map shows it."""
    if place is None:
        return []
    west, south, east, north = frame.box
    if not (west <= place[0] <= east and south <= place[1] <= north):
        return []
    at = frame.place(shapely.Point(place))
    edge = f'stroke="{GROUND["halo"]}" stroke-width="2"'
    return [f'<circle cx="{at.x:.1f}" cy="{at.y:.1f}" r="6" fill="{MARK}" {edge}/>']
