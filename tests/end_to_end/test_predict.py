"""A trained model at work on other samples: the numbers of its own test, and clear refusals."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from qbench import predict
from qbench.data import DataRequest, find_dataset, prepare
from qbench.exceptions import DataError, QbenchError, UnknownNameError, Unsupported
from qbench.stats.metrics import softmax
from qbench.store import open_store

pytestmark = pytest.mark.environments

CLASSES = """\
qbench: 1
name: flowers
seeds: [3]
data: {name: iris, classes: [virginica, setosa], transform: [standardize, {pca: 2}, {min_max: [0, =pi]}]}
circuits:
  pqc: {n_qubits: 2, encoding: angle, ansatz: hardware_efficient, measure: {expval: Z}}
models:
  qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}
baselines: [svm_rbf]
backends: [reference]
trainer: {epochs: 8, optimizer: {name: adam, learning_rate: 0.1}}
record: {gradient_variance: {n_samples: 2}}
"""  # noqa: E501
BINARY = (
    CLASSES.replace("qnn: ", "one: ")
    .replace("{dense: n_classes}", "{dense: 1}")
    .replace("epochs: 8", "epochs: 8, loss: binary_cross_entropy")
)
VALUES = """\
qbench: 1
name: values
seeds: [1]
data: {path: houses.csv, target: price, options: {task: regression}, transform: [standardize]}
circuits:
  pqc: {n_qubits: 2, encoding: angle, ansatz: hardware_efficient, measure: {expval: Z}}
models:
  net: {layers: [{quantum: pqc}, {dense: 1}]}
backends: [reference]
trainer: {epochs: 2}
record: {gradient_variance: off}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory, command_line):
    """A folder with the results of the suites."""
    folder = tmp_path_factory.mktemp("desk")
    draw = np.random.default_rng(0)
    houses = pd.DataFrame(draw.normal(size=(60, 2)), columns=["rooms", "age"])
    houses["price"] = 300 + 40 * houses["rooms"] - 10 * houses["age"]
    houses.to_csv(folder / "houses.csv", index=False)
    run = command_line(folder)
    for name, text in {"classes": CLASSES, "binary": BINARY, "values": VALUES}.items():
        (folder / f"{name}.yaml").write_text(text)
        done = run("run", f"{name}.yaml")
        assert done.returncode == 0, done.stderr
    return run


@pytest.fixture(autouse=True)
def _there(desk, monkeypatch):
    monkeypatch.chdir(desk.folder)
    monkeypatch.delenv("QBENCH_STORE", raising=False)


def stored_test(method):
    """A trial's own test rows in its source, their outputs, and its row."""
    with open_store(writable=False) as store:
        info = store.finished_attempt(method)
        canonical = store.trial(info.trial_id)
        prepared = prepare(DataRequest.from_json(canonical["data"]), canonical["streams"]["split"])
        outputs = store.artifact(info.attempt_id, "outputs")["test"]
    return info, prepared, outputs


def raw_test(method):
    return stored_test(method)[1].raw_test


def test_the_rows_of_its_own_test_get_the_outputs_of_its_test(tmp_path):
    info, prepared, outputs = stored_test("qnn")
    np.save(tmp_path / "rows.npy", prepared.raw_test)
    found = predict(info.trial_id[:10], tmp_path / "rows.npy")
    assert list(found) == ["label", "probability.virginica", "probability.setosa"]
    assert np.array_equal(found.iloc[:, 1:].to_numpy(), softmax(outputs))
    right = [prepared.class_labels[k] for k in outputs.argmax(axis=1)]
    assert found["label"].tolist() == right


def test_columns_are_taken_by_name_from_a_table_that_has_more(desk):
    table = find_dataset("iris").load()
    frame = pd.DataFrame(table.x, columns=list(table.feature_names))
    frame[["note", *reversed(table.feature_names)]] = frame.assign(note="x")[
        ["note", *reversed(table.feature_names)]
    ]
    frame.to_csv(desk.folder / "mixed.csv", index=False)
    done = desk("predict", "qnn", "--data", "mixed.csv")
    assert done.returncode == 0, done.stderr
    by_file = pd.read_csv(io.StringIO(done.stdout))
    by_name = desk("predict", "qnn", "--data", "iris", "--json")
    rows = json.loads(by_name.stdout)
    assert len(rows) == len(by_file) == 150
    assert [row["label"] for row in rows] == by_file["label"].tolist()
    truth = np.array(table.class_names)[table.y]
    known = np.isin(truth, ["virginica", "setosa"])
    assert np.mean(by_file["label"][known] == truth[known]) > 0.9
    assert "qnn on reference, seed 3" in by_name.stderr


