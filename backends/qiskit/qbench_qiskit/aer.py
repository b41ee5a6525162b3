"""Running on Aer: circuits whose angles are bound for many rows in one run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit_aer import AerSimulator
from qiskit_aer.library import SetStatevector

from qbench.backend import Array, Execution
from qbench.exceptions import EnvironmentUnavailableError
from qbench.shots import ShotSeeds

Saved = dict[str, Any]
"""What the save instructions of one row left, by label."""

Affine = tuple[float, tuple[tuple[int, float], ...]]
"""A constant and the coefficients of columns of angles."""

CIRCUITS_PER_RUN = 256
ROWS_PER_RUN = 4096
BYTES_PER_RUN = 2**27


class Template:
    """A circuit over angles, every expression of them replaced by a parameter of its own.

    Aer evaluates an expression such as ``theta/2`` in Python, row by row; here
    the rows of all parameters come from one matrix product (transpiled
    expressions are affine in the angles). Aer 0.18 cannot bind a global phase in
    the simulator, so the circuit runs without it; :meth:`phases` gives it back.

    Parameters
    ----------
    circuit : lowered Qiskit circuit; it may hold save instructions
    angles : its parameters, in the order of the columns of what is bound
    bytes_per_row : float
        Size of what one row saves, to bound the memory of a run.
    """

    def __init__(
        self, circuit: QuantumCircuit, angles: list[Parameter], bytes_per_row: float
    ) -> None:
        self._columns = {angle: column for column, angle in enumerate(angles)}
        self._slots: dict[Affine, Parameter] = {}
        phase = self._affine(circuit.global_phase)
        self._prepared: QuantumCircuit | None = None
        self.circuit = circuit.copy_empty_like()
        self.circuit.global_phase = 0.0
        for instruction in circuit.data:
            operation = instruction.operation
            if operation.is_parameterized():
                operation = operation.to_mutable()
                operation.params = [self._slot(p) for p in operation.params]
            self.circuit.append(operation, instruction.qubits, instruction.clbits)
        self._matrix, self._constant = self._product(list(self._slots))
        self._phase_matrix, self._phase_constant = self._product([phase])
        self.rows_per_run = int(np.clip(BYTES_PER_RUN // bytes_per_row, 1, ROWS_PER_RUN))

    def _affine(self, value: Any) -> Affine:
        if not isinstance(value, ParameterExpression) or not value.parameters:
            return float(value), ()
        zero = float(value.bind(dict.fromkeys(value.parameters, 0.0)))
        terms = [(self._columns[p], float(value.gradient(p))) for p in value.parameters]
        return zero, tuple(sorted(terms))

    def _slot(self, value: Any) -> Any:
        constant, terms = self._affine(value)
        if not terms:
            return value
        return self._slots.setdefault((constant, terms), Parameter(f"slot{len(self._slots)}"))

    def _product(self, expressions: list[Affine]) -> tuple[Array, Array]:
        matrix = np.zeros((len(self._columns), len(expressions)))
        for column, (_, terms) in enumerate(expressions):
            for row, coefficient in terms:
                matrix[row, column] = coefficient
        return matrix, np.array([constant for constant, _ in expressions])

    def phases(self, thetas: Array) -> NDArray[np.complex128]:
        """The factor (rows, 1) that the saved states lack to those of the circuit."""
        angle = thetas @ self._phase_matrix + self._phase_constant
        result: NDArray[np.complex128] = np.exp(1j * angle)
        return result

    def binds(self, thetas: Array) -> dict[Parameter, list[float]]:
        """Aer's parameter binds for rows of angles, shape (rows, angles)."""
        values = thetas @ self._matrix + self._constant
        return dict(zip(self._slots.values(), values.T.tolist(), strict=True))

    def starting_from(self, state: NDArray[Any]) -> QuantumCircuit:
        """The circuit after Aer's set_statevector; ``state`` is in Qiskit's order."""
        if self._prepared is None:
            first = self.circuit.copy()
            first.clear()
            first.append(SetStatevector(state), first.qubits)
            self._prepared = first.compose(self.circuit)
        circuit = self._prepared.copy()
        circuit.data[0] = circuit.data[0].replace(operation=SetStatevector(state))
        return circuit


