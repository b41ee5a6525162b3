"""Loading a suite: what it means, and every mistake with its place."""

from __future__ import annotations

import time
from typing import Any

import pytest

from qbench.spec import Suite

from .conftest import SMALL, Load, Refusal


def replaced(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def test_a_small_suite_has_every_default(load: Load) -> None:
    suite = load()
    config = suite.config
    assert (suite.name, suite.task, suite.seeds, suite.fix) == ("small", "train", [*range(10)], [])
    assert [p.labels for p in suite.points] == [{}]
    assert config.train == ["qnn"]
    assert [b.key for b in config.backends] == ["any"]
    assert (config.trainer.epochs, config.trainer.max_steps) == (10, None)
    assert config.trainer.optimizer.model_dump() == {
        "name": "adam",
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-8,
    }
    assert config.record.gradient_variance is not None
    assert config.record.gradient_variance.n_samples == 200
    assert config.circuits["pqc"].encoding == {
        "name": "angle",
        "rotation": "RY",
        "scale": 1.0,
        "hadamard": False,
    }
    assert config.circuits["pqc"].build().circuit.n_qubits == 4


def test_layers_take_every_form_of_a_list_item(load: Load) -> None:
    layers = """
  other:
    layers:
      - flatten
      - dense: {units: =2*n_classes, activation: tanh}
      - dropout: 0.1
      - relu
      - scale: =pi/2
      - quantum: {circuit: pqc}
      - dense: n_classes
"""
    suite = load(layers, text=SMALL.replace("classes: [3, 8]", "order: first"))
    dumped = [layer.model_dump() for layer in suite.config.models["other"].layers]
    assert dumped[1] == {"type": "dense", "units": "=2 * n_classes", "activation": "tanh",
                         "bias": True}  # fmt: skip
    assert dumped[2:5] == [
        {"type": "dropout", "p": 0.1, "channels": False},
        {"type": "relu"},
        {"type": "scale", "factor": pytest.approx(1.5707963267948966)},
    ]
    assert dumped[5] == {"type": "quantum", "circuit": "pqc", "copies": 1}
    assert dumped[6]["units"] == "=n_classes"


def test_a_list_of_classes_settles_n_classes_everywhere(load: Load) -> None:
    text = replaced("n_qubits: 4", "n_qubits: =2*n_classes")
    config = load(text=text).config
    assert config.circuits["pqc"].n_qubits == 4
    assert config.models["qnn"].layers[1].model_dump()["units"] == 2


def test_a_variant_takes_its_base_s_layers_init_and_freeze(load: Load) -> None:
    variants = """    init: {quantum: {normal: {std: 0.1}}}
    freeze: [quantum]
  classical: {base: qnn, replace: {quantum: {dense: {units: 4, activation: tanh}}}}
  bare: {base: classical, freeze: [], replace: {dense: null}}
"""
    models = load(variants).config.models
    assert [layer.type for layer in models["classical"].layers] == ["dense", "dense"]
    assert models["classical"].init.quantum.model_dump() == {"name": "normal", "std": 0.1}
    assert models["classical"].freeze == ["quantum"]
    assert models["bare"].layers == []
    assert models["bare"].freeze == []


def test_replace_means_every_layer_of_a_type_those_in_branches_too(load: Load) -> None:
    variants = """
  wide:
    layers: [relu, concat: [[relu, dense: 4], [quantum: pqc, relu]], relu, dense: n_classes]
  smooth: {base: wide, replace: {relu: tanh}}
  linear: {base: wide, replace: {relu: null}}
"""
    models = load(variants).config.models

    def types(layers: list[Any]) -> list[Any]:
        branched = [getattr(layer, "branches", None) for layer in layers]
        return [
            [types(branch) for branch in branches] if branches else layer.type
            for layer, branches in zip(layers, branched, strict=True)
        ]

    branches = [["tanh", "dense"], ["quantum", "tanh"]]
    assert types(models["smooth"].layers) == ["tanh", branches, "tanh", "dense"]
    assert types(models["linear"].layers) == [[["dense"], ["quantum"]], "dense"]


def test_baselines_take_a_name_a_mapping_and_options(load: Load) -> None:
    baselines = """
baselines: [svm_rbf, {name: svm_rbf, inputs: raw}, mlp_matched, {mlp_matched: {to: two}}]
baseline: svm_rbf
"""
    text = SMALL + "  two: {layers: [dense: 9, dense: 2]}\n"
    config = load(baselines, text=text).config
    assert [b.key for b in config.baselines] == [
        "svm_rbf",
        "svm_rbf[inputs=raw]",
        "mlp_matched",
        "mlp_matched[to=two]",
    ]
    assert [b.to for b in config.baselines] == [None, None, "qnn", "two"]


def test_a_baseline_given_by_name_is_the_one_entry_of_that_name(load: Load) -> None:
    config = load("baselines: [mlp_matched: {to: qnn}]\nbaseline: mlp_matched\n").config
    assert config.baseline == config.baselines[0].key == "mlp_matched[to=qnn]"


def test_slots_budget_seeds_and_record_are_normalised(load: Load) -> None:
    config = load("""
seeds: [3, 1]
fix: [split]
budget: {trial: 15min, total: 2h, memory: 4GB}
backends: [any, {name: pennylane, version: "0.45.1", options: {tier: expert}, label: mine}]
trainer:
  max_steps: 7
  optimizer: sgd
  scheduler: {name: plateau, factor: 0.7}
  early_stopping: {patience: 3}
record: {gradient_variance: off, metrics: [accuracy], target: {metric: validation_loss, value: 1}}
""").config
    assert config.seeds == [3, 1]
    assert (config.budget.trial, config.budget.total) == (900.0, 7200.0)
    assert config.budget.memory == 4 * 10**9
    assert config.backends[1].key == "pennylane@0.45.1[tier=expert]"
    assert (config.trainer.epochs, config.trainer.max_steps) == (None, 7)
    assert config.trainer.optimizer.name == "sgd"
    assert config.trainer.scheduler is not None
    assert config.trainer.scheduler.name == "plateau"
    assert config.record.gradient_variance is None


def test_a_suite_of_baselines_alone_needs_no_model(load: Load) -> None:
    text = "qbench: 1\nname: a\ndata: digits\nbaselines: [svm_rbf]\n"
    assert load(text=text).config.train == []


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("trainer: {epoch: 3}", "14:11: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("trainer: {epochs: ten}", "trainer.epochs: must be a whole number, not text 'ten'"),
        ("trainer: {epochs: 2.5}", "trainer.epochs: must be a whole number, not the number 2.5"),
        ("trainer: {epochs: 0}", "trainer.epochs: must be at least 1, not 0"),
        ("trainer: {epochs: true}", "trainer.epochs: must be a whole number, not true"),
        ("trainer: {shuffle: yes}", "trainer.shuffle: must be true or false, not text 'yes'"),
        ("trainer: {shuffle: 1}", "trainer.shuffle: must be true or false, not the number 1"),
        ("trainer: [1]", "14:1: trainer: must be a mapping (`key: value`), not a list"),
        ("trainer: {epochs: 3, max_steps: 3}", "trainer: give `epochs` or `max_steps`, not both"),
        ("trainer: {lr: 1}", "trainer.lr: unknown key; did you mean 'optimizer: {learning_rate"),
        ("trainer: {optimizer: adma}", "unknown optimizer 'adma'; did you mean 'adam'?"),
        ("trainer: {optimizer: none}", "trainer.optimizer: training needs an optimizer"),
        ("trainer: {optimizer: 3}", "must be a name or {name: ..., options}, not the number 3"),
        ("trainer: {optimizer: {beta: 1}}", "optimizer.beta: unknown key; did you mean 'beta"),
        ("trainer: {scheduler: {factor: 1}}", "trainer.scheduler: needs a name"),
        ("trainer: {scheduler: step}", "trainer.scheduler.step_size: is required"),
        ("trainer: {loss: entropy}", "trainer.loss: unknown value 'entropy'; did you mean 'cr"),
        ("trainer: {mixed_precision: bf16}", "trainer.mixed_precision: must be true or false"),
        ("epochs: 3", "14:1: epochs: unknown key; did you mean 'trainer.epochs'?"),
        ("trianer: {}", "14:1: trianer: unknown key; did you mean 'trainer'?"),
        ("profile: {}", "profile: unknown key; did you mean 'profiles'?"),
        ("description: 3", "description: must be text, not the number 3; quote it: \"3\""),
        ("task: sped", "task: unknown value 'sped'; did you mean 'speed'?"),
        ("task: tran", "task: unknown value 'tran'; did you mean 'train'?"),
        ("seeds: 0", "seeds: must be from 1 to 10000, not 0"),
        ("seeds: [1, 1]", "seeds: holds a seed twice"),
        ("seeds: many", "seeds: must be a count or a list of whole numbers, not text 'many'"),
        ("seeds: [-1]", "seeds: seeds are whole numbers from 0"),
        ("fix: [splits]", "14:7: fix[0]: unknown value 'splits'; did you mean 'split'?"),
        ("fix: split", "fix: must be a list, not text 'split'"),
        ("budget: {trial: 15}", "budget.trial: must be an amount such as 15min (s, min, h, d), or"),
        ("budget: {memory: 4 GigaByte}", "budget.memory: must be an amount such as 4GB (KB"),
        ("backends: [penylane]", "14:12: backends[0]: unknown backend 'penylane'; did you mean"),
        ("backends: pennylane", "backends: must be a list, not text 'pennylane'"),
        ("backends: [any, any]", "backends[1]: 'any' is listed twice"),
        ("backends: [{name: pennylane, version: 0.45}]", 'version: must be text, not the number 0'),
        ("backends: [{nam: pennylane}]", "backends[0].nam: unknown key; did you mean 'name'?"),
        ("backends: ['pennylane[tire=x]']", "backends[0].options.tire: unknown key; did you mean"),
        ("execution: {shots: 1.5}", "execution.shots: must be a whole number from 1, or null"),
        ("execution: {noise: x}", "execution.noise: `noise` is not yet supported (planned)"),
        ("execution: {optimise: save}", "execution.optimise: unknown value 'save'; did you mean"),
        ("execution: {device: x}", "unknown key; it is an option of a backend: pennylane[device="),
        ("train: [qn]", "train[0]: unknown model 'qn'; did you mean 'qnn'?"),
        ("baseline: qn", "baseline: unknown model or baseline 'qn'; did you mean 'qnn'?"),
        ("baseline: {axes: x}", "baseline.axes: unknown axis 'axes'; known are model, backend"),
        ("baseline: {model: qn}", "baseline.model: unknown value 'qn'; did you mean 'qnn'?"),
        ("baseline: 3", "baseline: must be the name of a model or baseline"),
        ("baselines: [svm]", "baselines[0]: unknown baseline 'svm'; did you mean 'svm_rbf'?"),
        ("baselines: [mlp_matched, mlp_matched: {to: qnn}]", "[1]: 'mlp_matched[to=qnn]' is lis"),
        ("baselines: [svm_rbf, svm_rbf]", "baselines[1]: 'svm_rbf' is listed twice"),
        ("baselines: [{svm_rbf: {input: raw}}]", "svm_rbf.input: unknown key; did you mean 'inp"),
        ("baselines: [{svm_rbf: raw}]", "baselines[0]: svm_rbf takes no value, but text 'raw'"),
        ("baselines: [{mlp_matched: cnn}]", "mlp_matched.to: unknown model 'cnn'"),
        ("record: {metrics: [acuracy]}", "metrics[0]: unknown metric 'acuracy'; did you mean 'ac"),
        ("record: {metrics: accuracy}", "record.metrics: must be auto or a list of metrics"),
        ("record: {gradient_variance: {n_samples: 1}}", "n_samples: must be at least 2, not 1"),
        ("record: {target: {metric: validation_loss}}", "record.target.value: is required"),
        ("  m: {layers: [flaten]}", "layers[0]: unknown layer 'flaten'; did you mean 'flatten'?"),
        ("  m: {layers: [conv2d: 3]}", "layers[0]: conv2d takes no value, but the number 3 is"),
        ("  m: {layers: [{backbone: x}]}", "layers[0].backbone.model: unknown model 'x'"),
        ("  m: {layers: lenet}", "models.m.layers: unknown model 'lenet'; did you mean 'lenet5'?"),
        ("  m: {layers: [{reduce: {name: pca, features: 4}}]}", "reduce.name: pca is fitted on"),
        ("  m: {layers: [{reduce: {name: avg, features: 4}}]}", "did you mean 'avg_pool'?"),
        ("  m: {layers: [{select: 4}]}", "layers[0].select.span: must be [from, to]"),
        ("  m: {layers: [{concat: [[flatten]]}]}", "must have at least 2 items, not 1"),
        ("  m: {layers: [{concat: [[flattn], []]}]}", "did you mean 'flatten'?"),
        ("  m: {layers: [{quanv2d: {circuit: x, kernel_size: 2}}]}", "unknown circuit 'x'"),
        ("  m: {layers: [{concat: [[{quantum: x}], []]}]}", "unknown circuit 'x'"),
        ("  m: {layers: [dense]}", "models.m.layers[0].dense.units: is required"),
        ("  m: {layers: [dense: n_clases]}", "dense.units: must be a number, `n_classes` or an ex"),
        ("  m: {layers: [dense: 1.5]}", "dense.units: must be a whole number from 1, not 1.5"),
        ("  m: {layers: [dense: true]}", "dense.units: must be a number, `n_classes` or"),
        ("  m: {layers: [{dense: {unit: 1}}]}", "dense.unit: unknown key; did you mean 'units'?"),
        ("  m: {layers: [{dense: 2, bias: true}]}", "a layer has one name, and its options below"),
        ("  m: {layers: [flatten: 2]}", "flatten takes no value, but the number 2 is given"),
        ("  m: {layers: [dropout: 1]}", "dropout.p: must be less than 1.0, not 1"),
        ("  m: {layers: [3]}", "layers[0]: must be a layer (`name`, `name: value` or"),
        ("  m: {layers: [quantum: pcq]}", "layers[0].quantum.circuit: unknown circuit 'pcq'; did"),
        ("  m: {}", "models.m: needs `layers`, `base` with `replace`, or `ensemble`"),
        ("  m:", "models.m: must be a mapping (`key: value`), not nothing"),
        ("  m: {base: qn}", "models.m.base: unknown model 'qn'; did you mean 'qnn'?"),
        ("  m: {base: m}", "models.m.base: bases run in a circle: m -> m"),
        ("  m: {base: qnn, replace: {relu: tanh}}", "replace.relu: 'qnn' has no layer 'relu'; it"),
        ("  m: {base: qnn, replace: {quantum: tan}}", "replace.quantum: unknown layer 'tan'; did"),
        ("  m: {ensemble: [qnn]}", "models.m.ensemble: names two models at least, each once"),
        ("  m: {layers: [relu], init: {quantum: {uniform: [1, 0]}}}", "must be [low, high]"),
        ("  m: {layers: [relu], init: {quantum: normal}}", "quantum.normal.std: is required"),
        ("  a.b: {layers: [relu]}", "'a.b' is no name: letters, digits, _ and -"),
        ("  mlp: {layers: [relu]}", "models.mlp: this name is taken by a baseline"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_the_nearest_right_word(
    extra: str, expected: str, refusal: Refusal
) -> None:
    told = refusal(extra + "\n", known_backends=["pennylane", "qiskit"])
    assert told.startswith("suite.yaml:")
    assert expected in told


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("qbench: 1\n", "", "suite.yaml:1:1: qbench: is required"),
        ("qbench: 1", "qbench: 2", "language version 2 needs a newer qbench; this one reads 1"),
        ("qbench: 1", "qbench: '1'", "qbench: must be 1, the version of the language, not text"),
        ("name: small", "name: My Suite!", "did you mean 'my_suite'?"),
        ("{name: digits, classes: [3, 8]}", "digit", "3:1: data.name: unknown data set 'digit'"),
        ("classes: [3, 8]", "classes: [3]", "data.classes: needs two labels at least"),
        ("classes: [3, 8]", "classes: [3, 3]", "data.classes: holds a label twice"),
        ("classes: [3, 8]", "classes: 3", "data.classes: must be all or a list of labels"),
        ("classes: [3, 8]", "split: {train: 3.5}", "data.split.train: must be a number of rows, a"),
        ("classes: [3, 8]", "split: {train: 0}", "train must have rows; only validation may be 0"),
        ("classes: [3, 8]", "split: {train: 0.9}", "the fractions add up to 1.3, more than 1"),
        ("classes: [3, 8]", "split: {train: {per_class: x}}", "per_class must be a whole number"),
        ("classes: [3, 8]", "split: {val: 3}", "data.split.val: unknown key; did you mean 'valid"),
        ("classes: [3, 8]", "split: {validation: 0}", "best_validation needs validation rows"),
        ("classes: [3, 8]", "transform: [pca: x]", "transform[0].pca.n_components: must be a wh"),
        ("classes: [3, 8]", "transform: [min_max: 3]", "min_max.range: must be [low, high]"),
        ("classes: [3, 8]", "options: {noise: 1}", "data.options.noise: digits has no such option"),
        ("n_qubits: 4", "qubits: 4", "circuits.pqc.qubits: unknown key; did you mean 'n_qubits'?"),
        ("n_qubits: 4", "n_qubits: =2*n", "unknown name 'n'"),
        ("n_qubits: 4", "n_qubits: 2000", "circuits.pqc.n_qubits: n_qubits is a whole"),
        ("rotation: RY", "rotatoin: RY", "encoding.rotatoin: unknown key; did you mean 'rotation'"),
        ("rotation: RY", "rotation: RR", "suite.yaml:7:5: circuits.pqc.encoding: encoding ang"),
        ("name: angle", "name: angel", "encoding: unknown encoding 'angel'; did you mean 'angle'?"),
        ("hardware_efficient", "{name: qcnn, keep: 9}", "qcnn: keep is a whole number from 1 to 3"),
        ("hardware_efficient", "{name: hardware_efficient, rotations: [RQ]}", "circuits.pqc"),
        ("hardware_efficient", "{name: hardware_efficient, entangler: CNTO}", "CNOT"),
        ("ansatz: hardware_efficient", "measure: {expval: Q}", "circuits.pqc"),
        ("ansatz: hardware_efficient", "gates: [[RX, 0, x0]]", "circuits.pqc.gates: gates stand"),
    ],
)  # fmt: skip
def test_a_mistake_inside_the_suite_is_told_with_its_place(
    old: str, new: str, expected: str, refusal: Refusal
) -> None:
    told = refusal(text=replaced(old, new), known_datasets={"digits": ()})
    assert told.startswith("suite.yaml:")
    assert expected in told


def test_an_unknown_gate_is_told_at_its_circuit(refusal: Refusal) -> None:
    circuit = "  other: {n_qubits: 1, gates: [[RXX2, 0, w]], measure: {expval: Z}}\nmodels:\n"
    told = refusal(text=replaced("models:\n", circuit))
    assert told.startswith("suite.yaml:9:24: circuits.other.gates: gates: no 'RXX2'")


def test_all_problems_are_told_at_once_in_lines(refusal: Refusal) -> None:
    told = refusal("trainer: {epoch: 1, batchsize: 2, shuffle: 3}\nfoo: 1\n").splitlines()
    assert len(told) == 4
    assert all(line.startswith("suite.yaml:1") for line in told)


def test_more_than_ten_problems_are_counted(refusal: Refusal) -> None:
    told = refusal("".join(f"wrong{i}: 1\n" for i in range(30))).splitlines()
    assert len(told) == 11
    assert told[-1] == "... and 20 more"


def test_equal_values_have_equal_digests_whatever_the_text(load: Load) -> None:
    plain = load()
    written = load("trainer: {epochs: 10, optimizer: {name: adam, beta1: 0.9}}\nseeds: 10\n# x\n")
    other = load("trainer: {epochs: 11}\n")
    assert plain.digest == written.digest != other.digest
    assert plain.resolved(plain.points[0]) == written.resolved(written.points[0])


@pytest.mark.timed
def test_a_thousand_points_are_validated_quickly(load: Load) -> None:
    axes = """matrix:
  trainer.batch_size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  trainer.optimizer.learning_rate: [.1, .2, .3, .4, .5, .6, .7, .8, .9, 1.0]
  trainer.epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
"""
    start = time.perf_counter()
    suite = load(axes)
    assert len(suite.points) == 1000
    assert time.perf_counter() - start < 5


def test_suite_is_a_value(load: Load) -> None:
    suite = load("description: words\n")
    assert isinstance(suite, Suite)
    assert suite.description == "words"
    assert suite.text.startswith("qbench: 1")
