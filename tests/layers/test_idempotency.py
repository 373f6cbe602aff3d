from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.errors import Conflict
from layers.idempotency import Replay
from layers.stores import Stores


def test_a_finished_answer_is_replayed(stores: Stores) -> None:
    assert stores.idempotency.claim("k1", "digest") is None
    stores.idempotency.finish("k1", 201, {"id": "x"})
    assert stores.idempotency.claim("k1", "digest") == Replay(201, {"id": "x"})


def test_a_key_belongs_to_one_request(stores: Stores) -> None:
    stores.idempotency.claim("k1", "digest")
    stores.idempotency.finish("k1", 201, {})
    with pytest.raises(Conflict, match="used for another request"):
        stores.idempotency.claim("k1", "other digest")


def test_keys_are_of_one_district(session: Session, stores: Stores) -> None:
    stores.idempotency.claim("k1", "digest")
    assert Stores(session, "990102").idempotency.claim("k1", "other") is None


def test_old_keys_are_forgotten(stores: Stores) -> None:
    stores.idempotency.claim("k1", "digest")
    now = datetime.now(UTC)
    assert stores.idempotency.forget(now - timedelta(days=1)) == 0
    assert stores.idempotency.forget(now + timedelta(seconds=1)) == 1
    assert stores.idempotency.claim("k1", "other") is None


def test_of_two_requests_at_once_one_works_and_one_replays(engine: Engine) -> None:
    with Session(engine) as session:
        Stores(session, "990101").districts.create("甲县")
        session.commit()
    together = Barrier(4)

    def request(_: int) -> str:
        with Session(engine) as session:
            stores = Stores(session, "990101")
            together.wait(timeout=60)
            replay = stores.idempotency.claim("k", "same")
            if replay is None:
                stores.idempotency.finish("k", 201, {"made": 1})
            session.commit()
            return "made" if replay is None else f"replayed {replay.status}"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(request, range(4))) == ["made"] + ["replayed 201"] * 3
