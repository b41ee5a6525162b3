"""The tensorflow host: for backends whose programs are functions of TensorFlow tensors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # PennyLane's KerasLayer is a layer of Keras 2
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.circuit import Circuit
from qbench.exceptions import Unsupported
from qbench.worker.hosts.base import Host, HostModel, Layer
from qbench.worker.hosts.shapes import checked_outputs
from qbench.worker.hosts.tensorflow_autograd import Tensor, differentiable, numpy_of, with_gradients
from qbench.worker.hosts.tensorflow_model import TensorflowModel

DTYPES = {"double": tf.float64, "single": tf.float32}

PROGRAMS_KEPT = 8
"""Programs whose traces with gradients are kept, those used last."""


def create() -> Host:
    """The host of this module."""
    return TensorflowHost()


class TensorflowHost(Host):
    """TensorFlow on the CPU with legacy Keras, in double or single precision."""

    def configure(self, threads: int) -> None:
        """Pin TensorFlow's thread pools; several threads get deterministic kernels.

        Its logger is set to errors, since it warns at every cast from complex to real,
        of which a simulated circuit has one a gate.
        """
        tf.get_logger().setLevel("ERROR")
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        tf.config.set_visible_devices([], "GPU")
        if threads > 1:
            tf.config.experimental.enable_op_determinism()

    def prepare(self, execution: Execution, seed: int = 0) -> None:
        """Set Keras' default dtype and, for shots, TensorFlow's generator.

        Exact runs draw nothing from it, and setting it makes TensorFlow forget its
        compiled kernels: the next step would take as long as a first one.

        Raises
        ------
        Unsupported
            An accelerator other than the CPU.
        """
        if execution.accelerator != "cpu":
            raise Unsupported(f"accelerator {execution.accelerator}: this host runs on the CPU")
        tf.keras.backend.set_floatx(DTYPES[execution.precision].name)
        if execution.shots is not None:
            tf.random.set_seed(seed)

    def versions(self) -> Mapping[str, str]:
        """TensorFlow's version, and that of legacy Keras."""
        return {name: version(name) for name in ("tensorflow", "tf-keras")}

    def without_history(self, tensor: Tensor) -> Tensor:
        """TensorFlow's stop_gradient."""
        return tf.stop_gradient(tensor)

    def is_out_of_memory(self, error: BaseException) -> bool:
        """A MemoryError or TensorFlow's own class."""
        return isinstance(error, (MemoryError, tf.errors.ResourceExhaustedError))

    def build(
        self,
        layers: Sequence[Layer],
        loss: str,
        execution: Execution,
        programs: Mapping[str, Program | NumpyProgram],
    ) -> HostModel:
        """A :class:`~qbench.worker.hosts.tensorflow_model.TensorflowModel`."""
        return TensorflowModel(layers, loss, DTYPES[execution.precision], programs)

    def evaluate(
        self,
        program: Program | NumpyProgram,
        execution: Execution,
        circuit: Circuit,
        inputs: Array,
        weights: Array,
        cotangent: Array | None,
    ) -> tuple[Array, Array | None, Array | None]:
        """Outputs and, given a cotangent, both gradients."""
        dtype = DTYPES[execution.precision]
        x, w = tf.constant(inputs, dtype), tf.constant(weights, dtype)
        if cotangent is None:
            outputs = differentiable(program, circuit.n_outputs)(x, w)
            return checked_outputs(numpy_of(outputs), circuit, inputs), None, None
        found = _with_gradients(program, circuit.n_outputs)(x, w, tf.constant(cotangent, dtype))
        outputs, d_w, d_x = map(numpy_of, found)
        return checked_outputs(outputs, circuit, inputs), d_x, d_w


_with_gradients = lru_cache(maxsize=PROGRAMS_KEPT)(with_gradients)