def _device(accelerator: str) -> str:
    """Aer's name of an accelerator.

    Raises
    ------
    EnvironmentUnavailableError
        The Aer of this environment was built without GPUs.
    """
    if accelerator == "cpu":
        return "CPU"
    if "GPU" not in AerSimulator().available_devices():
        raise EnvironmentUnavailableError(
            "accelerator cuda: the qiskit-aer of this environment simulates on the CPU alone; "
            "qiskit@2.6.2+cu12 has qiskit-aer-gpu in its place (Linux, an NVIDIA GPU, CUDA 12)"
        )
    return "GPU"


class Aer:
    """Aer's statevector simulator, seeded, on the execution's threads and precision.

    ``runtime_parameter_bind_enable`` binds in the simulator instead of making
    one circuit a row: the same numbers in less than half of the time.

    Parameters
    ----------
    seeds : ShotSeeds, optional
        Where circuits are measured: the stream of the simulator's seeds, one a run. Aer gives
        each row of a run random numbers of its own.
    """

    def __init__(self, execution: Execution, seeds: ShotSeeds | None = None) -> None:
        self._seeds = seeds
        self._simulator = AerSimulator(
            method="statevector",
            device=_device(execution.accelerator),
            precision=execution.precision,
            max_parallel_threads=execution.threads,
            runtime_parameter_bind_enable=True,
            seed_simulator=0,
            shots=execution.shots or 1,
        )
        self.executions = 0
        """Rows run so far: circuits with their angles bound."""

    def run(
        self, template: Template, thetas: Array, initial: NDArray[Any] | None = None
    ) -> Iterator[list[Saved]]:
        """Run every row; yields what consecutive chunks of rows saved.

        Parameters
        ----------
        thetas : array, shape (rows, angles)
        initial : array, shape (states, 2**n_qubits), in Qiskit's order, or None for |0...0>
            Each state is the start of rows / states consecutive rows.
        """
        if initial is None:
            for start in range(0, len(thetas), template.rows_per_run):
                chunk = thetas[start : start + template.rows_per_run]
                yield self._execute([template.circuit], [template.binds(chunk)], len(chunk))
            return
        each = len(thetas) // len(initial)
        step = int(np.clip(template.rows_per_run // each, 1, CIRCUITS_PER_RUN))
        for start in range(0, len(initial), step):
            states = initial[start : start + step]
            circuits = [template.starting_from(state) for state in states]
            rows = range(start * each, (start + len(states)) * each, each)
            binds = [template.binds(thetas[row : row + each]) for row in rows]
            yield self._execute(circuits, binds, len(states) * each)

    def saved(self, circuit: QuantumCircuit, rows: int) -> Saved:
        """What a circuit without parameters saves, which holds so many rows."""
        self.executions += rows - 1
        return self._execute([circuit], [{}], 1)[0]

    def _execute(
        self, circuits: list[QuantumCircuit], binds: list[dict[Parameter, list[float]]], rows: int
    ) -> list[Saved]:
        parameter_binds = binds if any(binds) else None
        self.executions += rows
        same = parameter_binds is None and len(circuits) == 1
        options = {}
        if self._seeds is not None:
            options["seed_simulator"] = self._seeds.draw()
            circuits = circuits * rows if same else circuits
        result = self._simulator.run(circuits, parameter_binds=parameter_binds, **options).result()
        if not result.success:
            message = f"Aer: {result.status}"
            raise MemoryError(message) if "memory" in message.lower() else RuntimeError(message)
        saved = [result.data(k) for k in range(len(result.results))]
        return saved * rows if same and len(saved) == 1 else saved
