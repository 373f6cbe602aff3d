"""Reports over HTTP: each number is the sum of its rows, whatever was recorded; months, comparison, files."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maps import figures as words
from service.use_cases import reports
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre

REPORTS = "/api/v1/reports"
PERIODS = "/api/v1/periods"
YEAR = {"from": "2025-01-01", "to": "2026-01-01"}
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def gathering(day: datetime, **others: Any) -> dict[str, Any]:
    lon, lat = centre(0, 0)
    base = {"id": str(uuid4()), "kind": "bench-meeting", "at": day.isoformat(), "place": "Bench"}
    return {**base, "lon": lon, "lat": lat, **others}


def recorded(client: TestClient, **others: Any) -> None:
    """Record a meeting, a visit, incidents that are closed or open, and a plan carried out in part."""
    begin = datetime(2025, 3, 1, 9, tzinfo=UTC)
    problems = [
        {"id": str(uuid4()), "class": "lamp", "title": "Dark", "solution": "A bulb"},
        {"id": str(uuid4()), "class": "road", "title": "Hole"},
    ]
    said = [{"id": str(uuid4()), "text": "=HYPERLINK(1)"}]
    visit = {"kind": "visit", "representative": "R1", "duty": "safety", "served": 3}
    for one in (
        gathering(begin, problems=problems, opinions=said, served=4),
        gathering(begin + timedelta(days=40), **visit),
    ):
        assert client.post("/api/v1/outreach", json=one).status_code == 201
    planned(client)


def planned(client: TestClient) -> str:
    plan = client.post(PERIODS, json={"kind": "quarter", "title": "=Q", "first_day": "2025-04-01"}).json()[
        "id"
    ]
    task = {
        "title": "=1+1",
        "kind": "wells",
        "office": "Water",
        "due_on": "2025-04-20",
        "units": ["G00", "G01", "G10"],
    }
    ids = [client.post(f"{PERIODS}/{plan}/tasks", json=task).json()["id"] for _ in range(2)]
    merged = client.post(f"{PERIODS}/{plan}/merges", json={"tasks": ids}).json()["id"]
    client.post(f"{PERIODS}/{plan}/publish")
    events = [
        {"id": str(uuid4()), "task": merged, "unit": unit, "at": f"2025-{day}T09:00:00+08:00"}
        for unit, day in (("G00", "04-10"), ("G01", "05-10"))
    ]
    done = client.post(f"{PERIODS}/{plan}/events", json={"items": events})
    assert done.status_code == 200, done.text
    assert client.post(f"{PERIODS}/{plan}/letters", json={}).status_code == 200
    return str(plan)


def every(client: TestClient, path: str, limit: int = 2) -> Iterator[Any]:
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"{path}&limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert page.status_code == 200, page.text
        yield from page.json()["items"]
        cursor = page.json()["cursor"]


def checked(client: TestClient, told: dict[str, Any], limit: int = 2) -> dict[str, int]:
    """Hold that each number is the sum of its rows, each of them there once; return the numbers."""
    for name, one in told["figures"].items():
        rows = list(every(client, one["rows"], limit))
        assert sum(row["value"] for row in rows) == one["count"], name
        assert len({row["id"] for row in rows}) == len(rows), name
    return {name: one["count"] for name, one in told["figures"].items()}


def figures(client: TestClient, **asked: str) -> Any:
    answer = client.get(f"{REPORTS}/figures", params=YEAR | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_number_is_the_sum_of_its_rows(client: TestClient) -> None:
    recorded(client)
    told = checked(client, figures(client))
    assert set(told) == set(reports.NAMES) == set(words.LABELS)
    assert {key for keys in words.GROUPS.values() for key in keys} == set(words.LABELS)
    assert set(words.RATES) == set(reports.RATES)
    wanted = {
        "visits": 1,
        "meetings": 1,
        "served": 7,
        "opinions": 1,
        "problems": 2,
        "problems-solved": 1,
        "tasks-submitted": 2,
        "tasks": 1,
        "units-covered": 3,
        "items": 3,
        "checks": 2,
        "ledgers": 0,
        "items-done": 1,
        "items-done-late": 1,
        "items-late": 1,
        "items-open": 0,
    }
    assert {name: told[name] for name in wanted} == wanted
    assert told["border-m"] > 4000
    # It is of now, as its letter was written today.
    assert told["letters"] == 0
    # What lies below a unit alone.
    here = checked(client, figures(client, unit="G00"))
    assert (here["items"], here["checks"], here["visits"]) == (1, 1, 1)
    assert checked(client, figures(client, unit="T1"))["items"] == 0


def test_months_are_periods_of_their_own_and_two_periods_are_compared(client: TestClient) -> None:
    recorded(client)
    months = client.get(f"{REPORTS}/months", params={"from": "2025-03-01", "to": "2025-06-01"}).json()[
        "items"
    ]
    assert [one["month"] for one in months] == ["2025-03", "2025-04", "2025-05"]
    assert [one["figures"]["checks"]["count"] for one in months] == [0, 1, 1]
    for one in months:
        checked(client, one, 100)
    # At the end of April one unit was done and two were late.
    assert [months[1]["figures"][f"items-{state}"]["count"] for state in ("done", "late")] == [1, 2]
    asked = {"from": "2025-04-01", "to": "2025-05-01", "before_from": "2025-03-01"}
    both = client.get(f"{REPORTS}/comparison", params=asked).json()
    meetings = both["figures"]["meetings"]
    assert (meetings["before"]["count"], meetings["now"]["count"], meetings["change_percent"]) == (
        1,
        0,
        -100.0,
    )
    assert both["figures"]["checks"]["change_percent"] is None
    whole = client.get(f"{REPORTS}/comparison", params={"from": "2025-03-01", "to": "2025-05-01"}).json()
    assert whole["before"] == {"from": "2025-01-01", "to": "2025-03-01"}
    just_before = client.get(
        f"{REPORTS}/comparison", params={"from": "2025-04-11", "to": "2025-04-21"}
    ).json()
    assert just_before["before"] == {"from": "2025-04-01", "to": "2025-04-11"}


def test_what_cannot_be_asked(client: TestClient) -> None:
    for path, asked, where in (
        ("figures", {"from": "2025-01-02", "to": "2025-01-01"}, {"parameter": "to"}),
        ("figures", {"from": "2000-01-01", "to": "2025-01-01"}, {"parameter": "to"}),
        ("figures", {"unit": "nowhere"}, {"parameter": "unit"}),
        ("months", {"from": "2020-01-01"}, {"parameter": "from"}),
        ("comparison", {"before_from": "2025-02-01"}, {"parameter": "before_to"}),
        ("rows/nothing", {}, {"parameter": "figure"}),
        ("rows/visits", {"cursor": "x"}, {"parameter": "cursor"}),
    ):
        answer = client.get(f"{REPORTS}/{path}", params=YEAR | asked)
        assert answer.status_code in (404, 422), answer.text
        assert answer.json()["where"] == where


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.dates(date(2025, 2, 1), date(2025, 6, 1)),
    days=st.integers(1, 200),
    limit=st.integers(1, 4),
)
def test_whatever_the_days_rows_add_up(client: TestClient, first: Any, days: int, limit: int) -> None:
    if not client.get(PERIODS).json()["items"]:
        recorded(client)
    asked = {"from": first.isoformat(), "to": (first + timedelta(days=days)).isoformat()}
    checked(client, figures(client, **asked), limit)


def cells(data: bytes) -> dict[str, list[list[tuple[str, str]]]]:
    """Return the cells of each sheet as (type, value), by the names of sheets."""
    book = zipfile.ZipFile(io.BytesIO(data))
    shared = [
        "".join(one.itertext())
        for one in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{NAMESPACE}si")
    ]
    names = [
        one.get("name", "")
        for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{NAMESPACE}sheet")
    ]
    found: dict[str, list[list[tuple[str, str]]]] = {}
    for number, name in enumerate(names, 1):
        sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        assert not list(sheet.iter(f"{NAMESPACE}f")), "a formula"
        rows = []
        for row in sheet.iter(f"{NAMESPACE}row"):
            line = []
            for cell in row.iter(f"{NAMESPACE}c"):
                kind, value = cell.get("t", "n"), cell.findtext(f"{NAMESPACE}v") or ""
                line.append((kind, shared[int(value)] if kind == "s" else value))
            rows.append(line)
        found[name] = rows
    return found


def test_a_workbook_has_numbers_and_days_and_what_people_wrote_stays_text(client: TestClient) -> None:
    recorded(client)
    asked = {"from": "2025-04-01", "to": "2025-07-01", "lang": "en"}
    answer = client.get(f"{REPORTS}/report.xlsx", params=asked)
    assert answer.status_code == 200, answer.text
    assert "report-2025-04-01-2025-06-30.xlsx" in answer.headers["content-disposition"]
    book = cells(answer.content)
    assert list(book) == ["Numbers", "Rates", "Months", "Comparison", "Tasks", "Units and tasks", "Letters"]
    numbers = {row[0][1]: row for row in book["Numbers"]}
    assert numbers["Checks"][3] == ("n", "2")
    # Days are numbers of days since 1899-12-30: 1 April 2025 is 45,748.
    assert numbers["Checks"][1] == ("n", "45748")
    assert book["Tasks"][1][0] == ("s", "=1+1")
    assert book["Tasks"][1][4] == ("n", "45767")
    chinese = client.get(f"{REPORTS}/report.xlsx", params=asked | {"lang": "zh"})
    assert "逐月" in cells(chinese.content)


def test_a_report_is_printed(client: TestClient) -> None:
    recorded(client)
    asked = {"from": "2025-04-01", "to": "2025-07-01"}
    for language, word in (("en", "Units covered"), ("zh", "覆盖单位")):
        answer = client.get(f"{REPORTS}/report.html", params=asked | {"lang": language})
        assert answer.status_code == 200, answer.text
        assert word in answer.text
        assert "=1+1" in answer.text
    assert client.get(f"{REPORTS}/report.pdf", params=asked).content.startswith(b"%PDF")


def test_who_leads_a_part_is_told_of_that_part(callers: Callers, county: County) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    recorded(keeper)
    part = callers.role("part", "coordinator", DISTRICT, county.units["V01"])
    told = checked(part, part.get(f"{REPORTS}/figures", params=YEAR).json())
    assert (told["visits"], told["items"], told["checks"], told["letters"]) == (0, 0, 0, 0)
    assert (
        callers.role("worker", "grid_worker", DISTRICT).get(f"{REPORTS}/figures", params=YEAR).status_code
        == 403
    )
