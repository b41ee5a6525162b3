"""``qbench show``: a suite in full, its circuits drawn."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from qbench.circuit import Angle
from qbench.circuit.build import build_circuit
from qbench.circuit.draw import angle_text, draw, layout, plain
from qbench.exceptions import QbenchError
from qbench.report.circuit_picture import save_picture

SUITE = """\
qbench: 1
name: drawn
seeds: 2
data: {name: iris, transform: [{min_max: [0, =pi]}]}
matrix: {n_layers: [1, 2]}
circuits:
  pqc: {n_qubits: 4, encoding: angle, ansatz: {name: hardware_efficient, n_layers: =n_layers}}
models:
  qnn: {layers: [{dense: 4}, tanh, {quantum: pqc}, {dense: n_classes}]}
baselines: [logistic_regression]
backends: [reference, "reference[precision=single]"]
trainer: {epochs: 2}
"""


@pytest.fixture
def suite(qbench) -> Path:
    path = qbench.folder / "drawn.yaml"
    path.write_text(SUITE)
    return path


def test_layers_have_shapes_and_parameters_and_what_points_share_stands_once(qbench, suite):
    done = qbench("show", suite)
    assert done.returncode == 0, done.stderr
    assert "model qnn (at n_layers 1): 39 parameters (4 quantum, 35 classical)" in done.stdout
    assert "model qnn (at n_layers 2): 43 parameters (8 quantum, 35 classical)" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["quantum,", "4", "qubits", "4", "8"] in rows
    assert "single precision: not offered" in done.stdout


def test_who_needs_the_weights_of_whom_is_told_with_a_teacher_that_has_no_row(qbench, suite):
    taught = SUITE.replace("models:\n", "models:\n  elder: {layers: [{dense: n_classes}]}\n")
    axis = "matrix: {trainer.distillation: {none: null, taught: {teacher: elder}}, n_layers: [1]}"
    suite.write_text(taught.replace("matrix: {n_layers: [1, 2]}", axis) + "train: [qnn]\n")
    done = qbench("show", suite)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["needs", "qnn:", "elder"] in rows
    assert "model elder: 15 parameters" in done.stdout


IMAGES = """\
qbench: 1
name: images
data: {name: digits, classes: [0, 1]}
circuits: {c: {n_qubits: 4, encoding: angle, ansatz: hardware_efficient}}
models:
  m:
    layers:
      - {concat: [[{conv2d: {filters: 2, kernel_size: 3, activation: relu}}, flatten], []]}
      - dense: n_classes
  q: {layers: [{quanv2d: {circuit: c, kernel_size: 2, strides: 2}}, flatten, {dense: n_classes}]}
