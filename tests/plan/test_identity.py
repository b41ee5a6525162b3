"""What makes a trial the same trial: every field of the language, one by one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import pytest

from qbench.data import DataRequest, prepare
from qbench.plan import Plan, make_plan
from qbench.registry import load_registry
from qbench.spec import IDENTITY, load_suite

LAYERS = (
    "[{dense: {units: 4, activation: tanh, bias: true}}, {dense: 2}, relu, {dropout: 0.1}, "
    "{scale: 2}, {quantum: {circuit: pqc, copies: 1}}, {dense: n_classes}]"
)
OWN_LAYERS = f"models.qnn.layers={LAYERS}"
NO_FEATURES = "circuits.pqc.encoding=none"
ONE = "models.gated=null"
SGD, ADAMW = "trainer.optimizer={name: sgd}", "trainer.optimizer={name: adamw}"
STEP, COSINE = "trainer.scheduler={name: step, step_size: 1}", "trainer.scheduler=cosine"
PLATEAU = "trainer.scheduler=plateau"
TARGET = "record.target={metric: validation_accuracy, value: 0.9}"
OWN_DATA = ("data.name=null", "data.options=null", "data.path=one.csv", "data.target=kind", ONE)
IMAGES = ("data.name=digits", "data.options=null", "circuits.pqc.encoding=none", ONE)
DRAWN = ("task=gradient_variance", "baselines=null", "seeds=[0]")
TIMED = ("task=speed", "baselines=null", "seeds=[0]", "models=null", "circuits.other=null")
UNTIL = (*DRAWN, "gradient.n_samples={rse: 0.1, min: 20, max: 50}")
TAUGHT = "trainer.distillation.teacher=label_smoothing"
BEHIND = (
    "models.before={layers: [{dense: 4}, relu, {dense: 2}]}",
    "models.other={base: before, trainer: {epochs: 2}}",
    "models.after={layers: [{backbone: before}, {dense: 2}]}",
)
STOPPING = "trainer.early_stopping={metric: validation_loss, patience: 2}"


def layers(old: str, new: str) -> str:
    assert LAYERS.count(old) == 1
    return f"models.qnn.layers={LAYERS.replace(old, new)}"


CONV = "{conv2d: {filters: 3, kernel_size: 2}}"


def pictured(layer: str) -> tuple[str, ...]:
    """A model of images with one layer more."""
    own = f"models.qnn.layers=[{layer}, flatten, {{dense: n_classes}}]"
    return (*IMAGES, own, "baselines=null", "record.gradient_variance=off")


def reduced(name: str, features: int) -> str:
    return f"{{reduce: {{name: {name}, features: {features}}}}}"


INSIDE: dict[str, tuple[str | tuple[str, ...], str | tuple[str, ...]]] = {
    # field: (what is set before, what is then set to change it)
    "fix": ((), "fix=[split]"),
    "data.name": ((), "data.name=circles"),
    "data.target": (OWN_DATA, "data.target=sort"),
    "data.options": ((), "data.options={noise: 0.2}"),
    "data.classes": ((), "data.classes=[1, 0]"),
    "data.order": ((), "data.order=first"),
    "data.split.train": ((), "data.split.train=0.4"),
    "data.split.validation": ((), "data.split.validation=0.2"),
    "data.split.test": ((), "data.split.test=0.2"),
    "data.transform.name": ((), "data.transform=[standardize]"),
    "data.transform.range": ((), "data.transform=[standardize, {min_max: [0, 2]}]"),
    "data.transform.n_components": (
        ("data.transform=[{pca: 2}]", ONE),
        "data.transform=[{pca: 1}]",
    ),
    "data.transform.size": (
        (*IMAGES, "data.transform=[{resize: [4, 4]}]"),
        "data.transform=[{resize: [2, 2]}]",
    ),
    "circuits.*.n_qubits": (NO_FEATURES, "circuits.pqc.n_qubits=3"),
    "circuits.*.encoding": ((), "circuits.pqc.encoding.rotation=RX"),
    "circuits.*.ansatz": ((), "circuits.pqc.ansatz.n_layers=3"),
    "circuits.*.reupload": ((), "circuits.pqc.reupload=each_layer"),
    "circuits.*.trainable_scale": ((), "circuits.pqc.trainable_scale=true"),
    "circuits.*.gates": ((), "circuits.free.gates=[[RX, 0, x0], [RY, 1, x1], [RZ, 1, w]]"),
    "circuits.*.blocks": ((), "circuits.pqc.blocks=1"),
    "circuits.*.measure": ((), "circuits.pqc.measure={expval: Y}"),
    "models.*.layers.type": (OWN_LAYERS, layers("relu", "sigmoid")),
    "models.*.layers.units": (OWN_LAYERS, layers("units: 4", "units: 5")),
    "models.*.layers.activation": (OWN_LAYERS, layers("activation: tanh", "activation: relu")),
    "models.*.layers.bias": (OWN_LAYERS, layers("bias: true", "bias: false")),
    "models.*.layers.p": (OWN_LAYERS, layers("dropout: 0.1", "dropout: 0.2")),
    "models.*.layers.factor": (OWN_LAYERS, layers("scale: 2", "scale: 3")),
    "models.*.layers.circuit": (OWN_LAYERS, layers("circuit: pqc", "circuit: other")),
    "models.*.layers.copies": ((OWN_LAYERS, NO_FEATURES), layers("copies: 1", "copies: 2")),
    **{
        f"models.*.layers.{key}": (pictured(before), pictured(after))
        for key, before, after in (
            ("channels", "{dropout: 0.2}", "{dropout: {p: 0.2, channels: true}}"),
            ("filters", "{conv2d: {filters: 2, kernel_size: 2}}", CONV),
            ("kernel_size", "{conv2d: {filters: 3, kernel_size: 3}}", CONV),
            ("strides", "{conv2d: {filters: 3, kernel_size: 2, strides: 2}}", CONV),
            ("padding", "{conv2d: {filters: 3, kernel_size: 2, padding: same}}", CONV),
            ("pool_size", "{max_pool2d: 3}", "{max_pool2d: 2}"),
            ("span", "flatten, {select: [0, 3]}", "flatten, {select: [1, 4]}"),
            ("name", reduced("crop", 4), reduced("avg_pool", 4)),
            ("features", reduced("crop", 4), reduced("crop", 9)),
            ("branches", "flatten, {concat: [[relu], []]}", "flatten, {concat: [[tanh], []]}"),
        )
    },
    "models.*.layers.model": (BEHIND, "models.after.layers=[{backbone: other}, {dense: 2}]"),
    "models.*.layers.until": (
        BEHIND,
        "models.after.layers=[{backbone: {model: before, until: 1}}, {dense: 2}]",
    ),
    "models.*.layers.freeze": (
        BEHIND,
        "models.after.layers=[{backbone: {model: before, freeze: false}}, {dense: 2}]",
    ),
    "models.*.init.quantum.name": ((), "models.qnn.init.quantum=zeros"),
    "models.*.init.quantum.range": ((), "models.qnn.init.quantum={uniform: [0, 1]}"),
    "models.*.init.quantum.std": (
        "models.qnn.init.quantum={normal: {std: 0.1}}",
        "models.qnn.init.quantum={normal: {std: 0.2}}",
    ),
    "models.*.freeze": ((), "models.qnn.freeze=[classical]"),
    "models.*.train_on": ("data.split.train=20", "models.qnn.train_on=all"),
    "models.*.data": ((), "models.qnn.data.transform=[standardize]"),
    "models.*.ensemble": (
        "models.both={ensemble: [linear, qnn]}",
        "models.both={ensemble: [linear, gated]}",
    ),
    "models.*.trainer": ((), "models.qnn.trainer.optimizer.learning_rate=0.2"),
    "baselines.name": ("baselines=[svm_rbf]", "baselines=[random_forest]"),
    "baselines.inputs": ("baselines=[svm_rbf]", "baselines=[{name: svm_rbf, inputs: raw}]"),
    "baselines.to": (
        "baselines=[{mlp_matched: {to: qnn}}]",
        "baselines=[{mlp_matched: {to: gated}}]",
    ),
    "backends.name": ("backends=[reference]", "backends=[qiskit]"),
    "backends.options": ("backends=[qiskit]", "backends=['qiskit[tier=expert]']"),
    "execution.precision": ((), "execution.precision=single"),
    "execution.shots": ((), "execution.shots=100"),
    "execution.threads": ((), "execution.threads=2"),
    "execution.accelerator": ((), "execution.accelerator=cuda"),
    "execution.optimise": ((), "execution.optimise=safe"),
    "trainer.epochs": ((), "trainer.epochs=4"),
    "trainer.max_steps": ("trainer={epochs: null, max_steps: 5}", "trainer.max_steps=6"),
    "trainer.batch_size": ((), "trainer.batch_size=16"),
    "trainer.shuffle": ((), "trainer.shuffle=false"),
    "trainer.optimizer.name": ((), SGD),
    "trainer.optimizer.learning_rate": ((), "trainer.optimizer.learning_rate=0.2"),
    "trainer.optimizer.momentum": (SGD, "trainer.optimizer.momentum=0.5"),
    "trainer.optimizer.beta1": ((), "trainer.optimizer.beta1=0.8"),
    "trainer.optimizer.beta2": ((), "trainer.optimizer.beta2=0.9"),
    "trainer.optimizer.epsilon": ((), "trainer.optimizer.epsilon=1e-6"),
    "trainer.optimizer.weight_decay": (ADAMW, "trainer.optimizer.weight_decay=0.5"),
    "trainer.scheduler.name": (PLATEAU, COSINE),
    "trainer.scheduler.step_size": (STEP, "trainer.scheduler.step_size=2"),
    "trainer.scheduler.gamma": (STEP, "trainer.scheduler.gamma=0.5"),
    "trainer.scheduler.t_max": (COSINE, "trainer.scheduler.t_max=7"),
    "trainer.scheduler.eta_min": (COSINE, "trainer.scheduler.eta_min=0.01"),
    "trainer.scheduler.factor": (PLATEAU, "trainer.scheduler.factor=0.5"),
    "trainer.scheduler.patience": (PLATEAU, "trainer.scheduler.patience=1"),
    "trainer.scheduler.threshold": (PLATEAU, "trainer.scheduler.threshold=0.1"),
    "trainer.scheduler.cooldown": (PLATEAU, "trainer.scheduler.cooldown=1"),
    "trainer.scheduler.min_lr": (PLATEAU, "trainer.scheduler.min_lr=0.0001"),
    "trainer.mixed_precision": ((), "trainer.mixed_precision=true"),
    "trainer.loss": ((), "trainer.loss=mse"),
    "trainer.select": ((), "trainer.select=last"),
    "trainer.early_stopping.metric": (STOPPING, "trainer.early_stopping.metric=train_loss"),
    "trainer.early_stopping.patience": (STOPPING, "trainer.early_stopping.patience=3"),
    "trainer.distillation.teacher": (TAUGHT, "trainer.distillation.teacher=linear"),
    "trainer.distillation.temperature": (TAUGHT, "trainer.distillation.temperature=2"),
    "trainer.distillation.ce_weight": (TAUGHT, "trainer.distillation.ce_weight=0.5"),
    "trainer.distillation.kl_weight": (TAUGHT, "trainer.distillation.kl_weight=0.5"),
    "trainer.distillation.scale_t2": (TAUGHT, "trainer.distillation.scale_t2=false"),
    "trainer.distillation.smoothing": (TAUGHT, "trainer.distillation.smoothing=0.2"),
    "record.metrics": ((), "record.metrics=[accuracy]"),
    "record.target.metric": (TARGET, "record.target.metric=train_loss"),
    "record.target.value": (TARGET, "record.target.value=0.8"),
    "record.gradient_variance.n_samples": ((), "record.gradient_variance.n_samples=10"),
    "record.gradient_variance.course": ((), "record.gradient_variance.course=true"),
    "task": (("baselines=null", "seeds=[0]", "record.gradient_variance=off"), DRAWN[0]),
    "gradient.init.name": (DRAWN, "gradient.init=zeros"),
    "gradient.init.range": (DRAWN, "gradient.init={uniform: [0, 1]}"),
    "gradient.init.std": (
        (*DRAWN, "gradient.init={normal: {std: 0.1}}"),
        "gradient.init={normal: {std: 0.2}}",
    ),
    "speed.measure": (TIMED, "speed.measure=[forward]"),
    "speed.batch_size": (TIMED, "speed.batch_size=[1]"),
    "speed.processes": (TIMED, "speed.processes=2"),
    "speed.rounds": (TIMED, "speed.rounds=7"),
    "speed.min_time": (TIMED, "speed.min_time=1s"),
    "gradient.component": (DRAWN, "gradient.component=last"),
    "gradient.n_samples.rse": (UNTIL, "gradient.n_samples={rse: 0.2, min: 20, max: 50}"),
    "gradient.n_samples.min": (UNTIL, "gradient.n_samples={rse: 0.1, min: 30, max: 50}"),
    "gradient.n_samples.max": (UNTIL, "gradient.n_samples={rse: 0.1, min: 20, max: 60}"),
}

ONE_VALUE = {
    "models.*.init.classical.name", "execution.noise", "record.every",
    "record.gradient_variance.parameters",
}  # fmt: skip
"""Fields that have one possible value so far."""

OUTSIDE: dict[str, str] = {
    "name": "name=another",
    "description": "description=words",
    "baseline": "baseline=svm_rbf",
    "budget.trial": "budget.trial=1h",
    "budget.total": "budget.total=2h",
    "budget.memory": "budget.memory=4GB",
    "trainer.checkpoint": "trainer.checkpoint=false",
    "speed.control": "speed.control=false",
    "fit.x": "fit.x=noise",
    "fit.per": "fit.per=[noise]",
    "fit.models": "fit.models=[power]",
    "fit.start": "fit.start=3",
    "trainer.distillation.match_heads": "trainer.distillation={match_heads: false}",
    **dict.fromkeys(
        [f"published.{key}" for key in ("where", "metric", "value", "n_test", "source")],
        "published=[{where: {model: qnn}, metric: accuracy, value: 0.9, n_test: 9, source: them}]",
    ),
    "models.*.unused_outputs": "models.qnn.unused_outputs=true",
    **dict.fromkeys(
        [f"search.{key}" for key in ("space", "sampler", "metric", "seeds")],
        "search={space: {trainer.epochs: [3]}, sampler: grid, metric: validation_accuracy}",
    ),
    "backends.label": "backends=[{name: reference, label: mine}, {name: pennylane, label: theirs}]",
}


@pytest.fixture(autouse=True)
def _own_files(tmp_path, monkeypatch):
    """Two files of the user's with the same rows, in the current folder."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n},{n % 5},{n % 2},{n % 3}\n" for n in range(60))
    for name in ("one.csv", "other.csv"):
        (tmp_path / name).write_text("a,b,kind,sort\n" + rows)


