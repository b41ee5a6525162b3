"""Transactions on an open database, and what else every part of the store needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qbench.exceptions import StoreError
from qbench.store.connection import explained, for_writing
from qbench.store.processes import ProcessMark

T = TypeVar("T")

_TRIES = 20
"""How often a transaction is tried that another process's insert has overtaken."""


class Database:
    """An engine, how it is named in messages, and transactions that explain their errors.

    Parameters
    ----------
    one_machine : bool
        Every process that writes runs on this machine, as with a SQLite file.
    """

    def __init__(self, engine: Engine, where: str, one_machine: bool) -> None:
        self._engine = engine
        self._write_engine = for_writing(engine)
        self._one_machine = one_machine
        self._me = ProcessMark.current()
        self.where = where
        """The path or URL, as messages name it."""

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with explained(self.where), Session(self._engine) as session:
            yield session

    def _write(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in a transaction of its own, again where another process was quicker.

        Raises
        ------
        StoreError
            The row breaks a constraint however often it is tried.
        """
        failure: IntegrityError | None = None
        for _ in range(_TRIES):
            try:
                with explained(self.where), Session(self._write_engine) as session, session.begin():
                    return work(session)
            except IntegrityError as error:
                failure = error
        cause = failure.orig if failure else None
        raise StoreError(f"{self.where} refused a row: {cause}") from failure
