"""Suites to start from: commented, valid, and to be changed by their owner."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qbench.exceptions import SpecError, UnknownNameError
from qbench.spec.problems import unknown

MOST_DEFAULT_QUBITS = 4
"""Qubits of a starter on a data set that has more features."""


@dataclass(frozen=True)
class Starter:
    """What the user chose.

    Attributes
    ----------
    file : str
        The path, as commands in the comments name it.
    dataset : str
        Its name, or the path of the user's own.
    target : str or None
        The column to predict in the user's own file, "" in a folder of images; None for a
        data set of the catalogue.
    n_features : int
        Of the data set.
    regression : bool
        The data set has values to predict, not classes.
    backends : sequence of str
        As a suite names them; empty: what the kind takes.
    """

    kind: str
    name: str
    file: str
    dataset: str
    n_features: int
    regression: bool
    backends: Sequence[str]
    n_qubits: int
    target: str | None = None

    def text(self) -> str:
        """The suite, commented."""
        make = KINDS[self.kind].body
        parts = (_HEAD, _data(self), make(self), _training(self), _PROFILES)
        text = "\n".join(part.strip("\n") + "\n" for part in parts)
        filled = text.replace("@NAME@", self.name).replace("@FILE@", self.file)
        return f"# {KINDS[self.kind].question}\n{filled}"


def qubits_for(n_features: int, asked: int | None, dataset: str) -> int:
    """The qubits of a starter: one for each feature that is left after PCA.

    Raises
    ------
    SpecError
        More than the data set has features, or fewer than one.
    """
    if asked is None:
        return min(MOST_DEFAULT_QUBITS, n_features)
    if not 1 <= asked <= n_features:
        raise SpecError(
            f"--qubits {asked}: {dataset} has {n_features} features, and each qubit reads one; "
            f"from 1 to {n_features} are possible"
        )
    return asked


def kind_named(name: str) -> str:
    """The name, if there is such a kind.

    Raises
    ------
    UnknownNameError
        With the nearest one.
    """
    if name not in KINDS:
        raise UnknownNameError(unknown("kind of suite", name, KINDS))
    return name


def slug(stem: str) -> str:
    """A suite's name made from a file's name."""
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-") or "suite"


_HEAD = """
# Change it freely: every mistake is told with its line by  qbench validate @FILE@
# See it work:  qbench run @FILE@ --quick      What would run:  --dry-run

qbench: 1                 # version of the language
name: @NAME@

# One seed drives the split, the initial weights and the order of the batches; it means
# the same to every framework and every classical method. Ten give an interval.
seeds: 10
"""

_PROFILES = """
profiles:
  quick:                  # qbench run @FILE@ --quick
    seeds: 2
    trainer.epochs: 2
    record.gradient_variance.n_samples: 20
"""


def _source(chosen: Starter) -> str:
    """Which data: a name of the catalogue, or the user's own by path and target."""
    if chosen.target is None:
        return f"  name: {chosen.dataset:<20}# others: qbench list datasets\n"
    own = {"path": chosen.dataset, "target": chosen.target}
    return "".join(f"  {key}: {_quoted(word)}\n" for key, word in own.items() if word)


def _quoted(word: str) -> str:
    """A word as YAML reads it back as the same text."""
    plain = re.fullmatch(r"[A-Za-z_./][\w./-]*", word) and word.lower() not in _NO_TEXTS
    return word if plain else json.dumps(word, ensure_ascii=False)


_NO_TEXTS = ("true", "false", "null")


def _data(chosen: Starter) -> str:
    pca = f"    - pca: {chosen.n_qubits:<15}# one feature for each qubit\n"
    return f"""
data:
{_source(chosen)}\
  split: {{train: 0.6, validation: 0.2, test: 0.2}}
  transform:              # fitted on the training rows alone
    - standardize
{pca if chosen.n_features > chosen.n_qubits else ""}\
    - min_max: [0, =pi]   # features become angles; `=` starts an expression

circuits:
  pqc:
    n_qubits: {chosen.n_qubits}
    encoding: {{name: angle, rotation: RY}}
    ansatz: {{name: hardware_efficient, rotations: [RY, RZ], entanglement: ring, n_layers: 2}}
    measure: {{expval: Z}}  # one number for each qubit
"""


_QNN = """
models:
  qnn:
    layers:
      - quantum: pqc
      - dense: n_classes  # a linear read-out
"""


def _backends(chosen: Starter, otherwise: Sequence[str]) -> str:
    lines = "".join(f"  - {backend}\n" for backend in chosen.backends or otherwise)
    return f"backends:                 # which there are: qbench list backends\n{lines}"


def _training(chosen: Starter) -> str:
    target = ""
    if not chosen.regression:
        target = (
            "  target: {metric: validation_accuracy, value: 0.9}   # gives the time to target\n"
        )
    return f"""
trainer:
  epochs: 10
  batch_size: 32
  optimizer: {{name: adam, learning_rate: 0.05}}
  select: best_validation # the test rows never choose anything

record:
  metrics: auto           # accuracy and its like, or errors where values are predicted
{target}\
  gradient_variance: {{parameters: quantum, n_samples: 200}}
"""


def _frameworks(chosen: Starter) -> str:
    return f"""{_QNN}
# Equal seeds give equal accuracies on every framework; what differs is time. An option
# chooses a way through a framework: 'qiskit[tier=expert]', 'pennylane[precision=single]'.
{_backends(chosen, ("reference", "torchquantum", "qiskit", "pennylane"))}
baselines: [mlp_matched]  # about as many parameters as the model
baseline: mlp_matched     # differences are taken against it, seed by seed
"""


def _classical(chosen: Starter) -> str:
    return f"""{_QNN}
  twin:                   # the same, with a classical layer in the circuit's place
    base: qnn
    replace: {{quantum: {{dense: {{units: {chosen.n_qubits}, activation: tanh}}}}}}

{_backends(chosen, ("any",))}
# Classical methods on the same features; inputs: raw gives them all, before PCA.
baselines:
  - logistic_regression
  - svm_rbf
  - {{name: svm_rbf, inputs: raw}}
  - random_forest
  - gradient_boosting
  - mlp
  - mlp_matched           # about as many parameters as the model
baseline: mlp_matched     # differences are taken against it, seed by seed
"""


def _depth(chosen: Starter) -> str:
    return f"""{_QNN}
# An axis is a dotted key and its values: each makes the suite once more. What doesn't
# read the key (an SVM has no circuit) still runs once a seed.
matrix:
  circuits.pqc.ansatz.n_layers: [1, 2, 4]

{_backends(chosen, ("any",))}
baselines: [svm_rbf, mlp]
baseline: mlp             # differences are taken against it, seed by seed
"""


@dataclass(frozen=True)
class Kind:
    """A kind of starter: the question that it answers, and the part of the suite that asks it."""

    question: str
    body: Callable[[Starter], str]


KINDS: dict[str, Kind] = {
    "compare-frameworks": Kind("Do frameworks agree, and which is fastest?", _frameworks),
    "against-classical": Kind("Does the circuit earn its place on this data?", _classical),
    "depth-axis": Kind("How deep should the circuit be?", _depth),
}
"""Every kind, the first one the default."""
