"""The API's document against the service, as every role: no fault, every answer as documented and allowed.

``./wardline bench fuzz`` sends many more of the same.
"""

import os
import secrets
import sys

import pytest

from layers.accounts import ADMINISTRATOR, PUBLIC_ROLE, REPORTER, ROLES
from tests.fuzz.api import explore
from tests.hostile.realm import Realm

SEED = 20_250_615 if "CI" in os.environ else secrets.randbelow(2**32)


# The administrator goes last, who by chance takes grants away and signs devices out; a device goes first,
# since whoever owns it may by chance do that too.
@pytest.mark.parametrize(
    "role", sorted(ROLES, key=lambda role: (role == ADMINISTRATOR, role != REPORTER, role))
)
def test_every_answer_is_as_documented_and_allowed(two_districts: Realm, role: str) -> None:
    realm = two_districts
    found = explore(
        f"http://127.0.0.1:{realm.wire.port}",
        role,
        realm.credentials[role],
        phases=["fuzzing"],
        examples=3,
        seed=SEED,
        known=realm.known_to(role),
    )
    sys.stdout.write(f"{role}: {found}\n")
    assert found.faults == [], f"seed {SEED}\n" + "\n\n".join(sorted(set(found.faults))[:10])
    assert found.cases > 50
    assert not [status for status in found.statuses if status >= 500]
    if role == PUBLIC_ROLE:
        assert found.statuses[401] > 20
    elif role != ADMINISTRATOR:
        assert found.statuses[403] > 20
    assert found.statuses[200] >= 2