def ids(plan: Plan) -> set[str]:
    return {trial.id for trial in plan.trials}


def of(plan: Plan, task: str) -> set[str]:
    return {trial.id for trial in plan.trials if trial.work.task == task}


def test_every_field_is_tried():
    tried = {*INSIDE, *ONE_VALUE, "backends.version"}
    assert tried == {name for name, side in IDENTITY.items() if side == "inside"}
    tried = {*OUTSIDE, "qbench", "seeds", "train", "controls", "data.path"}
    tried |= {"models.*.base", "models.*.replace"}
    assert tried == {name for name, side in IDENTITY.items() if side == "outside"}


@pytest.mark.parametrize("field", INSIDE)
def test_a_field_inside_the_identity_makes_other_trials(plan_of, field):
    before, change = INSIDE[field]
    given: Iterable[str] = (before,) if isinstance(before, str) else before
    changed: Iterable[str] = (change,) if isinstance(change, str) else change
    assert ids(plan_of(*given)) != ids(plan_of(*given, *changed))


@pytest.mark.parametrize("field", OUTSIDE)
def test_a_field_outside_the_identity_makes_no_other_trial(plan_of, field):
    assert ids(plan_of()) == ids(plan_of(OUTSIDE[field]))


def test_ones_own_data_are_the_same_wherever_they_lie(plan_of, tmp_path):
    one = ids(plan_of(*OWN_DATA))
    assert ids(plan_of(*OWN_DATA, "data.path=other.csv")) == one
    assert ids(plan_of(*OWN_DATA, f"data.path={tmp_path / 'one.csv'}")) == one
    (tmp_path / "other.csv").write_text((tmp_path / "one.csv").read_text().replace("59,", "60,"))
    assert ids(plan_of(*OWN_DATA, "data.path=other.csv")) != one


