"""The controls of a point's quantum models."""

from __future__ import annotations

from dataclasses import replace

from qbench.exceptions import Unsupported
from qbench.plan.controls import DERIVED
from qbench.plan.methods.baselines import matched_units, mlp_training
from qbench.plan.methods.placing import training_somewhere
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.methods.trainings import Trainings
from qbench.plan.work import Work
from qbench.spec import control_key


def control_work(at: ResolvedPoint, trainings: Trainings, name: str, control: str) -> Work:
    """A control of a quantum model, where it can run: on one backend, since all agree.

    What changes nothing in the model is the same trial as the model.
    """
    key, setting = control_key(name, control), at.settings[name]
    if control == "mlp_matched":
        place = ("controls", at.config.controls.index("mlp_matched"))
        n_features = setting.data.n_features
        hidden = matched_units(at, name, setting, n_features, place)
        twin = mlp_training(at, trainings, key, setting, n_features, hidden)
        return replace(twin, is_control=True)
    refusal = None
    try:
        written = DERIVED[control](at.written[name])
    except Unsupported as reason:
        written, refusal = at.written[name], str(reason)
    model = at.resolve(name, written)
    try:
        trainings.backbone(name, model)
    except Unsupported as reason:
        written, refusal, model = at.written[name], str(reason), at.models[name]
    if control == "product_twin" and refusal is None:
        model = replace(model, circuits=())  # no backend runs them
    fields = trainings.fields(name, key, written, model) | {"is_control": True}
    if control == "linear_twin":  # its values are no probabilities
        fields["loss"] = setting.loss_of_logits
    work = training_somewhere(at, model, fields)
    return replace(work, refusal=refusal or work.refusal) if model.is_quantum else work
