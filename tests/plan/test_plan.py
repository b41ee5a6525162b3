"""Which trials a suite comes to: merging, streams of randomness, backends, refusals."""

from __future__ import annotations

import re

import pytest

from qbench.exceptions import SpecError, UnknownNameError
from qbench.plan import interleave, make_plan
from qbench.registry import PREFERENCE, load_registry
from qbench.spec import load_suite
from qbench.store import METHOD_NAME, VARIANT_NAME

PLAIN = """\
qbench: 1
name: plain
seeds: [5, 6]
data: {name: iris, transform: [{min_max: [0, 3]}]}
circuits:
  pqc: {n_qubits: 4, encoding: angle, ansatz: {name: hardware_efficient, n_layers: 1}}
models:
  qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}
baselines: [svm_rbf]
backends: [reference]
record: {gradient_variance: off}
"""


def by(plan, **wanted):
    """Trials whose work has these attributes."""
    return [t for t in plan.trials if all(getattr(t.work, k) == v for k, v in wanted.items())]


def axes(trial):
    return [{k: v for k, v in path.items() if not k.startswith("@")} for path in trial.labels]


def test_an_axis_that_a_method_does_not_read_does_not_multiply_it(plan_of):
    plan = plan_of(text=PLAIN, extra="matrix: {circuits.pqc.ansatz.n_layers: [1, 2, 3]}\n")
    assert len(by(plan, method="qnn")) == 6
    svm = by(plan, method="svm_rbf")
    assert [t.seed for t in svm] == [5, 6]
    for trial in svm:
        assert axes(trial) == [{"circuits.pqc.ansatz.n_layers": n} for n in "123"]


def test_equal_trials_of_two_experiments_are_one_that_keeps_both_labels(plan_of):
    extra = """experiments:
  base:
  longer: {trainer.epochs: 20}
  deeper: {circuits.pqc.ansatz.n_layers: 2}
"""
    plan = plan_of(text=PLAIN, extra=extra)
    assert len(by(plan, method="qnn")) == 6
    svm = by(plan, method="svm_rbf")
    assert [t.seed for t in svm] == [5, 6]
    for trial in svm:  # neither the epochs nor the circuit are read by it
        assert axes(trial) == [{"experiment": name} for name in ("base", "longer", "deeper")]
    assert len(plan.only({"experiment": "longer"}).trials) == 4
    assert len(plan.only({"experiment": "*er", "model": "qnn"}).trials) == 4


def test_an_experiment_may_have_seeds_streams_and_backends_of_its_own(plan_of):
    extra = """experiments:
  base:
  other: {seeds: [6, 7, 8], fix: [split], backends: [pennylane]}
"""
    plan = plan_of(text=PLAIN, extra=extra)
    seeds = {"base": [], "other": []}
    for trial in by(plan, method="qnn"):
        seeds[trial.labels[0]["experiment"]].append((trial.work.variant, trial.seed))
        assert trial.streams["split"] == (
            6 if trial.labels[0]["experiment"] == "other" else trial.seed
        )
    assert seeds == {
        "base": [("reference", 5), ("reference", 6)],
        "other": [("pennylane", 6), ("pennylane", 7), ("pennylane", 8)],
    }
    shared = [t for t in by(plan, method="svm_rbf") if len(t.labels) == 2]
    assert [t.seed for t in shared] == [6]


def test_equal_models_are_one_trial_that_keeps_both_names(plan_of):
    extra = "train: [qnn, twin]\n"
    plan = plan_of("models.twin={base: qnn}", text=PLAIN, extra=extra)
    trained = by(plan, task="train")
    assert [t.seed for t in trained] == [5, 6]
    for trial in trained:
        assert [path[METHOD_NAME] for path in trial.labels] == ["qnn", "twin"]
    for name in ("qnn", "twin"):
        assert len(plan.only({"model": name}).trials) == 2


def test_two_ways_to_write_one_variant_are_one_trial_that_keeps_both(plan_of):
    written = "backends=[pennylane, 'pennylane[device=default.qubit]']"
    for trial in by(plan_of(written, text=PLAIN), task="train"):
        names = [path[VARIANT_NAME] for path in trial.labels]
        assert names == ["pennylane", "pennylane[device=default.qubit]"]


@pytest.mark.parametrize("stream", ["split", "init", "batches"])
def test_a_fixed_stream_stays_at_the_first_seed(plan_of, stream):
    free = plan_of(text=PLAIN)
    fixed = plan_of(f"fix=[{stream}]", text=PLAIN)
    for plan, expected in ((free, [5, 6]), (fixed, [5, 5])):
        trials = by(plan, method="qnn")
        assert [t.seed for t in trials] == [5, 6]
        assert [t.streams[stream] for t in trials] == expected
        assert [t.streams["other"] for t in trials] == [5, 6]
    # at the first seed nothing differs
    assert by(free, method="qnn")[0].id == by(fixed, method="qnn")[0].id


def test_any_is_the_first_of_the_preference_and_all_is_every_quantum_backend(plan_of):
    def names(written):
        plan = plan_of(f"backends={written}", text=PLAIN)
        return list(dict.fromkeys(t.work.backend.name for t in by(plan, task="train")))

    assert names("[any]") == [PREFERENCE[0]]
    assert names("[all]") == list(PREFERENCE)


