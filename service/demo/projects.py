"""Projects of the demo: roads that are mended and wells that are dug, each with a team on site."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shapely.geometry import Point

from layers.projects import Post, Project, Site, TeamMember
from layers.stores import Stores
from service.demo.content import Content
from service.demo.identity import demo_id
from service.demo.patrols import TIMEZONE

_MEMBERS, _PROJECTS = 30, 12
_BEGUN, _LASTS = timedelta(days=60), timedelta(days=180)


def load_projects(stores: Stores, content: Content, today: date) -> None:
    """Store members of teams, and projects with a site and two of them each; the last project is over."""
    members = [
        TeamMember(demo_id("team-member", number), f"D{number:03}", f"队员 {number}", "工程办")
        for number in range(1, _MEMBERS + 1)
    ]
    stores.projects.put_members(members)
    roads = [one for one in content.land.lines if one.kind == "road"]
    now = datetime.combine(today, time.min, ZoneInfo(TIMEZONE))
    for number in range(_PROJECTS):
        # Every third is on a road, the others where a representative can be met.
        on_road = number % 3 == 0 and number // 3 < len(roads)
        person = content.county.people[number * 7 % len(content.county.people)]
        first = today - (_BEGUN if number < _PROJECTS - 1 else _BEGUN + _LASTS)
        value = Project(
            id=demo_id("project", number),
            code=f"P{number + 1:02}",
            name=f"道路养护 {number + 1}" if on_road else f"水井修建 {number + 1}",
            kind="road" if on_road else "well",
            office="交通局" if on_road else "水务局",
            first_day=first,
            end=first + _LASTS,
            created_at=now,
            created_by="demo",
        )
        stores.projects.add(value)
        shape = roads[number // 3].line if on_road else Point(person.lon, person.lat)
        name = roads[number // 3].name if on_road else person.name.zh
        site = Site(demo_id("project-site", number), value.id, f"{value.code}-1", name, shape)
        stores.projects.put_sites([site])
        team = (members[2 * number % _MEMBERS], members[(2 * number + 1) % _MEMBERS])
        stores.projects.add_posts(
            [
                Post(
                    demo_id("project-post", 2 * number + place),
                    value.id,
                    one.id,
                    "member" if place else "lead",
                    first,
                    value.end,
                )
                for place, one in enumerate(team)
            ]
        )
