"""The shield around a small application: hosts, origins and the headers of what says nothing."""

import pytest

from service.settings import Settings, SettingsInvalid
from tests.fixtures.shielded import EVERYWHERE, asking, basic, bearer

# Hosts


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "localhost.",
        "map.county.example",
        "map.county.example:8443",
        "wardline",
        "10.1.2.3",
    ],
)
def test_our_names_are_answered(host: str) -> None:
    client = asking(public_url="https://map.county.example/x", hosts="wardline, 10.1.2.3")
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "map.county.example.evil.example",
        "localhost@evil.example",
        "localhost:80:80",
        "localhost/",
        "localhost evil",
        "127.0.0.1.evil.example",
        "[::1",
        "10.1.2.3, localhost",
        "0.0.0.0",  # noqa: S104 - asked for, not bound
        "\u00e9",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    client = asking(public_url="https://map.county.example", host=EVERYWHERE)
    answer = client.get("/", headers={"Host": host.encode("utf-8")})
    assert answer.status_code == 400, host
    assert answer.json()["code"] == "host-unknown"
    assert "WARDLINE_HOSTS" in answer.json()["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_address_that_a_connection_reached_is_ours() -> None:
    client = asking(base_url="http://10.9.8.7:8000", host=EVERYWHERE)
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"Host": "10.9.8.6:8000"}).status_code == 400


def test_two_hosts_are_refused() -> None:
    headers = [("Host", "localhost"), ("Host", "localhost")]
    answer = asking().get("/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "body-malformed")


def test_a_forwarded_host_says_nothing() -> None:
    headers = {"X-Forwarded-Host": "localhost", "Forwarded": "host=localhost", "Host": "evil.example"}
    assert asking().get("/", headers=headers).status_code == 400


@pytest.mark.parametrize("hosts", ["https://x", "x:80", "*", "a b"])
def test_a_setting_that_is_no_host_is_refused(hosts: str) -> None:
    with pytest.raises(SettingsInvalid, match="WARDLINE_HOSTS"):
        Settings.load(hosts=hosts)


@pytest.mark.parametrize("proxies", ["*", "proxy", "10.0.0.0/40"])
def test_a_setting_that_is_no_network_is_refused(proxies: str) -> None:
    with pytest.raises(SettingsInvalid, match="WARDLINE_PROXIES"):
        Settings.load(proxies=proxies)


# Origins

COOKIE = {"Cookie": "wardline_session=x"}
OWN = {"Origin": "http://testserver"}


@pytest.mark.parametrize(
    "headers",
    [
        COOKIE,
        COOKIE | {"Origin": "https://evil.example"},
        COOKIE | {"Origin": "null"},
        COOKIE | {"Origin": "https://testserver"},
        COOKIE | {"Origin": "http://testserver:81"},
        COOKIE | {"Origin": "http://testserver.evil.example"},
        COOKIE | {"Origin": ""},
        COOKIE | {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        COOKIE | {"Sec-Fetch-Site": "cross-site"},
        COOKIE | {"Sec-Fetch-Site": "same-site"},
        COOKIE | {"Sec-Fetch-Site": "none"},
        # A cookie goes along with a token: the token does not excuse it.
        COOKIE | bearer("right"),
        COOKIE | bearer("right") | {"Origin": "https://evil.example"},
        # A browser repeats Basic credentials by itself, and a sign-in form has no cookie yet.
        basic("ada", "right") | {"Origin": "https://evil.example"},
        basic("ada", "right") | {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_from_elsewhere_is_refused(method: str, headers: dict[str, str]) -> None:
    answer = asking().request(method, "/", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "origin-foreign"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        COOKIE | OWN,
        COOKIE | {"Sec-Fetch-Site": "same-origin"},
        COOKIE | {"Origin": "https://map.county.example"},
        OWN,
        bearer("right"),
        bearer("right") | {"Origin": "capacitor://localhost"},
        basic("ada", "right"),
    ],
)
def test_a_change_from_here_or_from_a_program_passes(headers: dict[str, str]) -> None:
    client = asking(public_url="https://map.county.example")
    assert client.post("/", headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_needs_no_origin(method: str) -> None:
    headers = COOKIE | {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert asking().request(method, "/page", headers=headers).status_code == 200


def test_nobody_else_may_read_our_answers() -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    for method in ("GET", "OPTIONS"):
        answer = asking().request(method, "/page", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")]


# Headers


def test_what_says_nothing_is_told_the_strictest() -> None:
    for path in ("/", "/forgetful"):
        answer = asking().get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    # Data opens nothing, refers to nobody and has no sensors.
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]


def test_a_page_that_forgets_its_policy_runs_no_script() -> None:
    policy = asking().get("/forgetful").headers["content-security-policy"]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_a_page_has_the_policy_of_its_nonce() -> None:
    client = asking()
    pages = [client.get("/page") for _ in range(3)]
    for found in pages:
        nonce = found.text.partition('nonce="')[2].partition('"')[0]
        assert f"script-src 'self' 'nonce-{nonce}'" in found.headers["content-security-policy"]
    assert len({found.text for found in pages}) == 3


def test_a_policy_of_its_own_is_never_framed() -> None:
    answer = asking().get("/kept", params={"Content-Security-Policy": "sandbox allow-scripts"})
    assert answer.headers["content-security-policy"] == "sandbox allow-scripts; frame-ancestors 'none'"


def test_https_is_told_to_stay_so() -> None:
    assert "strict-transport-security" not in asking().get("/").headers
    assert "max-age=" in asking(base_url="https://testserver").get("/").headers["strict-transport-security"]


@pytest.mark.parametrize("given", ["no-cache", "public, max-age=60", "private, no-cache", "max-age=60"])
def test_nothing_that_depends_on_who_asks_is_shared(given: str) -> None:
    client = asking()
    answer = client.get("/kept", params={"Cache-Control": given, "Vary": "Accept-Encoding"})
    assert answer.headers["cache-control"] == "private, " + given.removeprefix("public, ").removeprefix(
        "private, "
    )
    assert answer.headers["vary"] == "Accept-Encoding, Cookie, Authorization"
    assert client.get("/assets/kept", params={"Cache-Control": given}).headers["cache-control"] == given
    assert client.get("/kept", params={"Cache-Control": "no-store"}).headers["cache-control"] == "no-store"
