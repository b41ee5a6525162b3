"""Where a layer stands: what it gets, and what it may say of a misfit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import Problem, ProblemError
from qbench.worker.layers import Shape


@dataclass(frozen=True)
class Rows:
    """What a layer gets: the shape of a row, and of the image that it still is."""

    shape: Shape
    image: Shape | None = None

    @property
    def width(self) -> int:
        """Numbers of a row."""
        return prod(self.shape)


@dataclass
class Site:
    """One layer while it is resolved.

    Attributes
    ----------
    place : its path, from the model on
    index : a number that no other layer of the model has, for the masks of dropout
    """

    kind: str
    options: Mapping[str, Any]
    name: str
    place: KeyPath
    index: int
    rows: Rows

    def error(self, message: str) -> ProblemError:
        """A mistake, at the layer's place in the model."""
        return ProblemError(Problem(self.place, message))

    def features(self) -> int:
        """Numbers of a row that must not be an image."""
        if len(self.rows.shape) > 1:
            raise self.error(
                f"{self.kind} reads rows of features but receives images of "
                f"{size_text(self.rows.shape)}; put `flatten` before it"
            )
        return self.rows.width

    def image(self) -> tuple[list[dict[str, Any]], Shape]:
        """The layer that gives pixels their shape, where it is needed, and the image's shape."""
        if len(self.rows.shape) == 3:
            return [], self.rows.shape
        if self.rows.image is None:
            raise self.error(
                f"{self.kind} reads images but receives {self.rows.width} features; it belongs "
                "before `flatten`, on data that are images (and stay so: no pca)"
            )
        return [{"type": "image", "shape": list(self.rows.image)}], self.rows.image

    def window(self, size: int, image: Shape, padded: tuple[int, int] = (0, 0)) -> None:
        """Refuse a window that the image has no room for."""
        if size > image[1] + padded[0] or size > image[2] + padded[1]:
            raise self.error(
                f"a window of {size} x {size} does not fit into images of {size_text(image)}"
            )


def size_text(shape: Shape) -> str:
    """A shape (channels, height, width) in words: ``28 x 28 pixels, 1 channel``."""
    channels, height, width = shape
    return f"{height} x {width} pixels, {channels} channel{'s' * (channels > 1)}"
