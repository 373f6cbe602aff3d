"""The same schema split into hash partitions by district, for one server with very many districts.

Derived from the metadata, so it cannot drift: shard tables become parents with ``MODULUS``/``REMAINDER``
partitions, ``fix_block`` is split by district and then by month. PostgreSQL 15 has no exclusion constraint
on a partitioned table; each partition gets its own, which is complete because rows that could exclude one
another are of one district and so of one partition. Row security is that of the parents; nobody but the
owner has rights to a partition.
"""

from sqlalchemy import Connection, MetaData, Table
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

import layers.stores  # noqa: F401 - every table is declared by its own module
from layers.base import metadata
from layers.policies import secure


def create(connection: Connection, modulus: int = 4) -> None:
    """Make every table in the connection's first schema, the shard tables in hash partitions by district.

    The role of the service must exist; the tables are secured for it.
    """
    parents = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(parents)
    for table in parents.sorted_tables:
        if table.info["placement"] == "shard":
            _create_shards(connection, table, modulus)
        else:
            connection.execute(CreateTable(table))
    secure(connection, str(connection.exec_driver_sql("SELECT current_schema()").scalar_one()))


def _create_shards(connection: Connection, parent: Table, modulus: int) -> None:
    table = metadata.tables[parent.name]
    for rule in _exclusions(parent):
        parent.constraints.discard(rule)
    options = parent.dialect_options["postgresql"]
    below = options["partition_by"]
    unlogged = "UNLOGGED " if "UNLOGGED" in parent._prefixes else ""  # noqa: SLF001 - there is no other way to ask
    parent._prefixes = []  # noqa: SLF001 - rows are in the partitions alone
    options["partition_by"] = "HASH (district)"
    connection.execute(CreateTable(parent))
    for index in sorted(parent.indexes, key=lambda one: str(one.name)):
        connection.execute(CreateIndex(index))
    for remainder in range(modulus):
        name = f"{table.name}_h{remainder}"
        split = f" PARTITION BY {below}" if below else ""
        connection.exec_driver_sql(
            f"CREATE {unlogged}TABLE {name} PARTITION OF {table.name}"
            f" FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder}){split}"
        )
        _close(connection, name)
        for rule in _exclusions(table.to_metadata(MetaData(), name=name)):
            # The constraint's index shares a namespace with those of the other partitions.
            rule.name = f"{rule.name}_h{remainder}"
            connection.execute(AddConstraint(rule))


def _exclusions(table: Table) -> list[ExcludeConstraint]:
    return [rule for rule in table.constraints if isinstance(rule, ExcludeConstraint)]


def _close(connection: Connection, partition: str) -> None:
    """Close a partition to all but the owner, so that its violations tell nobody of hidden rows either."""
    connection.exec_driver_sql(f"ALTER TABLE {partition} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"CREATE POLICY owner ON {partition} TO CURRENT_USER USING (true)")
