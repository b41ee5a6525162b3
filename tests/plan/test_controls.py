"""What each control makes of a quantum model, and where it runs."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram
from qbench.circuit.build import BuiltCircuit, build_circuit
from qbench.exceptions import SpecError, Unsupported
from qbench.plan.controls import (
    WrittenModel,
    linear_twin,
    with_random_rotations,
    without_entanglement,
)
from qbench.plan.layers import resolve_model
from qbench.store import METHOD_KIND, METHOD_NAME

INIT = {"quantum": {"name": "zeros"}, "classical": {"name": "glorot_uniform"}}


def of(plan, method):
    """Trials that some path calls so, seed by seed."""
    return [t for t in plan.trials if any(p[METHOD_NAME] == method for p in t.labels)]


def work(plan, method):
    return of(plan, method)[0].work


def bloch_product(built: BuiltCircuit, seed: int) -> float:
    """The smallest purity of a qubit at random features and weights: 1 for product states."""
    circuit, draw = built.circuit, np.random.default_rng(seed)
    x, w = draw.uniform(0, 6, (1, circuit.n_inputs)), draw.uniform(0, 6, circuit.n_weights)
    state = ReferenceProgram(circuit).states(x, w)[0].reshape((2,) * circuit.n_qubits)
    purities = []
    for wire in range(circuit.n_qubits):
        rows = np.moveaxis(state, wire, 0).reshape(2, -1)
        purities.append(float(np.trace(np.linalg.matrix_power(rows @ rows.conj().T, 2)).real))
    return min(purities)


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "zz_feature_map", "ansatz": "real_amplitudes"},
        {"encoding": "iqp", "ansatz": "strongly_entangling"},
        {"encoding": "angle", "reupload": "each_layer", "trainable_scale": True,
         "ansatz": {"name": "sim", "number": 14, "n_layers": 2}},
        {"encoding": "angle", "ansatz": {"name": "hardware_efficient", "entangler": "CRX"}},
    ],
)  # fmt: skip
def test_without_its_entanglers_a_circuit_gives_product_states(options):
    built = build_circuit(4, **options)
    separable = without_entanglement(built)
    assert bloch_product(built, 0) < 0.999
    assert bloch_product(separable, 0) == pytest.approx(1.0)
    assert separable.circuit.two_qubit_gates == 0
    assert separable.circuit.readouts == built.circuit.readouts
    assert separable.circuit.n_inputs == built.circuit.n_inputs


def test_weights_of_removed_gates_vanish_and_the_others_keep_their_place():
    gates = [["RX", 0, "x0"], ["CRY", [0, 1], "w0"], ["RZ", 1, "w1"], ["CNOT", [0, 1]]]
    gates += [["RY", 0, "w2 * x1"], ["CRX", [1, 0], "w1"]]
    built = build_circuit(2, gates=gates)
    separable = without_entanglement(built)
    assert [o.gate for o in separable.circuit.operations] == ["RX", "RZ", "RY"]
    assert separable.circuit.n_weights == 2
    x, w = np.array([[0.3, 0.7]]), np.array([0.1, 0.2, 0.4])
    alone = build_circuit(2, gates=[gates[0], ["RZ", 1, "w0"], ["RY", 0, "w1 * x1"]])
    np.testing.assert_array_equal(
        ReferenceProgram(separable.circuit).forward(x, w[1:]),
        ReferenceProgram(alone.circuit).forward(x, w[1:]),
    )


def test_scale_weights_keep_their_values_when_entanglers_with_weights_go():
    options = {"encoding": {"name": "angle", "scale": 2.0}, "trainable_scale": True}
    built = build_circuit(4, ansatz={"name": "sim", "number": 14}, **options)
    separable = without_entanglement(built)
    assert sorted(built.scale_weights.values()) == [2.0] * 4
    assert sorted(separable.scale_weights.values()) == [2.0] * 4
    scaling = {
        k
        for o in separable.circuit.operations
        for angle in o.angles
        if angle.input_indices
        for k in angle.weight_indices
    }
    assert set(separable.scale_weights) == scaling


def test_amplitudes_cannot_be_disentangled():
    with pytest.raises(Unsupported, match="amplitude encoding prepares an entangled state"):
        without_entanglement(build_circuit(2, encoding="amplitude"))
    assert without_entanglement(build_circuit(1, encoding="amplitude")).circuit.n_qubits == 1


def test_random_rotations_stand_where_trained_gates_stood_and_features_stay():
    built = build_circuit(
        2,
        gates=[["RX", 0, "x0"], ["RY", 0, "w"], ["CRX", [0, 1], "w"], ["RZ", 1, "0.5"],
               ["RZ", 1, "w * x1"]],
    )  # fmt: skip
    randomised = with_random_rotations(built).circuit
    gates = [o.gate for o in randomised.operations]
    assert gates == ["RX", "U3", "CRX", "RZ", "RZ"]
    assert randomised.n_weights == 3 + 1 + 1


@pytest.mark.parametrize(
    ("n_layers", "bias"), [(1, False), (2, False), (4, False), (5, True), (9, True)]
)
def test_a_linear_twin_has_a_bias_where_that_brings_it_nearer(n_layers, bias):
    ansatz = {"name": "hardware_efficient", "rotations": ["RY"], "n_layers": n_layers}
    circuits = {"c": build_circuit(4, encoding="angle", ansatz=ansatz)}
    weights = circuits["c"].circuit.n_weights
    assert weights == 4 * n_layers  # beside 16 and 20 of the dense layer
    twin = linear_twin(WrittenModel([("quantum", {"circuit": "c", "copies": 1})], circuits, INIT))
    (layer,) = resolve_model(twin.layers, circuits, n_features=4).layers
    assert layer["type"] == "dense"
    assert (layer["units"], layer["activation"], layer["bias"]) == (4, "linear", bias)


def test_the_bias_of_a_linear_twin_goes_by_the_features_and_not_by_the_amplitudes():
    ansatz = {"name": "hardware_efficient", "rotations": ["RY"], "n_layers": 5}
    circuits = {"c": build_circuit(4, encoding="amplitude", ansatz=ansatz)}
    twin = linear_twin(WrittenModel([("quantum", {"circuit": "c", "copies": 1})], circuits, INIT))
    biases = [resolve_model(twin.layers, circuits, n_features=n).layers[0]["bias"] for n in (4, 16)]
    assert biases == [True, False], "20 weights beside 16 and 20, or 64 and 68"


def test_a_linear_twin_replaces_every_copy_and_reaches_into_branches():
    circuits = {"c": build_circuit(2, encoding="angle", ansatz="real_amplitudes")}
    inner = ("quantum", {"circuit": "c", "copies": 3})
    model = WrittenModel([("concat", {"branches": [[], [inner]]})], circuits, INIT)
    ((kind, options),) = linear_twin(model).layers
    assert kind == "concat"
    assert options["branches"][1][0][0] == "dense"
    assert options["branches"][1][0][1]["units"] == 6


def test_the_linear_twin_of_a_sliding_circuit_is_a_convolution():
    circuits = {"c": build_circuit(4, encoding="angle")}
    layer = ("quanv2d", {"circuit": "c", "kernel_size": 2, "strides": 2})
    ((kind, options),) = linear_twin(WrittenModel([layer], circuits, INIT)).layers
    assert kind == "conv2d"
    assert options == {
        "filters": 4, "kernel_size": 2, "strides": 2, "padding": "valid", "activation": "linear",
    }  # fmt: skip


def test_controls_follow_their_model_on_the_first_backend_that_can(plan_of):
    controls = "[no_entanglement, frozen_quantum, random_quantum, linear_twin, product_twin, "
    plan = plan_of(
        f"controls={controls}mlp_matched]",
        "backends=[{name: reference, options: {precision: single}}, pennylane, torchquantum]",
        "baselines=null",
    )
    at = {m: {t.work.variant for t in of(plan, f"qnn[{m}]")} for m in controls[1:-2].split(", ")}
    on_a_backend = {m for m, variants in at.items() if variants == {"pennylane"}}
    assert on_a_backend == {"no_entanglement", "frozen_quantum", "random_quantum"}
    assert at["linear_twin"] == at["product_twin"] == {"baselines"}
    assert {t.work.variant for t in of(plan, "qnn[mlp_matched]")} == {"baselines"}
    assert all(t.work.refusal is None for t in of(plan, "qnn[no_entanglement]"))
    assert [t.seed for t in of(plan, "qnn[linear_twin]")] == [5, 6]
    assert not of(plan, "linear[linear_twin]"), "a classical model has no controls"


def test_a_control_differs_from_its_model_in_the_quantum_part_alone(plan_of):
    plan = plan_of("controls=[no_entanglement, frozen_quantum, random_quantum, linear_twin]")
    model = work(plan, "qnn")
    for name in ("no_entanglement", "frozen_quantum", "random_quantum", "linear_twin"):
        control = work(plan, f"qnn[{name}]")
        assert (control.trainer, control.data, control.loss) == (
            model.trainer, model.data, model.loss,
        )  # fmt: skip
        before, after = (
            [p for p in w.model.parameters if p.kind == "classical"] for w in (model, control)
        )
        if name != "linear_twin":
            assert before == after
    assert work(plan, "qnn[frozen_quantum]").freeze == ("quantum",)
    assert work(plan, "qnn[frozen_quantum]").model == model.model
    random = work(plan, "qnn[random_quantum]")
    assert random.freeze == ("quantum",)
    assert random.init["quantum"]["name"] == "uniform"
    assert random.model.count("quantum") == 3 * model.model.count("quantum")


def test_a_product_twin_counts_its_angles_as_classical_and_needs_no_backend(plan_of):
    plan = plan_of("controls=[no_entanglement, product_twin]")
    twin, separable = work(plan, "qnn[product_twin]"), work(plan, "qnn[no_entanglement]")
    assert twin.model.layers == separable.model.layers
    assert not twin.model.is_quantum
    counts, quantum = twin.model.summary(), separable.model.summary()
    assert counts["parameters_quantum"] == counts["n_qubits"] == 0
    assert counts["parameters_classical"] == (
        quantum["parameters_quantum"] + quantum["parameters_classical"]
    )


def test_a_doubled_gradient_is_for_controls_only_where_the_suite_has_no_other(plan_of):
    doubled, shift = (
        f"{{name: pennylane, options: {{diff_method: {rule}}}}}"
        for rule in ("textbook-2x", "parameter-shift")
    )
    factors = {}
    for backends in (doubled, f"{doubled}, {shift}"):
        plan = plan_of("controls=[no_entanglement, product_twin]", f"backends=[{backends}]")
        found = (work(plan, f"qnn[{name}]") for name in ("no_entanglement", "product_twin"))
        factors[backends] = [each.execution.gradient_factor for each in found]
    assert list(factors.values()) == [[2, 1], [1, 1]]


@pytest.mark.parametrize(
    ("change", "control"),
    [
        ("circuits.pqc.ansatz.entanglement=none", "no_entanglement"),
        ("models.qnn.freeze=[quantum]", "frozen_quantum"),
        ("circuits.pqc.ansatz=none", "frozen_quantum"),
        ("circuits.pqc.ansatz=none", "random_quantum"),
    ],
)
def test_a_control_that_changes_nothing_is_the_models_own_trial(plan_of, change, control):
    plan = plan_of(change, f"controls=[{control}]", "train=[qnn]", "backends=[reference]")
    found = of(plan, f"qnn[{control}]")
    assert [t.id for t in found] == [t.id for t in of(plan, "qnn") if t.work.task == "train"]
    kinds = [path.get(METHOD_KIND) for path in found[0].labels]
    assert kinds == [None, "control"]


def test_a_matched_mlp_is_the_same_as_a_control_and_as_a_baseline(plan_of):
    plan = plan_of("controls=[mlp_matched]", "train=[qnn]")
    assert [t.id for t in of(plan, "qnn[mlp_matched]")] == [
        t.id for t in of(plan, "mlp_matched[to=qnn]")
    ]


def test_a_control_that_cannot_be_made_ends_as_a_row_with_the_reason(plan_of):
    changes = ("circuits.pqc.encoding=amplitude", "train=[qnn]", "data.transform=[standardize]")
    layers = "models.qnn.layers=[{dense: 4}, {quantum: pqc}, {dense: n_classes}]"
    plan = plan_of(*changes, layers, "controls=[no_entanglement, linear_twin]")
    refused = work(plan, "qnn[no_entanglement]").refusal
    assert "amplitude encoding prepares an entangled state" in str(refused)
    assert work(plan, "qnn").refusal is None
    assert work(plan, "qnn[linear_twin]").refusal is None


def test_controls_can_be_chosen_by_name_and_taken_as_the_baseline(plan_of):
    plan = plan_of("controls=[linear_twin, frozen_quantum]", "baseline=qnn[linear_twin]")
    chosen = plan.only({"model": "qnn[linear_twin]"})
    assert {t.work.method for t in chosen.trials} == {"qnn[linear_twin]"}
    assert plan.suite.config.baseline == "qnn[linear_twin]"


def test_a_model_too_small_for_an_mlp_is_told_at_the_control(plan_of):
    with pytest.raises(SpecError, match=r"controls.*mlp_matched: 'qnn' has \d+ parameters, fewer"):
        plan_of(
            "controls=[mlp_matched]", "train=[qnn]", "baselines=null", "circuits.pqc.ansatz=none",
            "circuits.pqc.measure={expval: 'Z0'}", "data.transform=[{pca: 1}]",
            "circuits.pqc.n_qubits=1", "models.gated=null", "circuits.other=null",
            "models.qnn.layers=[{quantum: pqc}, {dense: {units: n_classes, bias: false}}]",
        )  # fmt: skip


def test_what_gives_no_probabilities_is_not_trained_on_their_loss(plan_of):
    layers = "models.qnn.layers=[{dense: 1}, {quantum: one}, complement]"
    one = (
        "circuits.one={n_qubits: 1, encoding: angle, ansatz: real_amplitudes, "
        "measure: {expval: P1}}"
    )
    controls = "controls=[no_entanglement, frozen_quantum, linear_twin, mlp_matched]"
    plan = plan_of(
        layers, one, controls, "trainer.loss=nll_probs", "train=[qnn]", "baselines=null",
        "models.gated=null", "models.linear=null",
    )  # fmt: skip
    losses = {t.work.method: t.work.loss for t in plan.trials if t.work.task == "train"}
    assert losses["qnn"] == losses["qnn[frozen_quantum]"] == "nll_probs"
    assert losses["qnn[linear_twin]"] == losses["qnn[mlp_matched]"] == "cross_entropy"
