"""The administration page in a real browser: by administrators, by an auditor, by those who are changed."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from layers.accounts import ADMINISTRATOR
from layers.audit import Actor, act_as
from layers.ids import new_id
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.access.demo import PEOPLE
from tests.browser.conftest import PHONE, WIDE, Office
from tests.browser.test_injection import NOTE, assert_inert
from tests.fixtures.county import DISTRICT
from tests.fixtures.injected import TEMPLATE

OWN = "four words of mine"
PAGES = {"/grids", "/redraw", "/coverage", "/stations", "/quarantine", "/notices", "/admin"}

# A busy machine is slow; nothing here measures time.
expect.set_options(timeout=30_000)


def opened(page: Page) -> Any:
    """Return the dialog that is open."""
    return page.locator("dialog[open]")


def choose(page: Page, login: str) -> None:
    """Find a person and show them."""
    page.fill("#people-search [name=q]", login)
    page.click("#people-search button")
    page.click(f"#people-rows [data-person]:has-text('{login}')")
    expect(page.locator("#person .facts")).to_contain_text(login)


def add(page: Page, login: str, name: str) -> str:
    """Add a person on the page; return the password that is shown."""
    page.click("#add-person")
    page.fill("dialog [name=login]", login)
    page.fill("dialog [name=name]", name)
    opened(page).get_by_role("button", name="Add").click()
    password = str(page.inner_text(".secret"))
    opened(page).get_by_role("button", name="I have handed it over").click()
    expect(page.locator("#person-title")).to_have_text(name)
    return password


def links(page: Page) -> set[str]:
    """Return the pages that the bar leads to."""
    found = page.locator(".bar nav a").evaluate_all("all => all.map((one) => one.pathname)")
    return set(found)


def test_a_person_is_added_signs_in_is_granted_and_disabled(office: Office) -> None:
    admin = office.sign_in("administrator").open("/admin")
    login = f"li.na.{new_id().hex[-6:]}"
    password = add(admin, login, "Li Na")
    expect(admin.locator("#person")).to_contain_text("They may do nothing yet")

    theirs = office.browse()
    page = theirs.page
    page.goto(f"{office.origin}/signin?next=/stations")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click(".card button[type=submit]")
    expect(page.locator("#title")).to_have_text("Choose your own password")
    page.fill("[name=current]", password)
    page.fill("[name=new]", OWN)
    page.click(".button-main")
    theirs.ready()
    assert page.url.endswith("/stations")
    assert links(page) == {"/stations"}

    admin.select_option(".grant-form [name=role]", "guard")
    admin.click(".grant-form button[type=submit]")
    expect(admin.locator(".grant")).to_contain_text("Border guard")
    expect(admin.locator(".grant")).to_contain_text("all of Test County")
    theirs.open("/coverage")
    assert links(page) == {"/grids", "/coverage", "/incidents", "/stations", "/meetings", "/notices"}
    assert page.request.get(f"{office.origin}/admin").status == 403
    assert page.request.get(f"{office.origin}/api/v1/people").status == 403

    admin.get_by_role("button", name="Disable").click()
    opened(admin).get_by_role("button", name="Disable").click()
    expect(admin.locator("#person").get_by_role("button", name="Enable")).to_be_focused()
    assert page.request.get(f"{office.origin}/api/v1/me").status == 401
    page.reload()
    expect(page.locator("[name=password]")).to_be_visible()
    expect(admin.locator("#people-rows [aria-current=true]")).to_contain_text("disabled")


def test_a_grant_of_a_unit_names_it_and_ends(office: Office) -> None:
    person, login = office.person()
    admin = office.sign_in("administrator").open("/admin")
    choose(admin, login)
    admin.select_option(".grant-form [name=role]", "grid_worker")
    admin.select_option(".grant-form [name=district]", DISTRICT)
    admin.fill(".grant-form [name=unit]", "T0")
    unit = admin.locator(".unit-name strong")
    expect(unit).not_to_be_empty()
    name = unit.inner_text()
    admin.fill(".grant-form [name=to]", "2099-12-31")
    admin.click(".grant-form button[type=submit]")
    expect(admin.locator(".grant")).to_contain_text(f"{name} (T0) and all below, Test County")
    expect(admin.locator(".grant")).to_contain_text("31 Dec 2099")
    expect(admin.locator(".grant-form [name=unit]")).to_have_value("")
    answer = admin.request.get(f"{office.origin}/api/v1/people/{person}").json()
    assert answer["grants"][0]["unit"] == str(office.county.units["T0"])
    assert answer["grants"][0]["valid_to"] == "2100-01-01"
    admin.get_by_role("button", name="End: Grid worker").click()
    opened(admin).get_by_role("button", name="End the grant").click()
    expect(admin.locator("#person")).to_contain_text("They may do nothing yet")
    expect(admin.locator("#grants-title")).to_be_focused()


def test_a_device_is_registered_and_revoked(office: Office) -> None:
    _, login = office.person(("guard", DISTRICT, None))
    code = f"phone-{login}"
    admin = office.sign_in("administrator").open("/admin#devices")
    admin.click("#add-device")
    admin.fill("dialog [name=login]", "nobody.at.all")
    admin.fill("dialog [name=code]", code)
    opened(admin).get_by_role("button", name="Register").click()
    expect(opened(admin).get_by_role("alert")).to_contain_text("nobody.at.all")
    expect(admin.locator("dialog [name=code]")).to_have_value(code)
    admin.fill("dialog [name=login]", login)
    opened(admin).get_by_role("button", name="Register").click()
    token = {"Authorization": f"Bearer {admin.inner_text('.secret')}"}
    opened(admin).get_by_role("button", name="I have handed it over").click()
    row = admin.locator(f"[data-device='{code}']")
    expect(row).to_contain_text(login)
    nobody = office.browse().page.request
    assert nobody.get(f"{office.origin}/api/v1/me", headers=token).status == 200
    row.get_by_role("button", name="Revoke").click()
    opened(admin).get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    assert nobody.get(f"{office.origin}/api/v1/me", headers=token).status == 401
    row.get_by_role("button", name="New token").click()
    opened(admin).get_by_role("button", name="Make a new token").click()
    token = {"Authorization": f"Bearer {admin.inner_text('.secret')}"}
    assert nobody.get(f"{office.origin}/api/v1/me", headers=token).status == 200


def test_an_administrator_of_a_township_sees_and_grants_there_only(office: Office) -> None:
    ids = office.county.units
    keeper, _ = office.person(("administrator", DISTRICT, ids["T0"]))
    _, mine = office.person(("grid_worker", DISTRICT, ids["V00"]))
    _, other = office.person(("grid_worker", DISTRICT, ids["T1"]))
    page = office.sign_in(keeper).open("/admin")
    expect(page.locator("#people-rows")).to_contain_text(mine)
    for hidden in (other, "supervisor"):
        page.fill("#people-search [name=q]", hidden)
        page.click("#people-search button")
        expect(page.locator("#people-rows")).to_contain_text("Nobody is found")
    choose(page, mine)
    assert page.locator(".grant-form [name=district] option").all_inner_texts() == ["Test County"]
    page.select_option(".grant-form [name=role]", "guard")
    page.fill(".grant-form [name=unit]", "T1")
    page.click(".grant-form button[type=submit]")
    expect(page.locator(".grant-form").get_by_role("alert")).to_contain_text("reach farther")
    expect(page.locator(".grant-form [name=unit]")).to_have_value("T1")
    expect(page.locator(".grant-form [name=role]")).to_have_value("guard")
    page.fill(".grant-form [name=unit]", "V01")
    page.click(".grant-form button[type=submit]")
    expect(page.locator(".grant")).to_have_count(2)


def test_half_filled_forms_outlive_refusals_and_looks_elsewhere(office: Office) -> None:
    _, one = office.person()
    _, other = office.person()
    page = office.sign_in("administrator").open("/admin")
    page.click("#add-person")
    page.fill("dialog [name=login]", one)
    page.fill("dialog [name=name]", "Somebody Else")
    opened(page).get_by_role("button", name="Add").click()
    expect(opened(page).get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#add-person")).to_be_focused()
    page.click("#add-person")
    expect(page.locator("dialog [name=name]")).to_have_value("Somebody Else")
    page.keyboard.press("Escape")
    choose(page, one)
    page.fill(".grant-form [name=unit]", "T0")
    choose(page, other)
    expect(page.locator(".grant-form [name=unit]")).to_have_value("")
    choose(page, one)
    expect(page.locator(".grant-form [name=unit]")).to_have_value("T0")


def test_everything_is_done_by_keyboard(office: Office) -> None:
    page = office.sign_in("administrator").open("/admin")
    login = f"keys.{new_id().hex[-8:]}"
    page.locator("#people-search [name=q]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#add-person")).to_be_focused()
    ring = page.locator("#add-person").evaluate("one => getComputedStyle(one).outlineStyle")
    assert ring != "none"
    page.keyboard.press("Enter")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type("Key Board")
    page.keyboard.press("Enter")
    expect(page.locator(".secret")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".secret")).to_be_visible()
    opened(page).get_by_role("button", name="I have handed it over").press("Enter")
    expect(page.locator("#person-title")).to_be_focused()
    disable = page.locator("#person").get_by_role("button", name="Disable")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(disable).to_be_focused()
    page.keyboard.press("Enter")
    expect(opened(page).get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(disable).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Gri")
    expect(page.locator(".grant-form [name=role]")).to_have_value("grid_worker")
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    page.locator(".grant-form [name=unit]").press("Enter")
    expect(page.locator(".grant")).to_contain_text("Grid worker")


def test_names_with_code_in_them_are_text(office: Office) -> None:
    page = office.sign_in("administrator").open("/admin")
    login = f"bad.{new_id().hex[-8:]}"
    add(page, login, NOTE.strip())
    expect(page.locator("#person-title")).to_contain_text(TEMPLATE)
    page.get_by_role("button", name="Reset the password").click()
    expect(opened(page)).to_contain_text(TEMPLATE)
    opened(page).get_by_role("button", name="Reset the password").click()
    expect(opened(page)).to_contain_text(TEMPLATE)
    opened(page).get_by_role("button", name="I have handed it over").click()
    page.get_by_role("button", name="Register a device").click()
    page.fill("dialog [name=code]", login)
    page.fill("dialog [name=name]", NOTE.strip())
    opened(page).get_by_role("button", name="Register").click()
    opened(page).get_by_role("button", name="I have handed it over").click()
    page.click(".tabs [href='#devices']")
    expect(page.locator(f"[data-device='{login}']")).to_contain_text(TEMPLATE)
    assert_inert(page)


def test_an_auditor_sees_and_changes_nothing(office: Office) -> None:
    person, login = office.person(("guard", DISTRICT, None))
    page = office.sign_in("auditor").open("/admin")
    assert page.locator("#add-person, #add-device").count() == 0
    choose(page, login)
    expect(page.locator(".grant")).to_contain_text("Border guard")
    assert page.locator("#person button:visible").count() == 0
    answer = page.request.patch(
        f"{office.origin}/api/v1/people/{person}",
        data={"disabled": True},
        headers={"Origin": office.origin},
    )
    assert answer.status == 403


@pytest.mark.parametrize("login", ["", *PEOPLE])
def test_the_bar_leads_where_one_may_go_and_nowhere_else(office: Office, login: str) -> None:
    theirs = office.sign_in(login) if login else office.browse()
    page = theirs.open("/")
    shown = links(page)
    for path in PAGES:
        answer = page.request.get(office.origin + path, max_redirects=0)
        assert (path in shown) == (answer.status == 200), path
    if not login:
        page.click(".bar-sign-in")
        expect(page.locator("[name=password]")).to_be_visible()
        return
    page.click("#account summary")
    expect(page.locator("#account")).to_contain_text(login)
    page.locator("#account").get_by_role("button", name="Sign out").click()
    theirs.ready()
    assert links(page) == {"/stations"}


@pytest.mark.parametrize("tab", ["people", "devices", "quarantine", "audit", "retention"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_tab_fits_and_axe_finds_nothing_serious(
    office: Office, size: tuple[int, int], tab: str
) -> None:
    page = office.sign_in("administrator", size).open(f"/admin#{tab}")
    expect(page.locator(f"#tab-{tab}")).to_be_visible()
    if tab == "people":
        page.click("#people-rows [data-person]")
        page.wait_for_selector("#person-title")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    found: dict[str, Any] = Axe().run(page).response
    serious = [
        (finding["id"], [node["target"] for node in finding["nodes"]])
        for finding in found["violations"]
        if finding["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def test_the_page_speaks_chinese_and_on_a_phone_a_person_covers_the_list(office: Office) -> None:
    _, login = office.person()
    page = office.sign_in("administrator", PHONE, "zh-CN").open("/admin")
    assert page.inner_text("h1") == "管理"
    choose(page, login)
    expect(page.locator(".people-list")).to_be_hidden()
    page.get_by_role("button", name="全部人员").click()
    expect(page.locator("#people-rows [data-person]")).to_be_focused()


def test_the_audit_is_shown_and_its_texts_stay_text(office: Office) -> None:
    with Session(office.engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        audit = Stores(session, DISTRICT).audit
        for number in range(31):
            audit.record("retention.set", "district", DISTRICT, what=NOTE.strip(), days=number)
    page = office.sign_in("auditor").open("/admin#audit")
    entries = page.locator("#audit-rows .entry")
    expect(entries).to_have_count(30)
    expect(entries.first).to_contain_text("days: 30")
    page.get_by_role("button", name="Earlier").click()
    expect(entries).to_have_count(31)
    expect(page.locator("#audit-more")).to_be_hidden()
    expect(entries.last).to_contain_text(TEMPLATE)
    assert_inert(page)


def test_quarantine_is_reached_with_its_district(office: Office) -> None:
    watched = office.sign_in("administrator")
    page = watched.open("/admin#quarantine")
    expect(page.locator("#quarantine-rows")).to_contain_text("Nothing waits")
    page.click("#quarantine-page")
    watched.ready()
    assert page.url.endswith(f"/quarantine?district={DISTRICT}")
    assert "/admin" in links(page)


def test_the_audit_is_filtered_by_kind_and_person_and_its_chain_is_proven(office: Office) -> None:
    person, login = office.person((ADMINISTRATOR, DISTRICT, None))
    with Session(office.engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        act_as(session, Actor("person", person, login))
        Stores(session, DISTRICT).audit.record("marker.edit", "marker", "P1")
    page = office.sign_in("auditor").open("/admin#audit")
    entries = page.locator("#audit-rows .entry")
    page.fill("#audit-filter [name=action]", "marker.edit")
    page.press("#audit-filter [name=action]", "Enter")
    expect(entries).to_have_count(1)
    page.fill("#audit-filter [name=login]", login)
    page.press("#audit-filter [name=login]", "Enter")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text(login)
    page.fill("#audit-filter [name=action]", "marker.remove")
    page.press("#audit-filter [name=action]", "Enter")
    expect(page.locator("#audit-rows")).to_contain_text("No such entry")
    page.fill("#audit-filter [name=login]", "nobody.here")
    page.press("#audit-filter [name=login]", "Enter")
    expect(page.locator("#audit-problem")).to_contain_text("nobody.here")
    page.fill("#audit-filter [name=login]", "")
    page.fill("#audit-filter [name=action]", "")
    page.press("#audit-filter [name=action]", "Enter")
    page.focus("#audit-prove")
    page.keyboard.press("Enter")
    expect(page.locator("#audit-chain")).to_contain_text("Whole when")
    expect(entries.first).to_contain_text("audit.prove")


def test_retention_is_seen_and_own_days_are_set_by_keyboard(office: Office) -> None:
    page = office.sign_in("administrator").open("/admin#retention")
    fixes = page.locator("[data-subject=fixes]")
    expect(fixes).to_contain_text("Raw positions · 30 days")
    expect(fixes).to_contain_text("days of the settings")
    expect(page.locator("#retention-last")).to_contain_text("There was no run yet")
    expect(page.locator("#retention-today")).to_contain_text("Positions before")
    fixes.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog [name=days]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(opened(page)).to_contain_text("backups hold them for 7")
    page.fill("dialog [name=days]", "14")
    page.keyboard.press("Enter")
    expect(fixes).to_contain_text("Raw positions · 14 days")
    expect(fixes).to_contain_text("days of this district")
    expect(fixes.get_by_role("button")).to_be_focused()
    theirs = office.sign_in("auditor", PHONE, "zh-CN").open("/admin#retention")
    expect(theirs.locator("[data-subject=fixes]")).to_contain_text("原始轨迹点 · 14 天")
    assert theirs.locator("#tab-retention button:visible").count() == 0
