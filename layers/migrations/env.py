"""Alembic's entry: runs the revisions on the connection it is handed, and never opens one itself."""

from alembic import context

import layers.stores  # noqa: F401 - every table is declared by its own module
from layers.base import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
