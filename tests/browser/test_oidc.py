"""Signing in with an OpenID provider in Chromium: from the link on our page to the provider and back."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage
from sqlalchemy import create_engine

from tests.browser.conftest import Databases, new_context, running
from tests.fixtures.accounts import add_person
from tests.service.oidc.provider import real_provider


def test_signing_in_with_a_provider(browser: Browser, database_factory: Databases, tmp_path: Path) -> None:
    with real_provider() as issuer, database_factory() as url:
        engine = create_engine(url)
        add_person(engine, "ada", [("guard", None, None)])
        engine.dispose()
        options: dict[str, Any] = {
            "access": "accounts",
            "oidc_issuer": issuer,
            "oidc_client_id": "wardline",
            "oidc_client_secret": "a secret of the tests",
            "oidc_login_claim": "preferred_username",
        }
        with running(url, tmp_path, **options) as origin:
            context = new_context(browser)
            page = context.new_page()
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))

            def listen(said: ConsoleMessage) -> None:
                # The provider's own page wants a style sheet from elsewhere; ours want nothing.
                if said.type == "error" and said.location["url"].startswith(origin):
                    problems.append(said.text)

            page.on("console", listen)
            page.goto(f"{origin}/signin?next=/stations")
            page.get_by_role("link", name="Sign in with 127.0.0.1").click()
            page.wait_for_url(f"{issuer}/**")
            page.get_by_role("button", name="subject-of-ada").click()
            page.wait_for_url(f"{origin}/stations")
            cookies = {one["name"]: one for one in context.cookies(origin)}
            assert cookies["wardline_session"]["httpOnly"]
            assert cookies["wardline_session"]["sameSite"] == "Lax"
            assert "wardline_flow" not in cookies
            # The session serves the page's own requests too: its changes say where they come from.
            page.goto(f"{origin}/signin")
            assert "ada" in page.inner_text("h1")
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url(f"{origin}/")
            assert "wardline_session" not in {one["name"] for one in context.cookies(origin)}
            assert problems == []
            context.close()