def test_a_trials_record_leads_to_ones_own_data_from_any_folder(plan_of, tmp_path, monkeypatch):
    (trial, *_) = plan_of(*OWN_DATA).trials
    monkeypatch.chdir("/")
    request = DataRequest.from_json(trial.record().canonical["data"])
    assert request == trial.work.data
    assert prepare(request, 0).digest == trial.work.data_digest


def test_a_number_of_samples_is_part_of_the_identity(plan_of):
    assert ids(plan_of(*DRAWN)) != ids(plan_of(*DRAWN, "gradient.n_samples=10"))
    assert ids(plan_of(*DRAWN)) == ids(plan_of(*DRAWN, "gradient.n_samples=200"))


def test_a_timing_is_the_same_on_one_machine_alone_and_whoever_is_its_control(plan_of, monkeypatch):
    assert ids(plan_of(*TIMED)) == ids(plan_of(*TIMED, "speed.control=false"))
    assert ids(plan_of(*TIMED)) == ids(plan_of(*TIMED, "trainer.epochs=9", "budget.trial=1s"))
    learning = "trainer.optimizer.learning_rate=0.5"
    steps = "speed.measure=[step]"
    assert ids(plan_of(*TIMED, "speed.measure=[forward]")) == ids(
        plan_of(*TIMED, "speed.measure=[forward]", learning)
    )
    assert ids(plan_of(*TIMED, steps)) != ids(plan_of(*TIMED, steps, learning))
    here, trained = ids(plan_of(*TIMED)), ids(plan_of())
    monkeypatch.setattr("qbench.plan.work.fingerprint", lambda: "another machine")
    assert not here & ids(plan_of(*TIMED))
    assert trained == ids(plan_of())


