"""What of a data set is wanted: classes, split, order and transforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

PartSize = int | float | str | Mapping[str, int]
"""A count, a fraction, ``"all"`` (whatever is left), ``"official"``, ``{"per_class": N}``, or 0."""

Transform = tuple[str, Any]
"""A name and its main value, such as ``("pca", 4)`` or ``("standardize", None)``."""

PARTS = ("train", "validation", "test")

_PLAIN = ("name", "options", "order", "train_on", "folder")


@dataclass(frozen=True)
class DataRequest:
    """A suite's ``data:`` in full, nothing left to a default.

    Attributes
    ----------
    name : str
        A name of the catalogue, or the name of the user's own file or folder.
    options : mapping
        Options of the data set, such as ``n_samples`` and ``noise`` of ``moons``; of the
        user's own its ``path``, ``target`` and ``task``.
    classes : "all" or tuple
        Labels wanted; class i of the prepared arrays is the i-th of them.
    train, validation, test : PartSize
    order : "random" or "first"
        Random is stratified by class; first takes the samples as they lie.
    transform : tuple of (name, value)
        Applied in order, fitted on the training part alone.
    train_on : "split" or "all"
        All: every sample that is neither validation nor test trains, however few ``train``
        asks for; the other two parts stay what they are.
    folder : str
        Where a relative path of the user's own is looked for first: the suite's folder.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    classes: str | tuple[Any, ...] = "all"
    train: PartSize = 0.6
    validation: PartSize = 0.2
    test: PartSize = 0.2
    order: str = "random"
    transform: tuple[Transform, ...] = ()
    train_on: str = "split"
    folder: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the data is a file or folder of the user's."""
        return "path" in self.options

    @property
    def split(self) -> dict[str, PartSize]:
        """Sizes by part."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def anywhere(self) -> DataRequest:
        """The same without where the user's own data lie, for which their content stands."""
        if not self.is_own:
            return self
        options = {name: value for name, value in self.options.items() if name != "path"}
        return replace(self, name="own", options=options, folder="")

    def to_json(self) -> dict[str, Any]:
        """A mapping that JSON can hold, the same for equal requests."""
        return {
            "name": self.name,
            "options": dict(sorted(self.options.items())),
            "classes": self.classes if isinstance(self.classes, str) else list(self.classes),
            "split": {
                part: dict(size) if isinstance(size, Mapping) else size
                for part, size in self.split.items()
            },
            "order": self.order,
            "transform": [
                [name, list(value) if isinstance(value, tuple) else value]
                for name, value in self.transform
            ],
            **({} if self.train_on == "split" else {"train_on": self.train_on}),
            **({"folder": self.folder} if self.folder else {}),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> DataRequest:
        """Inverse of :meth:`to_json`; keys left out have their defaults.

        The user's own data, whatever the catalogue calls it, is named after its file.
        """
        rest = {key: value[key] for key in _PLAIN if key in value}
        if path := rest.get("options", {}).get("path"):
            rest["name"] = Path(path).name or path
        classes = value.get("classes", "all")
        return DataRequest(
            **rest,
            **value.get("split", {}),
            classes=classes if isinstance(classes, str) else tuple(classes),
            transform=tuple(
                (name, tuple(arg) if isinstance(arg, list) else arg)
                for name, arg in value.get("transform", ())
            ),
        )
