"""Suites that time circuits: what they need, and mistakes told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.exceptions import SpecError
from qbench.spec import Suite, load_suite, measures_circuits

SUITE = """\
qbench: 1
name: fast
task: speed
circuits:
  c:
    n_qubits: 3
    ansatz: {name: hardware_efficient, rotations: [RX, RY]}
    measure: {expval: Z0}
"""


def load(tmp_path: Path, text: str) -> Suite:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return load_suite(path)


def test_circuits_are_timed_without_data_and_with_one_seed(tmp_path: Path) -> None:
    suite = load(tmp_path, SUITE)
    assert measures_circuits(suite.config)
    assert suite.seeds == [0]
    speed = suite.config.speed
    assert (speed.measure, speed.batch_size) == (["forward", "gradient", "step"], [1, 32])
    assert (speed.processes, speed.rounds) == (4, 12)
    assert (speed.min_time, speed.control) == (0.1, True)


@pytest.mark.parametrize(("written", "seconds"), [("20ms", 0.02), ("1.5s", 1.5)])
def test_a_sample_s_time_has_a_unit(tmp_path: Path, written: str, seconds: float) -> None:
    suite = load(tmp_path, SUITE + f"speed: {{min_time: {written}}}\n")
    assert suite.config.speed.min_time == seconds


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("circuits:", "speed: {mesure: [forward]}\ncircuits:", "did you mean 'measure'?"),
        ("circuits:", "speed: {measure: [forwards]}\ncircuits:", "did you mean 'forward'?"),
        ("circuits:", "speed: {measure: []}\ncircuits:", "speed.measure: must"),
        ("circuits:", "speed: {batch_size: [0]}\ncircuits:", "must be at least 1, not 0"),
        ("circuits:", "speed: {batch_size: [8, 8]}\ncircuits:", "names a value twice"),
        ("circuits:", "speed: {rounds: 3}\ncircuits:", "a round for each of the 4 processes"),
        ("circuits:", "speed: {min_time: 0.1}\ncircuits:", "a time from 1ms to 60s"),
        ("circuits:", "speed: {min_time: 10min}\ncircuits:", "a time from 1ms to 60s"),
        ("circuits:", "rounds: 3\ncircuits:", "did you mean 'speed.rounds'?"),
        ("circuits:", "seeds: 3\ncircuits:", "its repetitions are `speed.rounds`"),
        ("circuits:", "baselines: [mlp]\ncircuits:", "task speed trains nothing"),
        (
            "circuits:",
            "models: {m: {layers: [{quantum: c}, {dense: 2}]}}\ncircuits:",
            "s.yaml:4:1: models: task speed times circuits alone",
        ),
        (
            "    ansatz: {name: hardware_efficient, rotations: [RX, RY]}\n",
            "",
            "circuits.c: has no weights, so there is no step to time",
        ),
        ("hardware_efficient, rotations: [RX, RY]", "random_pauli", "task speed needs `redraw"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert SUITE.count(old) == 1
    with pytest.raises(SpecError) as caught:
        load(tmp_path, SUITE.replace(old, new))
    assert told in str(caught.value)


def test_a_circuit_without_weights_has_a_forward_time(tmp_path: Path) -> None:
    text = SUITE.replace("    ansatz: {name: hardware_efficient, rotations: [RX, RY]}\n", "")
    assert load(tmp_path, text + "speed: {measure: [forward, gradient]}\n").config.circuits


def test_nothing_to_time_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="nothing to measure: task speed needs `circuits`"):
        load(tmp_path, "qbench: 1\nname: none\ntask: speed\n")
