"""What is searched: each method's own keys, on seeds of their own, on one backend."""

from __future__ import annotations

import pytest

from qbench.plan import Plan, Search
from qbench.plan.search import search_seeds
from qbench.store import CONFIGURATION, METHOD_NAME

RATES = "trainer.optimizer.learning_rate: [0.1, 0.01]"
DEPTHS = "circuits.pqc.ansatz.n_layers: [1, 2, 3]"
QNN = ("train=[qnn]", "models.gated=null", "models.linear=null")


def search(*keys: str, more: str = "") -> str:
    return f"search: {{space: {{{', '.join(keys)}}}{more}}}\n"


def searches(plan: Plan) -> dict[str, Search]:
    return {found.method: found for found in plan.searches}


def test_a_method_tries_the_combinations_of_the_keys_that_it_reads(plan_of):
    space = search(RATES, DEPTHS, "baselines.svm_rbf.C: [1, 10]")
    found = searches(plan_of("baselines=[svm_rbf, random_forest, mlp]", extra=space))
    texts = {name: [c.text for c in one.configurations] for name, one in found.items()}
    assert list(texts) == ["qnn", "gated", "linear", "svm_rbf", "mlp"]
    assert texts["qnn"][:2] == ["learning_rate=0.1, n_layers=1", "learning_rate=0.1, n_layers=2"]
    assert len(texts["qnn"]) == 6
    assert texts["gated"] == texts["mlp"] == ["learning_rate=0.1", "learning_rate=0.01"]
    assert texts["svm_rbf"] == ["C=1", "C=10"]


def test_a_method_that_the_space_does_not_touch_is_reported_as_it_stands(plan_of):
    plain = plan_of("baselines=[svm_rbf]", *QNN)
    tuned = plan_of("baselines=[svm_rbf]", *QNN, extra=search(RATES))
    fits = {t.id for t in plain.trials if t.work.task == "fit"}
    assert fits == {t.id for t in tuned.trials if t.work.task == "fit"}
    assert "svm_rbf" not in searches(tuned)
    assert not [t for t in tuned.tried if t.work.task == "fit"]


def test_a_single_value_is_taken_without_a_search(plan_of):
    plan = plan_of(*QNN, extra=search("trainer.epochs: [7]"))
    assert not plan.searches
    assert {t.work.trainer["epochs"] for t in plan.trials if t.work.task == "train"} == {7}


def test_every_method_has_the_same_seeds_and_none_is_reported(plan_of):
    plan = plan_of(extra=search(RATES, DEPTHS, more=", seeds: 4"))
    seeds = search_seeds(4, ())
    assert {t.seed for t in plan.tried} == set(seeds)
    for one in plan.searches:
        assert all([t.seed for t in c.trials] == seeds for c in one.configurations)
    clash = plan_of(f"seeds=[{seeds[0]}, 3]", extra=search(RATES, more=", seeds: 4"))
    used = {t.seed for t in clash.tried}
    assert len(used) == 4
    assert not used & {t.seed for t in clash.trials}
    assert used > set(seeds[1:])


def test_zipped_keys_are_named_by_those_that_a_method_reads(plan_of):
    both = '"circuits.pqc.ansatz.n_layers, circuits.other.n_qubits": [[1, 2], [3, 3]]'
    found = searches(plan_of(*QNN, "baselines=null", extra=search(both)))
    assert [c.text for c in found["qnn"].configurations] == ["n_layers=1", "n_layers=3"]


def test_a_search_reads_the_streams_that_the_suite_fixes(plan_of):
    plan = plan_of("fix=[split]", *QNN, extra=search(RATES))
    assert {t.streams["split"] for t in (*plan.tried, *plan.trials)} == {5}
    assert 5 not in {t.streams["init"] for t in plan.tried}


@pytest.mark.parametrize(
    ("overrides", "separate"),
    [((), False), (("fix=[split]",), True), (("data.order=first",), True)],
)
def test_whether_test_rows_are_kept_from_a_search_is_known(plan_of, overrides, separate):
    plan = plan_of(*overrides, *QNN, extra=search(RATES))
    assert {one.separate_test for one in plan.searches} == {separate}


def test_whether_a_models_own_test_rows_are_kept_from_its_search_is_known(plan_of):
    own = "models.linear.data.order=first"
    separate = {n: s.separate_test for n, s in searches(plan_of(own, extra=search(RATES))).items()}
    assert separate == {"qnn": False, "gated": False, "linear": True, "mlp_matched[to=qnn]": False}


