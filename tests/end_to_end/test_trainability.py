"""Gradient variance by the real command line: closed forms, equal draws, equal gradients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qbench.backend import TOLERANCES
from qbench.store import open_store

pytestmark = pytest.mark.environments

DEMO = {2: 1.818e-2, 3: 7.895e-3, 4: 3.334e-3, 5: 1.383e-3, 6: 5.663e-4}
"""Variances of the demonstration in PennyLane's documentation, angles in [0, pi]."""

EVERY_BACKEND = """\
qbench: 1
name: everywhere
task: gradient_variance
circuits:
  layered:
    n_qubits: 3
    ansatz: {name: hardware_efficient, rotations: [RX, RY], entangler: CZ, n_layers: 2}
    blocks: 1
    measure: {expval: "0.5*X0 Y1 - prod(P0)"}
  random:
    n_qubits: 3
    ansatz: {name: random_pauli, n_layers: 2}
    measure: {expval: prod(Z)}
gradient: {n_samples: 40}
backends:
  [reference, torchquantum, qiskit, "qiskit[tier=expert]", pennylane, pennylane_keras, qulacs]
"""


def frame_of(store: Path) -> pd.DataFrame:
    with open_store(store, writable=False) as opened:
        frame = opened.frame(opened.resolve_run(None))
    assert set(frame["status"]) == {"ok"}, frame[["variant", "status", "reason"]]
    return frame.rename(columns=lambda name: name.replace("gradient_variance.", ""))


def deviations(frame: pd.DataFrame) -> pd.Series:
    """How many standard errors each variance is from theory, by theory's kurtosis if known."""
    n, kurtosis = frame["n_samples"], frame["kurtosis"]
    if "theory_kurtosis" in frame:
        kurtosis = frame["theory_kurtosis"].fillna(kurtosis)
    error = frame["theory"] * np.sqrt((kurtosis - (n - 3) / (n - 1)) / n)
    return (frame["mean"] - frame["theory"]).abs() / error


