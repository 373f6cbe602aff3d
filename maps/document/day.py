"""The sheet of a person's day: one self-contained page, to be printed and signed."""

from collections.abc import Mapping, Sequence
from typing import Any

from geo.errors import N_
from maps.document.page import environment, policy, sheet
from maps.shell import Reader

ACTIONS: Mapping[str, str] = {
    "scanned": N_("scanned"),
    "inspected": N_("inspected"),
    "jointly-inspected": N_("inspected together with the other side"),
    "cleaned": N_("cleaned"),
    "repainted": N_("repainted"),
    "repaired": N_("repaired"),
    "replaced": N_("replaced"),
}
EVIDENCE: Mapping[str, str] = {
    "declared": N_("declared"),
    "inferred": N_("inferred"),
    "seen": N_("seen"),
    "observed": N_("passed"),
    "scanned": N_("scanned"),
    "inspected": N_("inspected"),
    "serviced": N_("serviced"),
}
STATES: Mapping[str, str] = {
    "visited": N_("visited"),
    "grazed": N_("grazed"),
    "open": N_("open"),
    "done": N_("done"),
}


def day_page(day: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], reader: Reader, nonce: str) -> str:
    """Return the sheet as one HTML file; ``day`` and ``tasks`` are as the service answers them."""
    return (
        environment()
        .get_template("day.html")
        .render(
            _=reader.say,
            reader=reader,
            day=day,
            tasks=tasks,
            actions=ACTIONS,
            evidence=EVIDENCE,
            states=STATES,
            nonce=nonce,
            policy=policy(nonce),
            sheet=sheet(),
        )
    )