def test_one_output_gives_the_probabilities_of_two_classes(tmp_path):
    _, prepared, outputs = stored_test("one")
    np.save(tmp_path / "rows.npy", prepared.raw_test)
    found = predict("one", tmp_path / "rows.npy")
    second = 1 / (1 + np.exp(-outputs[:, 0]))
    np.testing.assert_allclose(found["probability.setosa"], second, rtol=1e-12)
    assert (found["label"] == "setosa").tolist() == (second > 0.5).tolist()


def test_values_come_in_the_units_of_the_target(desk):
    _, prepared, outputs = stored_test("net")
    mean, spread = prepared.target_scale
    done = desk("predict", "net", "--data", "houses.csv", "-o", "prices.csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    values = pd.read_csv(desk.folder / "prices.csv")["value"]
    expected = outputs[:, 0] * spread + mean
    np.testing.assert_allclose(values[prepared.indices["test"]], expected, rtol=1e-9)
    assert mean > 200


def test_another_backend_predicts_the_same(tmp_path):
    np.save(tmp_path / "rows.npy", raw_test("qnn"))
    own = predict("qnn", tmp_path / "rows.npy")
    other = predict("qnn", tmp_path / "rows.npy", backend="pennylane")
    np.testing.assert_allclose(own.iloc[:, 1:], other.iloc[:, 1:], atol=1e-9)
    with pytest.raises(UnknownNameError, match="did you mean"):
        predict("qnn", tmp_path / "rows.npy", backend="penylane")
    with pytest.raises(Unsupported, match="no mode with"):
        predict("qnn", tmp_path / "rows.npy", backend="pennylane[device=none]")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("nothing.csv", "nothing.csv: there is no such file"),
        ("irish", "there is no such file, and .*did you mean 'iris'"),
        ("digits", "has 64 features, the model was trained on 4"),
        ("houses.csv", r"has no column '.*' \(4 of 4 features of the model are missing\)"),
        ("classes.yaml", "is no .csv, .tsv, .parquet, .npy file"),
        ("narrow.npy", "has 3 features, the model was trained on 4"),
        ("flat.npy", "is no array of shape"),
        ("holes.npy", "row 2, feature 3: no finite number"),
        ("words.npy", "cannot be read as an array|not numbers"),
        ("holes.csv", "row 2, column .*: no value"),
    ],
)
def test_data_that_does_not_fit_is_refused(data, message, desk):
    rows = raw_test("qnn")[:5].copy()
    np.save(desk.folder / "narrow.npy", rows[:, :3])
    np.save(desk.folder / "flat.npy", rows[0])
    np.save(desk.folder / "words.npy", np.array([["a", "b"]]))
    rows[1, 2] = np.nan
    np.save(desk.folder / "holes.npy", rows)
    pd.DataFrame(rows, columns=list(stored_test("qnn")[1].feature_names)).to_csv(
        desk.folder / "holes.csv", index=False
    )
    with pytest.raises(DataError, match=message):
        predict("qnn", data)


def test_a_trial_without_weights_or_unknown_is_refused(desk):
    with pytest.raises(QbenchError, match="keeps no weights: its task is fit"):
        predict("svm_rbf", "iris")
    done = desk("predict", "nosuch", "--data", "iris")
    assert done.returncode == 2
    assert "no trial 'nosuch'" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_that_has_changed_since_is_noticed(desk):
    path = desk.folder / "houses.csv"
    text = path.read_text()
    try:
        path.write_text(text + "0.5,0.5,310\n")
        with pytest.raises(DataError, match="has changed since it was trained"):
            predict("net", "houses.csv")
    finally:
        path.write_text(text)
