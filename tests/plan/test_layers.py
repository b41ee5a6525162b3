"""Shapes and parameters of layers, and what is said where they do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qbench.circuit.build import build_circuit
from qbench.exceptions import SpecError
from qbench.plan.initial import initial_parameters
from qbench.plan.layers import near_square, resolve_model
from qbench.spec.layers import written_layers
from qbench.spec.models import ModelConfig
from qbench.spec.problems import ProblemError, dotted
from qbench.worker.layers import mask_shape, output_shapes, received_shapes, walk

CIRCUITS = {
    "four": build_circuit(4, "angle", "hardware_efficient"),
    "nine": build_circuit(9, "angle", "hardware_efficient"),
    "amplitudes": build_circuit(3, {"name": "amplitude", "pad_with": 0.5}, "hardware_efficient"),
}
MNIST = (1, 28, 28)


def resolved(layers: Any, image: tuple[int, int, int] | None = MNIST, n_classes: int = 10):
    config = ModelConfig.model_validate({"layers": layers})
    written = written_layers(config.layers, {"n_classes": n_classes})
    n_features = int(np.prod(image)) if image else 4
    return resolve_model(written, CIRCUITS, n_features=n_features, image_shape=image)


def conv(filters: int, size: int, **options: Any) -> dict[str, Any]:
    return {"conv2d": {"filters": filters, "kernel_size": size, **options}}


@pytest.mark.parametrize(
    ("name", "n_classes", "parameters"),
    [
        ("lenet5", 6, 44_086),
        ("lenet5", 8, 44_256),
        ("alexnet", 6, 94_655_686),
        ("alexnet_small", 6, 1_320_502),
    ],
)
def test_published_models_have_their_published_size(name, n_classes, parameters):
    model = resolved(name, n_classes=n_classes)
    assert model.count("classical") == parameters
    assert model.n_outputs == n_classes


def test_shapes_go_through_convolutions_and_pools():
    model = resolved(
        [conv(6, 5), {"max_pool2d": 2}, conv(16, 5, strides=2), {"avg_pool2d": 3}, "flatten"]
    )
    shapes = output_shapes(model.layers, (784,))
    assert shapes == [(784,), MNIST, (6, 24, 24), (6, 12, 12), (16, 4, 4), (16, 1, 1), (16,)]
    assert [p.shape for p in model.parameters] == [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,)]
    assert [p.name for p in model.parameters[:2]] == ["0.conv2d.weight", "0.conv2d.bias"]


@pytest.mark.parametrize(
    ("size", "strides", "expected"), [(2, 1, 28), (3, 1, 28), (5, 2, 14), (4, 3, 10), (1, 2, 14)]
)
def test_same_padding_keeps_the_size_over_the_strides(size, strides, expected):
    model = resolved([conv(2, size, strides=strides, padding="same"), "flatten"])
    assert output_shapes(model.layers, (784,))[2] == (2, expected, expected)


def test_pixels_are_a_row_for_dense_layers_and_an_image_for_layers_of_images():
    plain = resolved([{"dense": 3}])
    assert [layer["type"] for layer in plain.layers] == ["dense"]
    passed = resolved(["relu", {"scale": 2}, {"dropout": 0.1}, conv(1, 28), "flatten"])
    assert [layer["type"] for layer in passed.layers][3:5] == ["image", "conv2d"]


def test_branches_name_their_parameters_by_path_and_have_dropout_of_their_own():
    branch = [conv(2, 28), "flatten", {"dropout": 0.5}, {"dense": 4}, {"quantum": "four"}]
    model = resolved([{"dropout": 0.5}, {"concat": [branch, [{"dropout": 0.5}], []]}, {"dense": 2}])
    assert [p.name for p in model.parameters] == [
        "1.concat.0.0.conv2d.weight",
        "1.concat.0.0.conv2d.bias",
        "1.concat.0.3.dense.weight",
        "1.concat.0.3.dense.bias",
        "1.concat.0.4.quantum.weights",
        "2.dense.weight",
        "2.dense.bias",
    ]
    assert model.parameters[-2].shape == (2, 4 + 784 + 784)
    indices = [layer["index"] for layer in walk(model.layers) if layer["type"] == "dropout"]
    assert len(set(indices)) == 3
    assert indices[0] == 0


def test_dropout_of_channels_draws_one_number_a_channel():
    model = resolved([conv(3, 3), {"dropout": {"p": 0.2, "channels": True}}, "relu", "flatten"])
    shapes = [
        mask_shape(layer, shape)
        for layer, shape in received_shapes(model.layers, (784,))
        if layer["type"] == "dropout"
    ]
    assert shapes == [(3, 1, 1)]


def test_a_circuit_slides_over_an_image():
    model = resolved([{"quanv2d": {"circuit": "nine", "kernel_size": 3, "strides": 5}}, "flatten"])
    assert output_shapes(model.layers, (784,))[2:] == [(9, 6, 6), (324,)]
    assert model.is_quantum
    assert model.parameters[0].kind == "quantum"
    assert model.parameters[0].shape == (1, CIRCUITS["nine"].circuit.n_weights)


def test_features_of_a_reducer_are_a_grid_as_square_as_can_be():
    assert [near_square(n) for n in (1, 2, 4, 6, 7, 8, 16, 256)] == [
        (1, 1), (1, 2), (2, 2), (2, 3), (1, 7), (2, 4), (4, 4), (16, 16)
    ]  # fmt: skip
    for name in ("avg_pool", "max_pool", "crop", "fc"):
        model = resolved([{"reduce": {"name": name, "features": "=2**3"}}], image=(3, 32, 32))
        assert model.n_outputs == 8
        assert model.count("classical") == (3072 * 8 + 8 if name == "fc" else 0)


def test_convolutions_start_within_glorots_bound():
    model = resolved([conv(20, 5), conv(50, 5), "flatten"])
    drawn = initial_parameters(model, {}, 0)
    for name, inputs, outputs in (("0.conv2d", 25, 500), ("1.conv2d", 500, 1250)):
        bound = np.sqrt(6 / (inputs + outputs))
        largest = np.abs(drawn[f"{name}.weight"]).max()
        assert 0.98 * bound < largest <= bound
        assert not drawn[f"{name}.bias"].any()


@pytest.mark.parametrize(
    ("layers", "image", "path", "message"),
    [
        ([conv(2, 5), {"dense": 2}], MNIST, "layers[1]", "put `flatten` before it"),
        ([conv(2, 5), {"quantum": "four"}], MNIST, "layers[1]", "put `flatten` before it"),
        ([conv(2, 5), "softmax"], MNIST, "layers[1]", "24 x 24 pixels, 2 channels"),
        ([conv(2, 5)], MNIST, "layers", "ends in images of 24 x 24 pixels"),
        ([conv(2, 5)], None, "layers[0]", "reads images but receives 4 features"),
        (["flatten", {"max_pool2d": 2}], MNIST, "layers[1]", "it belongs before `flatten`"),
        ([{"max_pool2d": 29}], MNIST, "layers[0]", "a window of 29 x 29 does not fit"),
        ([{"quanv2d": {"circuit": "four", "kernel_size": 3}}], MNIST, "layers[0]", "window has 9"),
        (["relu", {"reduce": {"name": "fc", "features": 2}}], MNIST, "layers[1]", "first layer"),
        ([{"reduce": {"name": "crop", "features": 29}}], MNIST, "layers[0]", "grid of 1 x 29"),
        ([{"select": [700, 785]}], MNIST, "layers[0]", "[700, 785] of 784 features"),
        ([{"concat": [[conv(1, 3)], []]}], MNIST, "layers[0].concat[0]", "`flatten` last"),
        (
            [{"concat": [[], ["flatten", {"quantum": "nine"}]]}],
            (1, 2, 2),
            "layers[0].concat[1][1]",
            "reads 9 features but receives 4",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(layers, image, path, message):
    with pytest.raises(ProblemError) as caught:
        resolved(layers, image)
    (problem,) = caught.value.problems
    assert dotted(problem.path) == path
    assert message in problem.message


SUITE = """\
qbench: 1
name: images
seeds: 1
data: {name: digits, classes: [0, 1]}
models:
  m: {layers: [{conv2d: {filters: 2, kernel_size: 3}}, flatten, {dense: n_classes}, softmax]}
  half: {base: m, replace: {conv2d: null, flatten: {reduce: {name: crop, features: 4}}}}