def test_seeds_models_and_controls_only_choose_among_the_same_trials(plan_of):
    everything = ids(plan_of("seeds=[5, 6, 7]"))
    assert ids(plan_of()) < everything
    assert ids(plan_of("train=[qnn]")) < ids(plan_of())
    one = ids(plan_of("controls=[linear_twin]"))
    assert ids(plan_of()) < one < ids(plan_of("controls=[frozen_quantum, linear_twin]"))


def test_a_control_is_the_same_as_the_model_written_out(plan_of):
    frozen = "models.frozen={base: gated, freeze: [quantum]}"
    linear = "models.linear2={base: gated, replace: {quantum: {dense: {units: 2, bias: false}}}}"
    one = "backends=[reference]"
    written = of(plan_of(frozen, linear, one, "train=[gated, frozen, linear2]"), "train")
    control = plan_of("controls=[frozen_quantum, linear_twin]", one, "train=[gated]")
    assert of(control, "train") == written


def test_a_model_derived_from_another_is_the_same_as_written_out(plan_of):
    derived = "models.wide={base: gated, replace: {dense: {dense: {units: 2, bias: false}}}}"
    written = "models.wide={layers: [{quantum: free}, {dense: {units: 2, bias: false}}]}"
    assert ids(plan_of(derived)) == ids(plan_of(written)) != ids(plan_of())


