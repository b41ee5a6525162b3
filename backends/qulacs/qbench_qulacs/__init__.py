"""Qulacs: state vectors in C++, gradients by ParametricQuantumCircuit.backprop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version

import numpy as np
from qulacs import ParametricQuantumCircuit, QuantumState

from qbench.backend import Array, Backend, Execution, NumpyProgram
from qbench.circuit import STATE_PREPARATION, Circuit, Expectation
from qbench.exceptions import Unsupported
from qbench_qulacs.ends import Preparation, Readouts, chain, evaluate_each, partials_of
from qbench_qulacs.gates import Rotation, lower, observable


class QulacsBackend(Backend):
    """Qulacs's own simulator and its own gradients."""

    def versions(self) -> Mapping[str, str]:
        """Qulacs and torch, whose autograd takes its gradients on."""
        return {name: version(name) for name in ("qulacs", "torch")}

    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        """A program; the modes are in this backend's pyproject.toml."""
        if execution.shots is not None:
            raise Unsupported("shots: this adapter computes exact expectation values only")
        if execution.tier == "tutorial":
            return _TutorialProgram(circuit)
        return _SweepProgram(circuit)


class _QulacsProgram(NumpyProgram):
    """A circuit of Qulacs whose parameters are set for each sample."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self._steps = list(lower(circuit))
        turns = [step for step in self._steps if isinstance(step, Rotation)]
        # a parameter of Qulacs for each angle that is no constant, with Qulacs's sign
        self._angles = [t.factor * t.angle * -1.0 for t in turns if not t.angle.is_constant]
        self._partials = partials_of(self._angles)
        self.executions = 0

    def _build(self) -> ParametricQuantumCircuit:
        """The gates; those whose angle is no constant have a parameter."""
        built = ParametricQuantumCircuit(self.circuit.n_qubits)
        for step in self._steps:
            if not isinstance(step, Rotation):
                built.add_gate(step)
            elif step.angle.is_constant:
                built.add_gate(step.fixed())
            else:
                built.add_parametric_gate(step.parametric())
        return built

    def _parameters(self, inputs: Array, weights: Array) -> Array:
        """The parameters of every sample, shape (batch, parameters)."""
        return evaluate_each(self._angles, inputs, weights)

    def _run(self, built: ParametricQuantumCircuit, state: QuantumState) -> QuantumState:
        state.set_zero_state()
        built.update_quantum_state(state)
        self.executions += 1
        return state


class _SweepProgram(_QulacsProgram):
    """One circuit for all samples; one backprop a sample gives all gradients."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(circuit)
        first = circuit.operations[0] if circuit.operations else None
        prepares = first is not None and first.gate == STATE_PREPARATION
        self._preparation = Preparation(first, circuit.n_qubits) if prepares else None
        self._gates = self._build()
        self._readouts = Readouts(circuit)
        # what differs from sample to sample; weights alone are set once a batch
        self._own = [k for k, angle in enumerate(self._angles) if angle.input_indices]

    def forward(self, inputs: Array, weights: Array) -> Array:
        outputs = np.empty((len(inputs), self.circuit.n_outputs))
        for row, (_, state) in enumerate(self._states(inputs, weights)):
            outputs[row] = self._readouts.outputs(state)
        return outputs

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        if not (wrt_inputs or wrt_weights):
            outputs = self.forward(inputs, weights)
            return outputs, np.zeros_like(inputs), np.zeros_like(weights)
        outputs = np.empty_like(cotangent)
        gradient = np.empty((len(inputs), len(self._angles)))
        at_start = []
        costate = QuantumState(self.circuit.n_qubits)
        for row, (built, state) in enumerate(self._states(inputs, weights)):
            outputs[row] = self._readouts.outputs(state)
            costate.load(2.0 * self._readouts.observed(state, cotangent[row]))
            gradient[row] = built.backprop_inner_product(costate)
            self.executions += 2  # there again, and back
            if self._preparation is not None:  # the sweep leaves the costate before all gates
                built.get_gate(0).update_quantum_state(costate)
                at_start.append(costate.get_vector().real)
        partials = self._partials
        if self._preparation is not None:
            direct = self._preparation.gradient(np.array(at_start), inputs, weights)
            partials = [*partials, *self._preparation.partials]
            gradient = np.hstack([gradient, direct])
        return outputs, *chain(partials, gradient, inputs, weights)

    def states(self, inputs: Array, weights: Array) -> np.ndarray:
        return np.array([state.get_vector() for _, state in self._states(inputs, weights)])

    def _states(
        self, inputs: Array, weights: Array
    ) -> Iterator[tuple[ParametricQuantumCircuit, QuantumState]]:
        """The circuit with a sample's parameters, and the state that it ends in; reused."""
        parameters = self._parameters(inputs, weights)
        units = None if self._preparation is None else self._preparation.units(inputs, weights)[0]
        state, built = QuantumState(self.circuit.n_qubits), self._gates
        for row, values in enumerate(parameters):
            for position in self._own if row else range(len(values)):
                self._gates.set_parameter(position, values[position])
            if units is not None:
                built = ParametricQuantumCircuit(self.circuit.n_qubits)
                built.add_gate(self._preparation.gate(units[row]))
                built.merge_circuit(self._gates)
            yield built, self._run(built, state)


class _TutorialProgram(_QulacsProgram):
    """A circuit built for each sample, and one backprop an observable."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(circuit)
        if len(circuit.gates) < len(circuit.operations):
            raise Unsupported("backprop(observable) has no derivative of amplitude encoding")
        if not all(isinstance(readout, Expectation) for readout in circuit.readouts):
            raise Unsupported("backprop(observable) gives no probabilities")
        self._observables = [observable(r, circuit.n_qubits) for r in circuit.readouts]

    def forward(self, inputs: Array, weights: Array) -> Array:
        return np.array([self._measured(self._bound(p)) for p in self._parameters(inputs, weights)])

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        outputs = np.empty_like(cotangent)
        gradient = np.zeros((len(inputs), len(self._angles)))
        for row, parameters in enumerate(self._parameters(inputs, weights)):
            built = self._bound(parameters)
            outputs[row] = self._measured(built)
            for weight, measured in zip(cotangent[row], self._observables, strict=True):
                gradient[row] += weight * np.array(built.backprop(measured))
                self.executions += 2  # there and back
        return outputs, *chain(self._partials, gradient, inputs, weights)

    def _bound(self, parameters: Array) -> ParametricQuantumCircuit:
        built = self._build()
        for position, value in enumerate(parameters):
            built.set_parameter(position, value)
        return built

    def _measured(self, built: ParametricQuantumCircuit) -> list[float]:
        state = self._run(built, QuantumState(self.circuit.n_qubits))
        return [measured.get_expectation_value(state) for measured in self._observables]
