"""The numbers of reports in words: what each is called and counted in, in the order they are read."""

from collections.abc import Callable, Mapping
from typing import Any

from geo.errors import N_
from maps import style

VISITS, PEOPLE, THINGS = N_("visits"), N_("people"), N_("cases")
TASKS, UNITS, ITEMS, METRES = N_("tasks"), N_("units"), N_("items"), N_("m")

GROUPS: Mapping[str, tuple[str, ...]] = {
    N_("Meetings and visits"): ("visits", "meetings", "served", "opinions", "problems", "problems-solved"),
    N_("Incidents"): (
        *("incidents", "incidents-green", "incidents-blue", "incidents-yellow", "incidents-red"),
        *("incidents-closed", "incidents-due", "incidents-suspended", "incidents-due-closed"),
        "incidents-on-time",
    ),
    N_("The border"): ("border-m", "border-walked-m"),
    N_("Plan of the period"): (
        *("tasks-submitted", "tasks", "units-covered", "items", "items-done", "items-done-late"),
        *("items-late", "items-open", "checks", "ledgers", "letters"),
    ),
}
"""The numbers by what they are about."""

LABELS: Mapping[str, tuple[str, str]] = {
    "visits": (N_("Visits"), VISITS),
    "meetings": (N_("Bench meetings and councils"), N_("meetings")),
    "served": (N_("People served"), PEOPLE),
    "opinions": (N_("Opinions collected"), N_("opinions")),
    "problems": (N_("Problems brought up"), N_("problems")),
    "problems-solved": (N_("Problems solved"), N_("problems")),
    "incidents": (N_("Incidents received"), THINGS),
    "incidents-green": (N_("Received, green"), THINGS),
    "incidents-blue": (N_("Received, blue"), THINGS),
    "incidents-yellow": (N_("Received, yellow"), THINGS),
    "incidents-red": (N_("Received, red"), THINGS),
    "incidents-closed": (N_("Incidents closed"), THINGS),
    "incidents-due": (N_("Incidents due"), THINGS),
    "incidents-suspended": (N_("Due, but suspended"), THINGS),
    "incidents-due-closed": (N_("Due and closed"), THINGS),
    "incidents-on-time": (N_("Due and closed on time"), THINGS),
    "border-m": (N_("Length of the border"), METRES),
    "border-walked-m": (N_("Border walked"), METRES),
    "tasks-submitted": (N_("Tasks submitted"), TASKS),
    "tasks": (N_("Tasks after merging"), TASKS),
    "units-covered": (N_("Units covered"), UNITS),
    "items": (N_("Asked of units"), ITEMS),
    "items-done": (N_("Done in time"), ITEMS),
    "items-done-late": (N_("Done late"), ITEMS),
    "items-late": (N_("Late"), ITEMS),
    "items-open": (N_("Open"), ITEMS),
    "checks": (N_("Checks"), N_("checks")),
    "ledgers": (N_("Ledgers"), N_("ledgers")),
    "letters": (N_("Reminder letters"), N_("letters")),
}
"""What each number is called, and what it is counted in."""

RATES: Mapping[str, str] = {
    "closure-rate": N_("Closure rate"),
    "on-time-rate": N_("On-time rate"),
    "border-walked": N_("Share of the border walked"),
    "plan-done": N_("Share of the plan done in time"),
}
"""What each rate is called."""

STATES: Mapping[str, str] = {one.key.removeprefix("item-"): one.label for one in style.ITEMS}
"""How an item stands, the worst first."""

EVIDENCE: Mapping[str, str] = {"check": N_("check"), "ledger": N_("ledger")}
"""What settles a task."""

CHARTED = ("visits", "problems-solved", "incidents", "incidents-closed", "checks", "ledgers")
"""The numbers that are drawn month by month."""


def document(translate: Callable[[str], str]) -> dict[str, Any]:
    """Return the words as a JSON value for the browser, translated."""
    return {
        "groups": [{"name": translate(name), "keys": list(keys)} for name, keys in GROUPS.items()],
        "labels": {
            key: {"label": translate(label), "unit": translate(unit)} for key, (label, unit) in LABELS.items()
        },
        "rates": {key: translate(label) for key, label in RATES.items()},
        "states": {key: translate(label) for key, label in STATES.items()},
        "evidence": {key: translate(label) for key, label in EVIDENCE.items()},
        "charted": list(CHARTED),
    }
