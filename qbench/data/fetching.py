"""Fetching published data sets: mirrors in turn, nothing kept whose hash is wrong."""

from __future__ import annotations

import logging
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from qbench.data.files import DataFile, Source, cache_folder, data_dir, find, in_cache, matches
from qbench.exceptions import DataError

_TIMEOUT = 60
"""Seconds without an answer, of connecting and of each read."""

_NOT_HAD = (OSError, ValueError, KeyError, EOFError, tarfile.TarError, zipfile.BadZipFile)
"""What an address that can't be reached, or gives something else, ends in."""


def offline() -> bool:
    """Whether ``QBENCH_OFFLINE`` forbids to fetch anything."""
    return os.environ.get("QBENCH_OFFLINE", "0").lower() not in ("", "0", "false", "no")


def obtain(files: Iterable[DataFile], *, replace: bool = False) -> list[Path]:
    """See to it that the files are here; those that are here stay as they are.

    Parameters
    ----------
    replace : bool
        Fetch files of the cache again whose hash is wrong; the old one stays until the new
        one is whole.

    Returns
    -------
    list of Path
        What was fetched.

    Raises
    ------
    DataError
        Offline, or no mirror gives the file: with its addresses and hash, and where to put it.
    """
    files = tuple(files)
    if not _wanted(files, replace):
        return []
    if offline():
        raise DataError(_by_hand(_wanted(files, replace), "and QBENCH_OFFLINE is set"))
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (
        FileLock(cache_folder() / ".lock"),
        TemporaryDirectory(dir=cache_folder(), prefix=".fetching-") as folder,
    ):
        missing = _wanted(files, replace)  # another process may just have fetched them
        return [_fetched(file, Path(folder)) for file in missing]


def _wanted(files: Iterable[DataFile], replace: bool) -> list[DataFile]:
    return [file for file in files if find(file) is None or (replace and _replaceable(file))]


def _replaceable(file: DataFile) -> bool:
    path = find(file)
    return path is not None and in_cache(path) and not matches(path.read_bytes(), file.hash)


def _fetched(file: DataFile, folder: Path) -> Path:
    """The file in the cache, whole from the first mirror that has it."""
    failures = []
    for source in file.sources:
        try:
            content = _download(source, file, folder)
        except _NOT_HAD as error:
            failures.append(f"{source.url}: {_first_line(error)}")
            continue
        place = cache_folder() / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        part = folder / "whole"
        part.write_bytes(content)
        part.replace(place)
        return place
    why = "".join(f"\n  {failure}" for failure in failures)
    raise DataError(_by_hand([file], f"and could not be fetched{':' if why else ''}{why}"))


def _download(source: Source, file: DataFile, folder: Path) -> bytes:
    """What the address gives, verified; an archive is fetched once for all of its files.

    Raises
    ------
    OSError, ValueError, KeyError, ...
        Of _NOT_HAD: not reached, another hash, no such member.
    """
    import pooch

    pooch.get_logger().setLevel(logging.INFO)  # says what is downloaded, from where
    name = source.url.rstrip("/").rpartition("/")[2].partition("?")[0]
    fetched = pooch.retrieve(
        source.url,
        known_hash=source.archive_hash if source.member else file.hash,
        fname=name if source.member else f"{file.name}.download",
        path=folder,
        downloader=pooch.HTTPDownloader(timeout=_TIMEOUT),
    )
    if not source.member:
        return Path(fetched).read_bytes()
    content = _member(Path(fetched), source.member)
    if not matches(content, file.hash):
        raise ValueError(f"{source.member} in it is another file ({file.hash} was expected)")
    return content


def _member(archive: Path, name: str) -> bytes:
    """One file of an archive; nothing is unpacked on the disk."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name)
    with tarfile.open(archive) as tar:
        found = tar.extractfile(name)
        if found is None:
            raise KeyError(f"{name} in it is no file")
        return found.read()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _by_hand(files: list[DataFile], why: str) -> str:
    """What is missing, and how to bring it here without qbench."""
    name = files[0].dataset
    lines = [f"{name} needs {', '.join(file.name for file in files)}, not here {why}"]
    lines += ["fetch by hand:"] if any(file.sources for file in files) else []
    for file in files:
        algorithm, _, value = file.hash.partition(":")
        lines += [f"  {file.name}, {file.size} bytes, {algorithm} {value}"]
        lines += [f"    from {source}" for source in file.sources]
        lines += [f"    {file.by_hand}"] if file.by_hand else []
        lines += [f"    to {(data_dir() or cache_folder()) / file.path}"]
    return "\n".join(lines)
