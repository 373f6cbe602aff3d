"""The API's document against the service: no fault, and every answer as documented.

The two ends of what is allowed are looked at here; ``python -m tests.fuzz`` goes through every role.
"""

import os
import secrets

import pytest

from service.access.demo import PASSWORD
from tests.fuzz.api import Found, explore
from tests.hostile.wire import Wire

SEED = 20_250_615 if "CI" in os.environ else secrets.randbelow(2**32)


def judge(found: Found, least: int) -> None:
    assert found.faults == [], f"seed {SEED}\n" + "\n\n".join(sorted(set(found.faults))[:10])
    assert found.cases > least
    assert not [status for status in found.statuses if status >= 500]


@pytest.mark.parametrize("login", ["administrator", None], ids=lambda login: login or "public")
def test_every_answer_is_as_documented(guarded: Wire, login: str | None) -> None:
    named = None if login is None else (login, PASSWORD)
    found = explore(f"http://127.0.0.1:{guarded.port}", named, phases=["fuzzing"], examples=2, seed=SEED)
    judge(found, 50)
    if login is None:
        assert found.statuses[401] > 20
    if login == "administrator":
        assert found.statuses[200] > 5