def test_a_profile_is_no_part_of_what_its_values_make(plan_of):
    extra = "profiles: {quick: {trainer.epochs: 2}}\n"
    assert ids(plan_of(extra=extra, profile="quick")) == ids(plan_of("trainer.epochs=2"))


def test_defaults_written_out_change_nothing(plan_of):
    assert ids(plan_of()) == ids(
        plan_of(
            "trainer.optimizer={name: adam, learning_rate: 1e-3, beta1: 0.9}",
            "trainer.scheduler=none",
            "data.options={noise: 0.1}",
            "data.transform=[standardize, {min_max: [0.0, =1 + 2]}]",
            "models.qnn.layers=[{dense: {units: 2, activation: tanh}}, relu, {dropout: 0.1}, "
            "{scale: 2.0}, {quantum: pqc}, {dense: {units: n_classes, bias: true}}]",
            "backends=[{name: pennylane, options: {device: default.qubit}}, reference@1.9.1]",
            "execution.threads=1",
        )
    )


def test_what_a_method_does_not_read_leaves_it_the_same(plan_of):
    plain = plan_of()
    for change in ("circuits.pqc.ansatz.n_layers=3", "trainer.epochs=4", "execution.threads=2"):
        assert of(plan_of(change), "fit") == of(plain, "fit")
    assert of(plan_of("trainer.optimizer.learning_rate=0.1"), "gradient_variance") == of(
        plain, "gradient_variance"
    )
    # freezing is a matter of training: the variance is of the same gradient
    assert of(plan_of("models.qnn.freeze=[classical]"), "gradient_variance") == of(
        plain, "gradient_variance"
    )


