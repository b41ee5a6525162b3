"""Older databases are brought up to date step by step; newer ones are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, insert, inspect, select, update

import qbench
from qbench.exceptions import StoreError
from qbench.store.schema import SCHEMA_VERSION, Base, Meta

Migration = Callable[[Connection], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""From each version to the next; a migration uses its own SQL, never the classes of the schema,
which describe the newest version only."""


def is_current(connection: Connection, where: str) -> bool:
    """Whether the tables are there and of the version that this qbench writes.

    Raises
    ------
    StoreError
        The database belongs to something else, or to a newer qbench.
    """
    tables = set(inspect(connection).get_table_names())
    return bool(tables) and read_version(connection, tables, where) == SCHEMA_VERSION


def ensure_schema(connection: Connection, where: str) -> None:
    """Create the tables in an empty database, or upgrade an older one, in this transaction.

    Raises
    ------
    StoreError
        The database belongs to something else, or to a newer qbench.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        create(connection)
        return
    version = read_version(connection, tables, where)
    upgrade(connection, version, SCHEMA_VERSION, MIGRATIONS)


def create(connection: Connection) -> None:
    """All tables of the current version, empty."""
    Base.metadata.create_all(connection)
    facts = {"schema_version": str(SCHEMA_VERSION), "created_by": f"qbench {qbench.__version__}"}
    connection.execute(insert(Meta), [{"key": k, "value": v} for k, v in facts.items()])


def read_version(connection: Connection, tables: set[str], where: str) -> int:
    """The schema version of a database that has tables."""
    if Meta.__tablename__ not in tables or "attempts" not in tables:
        raise StoreError(
            f"{where} is a database, but not one of qbench's results; "
            "name another file with --store or QBENCH_STORE"
        )
    text = connection.scalar(select(Meta.value).where(Meta.key == "schema_version"))
    if text is None or not text.isdigit():
        raise StoreError(f"{where} does not say its schema version; it was damaged or edited")
    version = int(text)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where} was written by a newer qbench (schema version {version}, this one reads "
            f"up to {SCHEMA_VERSION}); upgrade qbench, or name another file with --store"
        )
    return version


def upgrade(
    connection: Connection, version: int, target: int, migrations: Mapping[int, Migration]
) -> None:
    """Apply the migrations from ``version`` to ``target`` in order.

    Raises
    ------
    StoreError
        A step is missing.
    """
    for step in range(version, target):
        if step not in migrations:
            raise StoreError(f"no way from schema version {step} to {step + 1}")
        migrations[step](connection)
        new = update(Meta).where(Meta.key == "schema_version").values(value=str(step + 1))
        connection.execute(new)
