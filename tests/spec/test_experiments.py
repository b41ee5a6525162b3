"""Experiments: several entries of one suite on one base."""

from __future__ import annotations

import pytest

from .conftest import SMALL, Load, Refusal

TWO = """
trainer: {epochs: 5, batch_size: 16}
experiments:
  short: {trainer.epochs: 2}
  deep:
    circuits.pqc.ansatz.n_layers: 3
    backends: [reference]
    seeds: 3
    matrix: {trainer.epochs: [7, 8]}
profiles:
  quick: {trainer.batch_size: 4}
"""


def epochs(suite) -> list[int | None]:
    return [point.config.trainer.epochs for point in suite.points]


def test_each_experiment_is_the_base_with_its_own_keys_and_grid(load: Load) -> None:
    suite = load(TWO)
    assert suite.axes == {"experiment": ["short", "deep"], "trainer.epochs": ["7", "8"]}
    assert [point.labels for point in suite.points] == [
        {"experiment": "short"},
        {"experiment": "deep", "trainer.epochs": "7"},
        {"experiment": "deep", "trainer.epochs": "8"},
    ]
    assert epochs(suite) == [2, 7, 8]
    short, deep = suite.points[0].config, suite.points[1].config
    assert [c.trainer.batch_size for c in (short, deep)] == [16, 16]
    assert [c.circuits["pqc"].ansatz["n_layers"] for c in (short, deep)] == [1, 3]
    assert [[b.key for b in c.backends] for c in (short, deep)] == [["any"], ["reference"]]
    assert [len(c.seeds) for c in (short, deep)] == [10, 3]
    assert len(suite.seeds) == 10


def test_the_matrix_wins_over_an_experiment_and_a_profile_over_both(load: Load) -> None:
    base = "experiments: {a: {trainer.epochs: 2}}\nprofiles: {p: {trainer.epochs: 9}}\n"
    axis = "matrix: {trainer.epochs: [3, 4]}\n"
    assert epochs(load(base)) == [2]
    assert epochs(load(base + axis)) == [3, 4]
    assert epochs(load(base + axis, profile="p")) == [9, 9]
    assert epochs(load(base + axis, profile="p", overrides=["trainer.epochs=1"])) == [1, 1]


def test_a_base_may_wait_for_what_every_experiment_gives(load: Load) -> None:
    text = SMALL.replace("data: {name: digits, classes: [3, 8]}\n", "")
    suite = load("experiments: {a: {data: digits}, b: {data: wine}}\n", text=text)
    assert [point.config.data.name for point in suite.points] == ["digits", "wine"]


def test_an_experiment_may_be_the_base_as_it_is(load: Load) -> None:
    suite = load("experiments:\n  base:\n  long: {trainer: {epochs: 50}}\n")
    assert epochs(suite) == [10, 50]


def test_an_axis_of_the_base_may_serve_one_of_the_experiments(load: Load) -> None:
    suite = load("experiments: {a: {}, b: {circuits.pqc.n_qubits: =n}}\nmatrix: {n: [2, 3]}\n")
    assert [p.config.circuits["pqc"].n_qubits for p in suite.points] == [4, 4, 2, 3]


def test_an_experiment_may_take_an_axis_away(load: Load) -> None:
    suite = load("experiments: {a: {}, b: {matrix: null}}\nmatrix: {trainer.epochs: [2, 3]}\n")
    assert [point.labels["experiment"] for point in suite.points] == ["a", "a", "b"]


def test_profiles_and_settings_reach_experiments(load: Load) -> None:
    assert load(TWO, overrides=["experiments.deep=null"]).axes == {"experiment": ["short"]}
    assert load(TWO, overrides=["experiments=null"]).axes == {}
    assert epochs(load(TWO, overrides=["experiments.short.trainer.epochs=4"])) == [4, 7, 8]
    assert epochs(load(TWO, overrides=["experiments.deep.matrix.trainer.epochs=[1]"])) == [2, 1]
    assert epochs(load(TWO, overrides=["experiments={more: {trainer.epochs: 1}}"])) == [2, 7, 8, 1]
    profile = TWO + "  few: {experiments.deep: null}\n"
    assert epochs(load(profile, profile="few")) == [2]


def test_differences_may_be_taken_against_an_experiment(load: Load) -> None:
    suite = load(TWO + "baseline: {experiment: short}\n")
    assert suite.config.baseline == {"experiment": "short"}


@pytest.mark.parametrize(
    ("experiments", "expected"),
    [
        ("3", "14:1: experiments: must be a mapping (`NAME: {key: value}`), not the number 3"),
        ("[a]", "14:1: experiments: must be a mapping"),
        ("{a: 3}", "14:15: experiments.a: must be a mapping of dotted keys, not the number 3"),
        ("{a.b: {}}", "14:15: experiments.a.b: 'a.b' is no name: letters, digits, _ and -"),
        ("{a: {a..b: 2}}", "14:19: experiments.a.a..b: is no dotted key"),
        ("{a: {name: x}}", "14:19: experiments.a.name: `name` holds for the whole suite"),
        ("{a: {budget.total: 2h}}", "`budget` holds for the whole suite: no experiment changes"),
        ("{a: {trainer.epoch: 2}}", "14:19: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("{a: {trainer: {epoch: 2}}}", "14:29: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("{a: {trianer.epochs: 2}}", "14:19: trianer: unknown key; did you mean 'trainer'?"),
        ("{a: {models.qn.freeze: []}}", "14:19: models.qn: unknown model 'qn'; did you mean 'qnn'"),
        ("{a: {matrix: {trainer.epochs: [x]}}}", "14:45: trainer.epochs: must be a whole number"),
        ("{a: {matrix: {n: [1]}}, b: {}}", "14:28: matrix.n: this axis changes nothing"),
    ],
)
def test_a_wrong_experiment_is_told_with_its_place(
    experiments: str, expected: str, refusal: Refusal
) -> None:
    assert expected in refusal(f"experiments: {experiments}\n")


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("experiments.dep=null", "--set: experiments.dep: unknown experiment 'dep'; did you mean"),
        ("experiments.dep.seeds=2", "unknown experiment 'dep'; did you mean 'deep'?"),
        ("experiments.deep.seed=2", "--set: seed: unknown key; did you mean 'seeds'?"),
        ("experiments.deep.name=x", "`name` holds for the whole suite"),
        ("experiments=3", "--set: experiments: must be a mapping"),
    ],
)
def test_a_wrong_setting_of_an_experiment_is_told(
    override: str, expected: str, refusal: Refusal
) -> None:
    assert expected in refusal(TWO, overrides=[override])


def test_the_word_is_suggested(refusal: Refusal) -> None:
    assert "did you mean 'experiments'?" in refusal("experimnts: {}\n")