def test_a_search_runs_on_the_first_backend_that_can(plan_of):
    backends = "backends=['pennylane[device=nonsense]', pennylane, reference]"
    plan = plan_of(backends, *QNN, extra=search(RATES))
    assert {t.work.variant for t in plan.tried if t.work.method == "qnn"} == {"pennylane"}
    variants = {t.work.variant for t in plan.searches[0].configurations[0].reported}
    assert variants == {"pennylane[device=nonsense]", "pennylane", "reference"}


def test_what_no_backend_can_run_is_reported_with_its_reason(plan_of):
    plan = plan_of("backends=['pennylane[device=nonsense]']", *QNN, extra=search(RATES))
    assert "qnn" not in searches(plan)
    (refused,) = {t.work.refusal for t in plan.trials if t.work.method == "qnn"}
    assert refused


def test_what_wins_is_what_the_suite_would_be_with_its_values(plan_of):
    values = ("trainer.optimizer.learning_rate=0.01", "circuits.pqc.ansatz.n_layers=3")
    written = {t.id for t in plan_of(*values, *QNN, "baselines=null").trials}
    plan = plan_of(*QNN, "baselines=null", extra=search(RATES, DEPTHS))
    texts = [c.text for c in plan.searches[0].configurations]
    won = plan.searches[0].won(texts.index("learning_rate=0.01, n_layers=3"))
    chosen = plan.chosen({0: won})
    assert {t.id for t in chosen.trials} == written
    assert not {t.id for t in plan.tried} & written


def test_trials_of_a_search_are_marked_by_their_configuration_and_no_more(plan_of):
    plan = plan_of(*QNN, extra=search(RATES))
    assert all(p[CONFIGURATION].startswith("learning_rate=") for t in plan.tried for p in t.labels)
    assert not [p for t in plan.trials for p in t.labels if CONFIGURATION in p]
    assert {t.work.task for t in plan.tried} == {"train"}


def test_only_keeps_the_searches_of_the_trials_that_it_keeps(plan_of):
    plan = plan_of(extra=search(RATES, "baselines.svm_rbf.C: [1, 10]"))
    kept = plan.only({"model": "qnn", "seed": "6", "backend": "reference"})
    assert list(searches(kept)) == ["qnn"]
    assert len(kept.tried) == len(searches(plan)["qnn"].configurations) * 3
    assert {t.seed for c in kept.searches[0].configurations for t in c.reported} == {6}
    assert len(kept.trials) == 1


def test_equal_searches_of_two_points_are_the_same_trials(plan_of):
    extra = search("baselines.svm_rbf.C: [1, 10]") + "matrix: {trainer.epochs: [1, 2]}\n"
    plan = plan_of("baselines=[svm_rbf]", *QNN, extra=extra)
    assert [one.labels for one in plan.searches] == [
        {"trainer.epochs": "1"},
        {"trainer.epochs": "2"},
    ]
    assert len(plan.tried) == 2 * 3
    assert {len(t.labels) for t in plan.tried} == {2}


def test_controls_and_hidden_units_are_searched_too(plan_of):
    extra = search(DEPTHS, "baselines.mlp.hidden_units: [4, 8]")
    plan = plan_of("controls=[no_entanglement]", "baselines=[mlp]", *QNN, extra=extra)
    assert list(searches(plan)) == ["qnn", "qnn[no_entanglement]", "mlp"]
    sizes = [c.reported[0].work.model.count("classical") for c in plan.searches[2].configurations]
    assert sizes[0] < sizes[1]
    assert {p[METHOD_NAME] for t in plan.tried for p in t.labels} == set(searches(plan))


def test_a_teacher_is_trained_anew_under_each_configuration_of_its_student(plan_of):
    taught = ("train=[linear]", "trainer.distillation={teacher: qnn}", "models.gated=null")
    (found,) = plan_of(*taught, "baselines=null", extra=search(RATES)).searches
    rates = [
        [t.work.trainer["optimizer"]["learning_rate"] for t in (trial, *trial.needs)]
        for configuration in found.configurations
        for trial in configuration.trials[:1]
    ]
    assert rates == [[0.1, 0.1], [0.01, 0.01]]
    alone = search("models.linear.trainer.optimizer.learning_rate: [0.1, 0.01]")
    (found,) = plan_of(*taught, "baselines=null", extra=alone).searches
    teachers = {need.id for c in found.configurations for t in c.trials[:1] for need in t.needs}
    assert len(teachers) == 1
