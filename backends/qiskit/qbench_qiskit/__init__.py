"""qbench's adapter for Qiskit: Aer with binds, EstimatorV2, an adjoint on Aer, EstimatorQNN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version

from qbench.backend import Backend, Execution, NumpyProgram, Program
from qbench.circuit import Circuit
from qbench.exceptions import Unsupported

DISTRIBUTIONS = (
    "qiskit",
    "qiskit-machine-learning",
    "qiskit-algorithms",
    "numpy",
)


@cache
def aer_distribution() -> str:
    """qiskit-aer, or where that is installed in its place qiskit-aer-gpu."""
    return packages_distributions()["qiskit_aer"][0]


class QiskitBackend(Backend):
    """Qiskit circuits, executed by Aer or by qiskit-machine-learning's EstimatorQNN."""

    def versions(self) -> Mapping[str, str]:
        """Versions of Qiskit's distributions and of NumPy."""
        return {name: version(name) for name in (*DISTRIBUTIONS, aer_distribution())}

    def compile(self, circuit: Circuit, execution: Execution) -> Program | NumpyProgram:
        """A program of the mode's own class; raises Unsupported with the reason."""
        match execution.device, execution.diff_method:
            case "aer_statevector", "parameter-shift" if execution.shots is not None:
                from qbench_qiskit.program_sampled import SampledProgram

                return SampledProgram(circuit, execution)
            case _ if execution.shots is not None:
                raise Unsupported("shots: only aer_statevector with parameter-shift samples")
            case device, _ if execution.accelerator != "cpu" and device != "aer_statevector":
                raise Unsupported(f"accelerator {execution.accelerator}: {device} runs on the cpu")
            case "aer_statevector", "parameter-shift":
                from qbench_qiskit.program_shift import ShiftProgram

                return ShiftProgram(circuit, execution)
            case "aer_statevector", "adjoint":
                from qbench_qiskit.program_adjoint import AdjointProgram

                return AdjointProgram(circuit, execution)
            case "aer_estimator", "parameter-shift":
                from qbench_qiskit.program_estimator_v2 import EstimatorV2Program

                return EstimatorV2Program(circuit, execution)
            case "torch_connector", "parameter-shift":
                from qbench_qiskit.program_connector import ConnectorProgram

                return ConnectorProgram(circuit, execution)
            case "estimator_qnn", "parameter-shift" | "adjoint":
                from qbench_qiskit.program_estimator import EstimatorProgram

                return EstimatorProgram(circuit, execution)
        raise Unsupported(f"no mode with device={execution.device}, {execution.diff_method}")

    def notes(self) -> Iterable[str]:
        """What a reader of the provenance should know."""
        return (
            "parametrised cp, crx, cry and crz are decomposed before Aer sees them: Aer "
            f"{version(aer_distribution())} evaluates them as if their angle were 0",
        )


__all__ = ["QiskitBackend"]
