"""Times on request: the first call's values are right, loops are enough, samples are times."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram, build_circuit

pytestmark = pytest.mark.environments

ROWS = 3
CIRCUIT = build_circuit(
    2, encoding="angle", ansatz="basic_entangler", measure={"expval": "Z"}
).circuit


def arrays():
    draw = np.random.default_rng(5)
    shapes = {
        "inputs": (2, ROWS, CIRCUIT.n_inputs),
        "weights": (2, CIRCUIT.n_weights),
        "cotangent": (2, ROWS, CIRCUIT.n_outputs),
        "targets": (2, ROWS, CIRCUIT.n_outputs),
    }
    return {name: draw.normal(size=shape) for name, shape in shapes.items()}


def cold(worker, measure, name="cell", group="g"):
    return worker.ask(
        "time",
        arrays(),
        cell=name,
        group=group,
        phase="cold",
        measure=measure,
        circuit=CIRCUIT.to_json(),
        execution=worker.EXECUTION,
        optimizer={"name": "sgd", "learning_rate": 0.5, "momentum": 0.0},
    )


def ask(worker, phase, name="cell", **fields):
    execution = worker.EXECUTION
    return worker.ask("time", cell=name, phase=phase, execution=execution, **fields)[0]


@pytest.mark.parametrize("name", ["reference", "keras"])
@pytest.mark.parametrize("measure", ["forward", "gradient_weights", "gradient"])
def test_the_first_call_gives_what_was_to_be_timed(request, name, measure):
    given = arrays()
    result, found = cold(request.getfixturevalue(name), measure)
    program = ReferenceProgram(CIRCUIT)
    wanted = program.vjp(given["inputs"][0], given["weights"][0], given["cotangent"][0])
    names = {
        "forward": ["outputs"],
        "gradient_weights": ["outputs", "d_weights"],
        "gradient": ["outputs", "d_inputs", "d_weights"],
    }
    assert sorted(found) == sorted(names[measure])
    for key, expected in zip(("outputs", "d_inputs", "d_weights"), wanted, strict=True):
        if key in found:
            np.testing.assert_allclose(found[key], expected, atol=1e-12)
    assert result["compile_s"] > 0
    assert result["first_call_s"] > 0


@pytest.mark.parametrize("name", ["reference", "keras"])
def test_a_timed_step_is_a_step_of_training(request, name):
    worker, given = request.getfixturevalue(name), arrays()
    _, found = cold(worker, "step")
    outputs = ReferenceProgram(CIRCUIT).forward(given["inputs"][0], given["weights"][0])
    loss = ((outputs - given["targets"][0]) ** 2).mean()
    np.testing.assert_allclose(found["loss"], [loss], atol=1e-12)


@pytest.mark.parametrize("measure", ["forward", "gradient", "step"])
@pytest.mark.timed
def test_a_sample_takes_the_time_that_was_asked_for(reference, measure):
    cold(reference, measure)
    found = ask(reference, "calibrate", min_time=0.05)
    assert found["loops"] > 1
    assert found["loops"] * found["seconds"] >= 0.05
    sample = ask(reference, "sample", loops=found["loops"])
    assert found["seconds"] / 10 < sample["seconds"] < 10 * found["seconds"]
    assert 0 < sample["cpu_seconds"] < 1.5 * sample["seconds"]


def test_a_call_that_is_long_by_itself_is_calibrated_once(reference):
    cold(reference, "forward")
    assert ask(reference, "calibrate", min_time=1e-6)["loops"] == 1


@pytest.mark.timed
def test_each_cell_is_compiled_anew_and_kept_beside_the_others(keras):
    for name in ("one", "two"):
        traced, _ = cold(keras, "forward", name)
        warm = ask(keras, "sample", name, loops=1)
        assert traced["first_call_s"] > 5 * warm["seconds"]
    assert ask(keras, "sample", "one", loops=2)["seconds"] > 0


def test_cells_of_a_group_go_when_another_begins(reference):
    cold(reference, "forward", "one")
    cold(reference, "forward", "two")
    assert ask(reference, "sample", "one", loops=1)["seconds"] > 0
    cold(reference, "forward", "three", group="next")
    with pytest.raises(reference.Error, match="no cell 'one' was begun here"):
        ask(reference, "sample", "one", loops=1)


def test_what_was_not_begun_or_does_not_fit_is_refused(reference):
    with pytest.raises(reference.Error, match="no cell 'other' was begun here"):
        ask(reference, "sample", "other", loops=1)
    cold(reference, "forward")
    with pytest.raises(reference.Error, match="no phase 'hot'"):
        ask(reference, "hot")
    with pytest.raises(reference.Error, match="weights of shape"):
        reference.ask(
            "time",
            {**arrays(), "weights": np.zeros((2, 9))},
            cell="cell",
            group="g",
            phase="cold",
            measure="forward",
            circuit=CIRCUIT.to_json(),
            execution=reference.EXECUTION,
        )
