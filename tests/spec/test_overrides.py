"""Profiles, ``--set`` and axes: what wins, what merges, what is refused."""

from __future__ import annotations

import pytest

from qbench.spec.merging import merge

from .conftest import SMALL, Load, Refusal

BASE = """
trainer: {epochs: 5, batch_size: 16, optimizer: {name: adam, learning_rate: 0.1, beta1: 0.5}}
profiles:
  quick: {trainer.epochs: 2, seeds: 2}
  other: {trainer: {epochs: 3}}
"""


def test_set_wins_over_profile_over_axis_over_suite(load: Load) -> None:
    axis = "matrix: {trainer.epochs: [7, 8]}\n"
    assert load(BASE).config.trainer.epochs == 5
    assert [p.config.trainer.epochs for p in load(BASE + axis).points] == [7, 8]
    assert [p.config.trainer.epochs for p in load(BASE + axis, profile="quick").points] == [2, 2]
    suite = load(BASE + axis, profile="quick", overrides=["trainer.epochs=9", "seeds=[4]"])
    assert [p.config.trainer.epochs for p in suite.points] == [9, 9]
    assert [p.labels for p in suite.points] == [{"trainer.epochs": "7"}, {"trainer.epochs": "8"}]
    assert suite.seeds == [4]
    assert (suite.profile, suite.profiles) == ("quick", ["quick", "other"])


def test_later_settings_win(load: Load) -> None:
    suite = load(overrides=["trainer.epochs=3", "trainer.epochs=4"])
    assert suite.config.trainer.epochs == 4


def test_mappings_merge_lists_replace_and_null_removes(load: Load) -> None:
    merged = load(BASE, overrides=["trainer={epochs: 1, batch_size: null}"]).config.trainer
    assert (merged.epochs, merged.batch_size) == (1, 32)
    assert merged.optimizer.learning_rate == 0.1
    listed = load("backends: [reference, pennylane]\n", overrides=["backends=[qiskit]"])
    assert [b.key for b in listed.config.backends] == ["qiskit"]
    assert load(BASE, overrides=["trainer.epochs=null"]).config.trainer.epochs == 10
    steps = load(BASE, overrides=["trainer.epochs=null", "trainer.max_steps=6"]).config.trainer
    assert (steps.epochs, steps.max_steps) == (None, 6)


def test_a_slot_given_by_name_takes_dotted_options(load: Load) -> None:
    by_name = "trainer: {optimizer: sgd}\n"
    config = load(by_name, overrides=["trainer.optimizer.momentum=0.9"]).config
    assert config.trainer.optimizer.model_dump() == {
        "name": "sgd",
        "learning_rate": 1e-3,
        "momentum": 0.9,
    }
    deeper = load(overrides=["circuits.pqc.ansatz.n_layers=3"]).config
    assert deeper.circuits["pqc"].ansatz is not None
    assert deeper.circuits["pqc"].ansatz["n_layers"] == 3


def test_another_name_in_a_slot_drops_the_options_of_the_first(load: Load) -> None:
    for override in ("trainer.optimizer=sgd", "trainer.optimizer={name: sgd}"):
        optimizer = load(BASE, overrides=[override]).config.trainer.optimizer
        assert optimizer.model_dump()["learning_rate"] == 1e-3
    same = load(BASE, overrides=["trainer.optimizer={name: adam, beta2: 0.5}"]).config.trainer
    assert same.optimizer.learning_rate == 0.1


def test_none_empties_a_slot_that_the_suite_fills(load: Load) -> None:
    scheduled = "trainer: {scheduler: {name: step, step_size: 2}}\n"
    none = load(scheduled, overrides=["trainer.scheduler=none", "circuits.pqc.encoding=none"])
    assert none.config.trainer.scheduler is None
    assert none.config.circuits["pqc"].encoding is None
    axis = load(scheduled + "matrix: {circuits.pqc.encoding: [angle, none, basis]}\n")
    encodings = [point.config.circuits["pqc"].encoding for point in axis.points]
    assert [slot and slot["name"] for slot in encodings] == ["angle", None, "basis"]


def test_another_data_set_keeps_the_split(load: Load) -> None:
    text = SMALL.replace("classes: [3, 8]", "split: {train: 100, validation: 20, test: 30}")
    for override in ("data=wine", "data.name=wine"):
        data = load(text=text, overrides=[override]).config.data
        assert (data.name, data.split.train) == ("wine", 100)


def test_a_choice_of_one_key_replaces_the_other_choice(load: Load) -> None:
    text = SMALL.replace("ansatz:", "measure: {expval: Z}\n    ansatz:")
    config = load(text=text, overrides=["circuits.pqc.measure={probs: all}"]).config
    assert config.circuits["pqc"].measure == {"probs": "all"}
    assert merge({"per_class": 3}, {"other": 1}, ("data", "split", "train")) == {"other": 1}
    init = load(overrides=["models.qnn.init.quantum={normal: {std: 1}}"]).config.models["qnn"].init
    assert init.quantum.model_dump() == {"name": "normal", "std": 1.0}


def test_an_override_may_change_the_matrix(load: Load) -> None:
    suite = load(
        "matrix: {trainer.epochs: [7, 8]}\nprofiles: {quick: {matrix.trainer.epochs: [1]}}\n",
        profile="quick",
    )
    assert suite.axes == {"trainer.epochs": ["1"]}
    assert load("matrix: {trainer.epochs: [7, 8]}\n", overrides=["matrix=null"]).axes == {}


LABELLED = "matrix: {trainer.epochs: {short: 1, long: 5}}\n"


