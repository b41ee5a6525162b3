"""The adapter contract: what a backend declares, compiles and runs.

Standard library and NumPy only: this module is imported by adapters inside
environments whose pins qbench does not control.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.circuit import GATES, STATE_PREPARATION, Circuit, Probabilities, optimised
from qbench.exceptions import Unsupported
from qbench.shots import ShotSeeds

Array = NDArray[np.float64]

TIERS = ("tutorial", "documented", "expert")
"""tutorial: the first page of the framework's documentation; documented: the best
that its public API documents; expert: gradient code that qbench wrote on top of
the framework's execution, or a precision that the framework has no setting for."""

TOLERANCES = {"double": 1e-9, "single": 1e-4}
"""Largest absolute difference from the reference, of exact outputs and gradients."""

FINITE_DIFFERENCE_TOLERANCE = 1e-5
"""The same for ``diff_method: finite-diff`` gradients in double precision."""


PARAMETER_SHIFT = "parameter-shift"

TEXTBOOK_2X = "textbook-2x"
"""The rule as the Qiskit textbook's hybrid network has it (2021): f(t + pi/2) - f(t - pi/2)
without the factor 1/2 of the parameter-shift rule, so twice the derivative. A published
mistake, kept to reproduce figures that have it: it runs on the modes of
``parameter-shift`` and is never chosen by default."""


@dataclass(frozen=True)
class Execution:
    """How a circuit is run: fully resolved, nothing left to a default.

    Attributes
    ----------
    device : str
        The framework's own simulator, such as ``default.qubit``.
    diff_method : str
        PennyLane's words (backprop, adjoint, parameter-shift, finite-diff, ...), or TEXTBOOK_2X.
    tier : one of TIERS
    precision : "double" or "single"
    threads : int
        CPU threads the worker is pinned to.
    accelerator : "cpu" or "cuda"
    optimise : "none" or "safe"
        Whether the backend is given the circuit as written, or with gates merged
        (:func:`qbench.circuit.optimised`), the same ones for every backend.
    """

    device: str
    diff_method: str
    tier: str = "documented"
    precision: str = "double"
    shots: int | None = None
    threads: int = 1
    accelerator: str = "cpu"
    optimise: str = "none"

    def to_json(self) -> dict[str, Any]:
        """Plain mapping for messages and identities; a circuit run as written isn't mentioned."""
        value = asdict(self)
        if self.optimise == "none":
            del value["optimise"]
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Execution:
        """Inverse of :meth:`to_json`."""
        return Execution(**value)

    def circuit_run(self, circuit: Circuit) -> Circuit:
        """What the backend is given of a circuit."""
        return optimised(circuit) if self.optimise == "safe" else circuit

    @property
    def gradient_factor(self) -> float:
        """What the gradient rule gives, over the derivative: 1, or 2 of ``textbook-2x``."""
        return 2.0 if self.diff_method == TEXTBOOK_2X else 1.0

    @property
    def tolerance(self) -> float:
        """Largest difference from the reference that conformance accepts for gradients."""
        if self.diff_method == "finite-diff":
            return max(FINITE_DIFFERENCE_TOLERANCE, TOLERANCES[self.precision])
        return TOLERANCES[self.precision]


