"""The page of project teams in a real browser, at the desk and on the phone, by keyboard."""

import json

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import PHONE, WIDE, Office
from tests.browser.test_staffing import HOSTILE, caller, fine, post
from tests.fixtures.county import DISTRICT, centre


def typed(page: Page, form: str, **values: str) -> None:
    """Fill a form in and send it by Enter, as soon as what it sent before is done."""
    expect(page.locator(f"{form} [type=submit]")).to_be_enabled()
    for name, value in values.items():
        page.fill(f"{form} [name={name}]", value)
    page.press(f"{form} [name={next(iter(values))}]", "Enter")


@pytest.mark.parametrize(
    ("size", "lang", "name"), [(WIDE, "en-GB", "W"), (PHONE, "zh-CN", "P")], ids=["wide-en", "phone-zh"]
)
def test_a_team_is_made_put_on_site_and_ended(
    office: Office, size: tuple[int, int], lang: str, name: str
) -> None:
    person, _ = office.person(("coordinator", DISTRICT, None))
    page = office.sign_in(person, size, lang).open("/teams")
    page.locator("#begin-project summary").press("Enter")
    typed(
        page,
        "#project-form",
        code=f"P{name}",
        name=HOSTILE,
        kind="wells",
        office="Water",
        first_day="2026-01-01",
    )
    expect(page.locator("#project-title")).to_have_text(HOSTILE)
    page.locator("#members summary").press("Enter")
    typed(page, "#member-form", code=f"M{name}", name=HOSTILE)
    expect(page.locator(f"#known option[value=M{name}]")).to_have_count(1)
    page.locator("#posting summary").press("Enter")
    typed(page, "#post-form", member="nobody", first_day="2026-01-02")
    expect(page.locator("#post-form .message")).to_contain_text("nobody")
    typed(page, "#post-form", member=f"M{name}")
    row = page.locator(f"[data-post=M{name}]")
    expect(row).to_be_visible()
    page.locator("#siting summary").press("Enter")
    (west, south), (east, north) = centre(0, 0), centre(2, 2)
    page.fill("#site-form [name=places]", f"{west}, {south}\n{east}, {north}")
    typed(page, "#site-form", code=f"S{name}1", name="A pipe")
    expect(page.locator("#sites li")).to_have_count(1)
    expect(page.locator("#map .sketch-line.chosen")).to_have_count(1)
    # A file with a defect stores nothing and says which row; mended, it is looked at and then stored.
    page.locator("#site-file summary").press("Enter")
    point = {"type": "Point", "coordinates": centre(3, 3)}
    good = {"type": "Feature", "geometry": point, "properties": {"code": f"S{name}2", "name": HOSTILE}}
    bad = {"type": "Feature", "geometry": point, "properties": {"code": None}}
    for features, shown in (([good, bad], ".upload-defects tbody tr"), ([good], "[data-act=store]")):
        body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        file = FilePayload(name="sites.geojson", mimeType="application/geo+json", buffer=body)
        page.set_input_files("#file-form input", file)
        page.locator("#file-form [data-act=check]").press("Enter")
        expect(page.locator(f"#file-form {shown}")).to_have_count(1)
        expect(page.locator(f"#file-form {shown}")).to_be_visible()
        fine(page)
    expect(page.locator("#sites li")).to_have_count(1)
    page.locator("#file-form [data-act=store]").press("Enter")
    expect(page.locator("#sites li")).to_have_count(2)
    expect(page.locator("#map .sketch-mark.chosen")).to_have_count(1)
    row.locator("button").press("Enter")
    typed(page, "#end-post-form", last_day="2026-01-31")
    expect(row).to_have_attribute("data-over", "")
    fine(page)


def test_who_keeps_no_teams_reads_them(office: Office) -> None:
    with caller(office, "coordinator") as keeper:
        day = {"kind": "road", "office": "Roads", "first_day": "2026-01-01"}
        post(keeper, "/api/v1/projects", {"code": "PR", "name": "Road", **day})
    reader, _ = office.person(("auditor", DISTRICT, None))
    page = office.sign_in(reader, WIDE, "en-GB").open("/teams")
    page.locator("#items button", has_text="PR").press("Enter")
    expect(page.locator("#project-title")).to_have_text("Road")
    expect(page.locator("#keeping, #changing").locator("visible=true")).to_have_count(0)
