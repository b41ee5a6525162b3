"""Start of a worker process: run as a script by the interpreter of a backend's environment.

``python -I bootstrap.py --qbench DIR --host torch --threads 1 [--adapter-dir DIR
--adapter MODULE:CLASS]``. Standard library only, since nothing else is importable
yet: a finder then exposes exactly ``qbench`` and the adapter's package. Were the
parent's site-packages put on the path instead, the worker would load the parent's
NumPy in place of its own.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import os
import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO


class PackageFinder:
    """A meta path finder for a few top-level packages, each from its own folder."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of one of the packages; None for every other name."""
        if path is not None or name not in self._folders:
            return None
        return importlib.machinery.PathFinder.find_spec(name, [self._folders[name]])


def take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of stdin and stdout for the protocol.

    Afterwards descriptor 0 is empty and descriptor 1 goes where stderr goes (the
    log), so that nothing a framework prints, in Python or in C, meets the protocol.
    """
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return reader, writer


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve requests until told to shut down or until the parent is gone."""
    parser = argparse.ArgumentParser(prog="qbench worker")
    parser.add_argument("--qbench", required=True, help="the folder that contains qbench/")
    parser.add_argument("--host", required=True, choices=["torch", "tensorflow", "estimators"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--adapter-dir", help="the folder that contains the adapter's package")
    parser.add_argument("--adapter", help="MODULE:CLASS of the backend")
    options = parser.parse_args(arguments)
    if (options.adapter is None) != (options.adapter_dir is None):
        parser.error("--adapter and --adapter-dir go together")

    reader, writer = take_standard_streams()
    folders = {"qbench": os.path.abspath(options.qbench)}  # noqa: PTH100 - no Path needed here
    if options.adapter is not None:
        package = options.adapter.partition(":")[0].partition(".")[0]
        folders[package] = os.path.abspath(options.adapter_dir)  # noqa: PTH100
    sys.meta_path.insert(0, PackageFinder(folders))

    from qbench.worker.protocol import Channel
    from qbench.worker.service import serve

    serve(Channel(reader, writer), options.host, options.adapter, options.threads)


if __name__ == "__main__":
    main()
