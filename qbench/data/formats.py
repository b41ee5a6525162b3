"""Readers of the files in which data sets are published; each takes bytes already verified."""

from __future__ import annotations

import gzip
import io
import math
import pickle
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.exceptions import DataError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 8


def read_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """An array of bytes in the IDX format, gzipped or plain.

    The format (Y. LeCun, C. Cortes, C. Burges, the MNIST database): two zero bytes, the
    type, the number of dimensions, each dimension as a big-endian 32-bit integer, the values.

    Raises
    ------
    DataError
        Not IDX, not of bytes, truncated, or longer than it says; ``name`` is in the message.
    """
    if content[:2] == _GZIP:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{name}: is truncated or no gzip file ({error})") from None
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DataError(f"{name}: is no IDX file: it begins with {content[:4].hex() or 'nothing'}")
    kind, n_dimensions = content[2], content[3]
    if kind != _UNSIGNED_BYTE:
        raise DataError(f"{name}: holds values of IDX type {kind:#04x}; bytes (0x08) are read")
    start = 4 + 4 * n_dimensions
    if len(content) < start:
        raise DataError(f"{name}: is truncated within its {start} bytes of heading")
    shape = struct.unpack(f">{n_dimensions}I", content[4:start])
    expected = math.prod(shape)
    if len(content) - start != expected:
        size = " x ".join(map(str, shape))
        raise DataError(
            f"{name}: {'is truncated' if len(content) - start < expected else 'is too long'}: "
            f"{len(content) - start} values, and its heading says {size} = {expected}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_npz(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    """The arrays of a NumPy archive; pickled ones are refused.

    Raises
    ------
    DataError
        No such archive, or one that holds objects.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: is no NumPy archive of plain arrays ({error})") from None


def read_cifar(content: bytes, name: str) -> Mapping[bytes, Any]:
    """A batch of CIFAR-10, a Python pickle, read without running anything in it.

    Only what such a file is made of is allowed: dictionaries, lists, numbers, bytes and
    NumPy arrays (pickle's documentation, "Restricting Globals").

    Raises
    ------
    DataError
        It asks for anything else, or is no such pickle.
    """
    try:
        value = _Restricted(io.BytesIO(content), encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError,
            AttributeError, ImportError, OverflowError, MemoryError) as error:  # fmt: skip
        raise DataError(f"{name}: is no batch of CIFAR-10 ({error})") from None
    if not isinstance(value, dict):
        raise DataError(f"{name}: is no batch of CIFAR-10 (a {type(value).__name__} is in it)")
    return value


class _Restricted(pickle.Unpickler):
    """An unpickler that knows three names and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return _empty_array
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _empty_array(kind: Any, shape: Any, typecode: Any) -> NDArray[Any]:
    """NumPy's own ``_reconstruct``: an array whose state follows in the pickle."""
    if kind is not np.ndarray:
        raise pickle.UnpicklingError(f"it asks for an array of {kind!r}")
    return np.ndarray(shape, typecode)
