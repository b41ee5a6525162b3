"""The store: every question that qbench asks its database, and every change to it."""

from __future__ import annotations

import os

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from qbench.store.connection import (
    display,
    explained,
    for_writing,
    is_sqlite,
    open_engine,
    resolve_url,
)
from qbench.store.migrations import ensure_schema, is_current
from qbench.store.results import Results
from qbench.store.runs import Runs
from qbench.store.trials import Trials


class Store(Runs, Trials, Results):
    """An open results database; use :func:`open_store`. Threads and processes may share it."""


def open_store(
    url_or_path: str | os.PathLike[str] | None = None, *, writable: bool = True
) -> Store:
    """Open the results database, made or upgraded where needed.

    Parameters
    ----------
    url_or_path : str or path, optional
        An SQLAlchemy URL or the path of a SQLite file; default the environment
        variable QBENCH_STORE, else ``results/qbench.db`` in the current folder.
    writable : bool
        False for verbs that only read: nothing is made, and a file in a place
        that cannot be written will do.

    Raises
    ------
    StoreError
        It cannot be made, written or read, is no results database, or was
        written by a newer qbench.
    """
    url = resolve_url(url_or_path)
    engine = open_engine(url, writable)
    where = display(url)
    with explained(where):
        with engine.begin() as connection:
            current = is_current(connection, where)
        if not current:
            _bring_up_to_date(engine, where)
    return Store(engine, where, one_machine=is_sqlite(url))


def _bring_up_to_date(engine: Engine, where: str) -> None:
    try:
        with for_writing(engine).begin() as connection:
            ensure_schema(connection, where)
    except IntegrityError:  # a server only: another process made the tables at the same time
        with engine.begin() as connection:
            if not is_current(connection, where):
                raise
