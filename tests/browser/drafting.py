"""The redraw workspace as tests use it: people who plan, and the page of one of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.dwellings import Dwelling
from layers.ids import new_id
from layers.line_features import LineFeature, LineKind
from layers.stores import Stores
from tests.browser import scene
from tests.fixtures.accounts import add_person

if TYPE_CHECKING:
    from tests.browser.conftest import Watched

PLAN_WAIT_MS = 60_000
LINES: tuple[tuple[LineKind, float], ...] = (
    ("road", 46.36),
    ("river", 46.44),
    ("track", 46.40),
    ("road", 46.5),
)
_MODULES = (
    "const { desk } = await import('wardline/redraw/desk');"
    "const view = await import('wardline/redraw/view');"
    "const lattice = await import('wardline/redraw/lattice');"
)

# A busy machine is slow; nothing here measures time.
expect.set_options(timeout=PLAN_WAIT_MS)


@dataclass
class Desk:
    """The workspace in a browser of somebody."""

    watched: "Watched"

    @property
    def page(self) -> Page:
        return self.watched.page

    def ask(self, body: str, *arguments: Any) -> Any:
        """Run a function body that knows ``desk``, ``view`` and ``lattice``, and its arguments as ``a``."""
        return self.page.evaluate(f"async (a) => {{ {_MODULES} {body} }}", list(arguments))

    def begin(self, title: str) -> str:
        """Begin a plan on the page of plans and return its id."""
        self.watched.open("/redraw")
        self.page.click("#begin")
        self.page.fill("dialog [name=title]", title)
        self.page.click("dialog button[type=submit]")
        expect(self.page.locator("#plan-title")).to_have_text(title)
        expect(self.page.locator("dialog")).to_have_count(0)
        return str(self.ask("return desk.plan.id"))

    def open(self, plan: str) -> None:
        """Open a plan by its address."""
        self.watched.open(f"/redraw?plan={plan}")
        expect(self.page.locator("#plan-view")).to_be_visible()

    def pixel(self, place: list[int]) -> tuple[float, float]:
        """Return where a place of the lattice is in the window."""
        x, y = self.ask(
            "view.map.renderSync(); return view.map.getPixelFromCoordinate(view.shown(a[0]))", place
        )
        box = self.page.locator("#map_view").bounding_box()
        assert box is not None
        return float(x) + box["x"], float(y) + box["y"]

    def zoom_to(self, code: str) -> None:
        """Show a unit large, in the middle of the map."""
        lon, lat = self.place_of(code)
        self.ask(
            "view.map.getView().setCenter(view.shown(a[0])); view.map.getView().setZoom(13.2)", [lon, lat]
        )

    def place_of(self, code: str) -> list[int]:
        """Return a place inside a unit."""
        found = self.ask(
            "const { address, read } = await import('wardline/api');"
            "const { columns } = await read(address('/tiles/grids/units.json', { level: 2 }));"
            "const at = columns.code.indexOf(a[0]);"
            "return lattice.toLattice([columns.lon[at], columns.lat[at]])",
            code,
        )
        return [int(value) for value in found]

    def pick(self, code: str) -> None:
        """Pick a unit by a click on its middle."""
        self.zoom_to(code)
        self.choose("v")
        self.click(self.place_of(code))
        self.wait("desk.mesh.units.get(desk.picked)?.code === a[0]", code)
        self.show_around()

    def show_around(self, rings: int = 1) -> None:
        """Fit the map to the picked unit and so many rings of its neighbours."""
        self.ask(
            "let ids = [desk.picked];"
            "for (let k = 0; k < a[0]; k += 1) ids = [...ids, ...desk.mesh.around(ids)];"
            "view.fit(desk.mesh.box(ids), { lattice: true })",
            rings,
        )

    def choose(self, key: str) -> None:
        """Take a tool by its letter, with the focus on the map."""
        self.page.focus("#map_view")
        self.page.keyboard.press(key)

    def click(self, place: list[int]) -> None:
        self.page.mouse.click(*self.pixel(place))

    def drag(self, start: list[int], end: list[int]) -> None:
        """Drag from a place to another."""
        self.page.mouse.move(*self.pixel(start))
        self.page.mouse.down()
        self.page.mouse.move(*self.pixel(end), steps=6)
        self.page.mouse.up()

    def wait(self, condition: str, *arguments: Any) -> None:
        """Wait until a condition on the desk holds."""
        self.ask(
            f"const end = Date.now() + {PLAN_WAIT_MS}; while (!({condition})) {{"
            f" if (Date.now() > end) throw new Error('it never held: ' + {json.dumps(condition)});"
            " await new Promise((done) => setTimeout(done, 50)); }",
            *arguments,
        )

    def steps(self, number: int) -> None:
        """Wait until the plan has so many steps that count."""
        self.wait("!desk.busy && desk.plan.ops === a[0]", number)

    def rings(self, code: str) -> list[list[list[int]]]:
        """Return the rings of a loaded unit, on the lattice."""
        found: list[list[list[int]]] = self.ask(
            "return [...desk.mesh.units.values()].find((one) => one.code === a[0]).rings", code
        )
        return found

    def free_nodes(self) -> list[list[int]]:
        """Return the nodes of the picked unit at which two edges of two units meet, in order."""
        found: list[list[int]] = self.ask(
            "return desk.mesh.nodes(desk.picked).filter((node) =>"
            " desk.mesh.degree(node) === 2 && !desk.mesh.framed(node))"
        )
        return found

    def nudge(self, node: list[int], share: float = 0.2) -> list[int]:
        """Return a place a little way from a node towards the middle of the picked unit."""
        west, south, east, north = self.ask("return desk.mesh.box([desk.picked])")
        middle = ((west + east) / 2, (south + north) / 2)
        return [round(node[k] + share * (middle[k] - node[k])) for k in range(2)]

    def cross(self, place: list[int]) -> None:
        """Put the cross of the keys on a place, as the arrow keys would."""
        self.ask("const { putCross } = await import('wardline/redraw/tools'); putCross(a[0])", place)
        self.page.focus("#map_view")

    def nodes(self, code: str) -> list[list[int]]:
        """Return the nodes of a loaded unit, on the lattice."""
        return [node for ring in self.rings(code) for node in ring]

    def lay_road(self, start: list[int], end: list[int]) -> None:
        """Let the service tell of a road from a place to another, in a slight bow, instead of its own."""
        places = [
            [start[k] + (end[k] - start[k]) * step // 12 + (1_500 if 0 < step < 12 else 0) for k in range(2)]
            for step in range(13)
        ]
        line = {"type": "LineString", "coordinates": [[x / 1e7, y / 1e7] for x, y in places]}
        about = {"code": "R1", "name": "新路", "kind": "road"}
        road = {"type": "Feature", "id": "1", "properties": about, "geometry": line}
        self.page.route(
            "**/api/v1/layers/lines/items*",
            lambda route: route.fulfill(json={"type": "FeatureCollection", "features": [road]}),
        )


@dataclass
class Drafting:
    """A service with the scene, roads, rivers and dwellings, and the browsers of its people."""

    origin: str
    engine: Engine
    sit: Callable[..., Desk]

    def person(self, role: str, name: str = "") -> UUID:
        """Store a person with a role in the district."""
        login = f"{name or role}{new_id().hex[-8:]}"
        return add_person(self.engine, login, [(role, scene.DISTRICT, None)])


def add_ground(engine: Engine) -> None:
    """Store roads, a river, a track, and dwellings, all on the lattice."""
    chance = np.random.default_rng(3)
    with Session(engine) as session, session.begin():
        stores = Stores(session, scene.DISTRICT)
        lines = []
        for number, (kind, lat) in enumerate(LINES):
            lon = np.linspace(118.2, 118.8, 120)
            lats = lat + 0.012 * np.sin((lon - 118.2) * 30 + number)
            line = shapely.LineString(np.rint(np.column_stack([lon, lats]) * 1e7) / 1e7)
            lines.append(LineFeature(new_id(), f"L{number}", kind, f"路{number}", line))
        stores.lines.add(lines)
        places = np.round(chance.uniform([118.25, 46.25], [118.75, 46.55], (2_000, 2)), 7)
        stores.dwellings.add(
            [
                Dwelling(new_id(), f"W{number}", float(lon), float(lat), 1 + number % 3)
                for number, (lon, lat) in enumerate(places)
            ]
        )
