"""TorchQuantum: a QuantumModule on a batched QuantumDevice, differentiated by torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version

from qbench.backend import Backend, Execution, Program
from qbench.circuit import Circuit
from qbench.exceptions import Unsupported
from qbench_torchquantum.copies import stubbed
from qbench_torchquantum.program import BatchedProgram, LoopProgram


class TorchQuantumBackend(Backend):
    """TorchQuantum's state-vector simulator."""

    def versions(self) -> Mapping[str, str]:
        """TorchQuantum and torch."""
        return {name: version(name) for name in ("torchquantum", "torch")}

    def notes(self) -> Iterable[str]:
        """The imports that were stood in for."""
        if stubbed:
            yield f"stand-ins for unused imports of TorchQuantum: {', '.join(sorted(stubbed))}"

    def compile(self, circuit: Circuit, execution: Execution) -> Program:
        """A program of the mode's own; see the modes in this backend's pyproject.toml."""
        if execution.shots is not None:
            raise Unsupported("shots: this adapter computes exact expectation values only")
        match execution.tier, execution.device:
            case "tutorial", "default":
                return LoopProgram(circuit, execution, static=False)
            case "documented", "dynamic":
                return BatchedProgram(circuit, execution, static=False)
            case "documented" | "expert", "default":
                return BatchedProgram(circuit, execution, static=True)
        raise Unsupported(f"no mode with device={execution.device}, tier={execution.tier}")


__all__ = ["TorchQuantumBackend"]
