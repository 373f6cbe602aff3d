"""The numbers of reports in words: what each is called and counted in, in the order they are read."""

from collections.abc import Mapping

from geo.errors import N_

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

STATES: Mapping[str, str] = {
    "late": N_("late"),
    "open": N_("open"),
    "done-late": N_("done late"),
    "done": N_("done"),
}
"""How an item stands, the worst first."""

EVIDENCE: Mapping[str, str] = {"check": N_("check"), "ledger": N_("ledger")}
"""What settles a task."""
