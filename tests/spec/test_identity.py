"""Every field of the language is inside the identity of a trial, or outside."""

from __future__ import annotations

from qbench.spec import IDENTITY
from qbench.spec.identity import fields, inside

from .conftest import Load


def test_every_field_is_classified() -> None:
    assert set(fields()) == set(IDENTITY), "classify new fields in qbench/spec/identity.py"


def test_labels_limits_and_comparisons_are_outside(load: Load) -> None:
    plain = load("backends: [pennylane]\n")
    dressed = load(
        text=load().text.replace("name: small", "name: other"),
        extra="""  extra: {base: qnn}
train: [qnn]
description: words
seeds: 3
baseline: qnn
budget: {trial: 1h}
published: [{where: {model: qnn}, metric: accuracy, value: 0.9, source: them}]
backends: [{name: pennylane, label: mine}]
""",
    )
    left, right = inside(plain.config), inside(dressed.config)
    right["models"].pop("extra")
    assert left == right


def test_what_a_trial_computes_is_inside(load: Load) -> None:
    plain = inside(load().config)
    for change in ("execution.threads=2", "trainer.batch_size=8", "data.order=first",
                   "circuits.pqc.measure={expval: X}", "record.gradient_variance=off",
                   "models.qnn.freeze=[quantum]", "fix=[init]"):  # fmt: skip
        assert inside(load(overrides=[change]).config) != plain, change
