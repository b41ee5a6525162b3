"""Where the store is, and an engine for it that is safe with several processes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    NoSuchModuleError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from qbench.exceptions import StoreError
from qbench.store import plainjson

DEFAULT_URL = "sqlite:///results/qbench.db"
STORE_VARIABLE = "QBENCH_STORE"

BUSY_TIMEOUT_S = 30
"""How long a process waits for another one's write."""

_WRITE = "qbench_write"
"""Execution option of connections whose transactions write."""


def resolve_url(url_or_path: str | os.PathLike[str] | None) -> URL:
    """The store's URL: the argument, else QBENCH_STORE, else the default; paths are SQLite files.

    Raises
    ------
    StoreError
        Not a URL that SQLAlchemy reads, or SQLite in memory.
    """
    text = str(url_or_path or os.environ.get(STORE_VARIABLE) or DEFAULT_URL)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise StoreError(f"not the URL of a database: {text!r}") from error
    if is_sqlite(url) and url.database in (None, "", ":memory:"):
        raise StoreError("the store is a file or a server, not a database in memory")
    return url


def is_sqlite(url: URL) -> bool:
    """Whether the store is a SQLite file."""
    return url.get_backend_name() == "sqlite"


def display(url: URL) -> str:
    """The store as messages name it: a path, or a URL without its password."""
    return str(url.database) if is_sqlite(url) else url.render_as_string(hide_password=True)


def open_engine(url: URL, writable: bool) -> Engine:
    """An engine; for SQLite the file and its folder are checked first.

    Parameters
    ----------
    writable : bool
        False asks for reading only: a file must be there already.

    Raises
    ------
    StoreError
        The file cannot be made, written or read, or a server's driver is missing.
    """
    if is_sqlite(url):
        url = _sqlite_url(url, writable)
    try:
        engine = create_engine(
            url,
            pool_pre_ping=not is_sqlite(url),
            json_serializer=plainjson.dumps,
            json_deserializer=plainjson.loads,
        )
    except NoSuchModuleError as error:
        raise StoreError(f"no such kind of database: {url.drivername!r}") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the driver for {url.drivername} is not installed: pip install {error.name}"
        ) from error
    except InvalidRequestError as error:
        raise StoreError(f"cannot use {url.drivername}: {error}") from error
    if is_sqlite(url):
        event.listen(engine, "connect", _set_up_sqlite)
        if "uri" not in url.query:
            event.listen(engine, "connect", _keep_journal)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine, its transactions taking SQLite's write lock when they begin.

    A transaction that reads first and then writes would otherwise fail at once
    when another process has written in between.
    """
    return engine.execution_options(**{_WRITE: True})


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn a database's errors into words for the user; broken constraints pass through."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StoreError(_explain(str(error.orig), where)) from error


def _explain(cause: str, where: str) -> str:
    if "not a database" in cause or "malformed" in cause:
        return (
            f"{where} is not a SQLite database, or is damaged ({cause}); "
            "name another file with --store or QBENCH_STORE, or restore a copy"
        )
    if "locked" in cause:
        return f"{where} was locked by another process for {BUSY_TIMEOUT_S} s; try again later"
    if "readonly" in cause or "unable to open" in cause:
        return f"cannot write {where} ({cause}); {_ADVICE}"
    return f"the store {where} failed: {cause}"


_ADVICE = "make it writable, or name another place with --store or QBENCH_STORE"


def _sqlite_url(url: URL, writable: bool) -> URL:
    path = Path(str(url.database))
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it, such as {path / 'qbench.db'}")
    if writable:
        _make_writable(path)
        return url.set(database=str(path.absolute()))
    try:
        path.open("rb").close()
    except FileNotFoundError as error:
        raise StoreError(
            f"no results yet: {path} does not exist; run a suite first, "
            "or name the store with --store or QBENCH_STORE"
        ) from error
    except OSError as error:
        raise StoreError(f"cannot read {path} ({error.strerror})") from error
    if _writable(path) and _writable(path.parent):
        return url.set(database=str(path.absolute()))
    query = {"uri": "true", "mode": "ro"}
    if not Path(f"{path}-wal").exists():
        query["immutable"] = "1"  # else SQLite wants to create a -shm file beside it
    return url.set(database=f"file:{quote(str(path.absolute()))}", query=query)


def _make_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise StoreError(f"cannot write {path} ({error.strerror}); {_ADVICE}") from error
    if not _writable(path.parent):
        raise StoreError(f"cannot write into {path.parent}, where {path.name} lies; {_ADVICE}")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _set_up_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined] # _begin_sqlite begins
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout = {1000 * BUSY_TIMEOUT_S}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _keep_journal(connection: object, _entry: ConnectionPoolEntry) -> None:
    """Write-ahead logging: readers and one writer at a time, and kill -9 leaves it whole.

    Two processes that change a new file's journal at once would wait for each
    other, so SQLite refuses one of them without waiting BUSY_TIMEOUT_S: it asks again.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()  # type: ignore[attr-defined]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
