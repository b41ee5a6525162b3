"""What reports and other readers take from the store: frames, trials, attempts and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from qbench.exceptions import StoreError
from qbench.store import arrays
from qbench.store.database import Database
from qbench.store.lookup import AttemptInfo, finished_attempt, latest_attempt
from qbench.store.schema import Artifact, Run, Trial

if TYPE_CHECKING:
    import pandas as pd


class Results(Database):
    """What the store keeps of runs, read and never changed."""

    def frame(
        self,
        run_id: str,
        *,
        each_path: bool = False,
        at_its_end: bool = False,
        searched: bool = False,
    ) -> pd.DataFrame:
        """One row a trial of a run, in its order, with the attempt that counts.

        Nested mappings become columns such as ``metrics.accuracy``; see
        :func:`qbench.store.frames.trial_frame` for the columns.

        Parameters
        ----------
        each_path : bool
            A row for each path of the grid that led to a trial, each with its
            own labels, instead of one row with the labels joined.
        at_its_end : bool
            As the run found and left its trials, without what later runs tried again.
        searched : bool
            The trials of the run's search, and no others.
        """
        from qbench.store.frames import trial_frame

        with self._reading() as session:
            run = session.get(Run, run_id) if at_its_end else None
            until = run.ended_at if run else None
            return trial_frame(session, run_id, each_path, until, searched)

    def epochs_frame(self, run_id: str, *, searched: bool = False) -> pd.DataFrame:
        """One row an epoch of the attempts that count for a run's trials, or its search's."""
        from qbench.store.frames import epoch_frame

        with self._reading() as session:
            return epoch_frame(session, run_id, searched)

    def trial(self, trial_id: str) -> Mapping[str, Any]:
        """The canonical form of a trial.

        Raises
        ------
        StoreError
            There is no such trial.
        """
        with self._reading() as session:
            trial = session.get(Trial, trial_id)
            if trial is None:
                raise StoreError(f"{self.where} has no trial {trial_id!r}")
            return trial.canonical

    def latest_attempt(self, trial: str) -> AttemptInfo:
        """The latest attempt at a trial, named by its id or the beginning of it.

        Raises
        ------
        UnknownNameError
            No such trial, or several; suggests the nearest.
        """
        with self._reading() as session:
            return latest_attempt(session, trial, self.where)

    def finished_attempt(self, trial: str) -> AttemptInfo:
        """The latest attempt that ended ``ok``, at a trial or at any trial of a method.

        Raises
        ------
        UnknownNameError
            No such trial or method, or none is finished.
        """
        with self._reading() as session:
            return finished_attempt(session, trial, self.where)

    def artifact_names(self, attempt_id: int) -> list[str]:
        """Names of the sets of arrays that an attempt left."""
        query = select(Artifact.name).where(Artifact.attempt_id == attempt_id)
        with self._reading() as session:
            return list(session.scalars(query.order_by(Artifact.name)))

    def artifact(self, attempt_id: int, name: str) -> dict[str, NDArray[np.generic]]:
        """The arrays of an artifact by name.

        Raises
        ------
        StoreError
            The attempt left none of that name.
        """
        with self._reading() as session:
            artifact = session.get(Artifact, (attempt_id, name))
            if artifact is None:
                raise StoreError(f"attempt {attempt_id} left no arrays named {name!r}")
            return arrays.unpack(artifact.data)