baselines: [mlp]
backends: [reference]
trainer: {epochs: 1, loss: nll_probs}
"""


def test_a_suite_of_images_is_planned_with_their_shape(plan_of):
    works = {trial.work.method: trial.work for trial in plan_of(text=SUITE).trials}
    assert works["m"].trained()[0].layers[0] == {"type": "image", "shape": [1, 8, 8]}
    assert works["half"].trained()[0].layers[1] == {"type": "reduce", "how": "crop", "grid": [2, 2]}
    assert (works["m"].loss, works["mlp"].loss) == ("nll_probs", "cross_entropy")


def test_replacing_reaches_into_branches(plan_of):
    text = SUITE.replace("base: m, ", "base: n, ").replace("conv2d: null, flatten", "tanh")
    text += "  \n"
    branches = "  n: {layers: [{concat: [[tanh], []]}, {dense: n_classes}, softmax]}\n"
    text = text.replace("  half:", branches + "  half:")
    works = {trial.work.method: trial.work for trial in plan_of(text=text).trials}
    (concat, *_) = works["half"].trained()[0].layers
    assert [layer["type"] for layer in concat["branches"][0]] == ["image", "reduce"]


def test_nll_probs_asks_for_probabilities(plan_of):
    with pytest.raises(SpecError, match="nll_probs reads probabilities; end the model with"):
        plan_of("models.m.layers=[{dense: n_classes}]", "models.half=null", text=SUITE)
    assert plan_of("models.m.layers=[{dense: 1}, complement]", "models.half=null", text=SUITE)


def test_a_convolution_after_pca_is_refused_with_its_place(plan_of):
    with pytest.raises(SpecError, match=r"models\.m\.layers\[0\].*reads images but receives 4"):
        plan_of("data.transform=[{pca: 4}]", text=SUITE)


@pytest.mark.parametrize(
    ("layers", "image", "features"),
    [
        ([{"quantum": "amplitudes"}], None, 4),
        ([{"dense": 5}, {"quantum": "amplitudes"}], None, 5),
        ([{"dense": 10}, {"quantum": {"circuit": "amplitudes", "copies": 2}}], None, 5),
        ([{"dense": 8}, {"quantum": "amplitudes"}], None, 8),
        ([{"quanv2d": {"circuit": "amplitudes", "kernel_size": 2}}, "flatten"], (1, 4, 4), 4),
    ],
)
def test_amplitudes_that_no_feature_gives_are_filled_up(layers, image, features):
    (circuit,) = resolved(layers, image).circuits
    assert circuit.n_inputs == features
    read = [angle.input_indices for angle in circuit.operations[0].angles]
    assert read == [*({i} for i in range(features)), *[set()] * (8 - features)]
    assert [a.constant for a in circuit.operations[0].angles[features:]] == [0.5] * (8 - features)


@pytest.mark.parametrize(("units", "copies", "reads"), [(9, 1, 8), (15, 2, 16), (17, 2, 16)])
def test_features_that_make_no_amplitudes_are_refused(units, copies, reads):
    layer = {"quantum": {"circuit": "amplitudes", "copies": copies}}
    with pytest.raises(ProblemError, match=f"reads {reads} features but receives {units}"):
        resolved([{"dense": units}, layer], None)
