"""Random streams derived by hashing, so that one more stream changes no other."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def derived_generator(seed: int, *what: str | int) -> np.random.Generator:
    """A generator (PCG64) that depends on ``seed`` and on what it is for, such as ``"split"``."""
    digest = hashlib.sha256(json.dumps([seed, *what]).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(digest))))
