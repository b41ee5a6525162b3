"""The file from which a broken-off training goes on: whole or not used."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.exceptions import WorkerError
from qbench.runner import checkpoints
from qbench.runner.checkpoints import (
    CheckpointFile,
    checkpoint_folder,
    is_broken_off,
    remove_finished,
    taken_state,
)
from qbench.store import (
    DIVERGED,
    INTERRUPTED,
    OK,
    TIMEOUT,
    EpochRecord,
    Outcome,
    TrialRecord,
    open_store,
)
from qbench.worker.checkpoints import State
from qbench.worker.protocol import save_arrays

ARRAYS = {
    "param.0.dense.weight": np.arange(6.0).reshape(2, 3).T,
    "optimizer.0.dense.weight.step": np.array(3.0, dtype=np.float32),
    "step_s": np.array([0.1, 0.2]),
    "empty": np.zeros((0, 2)),
}
VALUES = {"epoch": 3, "selection": {"epoch": 2, "_best": float("inf")}, "rate": 0.1}
EPOCHS = [EpochRecord(1, 0.1 + 0.2), EpochRecord(2, float("nan"), 0.5, 0.5, 1e-3, 0.25)]


@pytest.fixture
def file(tmp_path):
    file = CheckpointFile(tmp_path / "checkpoints", "abc")
    file.write(State(ARRAYS, VALUES), EPOCHS)
    return file


def reopened(file):
    return CheckpointFile(file._path.parent, "abc")


def test_what_goes_in_comes_out_exactly(file):
    again = reopened(file)
    saved = again.read()
    assert saved.state.values == VALUES
    assert list(map(repr, saved.epochs)) == list(map(repr, EPOCHS))
    assert set(saved.state.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        found = saved.state.arrays[name]
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert np.array_equal(found, array)
    assert again.provenance() == {"resumed_from_epoch": 3}


def test_no_file_is_no_checkpoint_and_no_note(tmp_path):
    file = CheckpointFile(tmp_path, "abc")
    assert file.read() is None
    assert file.provenance() == {}
    file.remove()


def test_a_file_is_replaced_whole_and_removed(file):
    file.write(State(ARRAYS, {**VALUES, "epoch": 9}), EPOCHS)
    assert [path.name for path in file._path.parent.iterdir()] == ["abc.safetensors"]
    assert file.read().state.values["epoch"] == 9
    file.remove()
    assert file.read() is None


def test_what_a_killed_process_left_half_written_goes_with_the_file(file):
    (file._path.parent / "abc.safetensors.new").write_bytes(b"half")
    assert reopened(file).read() is not None
    file.remove()
    assert list(file._path.parent.iterdir()) == []


def test_states_of_final_trials_are_removed_and_others_stay(tmp_path):
    folder = tmp_path / "checkpoints"
    with open_store(tmp_path / "results.db") as store:
        run = store.begin_run("suite")
        ended = {"ok": OK, "broken": INTERRUPTED, "slow": TIMEOUT, "forced": DIVERGED}
        store.plan(run, [record(name) for name in (*ended, "untried")])
        for name, status in ended.items():
            store.finish_attempt(store.begin_attempt(name, run), Outcome(status))
        store.begin_attempt("forced", run)
        for name in (*ended, "untried", "unknown"):
            CheckpointFile(folder, name).write(State(ARRAYS, VALUES), EPOCHS)
        (folder / "ok.safetensors.new").write_bytes(b"half")
        (folder / "mine.txt").write_text("no state")
        remove_finished(folder, store)
        remove_finished(tmp_path / "none", store)
    left = {path.name.removesuffix(".safetensors") for path in folder.iterdir()}
    assert left == {"broken", "slow", "forced", "untried", "unknown", "mine.txt"}


def record(name):
    return TrialRecord(name, "train", "qnn", "model", "tiny", "tiny", "moons", 0)


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_truncated_file_is_not_used(file, keep):
    file._path.write_bytes(file._path.read_bytes()[:keep])
    again = reopened(file)
    assert again.read() is None
    assert "is not used: it cannot be read" in again.note


def test_a_flipped_bit_anywhere_is_found(file):
    content = file._path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 4
        file._path.write_bytes(changed)
        again = reopened(file)
        assert again.read() is None, place
        assert again.provenance() == {"checkpoint_note": again.note}


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("fingerprint", lambda: "elsewhere", "another machine"),
        ("FORMAT", checkpoints.FORMAT + 1, "another format"),
    ],
)
def test_a_file_of_another_origin_is_not_used(file, monkeypatch, name, value, fault):
    monkeypatch.setattr(checkpoints, name, value)
    again = reopened(file)
    assert again.read() is None
    assert fault in again.note


def test_a_file_of_another_trial_or_version_is_not_used(file, monkeypatch):
    other = CheckpointFile(file._path.parent, "xyz")
    file._path.rename(other._path)
    assert other.read() is None
    assert "another trial" in other.note
    monkeypatch.setattr(checkpoints.qbench, "__version__", "0.0.0")
    other._path.rename(file._path)
    assert reopened(file).read() is None


def test_a_folder_that_cannot_be_written_is_noted_and_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    file = CheckpointFile(tmp_path / "file", "abc")
    file.write(State(ARRAYS, VALUES), EPOCHS)
    assert file.note.startswith("no checkpoint in ")


def test_a_state_is_taken_from_its_folder(tmp_path):
    names = save_arrays(tmp_path / "checkpoint-1", ARRAYS)
    event = {"folder": str(tmp_path / "checkpoint-1"), "arrays": names, "state": VALUES}
    state = taken_state(event)
    assert np.array_equal(state.arrays["step_s"], ARRAYS["step_s"])
    assert list(tmp_path.iterdir()) == []


def test_a_training_goes_on_after_what_came_from_outside():
    assert is_broken_off(Outcome("interrupted"))
    assert is_broken_off(Outcome("timeout"))
    assert is_broken_off(Outcome("failed", reason=str(WorkerError("died"))))
    assert not is_broken_off(Outcome("ok", metrics={"accuracy": 1.0}))
    assert not is_broken_off(Outcome("diverged"))
    assert not is_broken_off(Outcome("failed", provenance={"traceback": "ValueError"}))
    assert not is_broken_off(Outcome("failed", metrics={"accuracy": 1.0}))


def test_checkpoints_lie_beside_a_file_and_in_the_cache_for_a_server(tmp_path, monkeypatch):
    monkeypatch.setenv("QBENCH_CACHE_DIR", str(tmp_path / "cache"))
    assert checkpoint_folder(str(tmp_path / "a.db")) == tmp_path / "checkpoints" / "a.db"
    one, other = (checkpoint_folder(f"postgresql://u:***@h/{db}") for db in ("one", "other"))
    assert one.parent == other.parent == tmp_path / "cache" / "checkpoints"
    assert one != other
