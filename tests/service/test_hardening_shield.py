"""The shield around a small application: hosts, origins, rates and the headers of what says nothing."""

import base64
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from service.access.identity import EVERYBODY, PUBLIC
from service.hardening import headers
from service.hardening.limits import Limits, address_of
from service.hardening.shield import Shield
from service.settings import Settings, SettingsInvalid
from tests.fixtures.client import TestClient

EVERYWHERE = "0.0.0.0"  # noqa: S104 - a setting, not bound
OUTSIDE = ("192.0.2.7", 40000)
OTHER = ("192.0.2.8", 40000)
RIGHT = ("right", *(base64.b64encode(f"{name}:right".encode()).decode() for name in ("ada", "eve")))
ALL: dict[str, Any] = {
    "limit_requests": "off",
    "limit_uploads": "off",
    "limit_sign_ins": "off",
    "limit_guesses": "off",
}


async def answer(request: Request) -> Response:
    """Answer as a route does: with who asks, where a credential is right; 401 where it is wrong."""
    given = request.headers.get("authorization", "")
    if request.url.path == "/for-everybody":
        return JSONResponse({})
    if given and not given.endswith(RIGHT):
        return JSONResponse({}, 401)
    request.state.identity = EVERYBODY if given else PUBLIC
    return JSONResponse({})


async def page(request: Request) -> Response:
    if request.url.path == "/forgetful":
        return HTMLResponse("<script>1</script>")
    return HTMLResponse(f'<script nonce="{headers.nonce(request.scope)}">1</script>')


async def kept(request: Request) -> Response:
    return Response("x", headers=dict(request.query_params))


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ROUTES = [
    Route("/page", page),
    Route("/forgetful", page),
    Route("/kept", kept),
    Route("/assets/kept", kept),
    Route("/{path:path}", answer, methods=METHODS),
]


def asking(
    client: tuple[str, int] = OUTSIDE, base_url: str = "http://testserver", **settings: Any
) -> TestClient:
    """Return a client of the small application behind a shield."""
    return Together(**settings).asking(client, base_url)


class Together:
    """Several callers of one shield."""

    def __init__(self, **settings: Any) -> None:
        chosen = Settings.load(**({"access": "accounts"} | settings))
        self.limits = Limits(chosen)
        self.app = Shield(Starlette(routes=ROUTES), chosen, self.limits)

    def asking(self, client: tuple[str, int] = OUTSIDE, base_url: str = "http://testserver") -> TestClient:
        return TestClient(self.app, base_url=base_url, client=client)


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


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


# Rates


def statuses(client: TestClient, count: int, method: str = "GET", **named: Any) -> list[int]:
    return [client.request(method, "/", **named).status_code for _ in range(count)]


def test_one_address_has_a_rate_and_is_told_when_to_come_again() -> None:
    together = Together(limit_requests="3/hour")
    client = together.asking()
    assert statuses(client, 5) == [200, 200, 200, 429, 429]
    refused = client.get("/", headers={"Accept-Language": "zh"})
    body = refused.json()
    assert body["code"] == "too-many-requests"
    assert 3500 < body["wait_s"] <= 3600
    assert refused.headers["retry-after"] == str(body["wait_s"])
    assert str(body["wait_s"]) in body["detail"]
    assert refused.headers["content-language"] == "zh"
    assert statuses(together.asking(OTHER), 1) == [200]
    # Whether it lives is asked from outside too.
    assert client.get("/healthz").status_code == 200


def test_this_machine_has_no_rate() -> None:
    for client in (("127.0.0.1", 1), ("::1", 1), ("127.3.2.1", 1), ("", 0)):
        assert 429 not in statuses(asking(client, limit_requests="1/hour"), 3)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:127.0.0.1", None),
        ("::1", None),
        ("testclient", None),
        (None, None),
    ],
)
def test_an_address_stands_for_a_household(host: str | None, address: str | None) -> None:
    assert address_of(host) == address


def test_a_device_has_a_rate_for_what_it_sends() -> None:
    client = asking(limit_uploads="2/hour")
    assert statuses(client, 3, "PUT", headers=bearer("right")) == [200, 200, 429]
    assert statuses(client, 1, "PUT", headers=bearer("also-right")) == [200]
    assert statuses(client, 3, "GET", headers=bearer("right")) == [200] * 3


