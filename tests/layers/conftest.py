"""The store tests run twice: on the schema as migrated, and on hash partitions by district."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.partitioned import create
from layers.stores import Stores
from service.database import make_engine

DISTRICT = "990101"


@pytest.fixture(scope="session")
def layers_engine(database_url: str) -> Iterator[Engine]:
    """An engine with the settings of the service; beside the migrated schema stands ``hashed``."""
    engine = make_engine(database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA hashed"))
            connection.execute(text("SET LOCAL search_path = hashed, public"))
            create(connection)
        yield engine
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA hashed CASCADE"))
    finally:
        engine.dispose()


@pytest.fixture(params=["migrated", "hashed"])
def session(layers_engine: Engine, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session on one of the two schemas, rolled back after the test."""
    path = "public" if request.param == "migrated" else "hashed, public"
    with layers_engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text(f"SET LOCAL search_path = {path}"))
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def stores(session: Session) -> Stores:
    """The stores of a district that exists; another district stands beside it."""
    Stores(session, "990102").districts.create("乙县")
    found = Stores(session, DISTRICT)
    found.districts.create("甲县", name_en="County A")
    return found
