"""A service that trusts the provider, and a person at a browser who signs in with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from service.settings import Settings
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import County
from tests.service.oidc.provider import Front, agree, fronted, real_provider


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    with real_provider() as address:
        yield address


@pytest.fixture
def front(provider: str) -> Iterator[Front]:
    with fronted(provider) as front:
        yield front


@dataclass
class Browser:
    """Somebody who signs in step by step: at the service, at the provider, and back."""

    client: TestClient

    def begin(self, next_: str = "/stations") -> str:
        """Ask the service; return the address at the provider."""
        answer = self.client.get("/signin/oidc", params={"next": next_}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def agree(self, address: str, subject: str = "subject-of-ada") -> str:
        """Sign in at the provider; return where it sends the browser, as path and query of the service."""
        return agree(address, subject)

    def come_back(self, path: str) -> Any:
        return self.client.get(path, follow_redirects=False)

    def sign_in(self, next_: str = "/stations", subject: str = "subject-of-ada") -> Any:
        return self.come_back(self.agree(self.begin(next_), subject))

    def me(self) -> Any:
        return self.client.get("/api/v1/me")


Serve = Callable[..., Browser]


@pytest.fixture
def serve(accounts_settings: Settings, county: County, front: Front) -> Iterator[Serve]:
    """Start a service that trusts the provider behind the front; options are further settings."""
    opened: list[TestClient] = []

    def start(**options: Any) -> Browser:
        given = {
            "oidc_issuer": front.address,
            "oidc_client_id": "wardline",
            "oidc_client_secret": "a secret of the tests",
        }
        client = running(accounts_settings.model_copy(update=given | options))
        client.__enter__()
        client.headers["Accept-Language"] = "en"
        opened.append(client)
        return Browser(client)

    yield start
    for client in opened:
        client.__exit__(None, None, None)
