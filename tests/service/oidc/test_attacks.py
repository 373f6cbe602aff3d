"""A hostile provider, a hostile page and a thief of answers: none of them signs anybody in."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from service.access import id_tokens, oidc
from service.access.oidc import Finished, Provider
from service.errors import CredentialsRefused, NotReady
from service.settings import Settings, SettingsInvalid
from tests.fixtures.coroutines import finished
from tests.service.oidc.provider import Answer, Front, agree

RSA = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "two"})

Claims = dict[str, Any]


def claims_of(token: str) -> Claims:
    body = token.split(".")[1]
    found: Claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def by_hand(header: dict[str, Any], claims: Claims, sign: Callable[[bytes], bytes]) -> str:
    """Return a token that no library would make."""
    said = ".".join(_encoded(json.dumps(one).encode()) for one in (header, claims))
    return f"{said}.{_encoded(sign(said.encode()))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: Claims) -> str:
    return by_hand(header, claims, lambda _: b"")


def rs256(key: RSAKey) -> Callable[[bytes], bytes]:
    return lambda said: key.private_key.sign(said, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr]


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda said: hmac.digest(secret, said, "sha256")


def signing(
    front: Front,
    key: Key = RSA,
    alg: str = "RS256",
    shown: tuple[Key, ...] = (RSA, EC),
    header: dict[str, Any] | None = None,
    sign: Callable[[bytes], bytes] | None = None,
    **changed: Any,
) -> None:
    """Let the front show keys and answer tokens signed with one, with changed claims; None removes one.

    With ``header`` or ``sign`` a token is made by hand.
    """

    def token(answer: Answer) -> Answer:
        claims = {**claims_of(answer["id_token"]), **changed}
        claims = {name: value for name, value in claims.items() if value is not None}
        if "at_hash" not in changed:
            claims.pop("at_hash", None)
        if header is None and sign is None:
            made = jwt.encode({"alg": alg, "kid": key.kid}, claims, key, algorithms=[alg])
        else:
            given = {"alg": alg, "kid": key.kid} | (header or {})
            assert sign is not None or isinstance(key, RSAKey)
            made = by_hand(given, claims, sign or rs256(key))  # type: ignore[arg-type]
        return {**answer, "id_token": made}

    front.changes["/oauth2/token"] = token
    front.changes["/jwks"] = lambda _: {
        "status": 200,
        "keys": [one.as_dict(private=False) for one in shown],
    }


class Attempt:
    """Somebody who signs in step by step, where nothing but the client of the provider takes part.

    What the service makes of its refusals is in ``test_sign_in``.
    """

    def __init__(self, issuer: str) -> None:
        given = {
            "oidc_issuer": issuer,
            "oidc_client_id": "wardline",
            "oidc_client_secret": "a secret of the tests",
        }
        self.provider = Provider(Settings.load(**given))
        self.cookie: str | None = None

    def begin(self) -> str:
        begun = finished(self.provider.begin("http://testserver/signin/oidc/callback", "/"))
        self.cookie = begun.cookie
        return begun.address

    def agree(self, address: str) -> str:
        return agree(address, "subject-of-ada")

    def come_back(self, path: str) -> Finished:
        return finished(self.provider.finish(dict(parse_qsl(urlsplit(path).query)), self.cookie))

    def sign_in(self) -> Finished:
        return self.come_back(self.agree(self.begin()))

    def is_refused(self, path: str | None = None) -> bool:
        """Say whether an answer, else a whole attempt, is refused as one that does not hold."""
        try:
            self.sign_in() if path is None else self.come_back(path)
        except CredentialsRefused:
            return True
        return False


@pytest.fixture
def browser(front: Front) -> Attempt:
    return Attempt(front.address)


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
def test_what_the_front_signs_well_is_believed(browser: Attempt, front: Front, key: Key, alg: str) -> None:
    # Otherwise the refusals below would prove nothing.
    signing(front, key, alg)
    assert browser.sign_in().subject == "subject-of-ada"


NOW = int(time.time())
BAD: dict[str, Claims] = {
    "another nonce": {"nonce": "of another attempt"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another-service"},
    "another audience that names us as its party": {"aud": "another-service", "azp": "wardline"},
    "no audience": {"aud": None},
    "several audiences and no authorised party": {"aud": ["wardline", "another-service"]},
    "another authorised party": {"azp": "another-service"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": NOW - 120},
    "no expiry": {"exp": None},
    "expiry that is no number": {"exp": "never"},
    "issued in the future": {"iat": NOW + 3600, "exp": NOW + 7200},
    "issued long ago": {"iat": NOW - 86_400},
    "not valid yet": {"nbf": NOW + 3600},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is no text": {"sub": ["subject-of-ada"]},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_does_not_hold_signs_nobody_in(browser: Attempt, front: Front, name: str) -> None:
    signing(front, **BAD[name])
    assert browser.is_refused()


def test_clocks_may_differ_a_little(browser: Attempt, front: Front) -> None:
    signing(front, exp=int(time.time()) - 20, iat=int(time.time()) - 30)
    assert browser.sign_in().subject == "subject-of-ada"


def test_a_token_without_a_signature(browser: Attempt, front: Front) -> None:
    signing(front)
    for alg in ("none", "None", "NONE"):

        def token(answer: Answer, alg: str = alg) -> Answer:
            return {**answer, "id_token": unsigned({"alg": alg}, claims_of(answer["id_token"]))}

        front.changes["/oauth2/token"] = token
        assert browser.is_refused()


def test_a_token_signed_with_the_public_key_as_a_secret(browser: Attempt, front: Front) -> None:
    public = RSA.as_pem(private=False)
    for secret in (public, public.strip(), b"a secret of the tests", b""):
        signing(front, alg="HS256", sign=hs256(secret))
        assert browser.is_refused()
    # Nor if the provider's own list of keys offers the secret.
    shared = OctKey.import_key(b"0" * 32, {"kid": "shared"})
    signing(front, shared, "HS256", sign=hs256(b"0" * 32))
    front.changes["/jwks"] = lambda _: {"status": 200, "keys": [shared.as_dict(private=True)]}
    assert browser.is_refused()


@pytest.mark.parametrize(
    ("key", "shown", "header"),
    [
        # Another key under the same name, one that is not shown, one of another kind under its name.
        (OTHER, (RSA, EC), None),
        (OTHER, (EC,), None),
        (RSA, (EC,), {"kid": "two"}),
        # Two keys would do and none is named.
        (RSA, (RSA, OTHER), {"kid": None}),
        (RSA, (RSA, OTHER), {"kid": "one"}),
        # The token brings its own key, or says where to fetch one.
        (OTHER, (RSA,), {"jwk": OTHER.as_dict(private=False)}),
        (OTHER, (RSA,), {"jku": "https://evil.example/jwks"}),
        (RSA, (RSA,), {"crit": ["exotic"], "exotic": True}),
    ],
)
def test_a_token_of_another_key(
    browser: Attempt, front: Front, key: Key, shown: tuple[Key, ...], header: dict[str, Any] | None
) -> None:
    signing(front, key, shown=shown, header=header)
    assert browser.is_refused()


def test_a_key_for_encryption_and_a_short_one_sign_nothing() -> None:
    encrypting = RSAKey.import_key(RSA.as_dict(private=False) | {"use": "enc"})
    assert id_tokens.Keys.of({"keys": [encrypting.as_dict(private=False)]}).keys == ()
    short = {"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(b"\xc1" * 128).decode().rstrip("=")}
    assert id_tokens.Keys.of({"keys": [short, {"kty": "?"}, 7, {}]}).keys == ()


def test_renewed_keys_are_read_again(browser: Attempt, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_KEYS_AGAIN_S", 0.0)
    assert browser.sign_in().subject == "subject-of-ada"
    signing(front, EC, "ES256")
    assert browser.sign_in().subject == "subject-of-ada"
    # An unknown key is looked up once, not as often as somebody sends one.
    before = front.asked.count("/jwks")
    signing(front, OTHER, header={"kid": "unknown"})
    assert browser.is_refused()
    assert front.asked.count("/jwks") <= before + 2


def test_a_token_that_is_nested_deep_is_refused(browser: Attempt, front: Front) -> None:
    deep = _encoded(b'{"alg":"RS256","kid":"one","x":' + b"[" * 9000 + b"]" * 9000 + b"}")
    front.changes["/oauth2/token"] = lambda answer: {**answer, "id_token": f"{deep}.e30.AAAA"}
    assert browser.is_refused()


def test_an_answer_without_our_state_is_refused_before_anybody_is_asked(
    browser: Attempt, front: Front
) -> None:
    for change in ("&state=x", "&state=", "&stat="):
        back = browser.agree(browser.begin())
        assert browser.is_refused(back.partition("&state=")[0] + change)
    assert "/oauth2/token" not in front.asked


def test_an_answer_is_good_once(browser: Attempt, front: Front) -> None:
    there = browser.begin()
    cookie, back = browser.cookie, browser.agree(there)
    assert browser.come_back(back).subject == "subject-of-ada"
    # Again, with and without the attempt's cookie.
    assert browser.is_refused(back)
    assert front.asked.count("/oauth2/token") == 1
    browser.cookie = None
    assert browser.is_refused(back)
    assert cookie is not None


def test_a_code_is_good_once_even_in_another_process(browser: Attempt, front: Front) -> None:
    back = browser.agree(browser.begin())
    other = Attempt(front.address)
    other.cookie = browser.cookie
    # Any process can finish what another began, but the provider gives for a code only once.
    assert other.come_back(back).subject == "subject-of-ada"
    assert browser.is_refused(back)


def test_an_answer_of_another_browser_signs_nobody_in(browser: Attempt, front: Front) -> None:
    # The attacker's own answer, opened by the victim: with no attempt, and with one of their own.
    attacker = Attempt(front.address)
    back = attacker.agree(attacker.begin())
    assert browser.is_refused(back)
    browser.begin()
    assert browser.is_refused(back)


def test_a_code_of_another_attempt_is_refused(browser: Attempt, front: Front) -> None:
    stolen = parse_qs(urlsplit(browser.agree(browser.begin())).query)["code"][0]
    thief = Attempt(front.address)
    state = parse_qs(urlsplit(thief.begin()).query)["state"][0]
    assert thief.is_refused(f"/signin/oidc/callback?code={stolen}&state={state}")


@pytest.mark.parametrize(
    "change",
    [
        lambda cookie: cookie[:-4] + "AAAA",
        lambda _: "",
        lambda _: "x.y.z.a.b",
        lambda _: unsigned({"alg": "none"}, {"state": "x"}),
    ],
)
def test_a_forged_attempt_is_refused(browser: Attempt, change: Callable[[str], str]) -> None:
    there = browser.begin()
    browser.cookie = change(browser.cookie or "")
    assert browser.is_refused(browser.agree(there))


def test_an_attempt_does_not_last(browser: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "FLOW_S", -1)
    assert browser.is_refused()


def test_an_answer_that_names_another_issuer_is_refused(browser: Attempt, front: Front) -> None:
    back = browser.agree(browser.begin())
    assert browser.is_refused(f"{back}&iss=https%3A%2F%2Fevil.example")


def test_an_issuer_that_announces_to_name_itself_must(browser: Attempt, front: Front) -> None:
    front.changes["/.well-known/openid-configuration"] = lambda found: {
        **found,
        "authorization_response_iss_parameter_supported": True,
    }
    assert browser.is_refused()
    back = browser.agree(browser.begin())
    assert browser.come_back(f"{back}&iss={front.address}").subject == "subject-of-ada"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "http://192.0.2.1/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"raw": b"<html>"},
        {"raw": b"[" * 30_000},
        {"raw": b" " * (2 << 20)},
        {"status": 302},
        {"status": 500},
    ],
)
def test_a_provider_that_describes_itself_badly_is_not_used(
    browser: Attempt, front: Front, change: dict[str, Any]
) -> None:
    front.changes["/.well-known/openid-configuration"] = lambda found: {**found, **change}
    with pytest.raises(NotReady):
        browser.begin()


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "http://id.example.org"},
        {"oidc_issuer": "ftp://id.example.org"},
        {"oidc_issuer": "https://id.example.org/?x=y"},
        {"oidc_issuer": "https://user@id.example.org"},
        {"oidc_issuer": "https://"},
        {"oidc_client_secret": None},
        {"oidc_client_secret": "short"},
    ],
)
def test_settings_that_would_be_unsafe_are_refused(settings: dict[str, str]) -> None:
    given = {
        "oidc_issuer": "https://id.example.org",
        "oidc_client_id": "wardline",
        "oidc_client_secret": "a secret of the tests",
    }
    Settings.load(**given)
    with pytest.raises(SettingsInvalid):
        Settings.load(**(given | settings))