def test_another_version_or_revision_of_a_backend_makes_other_trials(make_backend, tmp_path):
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        "qbench: 1\nname: x\nseeds: 1\ndata: moons\nrecord: {gradient_variance: off}\n"
        "circuits: {c: {n_qubits: 2, encoding: {name: angle, rotation: RX}}}\n"
        "models: {m: {layers: [{quantum: c}, {dense: 2}]}}\nbackends: [tiny]\n"
    )
    folder = make_backend()

    def trial(*overrides: str) -> str:
        plan = make_plan(load_suite(suite, None, overrides), load_registry([folder]))
        (found,) = ids(plan)
        return found

    first = trial()
    (folder / "pins" / "1.16.0.txt").write_text("six==1.16.0\n")
    assert trial() == first
    assert trial("backends=['tiny@1.17.0']") == first
    assert trial("backends=['tiny@1.16.0']") != first

    # a correction of the pins is another environment, a correction of the adapter another revision
    (folder / "pins" / "1.17.0.txt").write_text("six==1.17.0\nnumpy==2.4.6\n")
    other_pins = trial()
    project = folder / "pyproject.toml"
    project.write_text(project.read_text().replace("revision = 3", "revision = 4"))
    assert len({first, other_pins, trial()}) == 3


def test_identities_are_the_same_in_another_process(plan_of, tmp_path):
    expected = sorted(ids(plan_of()))
    script = (
        "from qbench.plan import load_plan; from pathlib import Path; import sys\n"
        "print(*sorted(t.id for t in load_plan(Path(sys.argv[1])).trials))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "suite.yaml"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == expected
