"""The report of a period: numbers, months, a comparison, and its plan as map, list and letters."""

from collections.abc import Mapping, Sequence
from typing import Any

from geo.errors import N_
from maps import figures as words
from maps.document.charts import bars, pairs
from maps.document.page import environment, policy, sheet
from maps.document.plan_map import FILLS, plan_map
from maps.shell import Reader

COMPARED = ("visits", "served", "opinions", "problems-solved", "incidents-closed", "checks", "ledgers")
MOST_ITEMS = 500


def summary_page(
    report: Mapping[str, Any],
    months: Sequence[Mapping[str, Any]],
    compared: Mapping[str, Any],
    plan: Mapping[str, Any] | None,
    place: str,
    reader: Reader,
    nonce: str,
) -> str:
    """Return the report as one HTML file.

    ``plan`` has the plan itself and its ``tasks``, late ``items``, ``letters`` and map ``features``, all as
    the service answers them; None where the period has none. ``place`` names the district.
    """

    def label(key: str) -> str:
        return reader.translate(words.LABELS[key][0])

    def count(one: Mapping[str, Any], key: str) -> float:
        return float(one["figures"][key]["count"])

    names = [one["month"][2:] for one in months]
    charts = [
        (label(key), bars(label(key), names, [count(one, key) for one in months]))
        for key in words.CHARTED
        if any(count(one, key) for one in months)
    ]
    rows = [
        (label(key), float(one["before"]["count"]), float(one["now"]["count"]))
        for key in COMPARED
        if (one := compared["figures"][key])
    ]
    return (
        environment()
        .get_template("summary.html")
        .render(
            _=reader.say,
            reader=reader,
            words=words,
            report=report,
            months=months,
            compared=compared,
            plan=plan,
            place=place,
            charts=charts,
            pairs=pairs(reader.translate(N_("Comparison")), rows),
            map=None if plan is None else plan_map(plan["features"], reader.translate(N_("Map of the plan"))),
            fills=FILLS,
            most=MOST_ITEMS,
            nonce=nonce,
            policy=policy(nonce),
            sheet=sheet(),
        )
    )
