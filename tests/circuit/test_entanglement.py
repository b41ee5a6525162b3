from __future__ import annotations

import pytest

from qbench.circuit.entanglement import entangled_pairs
from qbench.exceptions import CircuitError


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("none", []),
        (None, []),
        ("linear", [(0, 1), (1, 2), (2, 3)]),
        ("reverse_linear", [(2, 3), (1, 2), (0, 1)]),
        ("ring", [(0, 1), (1, 2), (2, 3), (3, 0)]),
        ("circular", [(3, 0), (0, 1), (1, 2), (2, 3)]),
        ("full", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        ("pairwise", [(0, 1), (2, 3), (1, 2)]),
        ([[3, 1], (0, 2)], [(3, 1), (0, 2)]),
        ([], []),
    ],
)
def test_patterns_on_four_wires(name, pairs):
    assert entangled_pairs(name, 4) == pairs


@pytest.mark.parametrize(
    "name", ["linear", "reverse_linear", "ring", "circular", "full", "pairwise"]
)
def test_every_pattern_is_one_pair_on_two_wires_and_none_on_one(name):
    assert entangled_pairs(name, 2) == [(0, 1)]
    assert entangled_pairs(name, 1) == []


@pytest.mark.parametrize(
    ("entanglement", "words"),
    [
        ("cyclic", "no 'cyclic'"),
        ("circle", "did you mean 'circular'"),
        ([[0, 4]], "no pair of different wires from 0 to 3"),
        ([[1, 1]], "no pair"),
        ([[0, 1, 2]], "no pair"),
        ([[True, 0]], "no pair"),
        ([0, 1], "no pair"),
        (["01"], "no pair"),
        (3, "a name or a list of pairs"),
    ],
)
def test_other_entanglements_are_refused(entanglement, words):
    with pytest.raises(CircuitError, match=words):
        entangled_pairs(entanglement, 4)
