"""How the parent and a worker talk: JSON lines on a pipe, arrays as .npy files.

The worker takes its standard input and output for this and gives the framework
others before it imports anything, so a framework's chatter cannot corrupt a
message. Arrays lie in a folder that the request names, and are never pickled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

PROTOCOL_VERSION = 1

Message = dict[str, Any]

Arrays = Mapping[str, NDArray[Any]]

Report = Callable[[Mapping[str, Any]], None]
"""Sends an event of the request that is being served."""

Answer = tuple[dict[str, NDArray[Any]], dict[str, Any]]
"""Arrays to write into the request's folder, and the result's other fields."""


class Channel:
    """Two byte streams that carry one JSON object a line."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader, self._writer = reader, writer

    def send(self, message: Mapping[str, Any]) -> None:
        """Write one message; raises OSError when the other side is gone."""
        self._writer.write(json.dumps(message, allow_nan=True).encode() + b"\n")
        self._writer.flush()

    def receive(self) -> Message | None:
        """The next message, or None when the other side has closed.

        Raises
        ------
        ValueError
            The line is no JSON object.
        """
        line = self._reader.readline()
        if not line:
            return None
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError(f"a message is a JSON object, not {line[:80]!r}")
        return message


def save_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """Write each array to ``folder/NAME.npy``; the names, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    return sorted(arrays)


def load_arrays(folder: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Read the named arrays of a folder."""
    return {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in names}


def prefixed(arrays: Arrays, prefix: str) -> dict[str, NDArray[Any]]:
    """The arrays whose names begin with ``prefix``, by the rest of their names."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
