"""Checkpoints on disk: one file a trial, the latest, from which a broken-off training goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

import qbench
from qbench.plan.machine import fingerprint
from qbench.registry.locations import cache_dir
from qbench.store import (
    FAILED,
    FINAL,
    INTERRUPTED,
    OUT_OF_MEMORY,
    RUNNING,
    TIMEOUT,
    UNAVAILABLE,
    EpochRecord,
    Outcome,
    Store,
)
from qbench.worker.checkpoints import State
from qbench.worker.protocol import Message, load_arrays

FORMAT = 1
"""Raised when a training's state comes to mean something else."""

EVERY_S = 1.0
"""Seconds of a training between two of its checkpoints, at least."""

_KEY = "qbench"

_SUFFIX, _NEW = ".safetensors", ".new"


def checkpoint_folder(store: str) -> Path:
    """Where a store's checkpoints lie: beside the database file, or on this machine for a server.

    Parameters
    ----------
    store : str
        The store's path or URL, as ``Store.where`` has it.
    """
    if "://" in store:
        return cache_dir() / "checkpoints" / hashlib.sha256(store.encode()).hexdigest()[:16]
    path = Path(store)
    return path.parent / "checkpoints" / path.name


def is_broken_off(outcome: Outcome) -> bool:
    """Whether an attempt was ended from outside, so that its training may go on later.

    One that failed by itself starts anew: what it had computed may be at fault.
    """
    if outcome.status == FAILED:
        return not outcome.metrics and "traceback" not in outcome.provenance
    return outcome.status in (INTERRUPTED, UNAVAILABLE, TIMEOUT, OUT_OF_MEMORY)


def taken_state(event: Message) -> State:
    """The state that an event ``checkpoint`` tells of; its folder is removed."""
    folder = Path(event["folder"])
    try:
        return State(load_arrays(folder, event["arrays"]), event["state"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_finished(folder: Path, store: Store) -> None:
    """Remove the states of trials that are final: whoever ended those was killed before.

    One that is run again although it is final (``--force``) keeps its state.
    """
    if not folder.is_dir():
        return
    names = (path.name.removesuffix(_NEW) for path in folder.iterdir())
    held = {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)}
    for trial_id, (status, _) in store.latest_statuses(sorted(held)).items():
        if status in FINAL and store.latest_attempt(trial_id).status != RUNNING:
            CheckpointFile(folder, trial_id).remove()


class Saved(NamedTuple):
    """A state, and the epochs that led to it."""

    state: State
    epochs: Sequence[EpochRecord]


class CheckpointFile:
    """The latest state of one trial's training, a safetensors file.

    A file of another trial, machine, version of qbench or format, or whose contents are not
    what was written, is left alone: the training starts anew.

    Attributes
    ----------
    resumed_from : int or None
        The epoch after which the training went on.
    note : str
        Why the file was not used or not written, for the user.
    """

    def __init__(self, folder: Path, trial_id: str) -> None:
        self._path, self._trial_id = folder / f"{trial_id}{_SUFFIX}", trial_id
        self._new = folder / f"{trial_id}{_SUFFIX}{_NEW}"
        self.resumed_from: int | None = None
        self.note = ""

    def write(self, state: State, epochs: Sequence[EpochRecord]) -> None:
        """Replace the file in one step; a full disk is noted and stops no training."""
        header = {
            **self._origin(),
            "values": state.values,
            "epochs": [asdict(epoch) for epoch in epochs],
        }
        header["digest"] = _digest(state.arrays, header)
        data = save({n: np.asarray(a, order="C") for n, a in state.arrays.items()},
                    {_KEY: json.dumps(header)})  # fmt: skip
        try:
            self._replace(data)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._new.unlink()
            self.note = f"no checkpoint in {self._path.parent}: {error.strerror}"

    def read(self) -> Saved | None:
        """What the file holds; None where there is none, or none that fits (see ``note``)."""
        if not self._path.exists():
            return None
        try:
            header, arrays = _read(self._path)
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            fault = f"it cannot be read ({error})"
        else:
            fault = self._fault(header, arrays)
        if fault:
            self.note = f"starts anew, its checkpoint {self._path} is not used: {fault}"
            return None
        epochs = [EpochRecord(**epoch) for epoch in header["epochs"]]
        self.resumed_from = int(header["values"]["epoch"])
        return Saved(State(arrays, header["values"]), epochs)

    def remove(self) -> None:
        """Forget the state, and what a process that was killed left half written."""
        self._new.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def provenance(self) -> dict[str, Any]:
        """What the attempt's row says of it."""
        resumed = {} if self.resumed_from is None else {"resumed_from_epoch": self.resumed_from}
        return resumed | ({"checkpoint_note": self.note} if self.note else {})

    def _replace(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._new.replace(self._path)

    def _origin(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version of qbench": qbench.__version__,
            "machine": fingerprint(),
            "trial": self._trial_id,
        }

    def _fault(self, header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
        """What is wrong with a file's contents; takes the digest out of the header."""
        for key, mine in self._origin().items():
            if header.get(key) != mine:
                return f"it is of another {key}"
        digest = header.pop("digest", None)
        return "" if digest == _digest(arrays, header) else "it is damaged"


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()[_KEY])
        return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _digest(arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> str:
    found = hashlib.blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()