@pytest.fixture(scope="module")
def closed_forms(command_line, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The shipped suite's circuits with closed forms, 20,000 samples and 2 to 10 qubits.

    PennyLane, the slower of the two, goes to 6.
    """
    folder = tmp_path_factory.mktemp("closed_forms")
    frames = []
    small = ("--set", "experiments.product.matrix.n=[2, 3, 4, 5, 6]")
    runs = {
        "experiment=product,backend=reference": (),
        "experiment=product,backend=pennylane": small,
        "experiment=pennylane_demo": (),
    }
    for number, (only, options) in enumerate(runs.items()):
        store = folder / f"{number}.db"
        done = command_line(folder)(
            "run", "barren_plateaus", "--only", only, *options, "--store", store
        )
        assert done.returncode == 0, done.stderr
        frames.append(frame_of(store))
    return pd.concat(frames, ignore_index=True)


def test_closed_forms_come_out_within_four_standard_errors(closed_forms: pd.DataFrame) -> None:
    found = closed_forms
    assert (found["n_samples"] == 20_000).all()
    assert set(found["counts.n_qubits"]) == set(range(2, 11))
    assert found["theory"].notna().all()
    assert deviations(found).max() < 4


def test_theory_is_what_was_published(closed_forms: pd.DataFrame) -> None:
    n = closed_forms["counts.n_qubits"]
    product = closed_forms[closed_forms["labels.experiment"] == "product"]
    for cost, law in (("local", lambda k: 0.5 + 0 * k), ("global", lambda k: 2.0**-k)):
        rows = product[product["labels.cost"] == cost]
        np.testing.assert_allclose(rows["theory"], law(n[rows.index].astype(float)), rtol=1e-12)
    rows = product[product["labels.cost"] == "global"]
    np.testing.assert_allclose(rows["theory_kurtosis"], 1.5 ** n[rows.index], rtol=1e-9)
    demo = closed_forms[closed_forms["labels.experiment"] == "pennylane_demo"]
    theory = demo.set_index("counts.n_qubits")["theory"]
    for qubits, value in DEMO.items():
        assert theory[qubits] == pytest.approx(value, rel=5e-4)  # four digits are published


def test_two_frameworks_find_the_same_variance_and_not_one_alike(
    closed_forms: pd.DataFrame,
) -> None:
    product = closed_forms[closed_forms["labels.experiment"] == "product"]
    by_variant = product[product["counts.n_qubits"] <= 6].pivot_table(
        index=["labels.n", "labels.cost"], columns="variant", values="mean"
    )
    assert by_variant.shape == (10, 2)
    assert list(by_variant) == ["pennylane", "reference"]
    np.testing.assert_allclose(by_variant["pennylane"], by_variant["reference"], rtol=1e-9)


def test_a_random_circuit_that_is_deep_enough_is_a_two_design(qbench, tmp_path: Path) -> None:
    store = tmp_path / "q.db"
    done = qbench(
        *("run", "barren_plateaus", "--only", "experiment=mcclean,layers=10 n", "--store", store),
        *("--set", "matrix.n=[2, 3, 4, 5, 6]", "--set", "gradient.n_samples=1000"),
    )
    assert done.returncode == 0, done.stderr
    frame = frame_of(store)
    d = 2.0 ** frame["counts.n_qubits"]
    np.testing.assert_allclose(frame["two_design"], d**2 / (2 * (d**2 - 1) * (d + 1)), rtol=1e-12)
    assert deviations(frame).max() < 4  # from the exact value at this depth
    assert deviations(frame.assign(theory=frame["two_design"])).max() < 4
    assert "2-design" in done.stdout
    assert "gradient-variance.png" in done.stderr


def test_every_backend_finds_the_same_gradients_for_the_same_draws(qbench, tmp_path: Path) -> None:
    (tmp_path / "everywhere.yaml").write_text(EVERY_BACKEND)
    store = tmp_path / "q.db"
    done = qbench("run", "everywhere.yaml", "--store", store)
    assert done.returncode == 0, done.stderr
    frame = frame_of(store)
    assert frame["variant"].nunique() == 7
    with open_store(store, writable=False) as opened:
        gradients = {
            row.Index: opened.artifact(int(row.attempt_id), "gradients")["gradients"]
            for row in frame.itertuples()
        }
    for _, rows in frame.groupby("method"):
        reference = gradients[rows.index[rows["variant"] == "reference"][0]]
        assert reference.shape[0] == 40
        assert reference.std() > 0.01
        for index, row in rows.iterrows():
            np.testing.assert_allclose(
                gradients[index], reference, rtol=0, atol=TOLERANCES[row["precision"]]
            )


def test_a_precision_is_drawn_for_and_a_repetition_draws_nothing(qbench, tmp_path: Path) -> None:
    text = EVERY_BACKEND.replace("{n_samples: 40}", "{n_samples: {rse: 0.03, min: 50, max: 5000}}")
    lines = [line for line in text.splitlines() if "backends" not in line and "tier" not in line]
    (tmp_path / "precise.yaml").write_text("\n".join([*lines, "backends: [reference]"]))
    done = qbench("run", "precise.yaml", "--store", tmp_path / "q.db")
    assert done.returncode == 0, done.stderr
    frame = frame_of(tmp_path / "q.db")
    assert (frame["rse"] <= 0.03).all()
    assert ((frame["n_samples"] > 50) & (frame["n_samples"] < 5000)).all()
    again = qbench("run", "precise.yaml", "--store", tmp_path / "q.db")
    assert "0 run now" in again.stderr


def test_a_precision_out_of_reach_ends_at_the_most_samples(qbench, tmp_path: Path) -> None:
    text = EVERY_BACKEND.replace("{n_samples: 40}", "{n_samples: {rse: 0.001, min: 50, max: 300}}")
    (tmp_path / "far.yaml").write_text(text)
    done = qbench("run", "far.yaml", "--only", "backend=reference", "--store", tmp_path / "q.db")
    assert done.returncode == 0, done.stderr
    assert set(frame_of(tmp_path / "q.db")["n_samples"]) == {300}


def test_a_training_keeps_the_course_of_its_gradient(qbench, tmp_path: Path) -> None:
    store = tmp_path / "q.db"
    done = qbench(
        *("run", "quickstart", "--quick", "--only", "model=qnn,backend=reference"),
        *("--set", "record.gradient_variance.course=true", "--store", store),
    )
    assert done.returncode == 0, done.stderr
    frame = frame_of(store)
    trained = frame[frame["task"] == "train"]
    with open_store(store, writable=False) as opened:
        course = opened.artifact(int(trained["attempt_id"].iloc[0]), "gradient_course")
    (gradients,) = course.values()
    assert gradients.shape[0] == trained["metrics.epochs"].iloc[0] + 1
    assert np.abs(gradients).max() > 0
    drawn = qbench("plot", "quickstart", "gradient-course", "--store", store)
    assert drawn.returncode == 0, drawn.stderr


def test_any_suite_can_be_diagnosed(qbench, tmp_path: Path) -> None:
    store = tmp_path / "q.db"
    done = qbench("diagnose", "quickstart", "--store", store)
    assert done.returncode == 0, done.stderr
    frame = frame_of(store)
    assert list(frame["task"]) == ["diagnose"]
    assert 0 < frame["metrics.entangling_capability"].iloc[0] < 1
    assert frame["metrics.expressibility"].iloc[0] > frame["metrics.expressibility_bias"].iloc[0]
    assert "Z (first of 4)" in done.stdout
    assert "quickstart_diagnosis" in done.stdout


def test_a_diagnosis_on_a_backend_that_is_not_there_is_refused(qbench, tmp_path: Path) -> None:
    done = qbench("diagnose", "quickstart", "--backend", "tiny", "--store", tmp_path / "q.db")
    assert done.returncode == 2
    assert "unknown backend 'tiny'" in done.stderr
