"""Practice 8 in the browser: on a phone the nearest that charges and is open, and help from the nearest."""

from typing import Any

from playwright.sync_api import expect
from sqlalchemy.orm import Session

from geo.nearest import NearestIndex
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from tests.browser.conftest import PHONE, Office, office, office_service
from tests.fixtures.county import BEGIN, DISTRICT, centre

__all__ = ["office", "office_service"]  # fixtures

LON, LAT = centre(2, 2)
STATIONS: dict[str, tuple[float, dict[str, Any]]] = {
    "NEAR": (0.001, {"role": "point", "facilities": ["rest"], "opening_hours": "24/7"}),
    "SHUT": (
        0.002,
        {"role": "point", "facilities": ["charging"], "opening_hours": "2020 Jan 01 10:00-11:00"},
    ),
    "HUB": (0.004, {"role": "hub", "facilities": ["charging", "rest"], "opening_hours": "24/7"}),
}
"""How far east each lies, in degrees, and what it is."""

VOLUNTEERS = 12


def store_stations(office: Office) -> None:
    with Session(office.engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        Stores(session, DISTRICT).markers.add(
            [
                Marker(new_id(), code, code, LON + east, LAT, read_attributes("service-station", said), BEGIN)
                for code, (east, said) in STATIONS.items()
            ]
        )


def enrol_volunteers(office: Office) -> str:
    """Enrol volunteers and return the name of the nearest who can help with a breakdown."""
    desk = office.sign_in("coordinator").page
    places = {number: (LON + 0.003 * (number - 4), LAT + 0.002) for number in range(VOLUNTEERS)}
    for number, (lon, lat) in places.items():
        given = {
            "code": f"V{number:03}",
            "name": f"Volunteer {number}",
            "lon": lon,
            "lat": lat,
            "reach_m": 20_000,
            "skills": ["breakdown" if number % 3 == 0 else "first-aid"],
            "windows": [
                {"days": ["mo", "tu", "we", "th", "fr", "sa", "su", "ph"], "begin": "00:00", "end": "24:00"}
            ],
            "consent": True,
            "contact": {"phone": f"1380000{number:04}"},
        }
        made = desk.request.post(
            f"{office.origin}/api/v1/volunteers", data=given, headers={"Origin": office.origin}
        )
        assert made.status == 201, made.text()
    able = [number for number in places if number % 3 == 0]
    index = NearestIndex.build(*zip(*(places[number] for number in able), strict=True))
    ((first,),) = index.nearest([LON], [LAT], 1)[0]
    return f"Volunteer {able[int(first)]}"


def test_the_nearest_that_charges_is_found_and_the_nearest_who_can_helps(office: Office) -> None:
    store_stations(office)
    helper = enrol_volunteers(office)
    page = office.browse(PHONE, "en-GB").open(f"/stations?lon={LON}&lat={LAT}")
    stations = page.locator("[data-station]")
    expect(stations.first).to_contain_text("NEAR")
    page.check("[name=facility][value=charging]", force=True)
    expect(stations.first).to_contain_text("HUB")
    expect(stations.first).to_contain_text("open now")
    expect(stations.filter(has_text="SHUT")).to_have_count(0)

    page.select_option("#help [name=kind]", "breakdown")
    page.fill("#help [name=note]", "the chain came off")
    page.locator("#help [type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#help-receipt")).to_be_visible()
    desk = office.sign_in("coordinator").open("/stations/rota")
    expect(desk.locator("body")).to_contain_text("the chain came off")
    (request,) = desk.request.get(f"{office.origin}/api/v1/help").json()["items"]
    assert [one["name"] for one in request["offers"]] == [helper]