def test_tokens_cannot_be_guessed() -> None:
    together = Together(limit_guesses="3/hour")
    client = together.asking()
    tried = [client.get("/", headers=bearer(f"wrong-{k}")).status_code for k in range(5)]
    assert tried == [401, 401, 401, 429, 429]
    # Nothing is learnt any more, not even by the right one.
    assert client.get("/", headers=bearer("right")).status_code == 429
    assert together.asking(OTHER).get("/", headers=bearer("right")).status_code == 200
    assert client.get("/").status_code == 200


def test_a_right_token_is_no_guess() -> None:
    client = asking(limit_guesses="3/hour")
    tokens = [f"{k}-right" for k in range(10)]
    assert [client.get("/", headers=bearer(token)).status_code for token in tokens] == [200] * 10
    assert [client.get("/", headers=bearer("wrong")).status_code for _ in range(4)] == [401] * 3 + [429]
    # What was right a moment ago needs no second look.
    assert client.get("/", headers=bearer(tokens[0])).status_code == 200


def test_a_route_for_everybody_proves_no_token() -> None:
    client = asking(limit_guesses="3/hour")
    for k in range(5):
        guess = bearer(f"wrong-{k}")
        client.get("/for-everybody", headers=guess)
        assert client.get("/", headers=guess).status_code == (401 if k < 3 else 429)


def test_a_password_cannot_be_guessed_and_nobody_is_locked_out() -> None:
    together = Together(limit_sign_ins="2/hour", limit_guesses="off")
    home, away = together.asking(OTHER), together.asking()
    assert home.get("/", headers=basic("ada", "right")).status_code == 200
    tried = [away.get("/", headers=basic("ada", f"wrong-{k}")).status_code for k in range(4)]
    assert tried == [401, 401, 429, 429]
    assert away.get("/", headers=basic("ada", "right")).status_code == 429
    # Guessing from everywhere stops at the whole login's rate; where ada was before, she still gets in.
    crowd = [together.asking((f"198.51.100.{k}", 1)) for k in range(20)]
    tried = [client.get("/", headers=basic("ada", "wrong")).status_code for client in crowd]
    assert tried.count(401) < 12
    assert tried[-1] == 429
    assert home.get("/", headers=basic("ada", "right")).status_code == 200
    assert home.get("/", headers=basic("ada", "another")).status_code == 401
    assert home.get("/", headers=basic("bob", "wrong")).status_code == 401


def test_a_password_that_is_in_use_cannot_be_found_by_trying_on() -> None:
    together = Together(limit_sign_ins="2/hour", limit_guesses="5/hour")
    client = together.asking()
    assert client.get("/", headers=basic("ada", "right")).status_code == 200
    for k in range(8):
        client.get("/", headers=basic("ada", f"wrong-{k}"))
    assert client.get("/", headers=basic("ada", "right")).status_code == 429
    # Trying one password with every name ends there as well.
    for k in range(8):
        client.get("/", headers=basic(f"name-{k}", "right-not"))
    assert client.get("/", headers=basic("eve", "right")).status_code == 429
    assert together.asking(OTHER).get("/", headers=basic("eve", "right")).status_code == 200


def test_passwords_are_counted_before_they_are_checked() -> None:
    limits = Limits(Settings.load(limit_sign_ins="2/hour"))
    limits.sign_in("ada", "192.0.2.7")
    limits.sign_in("ada", "192.0.2.7")
    # Two are under way; a third at the same time is refused though none was found wrong yet.
    with pytest.raises(Exception, match="Try again"):
        limits.sign_in("ada", "192.0.2.7")
    limits.signed_in("ada", "192.0.2.7")


def test_rates_can_be_switched_off_and_must_be_rates() -> None:
    client = asking(**ALL)
    assert statuses(client, 50, "POST", headers=basic("ada", "wrong")) == [401] * 50
    with pytest.raises(SettingsInvalid, match="WARDLINE_LIMIT_GUESSES"):
        Settings.load(limit_guesses="many")
