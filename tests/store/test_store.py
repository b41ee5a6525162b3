import math
import time

import numpy as np
import pandas as pd
import pytest

from qbench.exceptions import StoreError, UnknownNameError
from qbench.store import (
    FINAL,
    RETRIED_NEXT_RUN,
    RETRIED_WHEN_ASKED,
    RUNNING,
    STATUSES,
    EpochRecord,
    Outcome,
    TrialRecord,
    is_due,
    open_store,
)


def trial(name, labels=({"model": "hybrid"},), **changes):
    columns = {
        "task": "train",
        "method": "hybrid",
        "method_kind": "model",
        "backend": "pennylane",
        "variant": "pennylane[device=lightning.qubit]",
        "dataset": "digits",
        "seed": 0,
    }
    return TrialRecord(id=name, labels=labels, **{**columns, **changes})


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "results" / "qbench.db") as opened:
        yield opened


@pytest.fixture
def run(store):
    run_id = store.begin_run("compare", "name: compare")
    store.plan(run_id, [trial("a"), trial("b", seed=1), trial("c", seed=2)])
    return run_id


def test_every_status_is_final_or_retried_or_running():
    groups = [FINAL, RETRIED_NEXT_RUN, RETRIED_WHEN_ASKED, {RUNNING}]
    assert sorted(s for group in groups for s in group) == sorted(STATUSES)


@pytest.mark.parametrize(
    ("status", "due", "due_when_asked"),
    [
        (None, True, True),
        ("ok", False, False),
        ("unsupported", False, False),
        ("interrupted", True, True),
        ("unavailable", True, True),
        ("failed", False, True),
        ("timeout", False, True),
        ("running", False, False),
    ],
)
def test_which_trials_are_due(status, due, due_when_asked):
    assert is_due(status) is due
    assert is_due(status, retry_failed=True) is due_when_asked


def test_a_run_is_listed_with_what_was_asked(store):
    run_id = store.begin_run(
        "compare", "name: compare", profile="quick", command_line="qbench run", machine={"cpus": 2}
    )
    store.plan(run_id, [trial("a")])
    store.end_run(run_id)
    (info,) = store.runs()
    assert (info.id, info.suite, info.profile, info.planned) == (run_id, "compare", "quick", 1)
    assert (info.status, info.machine) == ("finished", {"cpus": 2})
    assert info.started_at <= info.ended_at
    assert info.started_at.utcoffset().total_seconds() == 0


def test_an_outcome_comes_back_as_it_was(store, run):
    attempt = store.begin_attempt("a", run, {"python": "3.12"}, "logs/a.log")
    outcome = Outcome(
        "ok",
        metrics={"accuracy": np.float64(0.9), "roc_auc": math.nan, "loss": math.inf},
        timings={"step_s": {"median": np.float32(0.5)}},
        counts={"parameters": {"quantum": np.int64(8)}, "wires": [0, 1]},
        provenance={"load": 0.5},
    )
    store.finish_attempt(attempt, outcome)
    row = store.frame(run).iloc[0]
    assert row["status"] == "ok"
    assert row["metrics.accuracy"] == 0.9
    assert math.isnan(row["metrics.roc_auc"])
    assert row["metrics.loss"] == math.inf
    assert row["timings.step_s.median"] == 0.5
    assert row["counts.parameters.quantum"] == 8
    assert row["counts.wires"] == [0, 1]
    assert (row["provenance.python"], row["provenance.load"]) == ("3.12", 0.5)
    assert row["log_path"] == "logs/a.log"
    assert row["ended_at"] >= row["started_at"]


def test_arrays_come_back_bit_by_bit(store, run):
    attempt = store.begin_attempt("a", run)
    arrays = {
        "2.quantum.weights": np.random.default_rng(0).normal(size=(1, 7)),
        "file": np.array([1 + 2j]),
        "order": np.arange(3, dtype=np.int64),
    }
    store.finish_attempt(attempt, Outcome("ok", artifacts={"weights": arrays, "more": {}}))
    read = store.artifact(attempt, "weights")
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        assert np.array_equal(read[name], array)
    assert store.artifact_names(attempt) == ["more", "weights"]
    with pytest.raises(StoreError, match="no arrays named 'nothing'"):
        store.artifact(attempt, "nothing")


def test_arrays_that_only_a_pickle_could_hold_are_refused_and_leave_no_trace(store, run):
    attempt = store.begin_attempt("a", run)
    bad = {"x": np.array([object()])}
    with pytest.raises(ValueError, match="Object arrays"):
        store.finish_attempt(attempt, Outcome("ok", artifacts={"bad": bad}))
    assert store.latest_statuses(["a"]) == {"a": ("running", 1)}


