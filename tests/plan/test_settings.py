"""Models with data and a trainer of their own."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError

SUITE = """\
qbench: 1
name: own
seeds: [5]
data: {name: iris, split: {train: 30, validation: 20, test: 40}}
models:
  plain: {layers: [{dense: n_classes}]}
  longer: {base: plain, trainer: {epochs: 7, optimizer: {learning_rate: 0.5}}}
  wider: {base: longer, train_on: all, data: {transform: [standardize]}}
  other: {base: plain, data: {name: wine, split: {train: 0.5}}, trainer: {scheduler: cosine}}
baselines: [mlp]
trainer: {epochs: 3, optimizer: {name: sgd, momentum: 0.5}, select: last}
record: {gradient_variance: off}
"""


def works(plan):
    return {trial.work.method: trial.work for trial in plan.trials}


def test_keys_of_a_models_own_are_merged_over_the_suites(plan_of):
    found = works(plan_of(text=SUITE))
    assert found["plain"].trainer["epochs"] == found["mlp"].trainer["epochs"] == 3
    own = found["longer"].trainer
    assert (own["epochs"], own["select"]) == (7, "last")
    assert own["optimizer"] == {"name": "sgd", "learning_rate": 0.5, "momentum": 0.5}
    assert found["other"].trainer["scheduler"]["name"] == "cosine"
    other = found["other"].data
    assert (other.name, other.train, other.validation, other.test) == ("wine", 0.5, 20, 40)
    assert found["other"].model.n_inputs == 13


def test_a_variant_has_its_bases_settings_unless_it_says_otherwise(plan_of):
    found = works(plan_of(text=SUITE))
    assert found["wider"].trainer == found["longer"].trainer
    assert found["wider"].data.train_on == "all"
    assert [step[0] for step in found["wider"].data.transform] == ["standardize"]
    assert found["longer"].data == found["plain"].data


def test_a_dotted_key_reaches_a_models_own_settings(plan_of):
    changed = plan_of("models.longer.trainer.optimizer=adam", "models.other.data=wine", text=SUITE)
    assert works(changed)["longer"].trainer["optimizer"]["name"] == "adam"
    assert works(changed)["other"].data.name == "wine"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("models.longer.trainer.epoch=2", "models.longer.trainer.epoch: unknown key; did you"),
        ("models.longer.trainer.max_steps=2", "models.longer.trainer: give `epochs` or"),
        ("models.other.data.order=last", "models.other.data.order: unknown value"),
        ("models.other.train_on=everything", "models.other.train_on: unknown value"),
    ],
)
def test_what_is_wrong_in_them_is_told_at_their_place(plan_of, setting, said):
    with pytest.raises(SpecError) as caught:
        plan_of(setting, text=SUITE)
    assert said in str(caught.value)


def test_a_model_whose_own_data_have_no_validation_rows_selects_otherwise(plan_of):
    with pytest.raises(SpecError, match=r"models\.plain\.trainer\.select: .* validation rows"):
        plan_of(
            "models.plain.data.split.validation=0",
            "models.plain.trainer.select=best_validation",
            text=SUITE,
        )


def test_more_outputs_than_classes_are_allowed_where_a_model_says_so(plan_of):
    wide = "models.plain.layers=[{dense: 5}]"
    with pytest.raises(SpecError, match="unused_outputs: true"):
        plan_of(wide, text=SUITE)
    told = plan_of(wide, "models.plain.unused_outputs=true", text=SUITE)
    assert works(told)["plain"].model.n_outputs == 5
    few = "models.plain={layers: [{dense: 2}], unused_outputs: true}"
    with pytest.raises(SpecError, match="ends in 2 outputs"):
        plan_of(few, text=SUITE)
    two = ("models.other=null", "data.classes=[setosa, virginica]")
    one = (*two, "trainer.loss=binary_cross_entropy", wide)
    with pytest.raises(SpecError, match="needs 1"):
        plan_of(*one, "models.plain.unused_outputs=true", text=SUITE)
