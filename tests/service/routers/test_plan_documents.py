"""The document of a plan: its figures are those of its impact, its text is only text, its PDF is whole."""

import builtins
import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
import shapely
from markupsafe import escape
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.dwellings import Dwelling
from layers.ids import new_id
from layers.line_features import LineFeature
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from maps.document import printing
from maps.errors import PdfUnavailable
from service.doctor import documents
from service.doctor.findings import State
from tests.fixtures.injected import EVALUATED, PRODUCT, TEMPLATE
from tests.fixtures.plans import Desk, Office, corner, move

HOSTILE = f"<img src=x onerror=alert(1)> {TEMPLATE} {{% raw %}} ${{{PRODUCT}}} url(http://example.invalid/x)"


class Cells(HTMLParser):
    """Collects the text of the cells that carry a figure, by row, and every tag of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.units: dict[str, dict[str, str]] = {}
        self.moved: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._unit = ""
        self._open: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if "data-unit" in given:
            self._unit = str(given["data-unit"])
            self.units[self._unit] = {}
        for name in ("data-figure", "data-moved"):
            if name in given:
                self._open = (name, str(given[name]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is None:
            return
        name, key = self._open
        kept = self.moved if name == "data-moved" else self.units[self._unit]
        kept[key] = f"{kept.get(key, '')} {' '.join(data.split())}".strip()


def cells(page: str) -> Cells:
    found = Cells()
    found.feed(page)
    return found


def document(desk: Desk, plan: dict[str, Any], query: str = "") -> str:
    answer = desk.client.get(f"/api/v1/plans/{plan['id']}/document.html{query}")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def shown(before: float | None, after: float | None, digits: int) -> str:
    texts = [None if one is None else f"{one:,.{digits}f}" for one in (before, after)]
    if texts[0] is None:
        return texts[1] or "–"
    if texts[1] is None:
        return f"{texts[0]} → –"
    return texts[1] if before == after else f"{texts[0]} → {texts[1]}"


@pytest.fixture
def ground(engine: Engine, office: Office) -> None:
    """Dwellings, a road and boundary stones on the county."""
    with Session(engine) as session, session.begin():
        stores = Stores(session, office.county.district)
        stores.dwellings.add(
            [
                Dwelling(new_id(), f"D{k}", *corner(1, 1, -0.3 + 0.06 * k, 0.05 + 0.01 * k), 10 + k)
                for k in range(10)
            ]
        )
        line = shapely.LineString([corner(0, 1, 0, 0.5), corner(6, 1, 0, 0.4)])
        stores.lines.add([LineFeature(new_id(), "L1", "road", "大路", line)])
        stones = [corner(1, 1, 0.1, 0.1), corner(2, 1, -0.5, 0.0005)]
        attributes = read_attributes("gate", {})
        stores.markers.add(
            [
                Marker(new_id(), f"K{k}", f"界石{k}", lon, lat, attributes, date(2024, 1, 1))
                for k, (lon, lat) in enumerate(stones)
            ]
        )


def test_the_figures_are_those_of_the_impact(office: Office, ground: None) -> None:
    plan = office.planner.begin("Corner")
    office.planner.draw(
        plan,
        move(1, 1, 0.3, 0.2),
        {
            "type": "merge",
            "units": [str(office.county.units[code]) for code in ("G40", "G50")],
            "into": {"id": str(office.county.units["G40"]), "code": "G40", "name": "Both"},
        },
    )
    impact = office.planner.get(f"/api/v1/plans/{plan['id']}/impact")
    assert impact["moved"]["households"] > 0
    found = cells(document(office.planner, plan, "?lang=en"))
    assert set(found.units) == {row["id"] for row in impact["units"]}
    for row in impact["units"]:
        for figure, digits in (("households", 0), ("incidents_open", 0), ("area_km2", 4)):
            before, after = (row[side] and row[side][figure] for side in ("before", "after"))
            assert found.units[row["id"]][figure] == shown(before, after, digits), (row["code"], figure)
    moved = impact["moved"]
    for key in ("households", "dwellings", "stations", "markers", "representatives"):
        assert found.moved[key] == f"{moved[key]:,}"
    assert found.moved["closed"] == str(moved["incidents"]["closed"])


def test_stored_text_stays_text_and_nothing_of_the_page_asks_for_anything(
    office: Office, ground: None
) -> None:
    plan = office.planner.begin(HOSTILE, note=HOSTILE)
    office.planner.draw(
        plan, {"type": "rename", "unit": str(office.county.units["G11"]), "name": HOSTILE[:60]}
    )
    office.planner.draw(plan, move(1, 1, 0.3, 0.2))
    answer = office.planner.client.get(f"/api/v1/plans/{plan['id']}/document.html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    page = answer.text
    assert TEMPLATE in page
    assert EVALUATED not in page
    for tag, attributes in cells(page).tags:
        assert tag not in ("img", "script", "link", "iframe", "object", "use", "image")
        assert not {"src", "href", "srcset", "style", "onerror", "xlink:href"} & set(attributes), tag
    layout, body = printing.rendered(page)
    assert body.startswith(b"%PDF-")
    assert TEMPLATE in text_of(layout)


def boxes_of(layout: Any) -> Iterator[Any]:
    """Yield the boxes of laid out pages, in their order."""
    for page in layout.pages:
        boxes = [page._page_box]
        while boxes:
            box = boxes.pop()
            yield box
            boxes += reversed(list(getattr(box, "children", ())))


def text_of(layout: Any) -> str:
    """Return the text of laid out pages, blanks left out."""
    return "".join("".join(getattr(box, "text", "") or "" for box in boxes_of(layout)).split())


def test_every_map_is_in_the_pdf_whatever_is_named_on_it(office: Office, ground: None) -> None:
    odd = "</svg>]]>&nbsp;\x01 & <svg>"
    plan = office.planner.begin("Corner")
    office.planner.draw(plan, move(1, 1, 0.3, 0.2), move(4, 2, 0.2, 0.2))
    page = document(office.planner, plan).replace("界石0", str(escape(odd)))
    assert page.count("<title>K0 ") > 0
    layout, _ = printing.rendered(page)
    drawn = [box.replacement for box in boxes_of(layout) if hasattr(box, "replacement")]
    # The map of all changes, two of each of both groups, and the signs of the legend.
    assert len(drawn) == page.count("<svg") == 5 + 6
    assert all(type(one).__name__ == "SVGImage" for one in drawn)


def test_the_pdf_has_pages_with_chinese_text_and_fonts_inside(office: Office, ground: None) -> None:
    plan = office.planner.begin("调整网格边界", effective_on="2030-01-01")
    office.planner.draw(plan, move(1, 1, 0.3, 0.2), move(4, 2, 0.2, 0.2))
    answer = office.planner.client.get(f"/api/v1/plans/{plan['id']}/document.pdf?lang=zh")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="plan-1.pdf"'
    layout, body = printing.rendered(document(office.planner, plan, "?lang=zh"))
    assert len(layout.pages) >= 3
    assert all(round(page.width) == 794 and round(page.height) == 1123 for page in layout.pages)
    text = text_of(layout)
    assert "调整网格边界" in text
    assert "界石0" in text
    for pages in (answer.content, body):
        assert pages.startswith(b"%PDF-")
    uncompressed = layout.write_pdf(uncompressed_pdf=True)
    assert b"/FontFile" in uncompressed


def test_every_state_of_a_plan_has_its_document_in_both_languages(office: Office, ground: None) -> None:
    empty = office.planner.begin("Nothing yet")
    assert "changes nothing yet" in document(office.planner, empty, "?lang=en")
    plan = office.planner.begin("Corner")
    office.planner.draw(plan, move(1, 1, 0.3, 0.2))
    before = cells(document(office.reviewer, plan)).units
    office.published(office.planner, plan)
    page = document(office.reviewer, plan, "?lang=en")
    now = office.planner.get(f"/api/v1/plans/{plan['id']}")
    assert now["status"] == "published"
    assert cells(page).units == before
    assert "<dd>reviewer</dd>" in page
    assert f"<dd>{now['release']['number']}</dd>" in page
    assert "变更的单元" in document(office.reviewer, plan, "?lang=zh")
    dropped = office.planner.begin("Dropped")
    office.planner.draw(dropped, move(4, 2, 0.2, 0.2))
    office.planner.step(dropped, "withdraw")
    assert "withdrawn" in document(office.planner, dropped, "?lang=en")


def test_boundaries_are_told_with_neighbours_and_marks(office: Office, ground: None) -> None:
    plan = office.planner.begin("Corner")
    office.planner.draw(plan, move(1, 1, 0.3, 0.2))
    page = document(office.planner, plan, "?lang=en")
    told = page[page.index("The boundaries in words") :]
    assert told.count("<article>") == 4
    first = told[: told.index("</article>")]
    assert "G00" in first
    for neighbour in ("G01", "G10"):
        assert first.count(f"Along {neighbour}<") == 1
    assert "from K" in first
    assert "Along the outer edge" in first


def test_without_pango_the_pdf_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = office.planner.begin("Corner")

    def fails(name: str, *given: Any, **others: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library")
        return real(name, *given, **others)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", fails)
    answer = office.planner.client.get(f"/api/v1/plans/{plan['id']}/document.pdf?lang=en")
    assert answer.status_code == 503
    problem = json.loads(answer.content)
    assert problem["code"] == "pdf-unavailable"
    assert "Pango" in problem["detail"]
    with pytest.raises(PdfUnavailable):
        printing.require_pdf()
    (finding,) = documents.check(cast("Any", None))
    assert finding.state is State.WARNING
    assert "Pango" in finding.what


def test_who_would_wait_for_too_many_others_is_told_at_once() -> None:
    line = printing._IN_LINE
    with line, line, line, line, pytest.raises(PdfUnavailable):
        printing.rendered("<p>later</p>")
    assert printing.rendered("<p>now</p>")[1].startswith(b"%PDF-")


def test_what_a_page_names_is_not_fetched(tmp_path: Path) -> None:
    picture = tmp_path / "p.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>LEAK</text></svg>')
    fetcher = printing._only(printing.require_pdf(), {})
    with pytest.raises(ValueError, match="everything inside"):
        fetcher.fetch(picture.as_uri())
    layout, _ = printing.rendered(f'<img src="{picture.as_uri()}" alt="none"><p>rest</p>')
    assert "rest" in text_of(layout)
    assert "none" in text_of(layout)
