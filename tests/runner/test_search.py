"""Which configuration wins: the figures of the selected epochs on validation rows, nothing else."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from qbench.plan import Plan, make_plan
from qbench.registry import load_registry
from qbench.runner.search import Choice, choices
from qbench.spec import load_suite
from qbench.store import FAILED, OK, EpochRecord, Outcome, Store, open_store

SUITE = """\
qbench: 1
name: tuned
seeds: 2
data: moons
models: {linear: {layers: [{dense: n_classes}]}}
baselines: [svm_rbf]
search:
  space: {trainer.optimizer.learning_rate: [0.1, 0.01, 0.001], baselines.svm_rbf.C: [1, 10]}
  seeds: 2
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE)
    return make_plan(load_suite(path), load_registry())


class Bench:
    """A run whose trials end as a test says."""

    def __init__(self, store: Store, plan: Plan) -> None:
        self.store, self.plan = store, plan
        self.run = store.begin_run("tuned")
        store.plan(self.run, [trial.record() for trial in plan.tried])

    def end(self, method: str, *scores: Any, epoch: int = 2) -> None:
        """The trials of one configuration after another, seed by seed; a text is a failure."""
        search = next(s for s in self.plan.searches if s.method == method)
        trials = [trial for c in search.configurations for trial in c.trials]
        for trial, score in zip(trials, scores, strict=False):
            attempt = self.store.begin_attempt(trial.id, self.run)
            if isinstance(score, str):
                self.store.finish_attempt(attempt, Outcome(FAILED, reason=score))
                continue
            for number in (1, 2, 3):
                value = score if number == epoch else 0.0
                self.store.add_epoch(attempt, EpochRecord(number, 1.0, value, 1 - value))
            found = {"selected_epoch": epoch, "accuracy": 1.0}
            self.store.finish_attempt(attempt, Outcome(OK, metrics=found))

    def fitted(self, *accuracies: float) -> None:
        """The trials of the SVM, which has no loss."""
        search = next(s for s in self.plan.searches if s.method == "svm_rbf")
        trials = [trial for c in search.configurations for trial in c.trials]
        for trial, value in zip(trials, accuracies, strict=True):
            attempt = self.store.begin_attempt(trial.id, self.run)
            self.store.finish_attempt(attempt, Outcome(OK, metrics={"validation_accuracy": value}))

    def found(self, method: str) -> Choice:
        """What the method's search has found."""
        every = choices(self.store, self.run, self.plan.searches)
        return next(one for one in every if one.search.method == method)


@pytest.fixture
def bench(tmp_path: Path, plan: Plan):
    with open_store(tmp_path / "results.db") as store:
        yield Bench(store, plan)


def test_the_least_mean_loss_of_the_selected_epochs_wins(bench):
    bench.end("linear", 0.5, 0.5, 0.6, 0.2, 0.1, 0.8)
    choice = bench.found("linear")
    assert [one.score for one in choice.tried] == pytest.approx([0.5, 0.4, 0.45])
    assert choice.chosen == 1
    rates = {t.work.trainer["optimizer"]["learning_rate"] for t in choice.reported()}
    assert rates == {0.01}


def test_of_equal_configurations_the_first_wins(bench):
    bench.end("linear", 0.5, 0.5, 0.25, 0.5, 0.5, 0.25)
    assert bench.found("linear").chosen == 1


def test_the_largest_accuracy_chooses_where_a_method_has_no_loss(bench):
    bench.fitted(0.8, 0.7, 0.7, 0.9)
    choice = bench.found("svm_rbf")
    assert (choice.metric, choice.chosen) == ("validation_accuracy", 1)


def test_a_configuration_that_failed_loses_and_says_why(bench):
    bench.end("linear", 0.1, "it broke", 0.6, 0.6, 0.5, 0.7)
    choice = bench.found("linear")
    assert choice.chosen == 1
    assert choice.tried[0].reason == "failed: it broke"
    assert math.isnan(choice.tried[0].score)


def test_where_all_failed_the_method_ends_with_the_reason(bench):
    bench.end("linear", *["it broke"] * 6)
    choice = bench.found("linear")
    assert choice.chosen is None
    reported = choice.reported()
    assert [t.seed for t in reported] == [0, 1]
    reason = "none of the search's 3 configurations ended ok; learning_rate=0.1: failed: it broke"
    assert {t.work.refusal for t in reported} == {reason}
    assert not {t.id for t in reported} & {t.id for t in bench.plan.trials}


def test_an_unfinished_search_chooses_nothing_and_reports_nothing(bench):
    bench.end("linear", 0.5, 0.5, 0.4, 0.4, 0.3)
    choice = bench.found("linear")
    assert (choice.chosen, choice.reported(), choice.is_finished) == (None, (), False)
    assert [one.unfinished for one in choice.tried] == [0, 0, 1]


def test_trials_of_a_search_are_in_no_frame_but_their_own(bench):
    bench.end("linear", 0.5, 0.5)
    bench.store.plan(bench.run, [trial.record() for trial in bench.plan.trials])
    rows = bench.store.frame(bench.run)
    assert set(rows["trial_id"]) == {trial.id for trial in bench.plan.trials}
    assert bench.store.epochs_frame(bench.run).empty
    searched = bench.store.frame(bench.run, searched=True)
    assert set(searched["trial_id"]) == {trial.id for trial in bench.plan.tried}
    assert set(searched["configuration"]) >= {"learning_rate=0.1", "C=10"}
    assert list(rows["position"]) == sorted(rows["position"])
    assert min(rows["position"]) == len(searched)
