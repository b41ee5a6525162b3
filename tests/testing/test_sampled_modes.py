"""Modes with shots, made of the reference and a sampler: what the kit accepts and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qbench.backend import Array, Backend, Capabilities, Execution, Mode, NumpyProgram
from qbench.circuit import GATES, Circuit, Probabilities, ReferenceProgram, diagonal_matrix
from qbench.shots import ShotSeeds
from qbench.testing import InProcess, executions, judge
from qbench.testing.cases import packed_cases
from qbench.testing.sampled import SHOTS

CAPABILITIES = Capabilities(modes=(Mode("numpy", "parameter-shift", shots=True),))
FIRST, SECOND = (e for e in executions(CAPABILITIES) if e.shots is not None)
CASES = {
    case.name: case
    for case in packed_cases()
    if case.name
    in ("a plain layer", "products of features", "read-out of probabilities in another order")
}


class Sampler(NumpyProgram):
    """Multinomial counts of the reference's probabilities; a planted bug overrides a method."""

    def __init__(self, circuit: Circuit, shots: int) -> None:
        self.circuit, self.shots, self.seeds = circuit, shots, ShotSeeds(circuit)
        self.table = diagonal_matrix(circuit.readouts, circuit.n_qubits)

    def probabilities(self, circuit: Circuit, inputs: Array, weights: Array) -> Array:
        every = Probabilities(tuple(range(circuit.n_qubits)))
        whole = replace(circuit, readouts=(every,))
        return ReferenceProgram(whole).forward(inputs, weights)

    def counts(self, probabilities: Array) -> Array:
        rng = np.random.default_rng(self.seeds.draw())
        clean = np.clip(probabilities, 0.0, None)
        return rng.multinomial(self.shots, clean / clean.sum(axis=1, keepdims=True))

    def run(self, circuit: Circuit, inputs: Array, weights: Array) -> Array:
        counts = self.counts(self.probabilities(circuit, inputs, weights))
        return counts / counts.sum(axis=1, keepdims=True) @ self.table

    def forward(self, inputs: Array, weights: Array) -> Array:
        return self.run(self.circuit, inputs, weights)

    def derivative(self, position: int, k: int, inputs: Array, weights: Array) -> Array:
        operations = list(self.circuit.operations)
        results = []
        for shift in (np.pi / 2, -np.pi / 2):
            angles = list(self.circuit.operations[position].angles)
            angles[k] = angles[k] + shift
            operations[position] = replace(operations[position], angles=tuple(angles))
            moved = replace(self.circuit, operations=tuple(operations))
            results.append(self.run(moved, inputs, weights))
        return 0.5 * (results[0] - results[1])

    def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
        d_inputs, d_weights = np.zeros(inputs.shape), np.zeros(weights.shape)
        for position, operation in enumerate(self.circuit.operations):
            for k, angle in enumerate(operation.angles):
                if angle.is_constant:
                    continue
                assert GATES[operation.gate].frequencies[k] == (1,)
                slope = (self.derivative(position, k, inputs, weights) * cotangent).sum(axis=1)
                for kind, index, partial in angle.partials():
                    part = slope * partial.evaluate(inputs, weights)
                    if kind == "input":
                        d_inputs[:, index] += part
                    else:
                        d_weights[index] += part.sum()
        return self.forward(inputs, weights), d_inputs, d_weights


class Biased(Sampler):
    """Reads every outcome as 0 with a probability of 5%."""

    def probabilities(self, circuit: Circuit, inputs: Array, weights: Array) -> Array:
        right = super().probabilities(circuit, inputs, weights)
        return 0.95 * right + 0.05 * np.eye(right.shape[1])[0]


class DoublesGradient(Sampler):
    def derivative(self, *where) -> Array:
        return 2.0 * super().derivative(*where)


class HalfTheShots(Sampler):
    def __init__(self, circuit: Circuit, shots: int) -> None:
        super().__init__(circuit, shots // 2)


class AlwaysAsManyShots(Sampler):
    def __init__(self, circuit: Circuit, shots: int) -> None:
        super().__init__(circuit, SHOTS[0])


class SharesNoise(Sampler):
    """One seed for all rows of a batch."""

    def counts(self, probabilities: Array) -> Array:
        seed = self.seeds.draw()
        rows = [row / row.sum() for row in np.clip(probabilities, 0.0, None)]
        return np.array([np.random.default_rng(seed).multinomial(self.shots, r) for r in rows])


class Unseeded(Sampler):
    def counts(self, probabilities: Array) -> Array:
        self.seeds.begin(int(np.random.default_rng().integers(2**31)))
        return super().counts(probabilities)


class Exact(Sampler):
    """No noise at all: the silent substitute that the kit is there to find."""

    def counts(self, probabilities: Array) -> Array:
        return probabilities


class Sampling(Backend):
    def __init__(self, program: Callable[[Circuit, int], Sampler]) -> None:
        self._program = program

    def versions(self):
        return {}

    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        assert execution.shots is not None
        return self._program(circuit, execution.shots)


def verdict(program: type[Sampler], case: str, execution: Execution = FIRST):
    return judge(InProcess(Sampling(program)), CAPABILITIES, execution, CASES[case])


def test_a_mode_with_shots_is_judged_exactly_and_with_two_numbers_of_shots():
    assert (FIRST.shots, SECOND.shots) == SHOTS
    assert executions(CAPABILITIES)[0].shots is None


@pytest.mark.parametrize("execution", [FIRST, SECOND])
@pytest.mark.parametrize("case", CASES)
def test_a_faithful_sampler_passes(case, execution):
    result = verdict(Sampler, case, execution)
    assert result.status == "passed", result.message
    assert 0 < result.d_outputs < 0.1


@pytest.mark.parametrize(
    ("program", "execution", "what"),
    [
        (Biased, FIRST, "outputs are biased"),
        (DoublesGradient, FIRST, "input gradients are biased"),
        (HalfTheShots, FIRST, "times the variance of 400 shots"),
        (AlwaysAsManyShots, SECOND, "times the variance of 100 shots"),
        (SharesNoise, FIRST, "times the variance of 400 shots"),
        (Exact, FIRST, "times the variance of 400 shots"),
        (Unseeded, FIRST, "one seed gave two results"),
    ],
)
def test_a_planted_bug_of_sampling_is_found(program, execution, what):
    result = verdict(program, "a plain layer", execution)
    assert result.status == "failed"
    assert what in result.message
