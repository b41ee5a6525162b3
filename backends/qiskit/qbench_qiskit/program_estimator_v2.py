"""The documented way by Aer's primitive: EstimatorV2, a batch and all its shifts one PUB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers.observables_array import ObservablesArray
from qiskit_aer.primitives import EstimatorV2

from qbench.backend import Array, Execution
from qbench.circuit import Circuit, Expectation
from qbench.exceptions import Unsupported
from qbench_qiskit.aer import Template
from qbench_qiskit.program_shift import ShiftProgram
from qbench_qiskit.translate import pauli_operator

_BYTES_PER_ROW = 16384.0
"""What Aer's result and the primitive keep of a row, about."""


class EstimatorV2Program(ShiftProgram):
    """Expectation values by EstimatorV2 (exact: its default precision is 0), parameter shift.

    Raises
    ------
    Unsupported
        A read-out is no observable.
    """

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        observables = [r for r in circuit.readouts if isinstance(r, Expectation)]
        if len(observables) != len(circuit.readouts):
            raise Unsupported("probabilities: EstimatorV2 yields expectation values alone")
        super().__init__(circuit, execution)
        operators = [[pauli_operator(r, circuit.n_qubits)] for r in observables]
        self._observables = ObservablesArray(operators)
        self._template = Template(self.gates, self.angles, _BYTES_PER_ROW)
        self._estimator = EstimatorV2(
            options={
                "backend_options": {
                    "method": "statevector",
                    "precision": execution.precision,
                    "max_parallel_threads": execution.threads,
                    "runtime_parameter_bind_enable": True,
                }
            }
        )

    def outputs(self, thetas: Array, initial: Array | None) -> Array:
        """Outputs (rows, outputs): a PUB for each initial state, all its rows of angles in it."""
        starts = [None] if initial is None else list(initial)
        parts = np.split(thetas, len(starts))
        return np.concatenate([self._of_one(s, p) for s, p in zip(starts, parts, strict=True)])

    def states(self, inputs: Array, weights: Array) -> NDArray[np.complex128]:
        """No states; raises Unsupported."""
        raise Unsupported("states: EstimatorV2 yields expectation values alone")

    def _of_one(self, start: Array | None, thetas: Array) -> Array:
        template, step = self._template, self._template.rows_per_run
        circuit = template.circuit if start is None else template.starting_from(start)
        chunks = [thetas[first : first + step] for first in range(0, len(thetas), step)]
        pubs = [(circuit, self._observables, template.binds(chunk)) for chunk in chunks]
        self.aer.executions += len(thetas)
        result = self._estimator.run(pubs).result()
        found = [
            np.broadcast_to(one.data.evs.T, (len(chunk), self.circuit.n_outputs))
            for one, chunk in zip(result, chunks, strict=True)
        ]
        return np.concatenate(found)
