"""A training that was killed in the middle ends with the numbers of an unbroken one."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from qbench.store import open_store

pytestmark = pytest.mark.environments


ADAM = {
    "models.qnn.layers": "[{dense: {units: 4, activation: tanh}}, {dropout: 0.2}, {quantum: pqc}, "
    "{dense: n_classes}]",
    "seeds": "1",
    "data.split": "{train: 0.6, validation: 0.2, test: 0.2}",
    "trainer": "{epochs: 60, batch_size: 4, optimizer: {name: adam, learning_rate: 0.01}, "
    "scheduler: {name: plateau, factor: 0.5, patience: 2}, "
    "early_stopping: {metric: validation_loss, patience: 55}}",
}
KERAS = {
    **ADAM,
    "backends": "[pennylane_keras]",
    "trainer": "{epochs: 14, batch_size: 4, optimizer: {name: adamw, learning_rate: 0.01}, "
    "scheduler: {name: step, step_size: 4, gamma: 0.5}}",
}
SHOTS = {
    **ADAM,
    "backends": "['qiskit[shots=50]']",
    "trainer": "{epochs: 12, batch_size: 4, optimizer: {name: adam, learning_rate: 0.01}, "
    "select: best_validation}",
}
CASES = {"reference": ADAM, "pennylane_keras": KERAS, "shots": SHOTS}


def options(keys):
    return [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]


def results(path):
    """All figures of the finished trials that are no times: metrics, agreement, epochs, arrays."""
    with open_store(path, writable=False) as store:
        run = store.resolve_run()
        frame = store.frame(run)
        assert list(frame["status"]) == ["ok"] * len(frame)
        fixed = [c for c in frame if c.startswith(("metrics.", "agreement.", "counts."))]
        epochs = store.epochs_frame(run).drop(columns=["attempt_id", "seconds"])
        arrays = {
            (row.trial_id, name, key): array
            for row in frame.itertuples()
            for name in store.artifact_names(int(row.attempt_id))
            if name != "steps"
            for key, array in store.artifact(int(row.attempt_id), name).items()
        }
        return frame, frame[fixed], epochs, arrays


def same(path, other):
    frame, figures, epochs, arrays = results(path)
    _, expected, expected_epochs, expected_arrays = results(other)
    assert figures.equals(expected)
    assert epochs.equals(expected_epochs)
    assert len(epochs) == frame["metrics.epochs"].sum()
    assert set(arrays) == set(expected_arrays)
    assert {name for _, name, _ in arrays} == {"outputs", "parameters"}
    for key, array in arrays.items():
        assert array.dtype == expected_arrays[key].dtype
        assert np.array_equal(array, expected_arrays[key]), key
    return frame


def checkpoints(run):
    folder = run.store.parent / "checkpoints" / run.store.name
    return list(folder.iterdir()) if folder.is_dir() else []


def until_saved(run):
    """Some epochs after its first checkpoint."""
    run.until(lambda rows: bool(checkpoints(run)))
    now = run.attempts()[-1][3]
    run.until(lambda rows: rows[-1][3] > now + 1)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, command_line):
    """Each case's suite run in one go, in a folder of its own; made once."""
    made = {}

    def run(case, suite):
        if case not in made:
            folder = tmp_path_factory.mktemp("unbroken")
            store = folder / "results.db"
            done = command_line(folder)("run", suite, "--store", store, *options(CASES[case]))
            assert done.returncode == 0, done.stderr
            made[case] = store
        return made[case]

    return run


@pytest.mark.parametrize("case", CASES)
def test_a_killed_run_goes_on_and_ends_with_the_same_numbers(case, start, suite, unbroken):
    expected = unbroken(case, suite)
    killed = start(*options(CASES[case]))
    until_saved(killed)
    os.killpg(killed.process.pid, signal.SIGKILL)
    killed.end()
    reached = killed.attempts()[-1][3]

    again = start(*options(CASES[case]))
    code, _, stderr = again.end()
    assert code == 0, stderr
    frame = same(again.store, expected)
    resumed = frame["provenance.resumed_from_epoch"].item()
    assert 0 < resumed <= reached
    assert f"goes on after epoch {resumed:.0f}" in stderr
    assert [status for _, _, status, _ in again.attempts()] == ["interrupted", "ok"]
    assert checkpoints(again) == []


def test_a_killed_worker_loses_no_more_than_its_run_does(start, suite, unbroken):
    expected = unbroken("reference", suite)
    run = start(*options(ADAM))
    until_saved(run)
    (worker,) = run.workers()
    worker.send_signal(signal.SIGKILL)
    assert run.end()[0] == 1
    assert [status for _, _, status, _ in run.attempts()] == ["failed"]

    again = start("--retry-failed", *options(ADAM))
    code, _, stderr = again.end()
    assert code == 0, stderr
    frame = same(again.store, expected)
    assert frame["provenance.resumed_from_epoch"].item() > 0


def test_a_damaged_checkpoint_is_told_and_not_used(start, suite, unbroken):
    expected = unbroken("reference", suite)
    run = start(*options(ADAM))
    until_saved(run)
    os.killpg(run.process.pid, signal.SIGKILL)
    run.end()
    (file,) = [path for path in checkpoints(run) if path.suffix == ".safetensors"]
    content = bytearray(file.read_bytes())
    content[-9] ^= 1
    file.write_bytes(content)

    again = start(*options(ADAM))
    code, _, stderr = again.end()
    assert code == 0, stderr
    assert "is not used: it is damaged" in stderr
    frame = same(again.store, expected)
    assert "provenance.resumed_from_epoch" not in frame
    assert "it is damaged" in frame["provenance.checkpoint_note"].item()


def test_force_starts_anew_and_checkpoints_can_be_switched_off(start, suite, unbroken):
    run = start(*options(ADAM))
    until_saved(run)
    os.killpg(run.process.pid, signal.SIGKILL)
    run.end()

    forced = start("--force", *options(ADAM))
    code, _, stderr = forced.end()
    assert code == 0, stderr
    assert "goes on" not in stderr
    frame = same(forced.store, unbroken("reference", suite))
    assert "provenance.resumed_from_epoch" not in frame

    without = start("--force", "--set", "trainer.checkpoint=false", *options(ADAM))
    without.until(lambda rows: rows[-1][2] == "running" and rows[-1][3] > 25)
    assert checkpoints(without) == []
    os.killpg(without.process.pid, signal.SIGKILL)
