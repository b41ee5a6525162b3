"""What both ways through Aer share: one transpiled circuit, forward runs and states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import ParameterVector

from qbench.backend import Array, Execution, NumpyProgram
from qbench.circuit import Circuit
from qbench_qiskit.aer import Aer, Template
from qbench_qiskit.angles import AngleTable, preparation_of
from qbench_qiskit.readout import Readouts
from qbench_qiskit.translate import lower, reverse_bits, to_qiskit, variable_angles


class AerProgram(NumpyProgram):
    """A circuit transpiled once; every batch is bound and run by Aer."""

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        self.circuit = circuit
        self.aer = Aer(execution)
        self.variable = variable_angles(circuit)
        self.table = AngleTable([circuit.gates[p].angles[k] for p, k in self.variable])
        self.preparation = preparation_of(circuit)
        self.readouts = Readouts(circuit)
        self.angles = angles = list(ParameterVector("theta", len(self.table)))
        by_place = dict(zip(self.variable, angles, strict=True))
        self.gates = gates = lower(to_qiskit(circuit, lambda position, k: by_place[position, k]))
        measured, saved = gates.copy(), gates.copy()
        self.readouts.append(measured)
        saved.save_statevector(label="state")
        self._measured = Template(measured, angles, self.readouts.bytes_per_row)
        self._saved = Template(saved, angles, 16.0 * 2**circuit.n_qubits)

    @property
    def executions(self) -> int:  # type: ignore[override]
        """Circuits that Aer has run for this program so far."""
        return self.aer.executions

    def forward(self, inputs: Array, weights: Array) -> Array:
        """Outputs, shape (batch, outputs)."""
        return self.outputs(self.table.values(inputs, weights), self.initial(inputs, weights))

    def outputs(self, thetas: Array, initial: Array | None) -> Array:
        """Outputs (rows, outputs) for rows of gate angles and of initial states."""
        chunks = [self.readouts.outputs(s) for s in self.aer.run(self._measured, thetas, initial)]
        return np.concatenate(chunks)

    def initial(self, inputs: Array, weights: Array) -> Array | None:
        """Initial states (batch, 2**n) in Qiskit's order, or None for |0...0>."""
        if self.preparation is None:
            return None
        return self.preparation.embed(self.preparation.units(inputs, weights)[0])

    def states(self, inputs: Array, weights: Array) -> NDArray[np.complex128]:
        """Final states, shape (batch, 2**n_qubits), wire 0 most significant."""
        thetas, initial = self.table.values(inputs, weights), self.initial(inputs, weights)
        rows = [
            np.asarray(saved["state"], dtype=complex)
            for chunk in self.aer.run(self._saved, thetas, initial)
            for saved in chunk
        ]
        return reverse_bits(np.array(rows) * self._saved.phases(thetas), self.circuit.n_qubits)