def test_epochs_come_back_in_order_with_their_trial(store, run):
    attempt = store.begin_attempt("b", run)
    store.add_epoch(attempt, EpochRecord(2, 0.4, 0.5, 0.8, 1e-3, 0.1))
    store.add_epoch(attempt, EpochRecord(1, math.nan))
    frame = store.epochs_frame(run)
    assert frame["epoch"].tolist() == [1, 2]
    assert frame["trial_id"].tolist() == ["b", "b"]
    assert frame["seed"].tolist() == [1, 1]
    assert frame["validation_accuracy"].tolist()[1] == 0.8
    with pytest.raises(StoreError, match="refused"):
        store.add_epoch(attempt, EpochRecord(1, 0.3))


def test_attempts_are_numbered_and_never_overwritten(store, run):
    first = store.begin_attempt("a", run)
    store.finish_attempt(first, Outcome("failed", "disagrees"))
    second = store.begin_attempt("a", run)
    assert second != first
    assert store.latest_statuses(["a", "b"]) == {"a": ("running", 2)}
    store.finish_attempt(second, Outcome("ok"))
    assert store.latest_statuses(["a"]) == {"a": ("ok", 2)}
    with pytest.raises(StoreError, match="ended already: failed"):
        store.finish_attempt(first, Outcome("ok"))


def test_a_later_attempt_that_did_not_finish_hides_no_result(store, run):
    done, other = store.begin_attempt("a", run), store.begin_attempt("a", run)
    store.finish_attempt(done, Outcome("ok", metrics={"accuracy": 1.0}))
    store.finish_attempt(other, Outcome("interrupted", "stopped"))
    assert store.latest_statuses(["a"]) == {"a": ("ok", 1)}
    assert store.frame(run).iloc[0]["metrics.accuracy"] == 1.0


def test_trials_that_were_timed_together_end_together_or_not_at_all(store, run):
    first, second = (store.begin_attempt(name, run) for name in ("a", "b"))
    times = {"speed": {"seconds": np.ones(3)}}
    both = {first: Outcome("ok", artifacts=times), second: Outcome("skipped", reason="too long")}
    with pytest.raises(StoreError, match="no attempt 999"):
        store.finish_attempts({**both, 999: Outcome("ok")})
    assert set(store.frame(run)["status"]) == {"running", "planned"}
    store.finish_attempts(both)
    assert list(store.frame(run)["status"]) == ["ok", "skipped", "planned"]
    assert list(store.artifact(first, "speed")["seconds"]) == [1, 1, 1]


def test_a_trial_that_took_turns_has_taken_its_own_share(store, run):
    attempt = store.begin_attempt("a", run)
    store.finish_attempt(attempt, Outcome("ok", timings={"trial_s": 1234.5}))
    assert store.durations(["a"]) == {"a": 1234.5}


def test_an_attempt_ends_with_a_status_that_there_is(store, run):
    with pytest.raises(ValueError, match="no status"):
        Outcome("fine")
    with pytest.raises(ValueError, match="no status"):
        Outcome("running")
    with pytest.raises(StoreError, match="no attempt 99"):
        store.finish_attempt(99, Outcome("ok"))


def test_a_trial_of_no_run_cannot_be_attempted(store, run):
    with pytest.raises(StoreError, match="refused"):
        store.begin_attempt("nothing", run)


def test_only_a_due_trial_can_be_claimed(store, run):
    attempt = store.claim("a", run)
    assert store.claim("a", run) is None
    store.finish_attempt(attempt, Outcome("failed", "no"))
    assert store.claim("a", run) is None
    again = store.claim("a", run, retry_failed=True)
    store.finish_attempt(again, Outcome("ok"))
    assert store.claim("a", run, retry_failed=True) is None
    assert store.latest_statuses(["a"]) == {"a": ("ok", 2)}


def test_a_second_run_joins_the_trials_that_the_first_one_finished(store, run):
    attempt = store.begin_attempt("a", run)
    store.finish_attempt(attempt, Outcome("ok"))
    second = store.begin_run("compare")
    store.plan(second, [trial("d", seed=3), trial("a", labels=[{"model": "renamed"}])])
    frame = store.frame(second)
    assert frame["trial_id"].tolist() == ["d", "a"]
    assert frame["status"].tolist() == ["planned", "ok"]
    assert frame["labels.model"].tolist() == ["hybrid", "renamed"]
    assert frame["attempt_run_id"].tolist()[1] == run
    assert frame["attempt_id"].tolist() == [pd.NA, attempt]
    assert store.frame(run)["labels.model"].tolist()[0] == "hybrid"
    assert store.status_counts(second) == {"ok": 1, "planned": 1}