def test_null_takes_a_labelled_value_from_an_axis(load: Load) -> None:
    override = "matrix.trainer.epochs={long: null, middle: 3}"
    assert load(LABELLED, overrides=[override]).axes == {"trainer.epochs": ["short", "middle"]}
    fewer = "experiments: {a: {matrix: {trainer.epochs: {long: null}}}, b: {}}\n"
    suite = load(LABELLED + fewer, overrides=["matrix.trainer.epochs={long: null}"])
    assert suite.axes["trainer.epochs"] == ["short"]


@pytest.mark.parametrize("source", ["--set", "profile", "experiment"])
def test_a_null_for_a_value_that_the_axis_has_not_is_refused(source: str, refusal: Refusal) -> None:
    axis = "{trainer.epochs: {lang: null}}"
    extra = {
        "profile": f"profiles: {{quick: {{matrix: {axis}}}}}\n",
        "experiment": f"experiments: {{a: {{matrix: {axis}}}, b: {{}}}}\n",
    }
    overrides = [f"matrix={axis}"] if source == "--set" else []
    message = refusal(LABELLED + extra.get(source, ""), overrides=overrides)
    assert "matrix.trainer.epochs.lang: null takes a value away" in message
    assert "did you mean 'long'?" in message


def test_a_null_that_brings_an_axis_is_the_value_that_leaves_the_key_out(load: Load) -> None:
    axis = "{trainer.max_steps: {all: null, ten: 10}}"
    suite = load(f"trainer: {{max_steps: 5}}\nexperiments: {{a: {{matrix: {axis}}}}}\n")
    assert [point.config.trainer.max_steps for point in suite.points] == [None, 10]


def test_a_null_is_unwritten_at_every_point(load: Load) -> None:
    text = "task: gradient_variance\nseeds: null\nmatrix: {circuits.pqc.n_qubits: [2, 3]}\n"
    assert [point.config.seeds for point in load(text).points] == [[0], [0]]


def test_an_override_never_changes_the_suite_it_was_read_from(load: Load) -> None:
    first, second = (load(BASE, overrides=[f"trainer.epochs={n}"]).config for n in (1, 2))
    assert (first.trainer.epochs, second.trainer.epochs) == (1, 2)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("trainer.epoch=3", "--set: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("trianer.epochs=3", "--set: trianer: unknown key; did you mean 'trainer'?"),
        ("epochs=3", "--set: epochs: unknown key; did you mean 'trainer.epochs'?"),
        ("trainer.epoch=null", "--set: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("trainer={epoch: null}", "--set: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("fitt=null", "--set: fitt: unknown key; did you mean 'fit'?"),
        ("n_qubits=3", "--set: n_qubits: unknown key; did you mean 'circuits.NAME.n_qubits'?"),
        ("circuits.pcq.n_qubits=3", "circuits.pcq: unknown circuit 'pcq'; did you mean 'pqc'?"),
        ("models.qn.freeze=[]", "models.qn: unknown model 'qn'; did you mean 'qnn'?"),
        ("models.qnn.layers.dense=3", "--set: models.qnn.layers: is a list, and a dotted key"),
        ("name.x=3", "name: is text 'small', which has no keys below it"),
        ("trainer.epochs=ten", "--set: trainer.epochs: must be a whole number, not text 'ten'"),
        ("trainer.epochs=[1", "--set trainer.epochs:1:3: not YAML"),
        ("trainer.epochs", "it is written --set dotted.key=value"),
        ("=3", "it is written --set dotted.key=value"),
        ("trainer..epochs=3", "is no dotted key such as trainer.epochs"),
        ("profiles.quick=3", "--set: profiles.quick: a profile can't be set"),
        ("trainer.max_steps=3", "trainer: give `epochs` or `max_steps`, not both"),
        ("circuits.pqc.n_qubits=5000", "--set: circuits.pqc.n_qubits: n_qubits is a whole"),
        ("backends=[pennylane[tier=expert]]", "must be quoted: 'pennylane[tier=expert]'"),
        ("name=", "--set: name: is required"),
    ],
)
def test_a_wrong_setting_is_told_in_words(override: str, expected: str, refusal: Refusal) -> None:
    assert expected in refusal(BASE, overrides=[override])


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ("{quick: {trainer.epoch: 2}}", "14:20: trainer.epoch: unknown key; did you mean 'epo"),
        ("{quick: {trainer: {epoch: 2}}}", "14:30: trainer.epoch: unknown key; did you mean"),
        ("{quick: {trainer.epochs: x}}", "14:20: trainer.epochs: must be a whole number"),
        ("{quick: {models.x.init: {}}}", "14:20: models.x: unknown model 'x'"),
        ("{quick: {a..b: 2}}", "14:20: profiles.quick.a..b: is no dotted key"),
        ("{quick: 3}", "14:12: profiles.quick: must be a mapping of dotted keys, not the number 3"),
        ("[quick]", "14:1: profiles: must be a mapping, not a list"),
        ("{quick: {profiles.quick: {}}}", "a profile can't be set"),
    ],
)
def test_a_wrong_profile_is_told_even_if_it_is_not_used(
    profiles: str, expected: str, refusal: Refusal
) -> None:
    assert expected in refusal(f"profiles: {profiles}\n")


def test_an_unknown_profile_suggests_the_nearest(refusal: Refusal) -> None:
    told = refusal(BASE, profile="quik")
    assert told == "suite.yaml:16:1: profiles: unknown profile 'quik'; did you mean 'quick'?"
    assert "unknown profile 'quick'" in refusal(profile="quick")
