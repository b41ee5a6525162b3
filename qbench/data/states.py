"""What is here of each data set, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qbench.data.files import DataFile, cache_folder, find, in_cache, read
from qbench.data.info import DatasetInfo
from qbench.data.own import OWN
from qbench.exceptions import DataError

WHOLE, CORRUPT, MISSING = "whole", "corrupt", "not here"


def state_of(info: DatasetInfo) -> str:
    """Built in, generated, yours, here (and where), partly here, or to fetch.

    Goes by the files' presence alone.
    """
    if info.name == OWN:
        return "yours, by `path`"
    if not info.files:
        return "generated" if info.options else "built in"
    places = {file: find(file) for file in info.files}
    missing = [file for file, path in places.items() if path is None]
    if len(missing) == len(info.files):
        return _absent(missing)
    cached = any(path is not None and in_cache(path) for path in places.values())
    own = any(path is not None and not in_cache(path) for path in places.values())
    folders = [*(["QBENCH_DATA_DIR"] if own else []), *(["the cache"] if cached else [])]
    here = f"here, in {' and '.join(folders)}"
    if not missing:
        return here
    there = ", ".join(file.name for file, path in places.items() if path is not None)
    return f"{here}: {there}; without {', '.join(file.name for file in missing)}"


def _absent(files: list[DataFile]) -> str:
    if not all(file.sources for file in files):
        return "not here; no address gives it"
    # an archive is fetched once for all of its files
    return f"to fetch, {sum(file.size for file in files) / 1e6:.1f} MB into {cache_folder()}"


@dataclass(frozen=True)
class Check:
    """One file held against its hash; ``reason`` says what is wrong with a corrupt one."""

    file: DataFile
    state: str
    path: str = ""
    reason: str = ""


def verified(info: DatasetInfo) -> Iterator[Check]:
    """Each file of the data set, read whole."""
    for file in info.files:
        path = find(file)
        if path is None:
            yield Check(file, MISSING)
            continue
        try:
            read(file)
        except DataError as error:
            yield Check(file, CORRUPT, str(path), str(error))
        else:
            yield Check(file, WHOLE, str(path))
