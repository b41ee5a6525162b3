"""The documented way with shots: counts of every shifted circuit, all of a batch in one run."""

from __future__ import annotations

import numpy as np

from qbench.backend import Array, Execution
from qbench.circuit import STATE_PREPARATION, Circuit
from qbench.exceptions import Unsupported
from qbench.shots import ShotSeeds
from qbench_qiskit.aer import Aer, Template
from qbench_qiskit.counts import bases_of
from qbench_qiskit.program_shift import ShiftProgram

_BYTES_PER_OUTCOME = 128.0


class SampledProgram(ShiftProgram):
    """Outputs estimated from ``shots`` measurements of each circuit, as on a device.

    Every row, every shift and every basis that the read-outs need is a circuit of its own, with
    all the shots. Gradients are those of the parameter-shift rule over such outputs.

    Raises
    ------
    Unsupported
        Amplitudes that read features or weights: they are no angles that could be shifted.
    """

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        assert execution.shots is not None
        for operation in circuit.operations:
            if operation.gate == STATE_PREPARATION and any(a.terms for a in operation.angles):
                raise Unsupported("amplitude encoding with shots: amplitudes can't be shifted")
        super().__init__(circuit, execution)
        self.seeds = ShotSeeds(circuit)
        self.aer = Aer(execution, self.seeds)
        self._bases = bases_of(circuit)
        outcomes = min(2.0**circuit.n_qubits, execution.shots)
        self._sampled = [
            Template(basis.append(self.gates), self.angles, 1024 + _BYTES_PER_OUTCOME * outcomes)
            for basis in self._bases
        ]

    def outputs(self, thetas: Array, initial: Array | None) -> Array:
        """Outputs (rows, outputs) for rows of gate angles and of initial states."""
        total = np.zeros((len(thetas), self.circuit.n_outputs))
        for basis, template in zip(self._bases, self._sampled, strict=True):
            counts = [
                saved["counts"]
                for chunk in self.aer.run(template, thetas, initial)
                for saved in chunk
            ]
            total += basis.outputs(counts, self.circuit.n_outputs)
        return total
