"""The files of published data sets: what they must be, where they lie, and whether they are whole.

A file is looked for in ``QBENCH_DATA_DIR``, which is the user's and never written, then in
the cache folder. Nothing of a file is used before all of its bytes have the hash that is
stated here.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from qbench.exceptions import DataError
from qbench.registry.locations import cache_dir


@dataclass(frozen=True)
class Source:
    """An address of a file.

    Attributes
    ----------
    member : str
        The file's name in the archive (tar or zip) that the address gives; "" where it gives
        the file itself.
    archive_hash : str or None
        Of the archive, ``algorithm:hexadecimal``.
    """

    url: str
    member: str = ""
    archive_hash: str | None = None

    def __str__(self) -> str:
        return f"{self.url} (in it: {self.member})" if self.member else self.url


@dataclass(frozen=True)
class DataFile:
    """A file of a data set.

    Attributes
    ----------
    dataset : str
        The data set's name in the catalogue.
    path : str
        ``folder/name`` below QBENCH_DATA_DIR and below the cache folder.
    size : int
        Bytes.
    hash : str
        ``algorithm:hexadecimal`` of the whole file.
    sources : tuple of Source
        Mirrors, tried in turn.
    by_hand : str
        What to do where no address gives this very file.
    """

    dataset: str
    path: str
    size: int
    hash: str
    sources: tuple[Source, ...] = ()
    by_hand: str = ""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.rpartition("/")[2]


def cache_folder() -> Path:
    """Where fetched files lie."""
    return cache_dir() / "data"


def data_dir() -> Path | None:
    """The user's own folder of data files: ``QBENCH_DATA_DIR``."""
    chosen = os.environ.get("QBENCH_DATA_DIR")
    return Path(chosen).expanduser() if chosen else None


def find(file: DataFile) -> Path | None:
    """Where the file lies, whatever is in it; None where it doesn't."""
    folders = [folder for folder in (data_dir(), cache_folder()) if folder is not None]
    there = (folder / file.path for folder in folders)
    return next((path for path in there if path.is_file()), None)


def in_cache(path: Path) -> bool:
    """Whether qbench put the file there itself."""
    return path.is_relative_to(cache_folder())


def read(file: DataFile) -> bytes:
    """The file's bytes, all of them verified.

    Raises
    ------
    DataError
        It isn't here, or isn't what its publisher gives.
    """
    path = find(file)
    if path is None:
        raise DataError(f"{file.dataset}: {file.path} is not here")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not matches(content, file.hash):
        raise DataError(_wrong(file, path, content))
    return content


def matches(content: bytes, expected: str) -> bool:
    """Whether the bytes have the hash ``algorithm:hexadecimal``."""
    return digest_like(content, expected) == expected


def digest_like(content: bytes, expected: str) -> str:
    """The hash of the bytes by the algorithm of another one."""
    algorithm = expected.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def _wrong(file: DataFile, path: Path, content: bytes) -> str:
    algorithm, _, expected = file.hash.partition(":")
    found = digest_like(content, file.hash).partition(":")[2]
    size = f"; {len(content)} bytes of {file.size}" if len(content) != file.size else ""
    if in_cache(path):
        remedy = f"get it anew with: qbench data fetch --replace {file.dataset}"
    else:
        remedy = (
            "it lies in QBENCH_DATA_DIR and is yours: replace it, or move it away and run: "
            f"qbench data fetch {file.dataset}"
        )
    return (
        f"{path}: is not the file that {file.dataset} is read from ({algorithm} {found}, expected "
        f"{expected}{size}). It is not used and left as it is; {remedy}"
    )