@dataclass(frozen=True)
class Mode:
    """One way through a framework that its adapter offers."""

    device: str
    diff_method: str
    tier: str = "documented"
    precisions: tuple[str, ...] = ("double",)
    shots: bool = False
    accelerators: tuple[str, ...] = ()
    """Those that it runs on; those of its backend if empty."""
    note: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do, readable before its environment exists.

    ``modes`` are in order of preference: of those that fit the user's options
    the first is taken, so the first ``documented`` mode is the default.
    """

    modes: tuple[Mode, ...]
    gates: frozenset[str] = frozenset(GATES)
    readouts: frozenset[str] = frozenset({"expval", "probs"})
    state_preparation: bool = True
    states: bool = False
    accelerators: tuple[str, ...] = ("cpu",)
    """Those of every mode that names none of its own."""
    max_qubits: int | None = None
    """Where the framework itself stops; None if memory alone is the limit."""

    @property
    def textbook_modes(self) -> tuple[Mode, ...]:
        """The modes of ``textbook-2x``: those of parameter-shift, whose circuits it runs."""
        shifts = [mode for mode in self.modes if mode.diff_method == PARAMETER_SHIFT]
        return tuple(replace(mode, diff_method=TEXTBOOK_2X) for mode in shifts)

    def accelerators_of(self, mode: Mode) -> tuple[str, ...]:
        """What a mode runs on: "cpu", "cuda"."""
        return mode.accelerators or self.accelerators

    @property
    def all_accelerators(self) -> frozenset[str]:
        """What some mode runs on."""
        return frozenset(name for mode in self.modes for name in self.accelerators_of(mode))

    def resolve(
        self,
        *,
        device: str | None = None,
        diff_method: str | None = None,
        tier: str | None = None,
        precision: str | None = None,
        shots: int | None = None,
        threads: int = 1,
        accelerator: str = "cpu",
        optimise: str = "none",
    ) -> Execution:
        """The execution that fits the options; None leaves a choice to the backend.

        Raises
        ------
        Unsupported
            No mode fits; the message lists what there is.
        """
        asked = {"device": device, "diff_method": diff_method, "tier": tier}
        fixed = {key: value for key, value in asked.items() if value is not None}
        if not fixed:
            fixed["tier"] = "documented"
        modes = self.textbook_modes if diff_method == TEXTBOOK_2X else self.modes
        fitting = [m for m in modes if all(getattr(m, k) == v for k, v in fixed.items())]
        fitting.sort(key=lambda mode: mode.tier != "documented")
        wanted = ", ".join(f"{k}={v}" for k, v in fixed.items())
        if not fitting:
            raise Unsupported(f"no mode with {wanted}; there are: {_listed(self.modes)}")
        there = [m for m in fitting if accelerator in self.accelerators_of(m)]
        if not there:
            others = sorted({name for m in fitting for name in self.accelerators_of(m)})
            raise Unsupported(f"accelerator {accelerator}: only {', '.join(others)} with {wanted}")
        if shots is not None:
            there = _offering("shots", wanted, there, [m for m in modes if m.shots])
        if precision is not None:
            able = [m for m in modes if precision in m.precisions]
            there = _offering(f"{precision} precision", wanted, there, able)
        mode = there[0]
        return Execution(
            device=mode.device,
            diff_method=mode.diff_method,
            tier=mode.tier,
            precision=precision or mode.precisions[0],
            shots=shots,
            threads=threads,
            accelerator=accelerator,
            optimise=optimise,
        )

    def refusal(self, circuit: Circuit) -> str | None:
        """Why this circuit cannot run here, or None if nothing declared forbids it."""
        if self.max_qubits is not None and circuit.n_qubits > self.max_qubits:
            return f"{circuit.n_qubits} qubits: at most {self.max_qubits}"
        missing = sorted({o.gate for o in circuit.gates} - self.gates)
        if missing:
            return f"gates not offered: {', '.join(missing)}"
        prepares = any(o.gate == STATE_PREPARATION for o in circuit.operations)
        if prepares and not self.state_preparation:
            return "amplitude encoding is not offered"
        kinds = {"probs" if isinstance(r, Probabilities) else "expval" for r in circuit.readouts}
        if kinds - self.readouts:
            return f"read-outs not offered: {', '.join(sorted(kinds - self.readouts))}"
        return None


def _offering(what: str, wanted: str, modes: Sequence[Mode], able: Sequence[Mode]) -> list[Mode]:
    """Those of the modes that are able; if there are none, Unsupported names those elsewhere."""
    found = [mode for mode in modes if mode in able]
    if not found:
        elsewhere = f"; it is with: {_listed(able)}" if able else ""
        raise Unsupported(f"{what}: not offered with {wanted}{elsewhere}")
    return found


def _listed(modes: Iterable[Mode]) -> str:
    return "; ".join(
        f"device={m.device}, diff_method={m.diff_method}, tier={m.tier}" for m in modes
    )


class Program(ABC):
    """A compiled circuit, callable in the host's own tensors.

    ``program(inputs, weights)`` maps (batch, features) and (weights,) to
    (batch, outputs) and is differentiable in both by the host's autodiff.
    Programs are cached per circuit and called with many batches.
    """

    executions: int | None = None
    """Circuits executed so far, if the program counts them."""

    seeds: ShotSeeds | None = None
    """The stream of a program compiled for shots; the worker begins it anew for each step."""

    @abstractmethod
    def __call__(self, inputs: Any, weights: Any) -> Any:
        """Outputs, shape (batch, outputs), a tensor of the host."""

    def states(self, inputs: Array, weights: Array) -> NDArray[np.complex128]:
        """Final states, shape (batch, 2**n_qubits), wire 0 most significant (optional)."""
        raise Unsupported("this backend does not yield states")


class NumpyProgram(ABC):
    """A compiled circuit that knows NumPy only; the torch host wraps it into autograd."""

    executions: int | None = None
    """Circuits executed so far, if the program counts them."""

    seeds: ShotSeeds | None = None
    """The stream of a program compiled for shots; the worker begins it anew for each step."""

    @abstractmethod
    def forward(self, inputs: Array, weights: Array) -> Array:
        """Outputs, shape (batch, outputs), float64."""

    @abstractmethod
    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        """Outputs and the gradients of ``sum(cotangent * outputs)``.

        Parameters
        ----------
        cotangent : array, shape (batch, outputs)
        wrt_inputs, wrt_weights : bool
            Where False, that gradient isn't needed and may come back as zeros.

        Returns
        -------
        outputs (batch, outputs), input gradient (batch, features), weight gradient (weights,)
        """

    def states(self, inputs: Array, weights: Array) -> NDArray[np.complex128]:
        """Final states, shape (batch, 2**n_qubits), wire 0 most significant (optional)."""
        raise Unsupported("this backend does not yield states")


class Backend(ABC):
    """An adapter: small, stateless, and never simulating behind the framework's back.

    Instantiated without arguments inside the backend's own environment; a
    framework is imported by the adapter's module, nowhere else.
    """

    @abstractmethod
    def versions(self) -> Mapping[str, str]:
        """Versions of the framework and of what it computes with, by distribution name."""

    @abstractmethod
    def compile(self, circuit: Circuit, execution: Execution) -> Program | NumpyProgram:
        """A program for this circuit.

        Raises
        ------
        Unsupported
            With the reason, for what the backend cannot do.
        """

    def notes(self) -> Iterable[str]:
        """Facts about this environment that belong in the provenance, such as stubbed imports."""
        return ()
