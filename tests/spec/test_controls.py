"""``controls``: which there are, of what they are, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError
from qbench.spec import CLASSICAL_CONTROLS, CONTROLS, load_suite, split_control
from qbench.spec.controls import control_key

SUITE = """\
qbench: 1
name: controlled
data: iris
circuits: {pqc: {n_qubits: 4, encoding: angle, ansatz: real_amplitudes}}
models:
  qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}
  linear: {layers: [{dense: n_classes}]}
controls: [linear_twin, no_entanglement]
"""


@pytest.fixture
def load(tmp_path):
    def load(*overrides):
        path = tmp_path / "controlled.yaml"
        path.write_text(SUITE)
        return load_suite(path, None, overrides).config

    return load


def test_every_control_is_a_word(load):
    assert load(f"controls=[{', '.join(CONTROLS)}]").controls == list(CONTROLS)
    assert load("controls=null").controls == []
    assert set(CLASSICAL_CONTROLS) < set(CONTROLS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("controls=[no_entanglment]",),
         "controls[0]: unknown control 'no_entanglment'; did you mean 'no_entanglement'?"),
        (("controls=[3]",), "controls[0]: must be the name of a control, not the number 3"),
        (("controls=[linear_twin, linear_twin]",), "controls[1]: 'linear_twin' is listed twice"),
        (("train=[linear]",), "controls: are of quantum models, and `train` has none"),
        (("models=null", "baselines=[mlp]"), "controls: are of quantum models"),
        (("task=gradient_variance", "seeds=[0]"),
         "controls: task gradient_variance trains nothing; leave them out"),
        (("task=diagnose", "seeds=[0]"), "controls: task diagnose trains nothing; leave them out"),
        (("baseline=qnn[linear_twn]",), "did you mean 'qnn[linear_twin]'?"),
        (("baseline=qnn[frozen_quantum]",), "unknown model or baseline 'qnn[frozen_quantum]'"),
        (("baseline=linear[linear_twin]",), "unknown model or baseline 'linear[linear_twin]'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(load, changes, message):
    with pytest.raises(SpecError) as caught:
        load(*changes)
    assert message in str(caught.value)


def test_a_control_can_be_the_baseline(load):
    assert load("baseline=qnn[linear_twin]").baseline == "qnn[linear_twin]"
    assert load("baseline={model: 'qnn[linear_twin]'}").baseline == {"model": "qnn[linear_twin]"}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_key_says_model_and_control(control):
    assert split_control(control_key("my-qnn", control)) == ("my-qnn", control)


@pytest.mark.parametrize("key", ["qnn", "svm_rbf[inputs=raw]", "mlp_matched[to=qnn]"])
def test_other_keys_name_no_control(key):
    assert split_control(key)[1] == ""