backends: [reference]
"""


def test_images_and_branches_are_shown_with_their_shapes(qbench):
    (qbench.folder / "images.yaml").write_text(IMAGES)
    done = qbench("show", qbench.folder / "images.yaml")
    assert done.returncode == 0, done.stderr
    rows = [re.split(r"  +", line.strip()) for line in done.stdout.splitlines()]
    assert ["concat of 2 branches", "136", "0"] in rows
    assert ["· 1: conv2d 3 x 3 relu", "2 x 6 x 6", "20"] in rows
    assert ["quanv2d 2 x 2, strides 2, 4 qubits", "4 x 4 x 4", "4"] in rows


def test_experiments_show_what_each_of_them_changes(qbench, suite):
    more = "experiments: {short: {trainer.epochs: 1}, long: {trainer.epochs: 9}}\n"
    text = SUITE.replace("{min_max: [0, =pi]}", "{pca: 4}, {min_max: [0, =pi]}")
    suite.write_text(text.replace("data: {name: iris, ", "data: {name: wine, ") + more)
    done = qbench("show", suite)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^grid +experiment: short, long; n_layers: 1, 2 *$", done.stdout, re.M)
    trainer = next(line for line in done.stdout.splitlines() if line.startswith("trainer"))
    assert re.search(r" 1 epochs, .* \| 9 epochs, ", trainer)


def test_circuits_are_drawn_with_their_size(qbench, suite):
    drawn = qbench("show", suite, "--set", "matrix.n_layers=[1]").stdout
    assert "model qnn: 39 parameters (4 quantum, 35 classical)" in drawn
    title = "circuit pqc: 4 qubits, 12 gates, depth 6, 4 two-qubit gates, 4 parameters"
    _, _, picture = drawn.partition(f"{title}\n")
    assert picture.splitlines() == [
        "q0: ──RY(x0)──RY(w0)──●────────⊕──┤ ⟨Z⟩",
        "                      │        │",
        "q1: ──RY(x1)──RY(w1)──⊕──●─────│──┤ ⟨Z⟩",
        "                         │     │",
        "q2: ──RY(x2)──RY(w2)─────⊕──●──│──┤ ⟨Z⟩",
        "                            │  │",
        "q3: ──RY(x3)──RY(w3)────────⊕──●──┤ ⟨Z⟩",
    ]


def test_a_terminal_of_ascii_gets_ascii(qbench, suite):
    done = qbench("show", suite, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "q0: --RY(x0)--RY(w0)--o--------X--| <Z>" in done.stdout


def test_json_is_the_resolved_suite(qbench, suite):
    shown = json.loads(qbench("show", suite, "--json").stdout)
    assert [point["labels"] for point in shown["points"]] == [{"n_layers": "1"}, {"n_layers": "2"}]
    assert shown["points"][0]["config"]["trainer"]["batch_size"] > 0
    assert [each["depth"] for each in shown["circuits"]] == [6, 11]
    assert shown["backends"][1]["execution"] is None


def test_a_picture_is_written_with_ink_for_each_circuit(qbench, suite):
    file = qbench.folder / "circuits.png"
    done = qbench("show", suite, "--plot", file)
    assert done.returncode == 0, done.stderr
    from matplotlib.image import imread

    ink = (imread(file)[..., :3] < 0.9).any(axis=(1, 2))
    assert np.count_nonzero(np.diff(ink.astype(int)) == 1) >= 4  # two titles, two circuits


def test_a_picture_in_no_format_is_refused_in_words(tmp_path):
    circuit = build_circuit(2, encoding="angle").circuit
    with pytest.raises(QbenchError, match=r"circuits\.xyz: cannot be written: "):
        save_picture({"pqc": circuit}, tmp_path / "circuits.xyz")


def test_gates_that_cross_do_not_share_a_column():
    gates = [["CNOT", [0, 2]], ["H", 1], ["CRX", [2, 0], "w"], ["SWAP", [0, 1]]]
    gates.append(["Toffoli", [0, 2, 1]])
    circuit = build_circuit(3, gates=gates).circuit
    for column in layout(circuit):
        covered = [wire for placed in column for wire in placed.span]
        assert len(covered) == len(set(covered))
    assert sum(map(len, layout(circuit))) == len(circuit.operations)
    assert "RX(w0)" in draw(circuit)


def test_a_long_circuit_goes_on_below_within_the_width():
    ansatz = {"name": "strongly_entangling", "n_layers": 6}
    circuit = build_circuit(4, encoding="zz_feature_map", ansatz=ansatz).circuit
    lines = draw(circuit, 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines.count("") >= 2
    assert "more columns of gates" in draw(circuit, 80, max_columns=3)
    assert plain(draw(circuit, 80)).isascii()


def test_read_outs_stand_at_their_wire_or_below():
    measure = {"expval": ["Z0", "0.5*X0", "Z0 Z1", "1 - mean(P0)"]}
    lines = draw(build_circuit(2, encoding="angle", measure=measure).circuit).splitlines()
    assert lines[0].endswith("┤ ⟨Z⟩ ⟨0.5·X⟩")
    assert lines[-1] == "read: ⟨Z0 Z1⟩, ⟨1 - 0.5·P0[0] - 0.5·P0[1]⟩"


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (Angle.input(0), "x0"),
        (Angle.weight(3) * 2.0, "2·w3"),
        (Angle(np.pi / 2), "π/2"),
        (Angle(-np.pi), "-π"),
        (Angle(0.0), "0"),
        (Angle.input(0) * Angle.weight(1), "x0·w1"),
        ((np.pi - Angle.input(0)) * (np.pi - Angle.input(1)) * 2.0, "f(x0,x1)"),
    ],
)
def test_angles_are_written_short(angle, text):
    assert angle_text(angle) == text
