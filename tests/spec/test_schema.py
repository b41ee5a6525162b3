"""The JSON Schema says of a suite what loading it says, as far as an editor can know."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from qbench.data import DATASETS
from qbench.spec.document import parse
from qbench.spec.schema import _Writer, suite_schema

from .conftest import SMALL, Load, Refusal
from .test_experiments import TWO

SUITES = sorted((Path(__file__).parents[2] / "suites").glob("*.yaml"))
OPTIONS = {name: list(info.options) for name, info in DATASETS.items()}


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schema = suite_schema(["pennylane", "qiskit"], OPTIONS)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def mistakes(validator: Draft7Validator, text: str) -> list[str]:
    data, _ = parse(text, "suite.yaml")
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(data)]


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_a_shipped_suite_fits_the_schema(path: Path, validator: Draft7Validator) -> None:
    assert mistakes(validator, path.read_text()) == []


GOOD = [
    TWO,
    "seeds: [3, 4]\nfix: [split]\nbudget: {trial: 15min, total: none, memory: 4GB}\n",
    "baselines: [svm_rbf, {name: svm_rbf, inputs: raw}, mlp_matched: qnn, {mlp: {inputs: raw}}]\n",
    "backends: [any, 'qiskit[tier=expert]', qiskit@2, {name: qiskit, options: {shots: 9}}]\n",
    "trainer: {optimizer: sgd, scheduler: none, early_stopping: off, epochs: =2+3}\n",
    "trainer: {optimizer: {learning_rate: 0.1}, scheduler: {name: step, step_size: 3}}\n",
    "trainer: {epochs: null, max_steps: 4, early_stopping: {patience: 3}}\n",
    "record: {metrics: [mae], gradient_variance: off, target: {metric: train_loss, value: 1}}\n",
    "matrix: {trainer.epochs: {a: 1, b: 2}, 'trainer.batch_size, data.order': [[2, first]]}\n",
    "matrix: {trainer.epochs: [1, 2], exclude: [{trainer.epochs: [2]}]}\n",
    "matrix: {include: [{trainer.epochs: 1}]}\nbaseline: qnn\n",
    "profiles: {quick: {trainer.epochs: 2, circuits.pqc.n_qubits: 4, data: {order: first}}}\n",
    "execution: {precision: double, shots: null, noise: none, threads: 2}\nbaseline: {x: 1}\n",
    "  twin: {base: qnn, replace: {quantum: {dense: {units: 4, activation: tanh}}}}\n",
    "  gone: {base: qnn, replace: {quantum: null}, freeze: [classical]}\n",
    "  m: {layers: [relu, dropout, dropout: 0.2, {dense: 3}, {scale: =pi/2}, dense: =n_classes]}\n",
    "  m: {layers: [dense: {units: n_classes}, {quantum: {circuit: pqc, copies: 2}}]}\n",
    "  m: {layers: [relu], init: {quantum: {uniform: [0, =2*pi]}, classical: glorot_uniform}}\n",
    "  m: {layers: lenet5}\n",
    "  m: {layers: [{backbone: qnn}, dense: 2]}\n  e: {ensemble: [m, qnn]}\n",
    "  m: {layers: [backbone: {model: qnn, until: 1, freeze: false}, {dense: 2}]}\n",
    "  m: {layers: [conv2d: {filters: =n_classes, kernel_size: 3, padding: same}, max_pool2d]}\n",
    "  m: {layers: [avg_pool2d: 3, flatten, select: [0, n_classes], complement, sigmoid_cat]}\n",
    "  m: {layers: [concat: [[{quantum: pqc}, concat: [[], [relu]]], []], dense: 2]}\n",
    "  m: {layers: [reduce: {name: crop, features: =2**2}, dropout: {p: 0.1, channels: true}]}\n",
    "  m: {layers: [quanv2d: {circuit: pqc, kernel_size: 2}]}\n",
    "trainer: {loss: nll_probs}\n",
    "search: {space: {trainer.epochs: {few: 1, many: =2*3}}, seeds: 2}\n",
    "published: [{where: {model: qnn}, metric: accuracy, value: =1/2, n_test: 9, source: x}]\n",
    "trainer: {distillation: {teacher: label_smoothing, temperature: 2, match_heads: false}}\n",
    "  m: {layers: [relu], init: {quantum: {normal: {std: 1}}}}\n",
    "  m: {layers: [relu], init: {quantum: {name: normal, std: 1}}}\n",
    "  m: {layers: [relu], train_on: all, data: iris, trainer: {epochs: 3}}\n",
]


@pytest.mark.parametrize("extra", GOOD)
def test_every_form_that_loads_fits_the_schema(
    extra: str, load: Load, validator: Draft7Validator
) -> None:
    assert mistakes(validator, SMALL + extra) == []
    if "baseline: {x" not in extra:
        load(extra)


CIRCUITS = [
    "encoding: none, ansatz: {name: efficient_su2, entanglement: [[0, 1]]}, measure: {probs: [0]}",
    "encoding: {name: amplitude, pad_with: 1}, measure: {expval: [Z0, X1 Y2]}, reupload: once",
    "encoding: iqp, ansatz: {name: strongly_entangling, ranges: auto}, trainable_scale: true",
    "gates: [[RX, 0, x0], {repeat: 2, gates: [[RY, 1, w]]}], measure: {probs: all}",
]


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_every_form_of_a_circuit_fits_the_schema(circuit: str, validator: Draft7Validator) -> None:
    text = f"qbench: 1\nname: x\ndata: iris\ncircuits: {{c: {{n_qubits: 4, {circuit}}}}}\n"
    assert mistakes(validator, text) == []


BAD = [
    "foo: 1\n",
    "seeds: ten\n",
    "seeds: 0\n",
    "seeds: [1, 1]\n",
    "fix: [splitt]\n",
    "published: [{metric: accuracy, value: 0.9, source: x}]\n",
    "search: {sampler: grid, space: {}}\n",
    "search: {space: {trainer.epochs: 3}}\n",
    "published: [{where: {model: qnn}, metric: acuracy, value: 0.9, source: x}]\n",
    "budget: {trial: 15 parsecs}\n",
    "trainer: {epoch: 3}\n",
    "trainer: {epochs: 0}\n",
    "trainer: {epochs: ten}\n",
    "trainer: {optimizer: adamm}\n",
    "trainer: {optimizer: {name: sgd, beta1: 0.5}}\n",
    "trainer: {optimizer: {learning_rate: -1}}\n",
    "trainer: {scheduler: {name: step, gama: 2}}\n",
    "trainer: {loss: nll_prob}\n",
    "trainer: {shuffle: yes}\n",
    "record: {metrics: [acuracy]}\n",
    "record: {gradient_variance: {n_samples: 1}}\n",
    "record: {target: {metric: loss, value: 1}}\n",
    "baselines: [svm]\n",
    "baselines: [{svm_rbf: {to: qnn}}]\n",
    "backends: [pennylane[tier=expert]]\n",
    "backends: ['a b']\n",
    "backends: [{name: qiskit, options: {divice: x}}]\n",
    "execution: {precision: half}\n",
    "experiments: {a: {trianer.epochs: 2}}\n",
    "experiments: {a: {trainer.epochs: ten}}\n",
    "experiments: {a: {name: x}}\n",
    "experiments: {a.b: {}}\n",
    "profiles: {quick: {trainer: {epoch: 2}}}\n",
    "matrix: {trainer.epochs: 3}\n",
    "matrix: {trainer.epochs: []}\n",
    "matrix: {'a, b': [1, 2]}\n",
    "  m: {layers: [dens: 3]}\n",
    "  m: {layers: [dense]}\n",
    "  m: {layers: [dense: {unit: 3}]}\n",
    "  m: {layers: [relu: 3]}\n",
    "  m: {layers: lenet}\n",
    "  m: {layers: [conv2d: {filters: 3}]}\n",
    "  m: {layers: [max_pool2d: 0]}\n",
    "  m: {layers: [select: [1]]}\n",
    "  m: {layers: [reduce: {name: pca, features: 3}]}\n",
    "  m: {layers: [concat: [[relu], [rel]]]}\n",
    "  m: {layers: [{dense: 3, relu: null}]}\n",
    "  m: {layers: [dropout: 2]}\n",
    "  m: {layers: [relu], freeze: [all]}\n",
    "  m: {layers: [relu], init: {quantum: normal}}\n",
    "  m: {base: qnn, replace: {quantumm: relu}}\n",
]


@pytest.mark.parametrize("extra", BAD)
def test_what_is_refused_does_not_fit_the_schema(
    extra: str, refusal: Refusal, validator: Draft7Validator
) -> None:
    try:
        data = mistakes(validator, SMALL + extra)
    except Exception as error:  # noqa: BLE001 - no YAML at all: the editor says so itself
        data = [str(error)]
    assert data
    refusal(extra)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("qbench: 1", "qbench: 2"),
        ("name: small", "name: Small One"),
        ("name: small\n", ""),
        ("name: digits", "name: digitz"),
        ("classes: [3, 8]", "classes: [3]"),
        ("classes: [3, 8]", "split: {train: lots}"),
        ("classes: [3, 8]", "transform: [pca]"),
        ("classes: [3, 8]", "options: {n_sample: 3}"),
        ("data: {name: digits, classes: [3, 8]}\n", ""),
        ("n_qubits: 4", "n_qubits: 0"),
        ("rotation: RY", "rotation: RQ"),
        ("rotation: RY", "rotatoin: RY"),
        ("name: angle", "name: angel"),
        ("ansatz: hardware_efficient", "ansatz: hardware"),
        ("ansatz: hardware_efficient", "ansatz: {name: hardware_efficient, layers: 2}"),
        ("ansatz: hardware_efficient", "measure: {expval: Z, probs: all}"),
        ("ansatz: hardware_efficient", "measure: {var: Z}"),
    ],
)
def test_a_wrong_word_in_the_small_suite_is_seen(
    old: str, new: str, validator: Draft7Validator, refusal: Refusal
) -> None:
    assert old in SMALL
    text = SMALL.replace(old, new)
    assert mistakes(validator, text)
    refusal(text=text, known_datasets=OPTIONS)


def test_keys_are_explained_and_named_after_fields_that_exist() -> None:
    writer = _Writer([], None)
    for model, name in writer.special:
        assert name in model.model_fields
    schema = writer.suite()
    bare = [key for key, value in schema["properties"].items() if not value.get("description")]
    assert bare == []