@pytest.mark.parametrize(
    ("backend", "changes", "reason"),
    [
        ("reference[precision=single]", (), "single precision: not offered"),
        ("reference[device=aer]", (), "no mode with device=aer; there are: device=numpy"),
        ("reference[shots=100]", (), "shots: not offered"),
        ("reference", ("execution.accelerator=cuda",), "accelerator cuda: only cpu"),
    ],
)  # fmt: skip
def test_what_a_backend_cannot_do_is_a_refusal_with_its_reason(plan_of, backend, changes, reason):
    plan = plan_of(f"backends=['{backend}', pennylane]", *changes, text=PLAIN)
    refused = [t for t in by(plan, method="qnn") if t.work.backend.name == "reference"]
    assert [t.seed for t in refused] == [5, 6]
    assert all(reason in (t.work.refusal or "") for t in refused)
    assert all(t.work.refusal is None for t in by(plan, method="svm_rbf"))


def test_a_gate_that_a_backend_lacks_is_refused_before_its_environment_exists(
    plan_of, make_backend, tmp_path
):
    path = tmp_path / "suite.yaml"
    path.write_text(PLAIN)
    suite = load_suite(path, None, ("backends=[tiny]",))
    plan = make_plan(suite, load_registry([make_backend()]))
    assert {t.work.refusal for t in by(plan, method="qnn")} == {"gates not offered: RY"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            ("circuits.pqc.n_qubits=6",),
            "models.qnn.layers[0]: circuit 'pqc' (6 qubits) reads 6 features but receives 4; "
            "change n_qubits, reduce the data (transform: [{pca: 6}]) or put a dense layer of "
            "6 units before it",
        ),
        (
            ("models.qnn.layers=[{quantum: {circuit: pqc, copies: 2}}]",),
            "(4 qubits, 2 copies) reads 8 features but receives 4",
        ),
        (("models.qnn.layers=[{quantum: pqc}]",), "ends in 4 outputs, but cross_entropy on 3"),
        (("trainer.loss=mse", "models.qnn.layers=[{dense: 1}]"), "ends in 1 outputs, but mse on 3"),
        (("data.split.validation=0",), "trainer.select: best_validation needs validation rows"),
        (("record.metrics=[rmse]",), "record.metrics: rmse is not defined for classification"),
        (("data=diabetes", "data.transform=[{pca: 4}]", "trainer.loss=hinge"), "use mse"),
        (("baselines=[mlp_matched]", "models.qnn.layers=[{dense: {units: 3, bias: false}}]",
          "data.transform=[{pca: 1}]"), "'qnn' has 3 parameters, fewer than the smallest MLP on 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_where_it_stands(plan_of, changes, message):
    with pytest.raises(SpecError) as caught:
        plan_of(*changes, text=PLAIN)
    assert message in str(caught.value)
    assert re.match(r"(\S+suite\.yaml:\d+:\d+|--set): \w+", str(caught.value))


def test_a_matched_mlp_is_the_largest_with_no_more_parameters(plan_of):
    plan = plan_of("baselines=[mlp_matched]", text=PLAIN)
    qnn, matched = (
        by(plan, method="qnn")[0].work.model,
        by(plan, method="mlp_matched")[0].work.model,
    )
    budget = qnn.count("quantum") + qnn.count("classical")
    hidden = matched.layers[0]["units"]
    size = matched.count("classical")
    assert size == hidden * (4 + 1) + 3 * (hidden + 1) <= budget
    assert size + 4 + 1 + 3 > budget


def test_gradient_variance_is_planned_once_a_variant_at_the_first_seed(plan_of):
    plan = plan_of(
        "record.gradient_variance={n_samples: 7}", "backends=[reference, pennylane]", text=PLAIN
    )
    found = by(plan, task="gradient_variance")
    assert [(t.work.variant, t.seed) for t in found] == [("reference", 5), ("pennylane", 5)]
    assert {t.work.gradient["n_samples"]["max"] for t in found} == {7}


def test_only_keeps_what_matches_every_pattern(plan_of):
    plan = plan_of(
        text=PLAIN, extra="matrix: {circuits.pqc.ansatz.n_layers: {shallow: 1, deep: 2}}\n"
    )
    chosen = plan.only({"circuits.pqc.ansatz.n_layers": "deep", "seed": "6"})
    assert {(t.work.method, t.seed) for t in chosen.trials} == {("qnn", 6), ("svm_rbf", 6)}
    with pytest.raises(UnknownNameError, match="model: qnn, svm_rbf"):
        plan.only({"model": "mlp"})


def test_interleaving_takes_one_of_each_in_turn():
    assert interleave([["a1", "a2", "a3"], [], ["b1"], ["c1", "c2"]]) == [
        "a1", "b1", "c1", "a2", "c2", "a3",
    ]  # fmt: skip


def test_a_baseline_can_be_a_value_of_an_axis_but_no_backend(plan_of):
    axis = "matrix: {trainer.epochs: [1, 2]}\n"
    assert plan_of("baseline={trainer.epochs: 1}", extra=axis).trials
    with pytest.raises(SpecError, match=r"baseline\.backend.*: differences are of accuracies"):
        plan_of("baseline={backend: pennylane}")


def test_a_classical_model_trains_on_the_accelerator_that_is_asked_for(plan_of):
    def accelerators(*overrides):
        plan = plan_of("baselines=[mlp]", *overrides, text=PLAIN)
        return {t.work.execution.accelerator for t in by(plan, method="mlp")}

    assert accelerators() == {"cpu"}
    assert accelerators("execution.accelerator=cuda") == {"cuda"}
