"""The user's own data: a CSV or Parquet file, or a folder of images."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from qbench.data.columns import read_csv, read_parquet, table_of
from qbench.data.images import SUFFIXES, read_folder
from qbench.data.info import DatasetInfo
from qbench.data.tables import Table
from qbench.exceptions import DataError

OWN = "own"
"""Its name in the catalogue; a suite gives ``path`` instead of a name."""

TASKS = ("auto", "classification", "regression")

Size = tuple[int, int]
Stamp = tuple[str, int, int]


def load_own(
    path: str,
    target: str = "",
    task: str = "auto",
    size: Size | None = None,
    folder: str = "",
) -> Table:
    """The user's own data set, read once a process as long as it doesn't change.

    Parameters
    ----------
    path : str
        A ``.csv``, ``.tsv`` or ``.parquet`` file, or a folder with a folder of images a class.
    target : str
        The column to predict; "" for a folder of images.
    task : str
        One of TASKS: whether the target is a class or a number.
    size : (height, width) or None
        To which images of different sizes are brought.
    folder : str
        Where a relative path is looked for, before the current folder.

    Raises
    ------
    DataError
        There is no such file, or what is in it cannot be used; with row and column, or the
        image.
    """
    place = find_own(path, folder)
    return _read(place, target, task, size, _stamps(place))


def state_of(path: str, folder: str = "") -> tuple[Stamp, ...]:
    """What shows that something in the user's file or folder has changed.

    Raises
    ------
    DataError
        There is no such file.
    """
    return _stamps(find_own(path, folder))


def find_own(written: str, folder: str) -> Path:
    """The path in the first of its folders that has it."""
    if not written:
        raise DataError("data set own: give `path`, your file or folder, instead of a name")
    path = Path(written).expanduser()
    here = path.is_absolute() or Path(folder).absolute() == Path.cwd()
    places = [path] if here else [Path(folder) / path, path]
    for place in places:
        if place.exists():
            return place
    looked = " or ".join(str(place.absolute().parent) for place in places)
    raise DataError(f"{path}: there is no such file or folder in {looked}")


def _stamps(place: Path) -> tuple[Stamp, ...]:
    """Name, bytes and time of the last change of every file."""
    place = place.absolute()
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    states = [(str(file), file.lstat()) for file in files]
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)


@lru_cache(maxsize=4)
def _read(
    place: Path, target: str, task: str, size: Size | None, stamps: tuple[Stamp, ...]
) -> Table:
    if place.is_dir():
        if target:
            raise DataError(
                f"{place}: in a folder of images each class is a folder; `target` is for tables"
            )
        table = read_folder(place, size)
    else:
        readers = {".csv": read_csv, ".tsv": read_csv, ".parquet": read_parquet}
        reader = readers.get(place.suffix.lower())
        if reader is None:
            image = place.suffix.lower() in SUFFIXES
            hint = "; for images give their folder" if image else ""
            raise DataError(f"{place}: is no {', '.join(readers)} file or folder of images{hint}")
        table = table_of(reader(place), target, task, place)
    for array in (table.x, table.y):
        array.setflags(write=False)
    return table


ENTRY = DatasetInfo(
    OWN,
    "Your own CSV or Parquet file or folder of images: `path` (and `target`) instead of a name",
    "",
    0,
    0,
    0,
    "you",
    "",
    load_own,
    {"path": "", "target": "", "task": "auto"},
    choices={"task": TASKS},
)
