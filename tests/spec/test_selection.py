"""``--only``: parsing and matching."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError
from qbench.spec import parse_only, selects


def test_patterns_are_split_outside_of_brackets() -> None:
    assert parse_only("model=hybrid,backend='qiskit*'") == {
        "model": "hybrid",
        "backend": "qiskit*",
    }
    variant = "pennylane[device=lightning.qubit,diff_method=adjoint]"
    assert parse_only(f"backend={variant},seed=1") == {"backend": variant, "seed": "1"}
    label = '{"metric": "validation_loss", "patience": 2}'
    asked = parse_only(f"trainer.early_stopping={label},seed=1")
    assert asked == {"trainer.early_stopping": label, "seed": "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it is written --only key=pattern"),
        ("model", "it is written --only key=pattern"),
        ("model=", "it is written --only key=pattern"),
        ("model=a,model=b", "'model' is given twice"),
        ("modle=a", "unknown key 'modle'; did you mean 'model'?"),
    ],
)
def test_a_wrong_selection_is_told_in_words(text: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_only(text, known=("model", "backend"))
    assert expected in str(caught.value)


def test_a_wildcard_matches_and_brackets_are_literal() -> None:
    labels = {"backend": "qiskit[tier=expert]", "model": "qnn"}
    assert selects({"backend": "qiskit*"}, labels)
    assert selects({"backend": "qiskit[tier=*]"}, labels)
    assert selects({"backend": "qiskit[tier=expert]", "model": "q??"}, labels)
    assert selects({"model": "qnn[*twin]"}, {"model": "qnn[linear_twin]"})
    assert not selects({"model": "qnn[*twin]"}, {"model": "qnn[frozen_quantum]"})
    assert not selects({"backend": "qiskit"}, labels)
    assert not selects({"depth": "*"}, labels)
