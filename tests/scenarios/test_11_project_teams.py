"""Practice 11: 136 members of teams, 25 of them on 150 projects, each on site from a day to another."""

from datetime import date, timedelta
from typing import Any

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, SOUTH, WEST, County

PROJECTS = "/api/v1/projects"
MEMBERS, ON_SITE, COUNT = 136, 25, 150
FIRST, LAST, DAY = "2025-03-01", "2025-11-30", "2025-06-15"


def every(client: TestClient, path: str) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = client.get(f"{path}{'&' if '?' in path else '?'}limit=60{cursor}").json()
        found += page["items"]
        if not page["cursor"]:
            return found
        cursor = f"&cursor={page['cursor']}"


def project(number: int) -> dict[str, Any]:
    """Return a project with a site, every third a line, and one of the 25 on it; the first ends in May."""
    lon, lat = WEST + 0.002 + 0.0003 * number, SOUTH + 0.005 + 0.0002 * (number % 50)
    point = {"type": "Point", "coordinates": [lon, lat]}
    line = {"type": "LineString", "coordinates": [[lon, lat], [lon + 0.002, lat + 0.001]]}
    return {
        "code": f"P{number:03}",
        "name": f"Project {number}",
        "kind": "road" if number % 3 == 0 else "well",
        "office": "Office of works",
        "first_day": FIRST,
        "last_day": LAST,
        "sites": [{"code": f"S{number:03}", "name": "Site", "geometry": line if number % 3 == 0 else point}],
        "team": [{"member": f"M{number % ON_SITE:03}", "role": "lead", "first_day": FIRST}],
    }


def test_136_members_25_of_them_on_150_projects(callers: Callers, county: County) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    members = [
        {"code": f"M{k:03}", "name": f"Member {k}", "office": f"Office {k % 7}"} for k in range(MEMBERS)
    ]
    assert len(keeper.post(f"{PROJECTS}/members", json={"items": members}).json()["items"]) == MEMBERS
    for number in range(COUNT):
        made = keeper.post(PROJECTS, json=project(number))
        assert made.status_code == 201, made.text

    guard = callers.role("guard", "guard", DISTRICT)
    told = guard.get(f"{PROJECTS}/figures", params={"as_of": DAY}).json()["figures"]
    assert {name: one["count"] for name, one in told.items()} == {
        "projects": COUNT,
        "members": MEMBERS,
        "on-site": ON_SITE,
        "projects-with-team": COUNT,
    }
    for name, one in told.items():
        assert len(every(guard, one["rows"])) == one["count"], name
    assert len(every(guard, f"{PROJECTS}?member=M007&day={DAY}")) == COUNT // ON_SITE

    # Who is responsible at a place: its grid, and the nearest sites with who is on them.
    lon, lat = project(9)["sites"][0]["geometry"]["coordinates"][0]
    near = guard.get(f"{PROJECTS}/near", params={"lon": lon, "lat": lat, "within_m": 30, "as_of": DAY}).json()
    assert near["chain"][0]["code"] == "G00"
    assert (near["sites"][0]["code"], near["sites"][0]["distance_m"]) == ("S009", 0.0)
    assert [one["member"]["code"] for one in near["sites"][0]["team"]] == ["M009"]
    located = guard.get(
        "/api/v1/locate", params={"lon": lon, "lat": lat, "as_of": DAY, "sites_within_m": 30}
    ).json()
    assert located["sites"] == near["sites"]

    # A team ends by its date, and so does a project with those on it.
    extra = {"member": "M100", "first_day": "2025-06-01", "last_day": "2025-06-20"}
    tenth = every(keeper, f"{PROJECTS}?day={DAY}")[9]["id"]
    assert keeper.post(f"{PROJECTS}/{tenth}/posts", json=extra).status_code == 201

    def on_site(day: str) -> int:
        return len(every(guard, f"{PROJECTS}/members?on_site={day}"))

    assert (on_site("2025-06-20"), on_site("2025-06-21")) == (ON_SITE + 1, ON_SITE)
    assert on_site((date.fromisoformat(LAST) + timedelta(days=1)).isoformat()) == 0
    for one in every(keeper, f"{PROJECTS}?member=M007&day={DAY}"):
        assert keeper.post(f"{PROJECTS}/{one['id']}/end", json={"last_day": "2025-07-31"}).status_code == 200
    assert on_site("2025-08-01") == ON_SITE - 1
    counts = guard.get(f"{PROJECTS}/figures", params={"as_of": "2025-08-01"}).json()["figures"]
    assert counts["projects"]["count"] == COUNT - COUNT // ON_SITE
    assert counts["members"]["count"] == MEMBERS