def test_equal_trials_reached_by_two_paths_merge_and_both_labels_survive(store):
    run_id = store.begin_run("depths")
    paths = [{"model": "svm", "depth": "2"}, {"model": "svm", "depth": "4"}]
    store.plan(run_id, [trial("svm", labels=[path]) for path in paths])
    assert store.runs()[0].planned == 1
    joined = store.frame(run_id)
    assert joined["labels.depth"].tolist() == ["2, 4"]
    assert joined["labels.model"].tolist() == ["svm"]
    assert store.frame(run_id, each_path=True)["labels.depth"].tolist() == ["2", "4"]


def test_an_empty_run_has_frames_with_columns(store):
    run_id = store.begin_run("empty")
    store.plan(run_id, [])
    assert store.frame(run_id).empty
    assert "status" in store.frame(run_id)
    assert store.epochs_frame(run_id).empty
    assert store.status_counts(run_id) == {}


def test_the_canonical_form_of_a_trial_is_kept(store):
    run_id = store.begin_run("s")
    store.plan(run_id, [trial("a", canonical={"data": {"name": "digits"}, "scale": 0.1})])
    assert store.trial("a") == {"data": {"name": "digits"}, "scale": 0.1}
    with pytest.raises(StoreError, match="no trial 'z'"):
        store.trial("z")


def test_a_run_is_found_by_id_prefix_suite_or_nothing(store):
    first = store.begin_run("compare")
    second = store.begin_run("compare")
    third = store.begin_run("speed")
    assert store.resolve_run(None) == third
    assert store.resolve_run("compare") == second
    assert store.resolve_run(first) == first
    others = [second, third]
    prefix = next(
        first[:n] for n in range(1, 7) if not any(o.startswith(first[:n]) for o in others)
    )
    assert store.resolve_run(prefix) == first


def test_a_run_that_there_is_not_suggests_the_nearest(store):
    with pytest.raises(UnknownNameError, match="no runs yet"):
        store.resolve_run()
    store.begin_run("compare_frameworks")
    with pytest.raises(UnknownNameError, match="did you mean 'compare_frameworks'"):
        store.resolve_run("compare_framework")
    with pytest.raises(UnknownNameError, match="the latest is"):
        store.resolve_run("0")


def test_a_prefix_of_several_runs_is_refused_with_their_ids(store):
    ids = [store.begin_run("s") for _ in range(60)]
    first_letters = [run_id[0] for run_id in ids]
    shared = next(letter for letter in first_letters if first_letters.count(letter) > 1)
    with pytest.raises(UnknownNameError, match="begins several runs"):
        store.resolve_run(shared)


@pytest.mark.timed
def test_ten_thousand_trials_are_planned_quickly(store):
    run_id = store.begin_run("large")
    canonical = {"circuit": {"gates": ["RY"] * 40}, "trainer": {"epochs": 10}}
    trials = [trial(f"{i:064x}", seed=i, canonical=canonical) for i in range(10_000)]
    start = time.process_time()
    store.plan(run_id, trials)
    assert time.process_time() - start < 1.5
    start = time.process_time()
    assert store.latest_statuses([t.id for t in trials]) == {}
    assert time.process_time() - start < 0.5
    assert store.runs()[0].planned == 10_000


def test_a_name_means_the_latest_finished_training_of_the_method(store):
    run = store.begin_run("s")
    records = [
        trial("a1", method="qnn", seed=0),
        trial("b2", method="qnn", seed=1),
        trial("c3", method="qnn", task="gradient_variance"),
        trial("d4", method="other"),
    ]
    store.plan(run, records)
    for trial_id, status in (("a1", "ok"), ("b2", "ok"), ("c3", "ok"), ("b2", "failed")):
        store.finish_attempt(store.begin_attempt(trial_id, run), Outcome(status))
    found = store.finished_attempt("qnn")
    assert (found.trial_id, found.number, found.status) == ("b2", 1, "ok")
    assert store.finished_attempt("c").trial_id == "c3"
    for text, message in (("other", "has ended ok yet"), ("d4", "has ended"), ("zz", "no trial")):
        with pytest.raises(UnknownNameError, match=message):
            store.finished_attempt(text)
