"""Folders of images: a folder a class, read by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from qbench.data.tables import Floats, ImageShape, Table, pixel_names
from qbench.data.transforms import resized
from qbench.exceptions import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")

_GREY = ("1", "L", "LA")
_COLOUR = ("RGB", "RGBA", "P", "PA", "CMYK", "YCbCr")
_SHOWN = 5

Pixels = NDArray[np.uint8]


def read_folder(folder: Path, size: tuple[int, int] | None = None) -> Table:
    """The images below each folder of a class, classes and files in the order of their names.

    Grey images have one channel; if any has colours, all have three (transparency is left
    out).

    Parameters
    ----------
    size : (height, width) or None
        To which all are brought where they are of different sizes.

    Raises
    ------
    DataError
        Fewer than two classes, a class without images, a file that is no image or a broken
        one, images of different sizes without ``size``.
    """
    files = _files(folder)
    images = _read_all([path for paths in files.values() for path in paths], folder)
    shape, x = _same_size(images, size)
    counts = [len(paths) for paths in files.values()]
    y = np.repeat(np.arange(len(files), dtype=np.int64), counts)
    return Table(x, y, pixel_names(shape), tuple(files), shape)


def _files(folder: Path) -> dict[str, list[Path]]:
    """The files of each class; hidden ones are left out."""
    visible = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    loose = [path for path in visible if not path.is_dir()]
    if loose:
        raise DataError(
            f"{loose[0]}: lies beside the folders of the classes; each image lies in its class's"
        )
    if len(visible) < 2:
        there = f"one alone, {visible[0].name!r}" if visible else "none"
        raise DataError(f"{folder}: needs a folder a class, two at least; there is {there}")
    classes = {}
    for place in visible:
        found = [path for path in sorted(place.rglob("*")) if not path.is_dir()]
        found = [path for path in found if not path.name.startswith(".")]
        other = [path for path in found if path.suffix.lower() not in SUFFIXES]
        if other:
            raise DataError(f"{other[0]}: is no image ({', '.join(SUFFIXES)}); move it away")
        if not found:
            raise DataError(f"{place}: the class has no images")
        classes[place.name] = found
    return classes


def _read_all(paths: list[Path], folder: Path) -> dict[Path, Pixels]:
    """Pixels of each image, shape (channels, height, width); every broken one is told."""
    opened: dict[Path, Image.Image] = {}
    broken = []
    for path in paths:
        try:
            opened[path] = _opened(path)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            broken.append(f"{path.relative_to(folder)} ({_reason(error)})")
    if broken:
        shown = "; ".join(broken[:_SHOWN]) + ("; ..." if len(broken) > _SHOWN else "")
        raise DataError(f"{folder}: {len(broken)} of {len(paths)} images cannot be read: {shown}")
    grey = all(image.mode in _GREY for image in opened.values())
    return {path: _pixels(image, "L" if grey else "RGB") for path, image in opened.items()}


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        if image.mode not in (*_GREY, *_COLOUR):
            raise ValueError(f"pixels of the kind {image.mode}; 8 bits a channel are read")
        image.load()
        return image.copy()


def _reason(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no image that Pillow knows"
    return (str(error).splitlines() or [type(error).__name__])[0]


def _pixels(image: Image.Image, mode: str) -> Pixels:
    array = np.asarray(image.convert(mode), dtype=np.uint8)
    return array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1))


def _same_size(
    images: dict[Path, Pixels], size: tuple[int, int] | None
) -> tuple[ImageShape, Pixels | Floats]:
    """The shape of every image, and all of them as rows."""
    by_shape: dict[ImageShape, Path] = {}
    for path, pixels in images.items():
        channels, height, width = pixels.shape
        by_shape.setdefault((channels, height, width), path)
    shape, *others = by_shape
    if not others:
        return shape, np.stack([pixels.ravel() for pixels in images.values()])
    if size is None:
        one, other = list(by_shape.values())[:2]
        raise DataError(
            f"images of {len(by_shape)} sizes: {one} has {shape[1]} x {shape[2]} pixels, {other} "
            f"{others[0][1]} x {others[0][2]}; begin the transform with `resize: [height, width]`"
        )
    new = (shape[0], *size)
    rows = [
        resized(pixels.reshape(1, -1) / 255.0, (pixels.shape[0], *pixels.shape[1:]), new)[0]
        for pixels in images.values()
    ]
    return new, np.stack(rows)
