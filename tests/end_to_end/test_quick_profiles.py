"""Quick profiles that run on built-in images: all ends well, and the rows are what they claim."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from qbench.registry import suites_dir
from qbench.store import open_store

pytestmark = pytest.mark.environments


@pytest.fixture
def quick(qbench, tmp_path: Path):
    """The rows of a suite's quick profile, one seed."""

    def run(name: str, *options: str) -> pd.DataFrame:
        store = tmp_path / f"{name}.db"
        path = suites_dir() / f"{name}.yaml"
        done = qbench("run", path, "--quick", "--set", "seeds=1", *options, "--store", store)
        assert done.returncode == 0, done.stderr
        with open_store(store, writable=False) as results:
            return results.frame(results.resolve_run(None), each_path=True)

    return run


def test_seven_reductions_of_images_train_on_four_qubits(quick) -> None:
    rows = quick("dimensionality").set_index("method")
    reductions = ["max_pool", "crop", "pca", "avg_pool", "fc_angle", "fc_qubit", "fc_amplitude"]
    assert list(rows.index) == reductions
    assert (rows["status"] == "ok").all()
    heads = 12 + 5 * 10  # three rotations a qubit, and the dense layer behind four values
    learned = {"fc_angle": 65 * 4, "fc_qubit": 65 * 4, "fc_amplitude": 65 * 16}
    parameters = rows["counts.parameters_classical"] + rows["counts.parameters_quantum"]
    assert dict(parameters) == {name: heads + learned.get(name, 0) for name in reductions}


def test_a_student_and_its_twins_learn_from_one_teacher(quick) -> None:
    rows = quick("distillation_mnist", "--only", "experiment=last_epoch")
    assert (rows["status"] == "ok").all()
    taught = rows[rows["labels.trainer.distillation"] == "lenet"]
    assert set(taught["method"]) == {"student", "linear_twin", "student_softmax", "lenet"}
    trainings = rows.groupby("method")["trial_id"].nunique()
    assert trainings["lenet"] == 1  # with or without students, one training
    assert trainings["student"] == trainings["linear_twin"] == 3
