"""``data``: a name of the catalogue, or a path of one's own."""

from __future__ import annotations

import pytest

from qbench.data import DATASETS
from qbench.data.own import OWN as CATALOGUE_NAME
from qbench.spec.dataset import OWN

from .conftest import SMALL, Load, Refusal

KNOWN = {name: list(info.options) for name, info in DATASETS.items()}


def suite(data: str) -> str:
    return SMALL.replace("{name: digits, classes: [3, 8]}", data)


def test_the_catalogue_and_the_language_call_ones_own_data_the_same() -> None:
    assert OWN == CATALOGUE_NAME
    assert OWN in DATASETS


def test_a_path_and_its_target_stand_instead_of_a_name(load: Load) -> None:
    text = suite("{path: my.csv, target: y, options: {task: regression}}")
    data = load(text=text, known_datasets=KNOWN).config.data
    assert data is not None
    assert (data.name, data.path, data.target) == (OWN, "my.csv", "y")
    assert data.options == {"path": "my.csv", "target": "y", "task": "regression"}


def test_a_path_can_be_an_axis(load: Load) -> None:
    text = suite("{target: y}") + "matrix: {data.path: [a.csv, b.csv]}\n"
    points = load(text=text, known_datasets=KNOWN).points
    assert [point.config.data.options["path"] for point in points] == ["a.csv", "b.csv"]


def test_resize_takes_a_height_and_a_width(load: Load) -> None:
    data = load(text=suite("{name: digits, transform: [resize: [4, 3], pca: 4]}")).config.data
    assert data is not None
    assert data.transform[0].model_dump() == {"name": "resize", "size": (4, 3)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{path: my.csv, name: iris}", "data.path: stands instead of `name`"),
        ("{name: iris, target: y}", "data.target: belongs to a `path`"),
        ("{path: 3}", "data.path: must be text, not the number 3"),
        ("{path: my.csv, target: [y]}", "data.target: must be text, not a list"),
        ("{path: my.csv, targt: y}", "data.targt: unknown key; did you mean 'target'?"),
        ("{path: my.csv, options: {tsk: auto}}", "own has no such option; did you mean 'task'?"),
        ("{name: digits, transform: [resize: 4]}", "must be [height, width], two whole numbers"),
        ("{name: digits, transform: [resize: [4, 0]]}", "must be [height, width]"),
        ("{name: digits, transform: [resize]}", "size: is required"),
    ],
)
def test_what_does_not_fit_is_refused(data: str, message: str, refusal: Refusal) -> None:
    assert message in refusal(text=suite(data), known_datasets=KNOWN)
