import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.backend import Execution
from qbench.circuit import Angle, Circuit, Operation, expval
from qbench.worker import batches


def circuit_of(n_qubits, gates=20):
    operations = tuple(Operation.of("RY", 0, Angle.input(0)) for _ in range(gates))
    return Circuit(n_qubits, operations, (expval("Z", 0),), 1, 0)


def execution_of(diff_method, precision="double"):
    return Execution("any", diff_method, precision=precision)


@pytest.mark.parametrize("diff_method", ["backprop", "adjoint", "parameter-shift"])
@pytest.mark.parametrize("n_qubits", [2, 10, 16])
def test_a_batch_stays_within_the_budget(diff_method, n_qubits):
    circuit, execution = circuit_of(n_qubits), execution_of(diff_method)
    rows = batches.rows_per_batch([circuit], execution)
    assert 1 <= rows <= batches.MAX_ROWS
    assert rows * batches.row_bytes(circuit, execution) <= batches.BATCH_BYTES


def test_backprop_counts_the_gates_and_an_adjoint_sweep_does_not():
    short, long = circuit_of(4, gates=10), circuit_of(4, gates=1000)
    for diff_method, grows in (("backprop", True), ("adjoint", False)):
        execution = execution_of(diff_method)
        longer = batches.row_bytes(long, execution) > batches.row_bytes(short, execution)
        assert longer == grows


def test_single_precision_takes_half_and_a_qubit_twice_the_memory():
    double = batches.row_bytes(circuit_of(6), execution_of("adjoint"))
    assert batches.row_bytes(circuit_of(6), execution_of("adjoint", "single")) == double / 2
    assert batches.row_bytes(circuit_of(7), execution_of("adjoint")) == 2 * double


def test_a_row_larger_than_the_budget_runs_alone():
    assert batches.rows_per_batch([circuit_of(16)], execution_of("adjoint"), budget=1) == 1


def test_all_copies_of_a_quantum_layer_share_the_budget():
    circuit, execution = circuit_of(14), execution_of("backprop")
    layer = {"type": "quantum", "circuit": circuit.to_json(), "copies": 3}
    expected = batches.rows_per_batch([circuit], execution, batches.BATCH_BYTES // 3)
    assert batches.drawn_rows([layer, {"type": "dense"}], execution) == expected


@given(count=st.integers(1, 5000), most=st.integers(1, 300))
def test_batches_are_even_hold_every_row_and_repeat_less_than_one_row_each(count, most):
    size = batches.even(count, most)
    assert size <= most
    cut = list(batches.batches(np.arange(count), size))
    assert {len(part) for part, _ in cut} == {size}
    assert np.array_equal(np.concatenate([part[:own] for part, own in cut]), np.arange(count))
    assert len(cut) == -(-count // most)
    assert len(cut) * size - count < len(cut)
