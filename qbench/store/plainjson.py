"""JSON that also takes NumPy values and floats that are not finite, and gives the latter back.

Plain JSON (and PostgreSQL) knows no NaN, and a metric may be undefined: such a
float is written as ``{"$float": "nan"}``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def dumps(value: Any) -> str:
    """JSON text; raises TypeError for what has no JSON form."""
    try:
        return json.dumps(value, allow_nan=False, default=_from_numpy)
    except ValueError:  # NaN or an infinity somewhere: the slow way
        return json.dumps(_marked(value), allow_nan=False)


def loads(text: str | bytes) -> Any:
    """Inverse of :func:`dumps`, as far as JSON can tell tuples, arrays and lists apart."""
    return json.loads(text, object_hook=_unmarked)


def _from_numpy(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON form: {value!r}")


def _marked(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return _marked(value.tolist())
    return value


def _unmarked(value: dict[str, Any]) -> Any:
    return float(value["$float"]) if value.keys() == {"$float"} else value
