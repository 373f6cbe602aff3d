"""A reminder letter: one self-contained page, to be printed and sent to the unit that answers."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from maps.document.page import environment, policy, sheet
from maps.figures import EVIDENCE
from maps.shell import Reader


def letter_page(
    letter: Mapping[str, Any], plan: Mapping[str, Any], place: Mapping[str, str], reader: Reader, nonce: str
) -> str:
    """Return a letter as one HTML file; ``letter`` and ``plan`` are as the service answers them.

    ``place`` names the district and its time zone.
    """
    zone = ZoneInfo(place["timezone"])
    parts = [(number, list(items)) for number, items in groupby(letter["items"], key=lambda one: one["list"])]
    return (
        environment()
        .get_template("letter.html")
        .render(
            _=reader.say,
            reader=reader,
            letter=letter,
            plan=plan,
            place=place,
            parts=parts,
            evidence=EVIDENCE,
            day=lambda text: datetime.fromisoformat(text).astimezone(zone).date().isoformat(),
            nonce=nonce,
            policy=policy(nonce),
            sheet=sheet(),
        )
    )
