"""Backend choices: text and mapping, canonical keys, options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.backend import Capabilities, Mode
from qbench.exceptions import SpecError
from qbench.spec import SuiteConfig, parse_backend


def test_text_with_version_and_options_is_canonical() -> None:
    choice = parse_backend(" pennylane@0.41.1[ tier=expert, device = lightning.qubit ] ".strip())
    assert choice.key == "pennylane@0.41.1[device=lightning.qubit,tier=expert]"
    assert choice.options == {"device": "lightning.qubit", "tier": "expert"}
    assert parse_backend(choice.key) == choice
    assert hash(parse_backend(choice.key)) == hash(choice)


def test_values_of_options_are_typed_as_in_yaml() -> None:
    choice = parse_backend("qiskit[shots=100, threads=2, precision=double]")
    assert choice.options == {"precision": "double", "shots": 100, "threads": 2}
    assert parse_backend("qiskit[shots=null]").options == {"shots": None}


def test_the_default_diff_method_is_the_same_as_none() -> None:
    assert parse_backend("pennylane[diff_method=default]").key == "pennylane"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it is written NAME[@VERSION][option=value, ...]"),
        ("a b", "it is written NAME"),
        ("pennylane[", "it is written NAME"),
        ("pennylane]x[", "it is written NAME"),
        ("pennylane[device]", "'device' is no option; it is written option=value"),
        ("pennylane[tier=expert,]", "'' is no option"),
        ("pennylane[tier=expert,tier=expert]", "option 'tier' is given twice"),
        ("pennylane[tire=expert]", "options.tire: unknown key; did you mean 'tier'?"),
        ("pennylane[tier=expret]", "unknown value 'expret'; did you mean 'expert'?"),
        ("pennylane[diff_method=parameter_shift]", "did you mean 'parameter-shift'?"),
        ("pennylane[diff_method=textbook]", "did you mean 'textbook-2x'?"),
        ("pennylane[optimise=best]", "unknown value 'best'; known are none, safe"),
        ("pennylane[noise=thermal]", "`noise` is not yet supported (planned)"),
        ("pennylane[threads=two]", "must be a whole number, not text 'two'"),
        ("pennylane[threads=0]", "must be at least 1, not 0"),
        ("pennylane[shots=0]", "must be a whole number from 1, or null for exact values"),
        ("pennylane[device=1e999]", "too large"),
        ("pennylane[accelerator=gpu]", "unknown value 'gpu'"),
    ],
)
def test_a_wrong_choice_is_refused_in_words(text: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_backend(text)
    assert expected in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_a_choice_or_refused(text: str) -> None:
    try:
        choice = parse_backend(text)
    except SpecError:
        return
    assert parse_backend(choice.key).key == choice.key


@given(st.text(alphabet="pennylane@0.41[]device=tier, expert", max_size=40))
def test_texts_of_the_right_letters_are_choices_or_refused(text: str) -> None:
    test_any_text_is_a_choice_or_refused.hypothesis.inner_test(text)  # type: ignore[attr-defined]


def test_options_override_execution_and_fit_the_capabilities() -> None:
    config = SuiteConfig.model_validate(
        {
            "qbench": 1,
            "name": "a",
            "data": "digits",
            "execution": {"precision": "double", "threads": 2, "shots": 10},
            "backends": ["pennylane", "pennylane[precision=default,tier=expert,shots=null]"],
        }
    )
    plain, expert = (config.execution_of(choice) for choice in config.backends)
    assert plain["precision"] == "double"
    assert plain["shots"] == 10
    assert plain["tier"] is None
    capabilities = Capabilities((Mode("d", "adjoint", "expert", ("single",)),))
    execution = capabilities.resolve(**expert)
    assert (execution.tier, execution.precision, execution.threads) == ("expert", "single", 2)
