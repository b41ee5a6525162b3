"""Layers of images: both hosts compute the same, and what torch's own modules compute."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest

from qbench.circuit.build import build_circuit
from qbench.plan.initial import initial_parameters
from qbench.plan.layers import resolve_model

pytestmark = pytest.mark.environments

CIRCUITS = {
    "pqc": build_circuit(2, "angle", {"name": "hardware_efficient", "rotations": ["RY", "RZ"]}),
    "patch": build_circuit(4, "angle", {"name": "hardware_efficient"}, measure={"expval": "Z"}),
}
CONV = {"strides": 1, "padding": "valid", "activation": "linear"}
DENSE = {"activation": "linear", "bias": True}
QUANTUM = ("quantum", {"circuit": "pqc", "copies": 2})
TAIL = [("flatten", {}), ("dense", {**DENSE, "units": 4, "activation": "tanh"}), QUANTUM]
MODELS = {
    "convolutions": [
        ("conv2d", {**CONV, "filters": 3, "kernel_size": 3, "activation": "relu"}),
        ("max_pool2d", {"pool_size": 2}),
        ("dropout", {"p": 0.3, "channels": True}),
        ("conv2d", {**CONV, "filters": 4, "kernel_size": 2, "activation": "sigmoid"}),
        ("dropout", {"p": 0.3, "channels": False}),
        ("avg_pool2d", {"pool_size": 2}),
        *TAIL,
    ],
    "same padding": [
        ("conv2d", {**CONV, "filters": 2, "kernel_size": 4, "padding": "same"}),
        ("conv2d", {**CONV, "filters": 3, "kernel_size": 3, "padding": "same", "strides": 2}),
        ("avg_pool2d", {"pool_size": 2}),
        *TAIL,
    ],
    "quanvolution": [
        ("avg_pool2d", {"pool_size": 2}),
        ("conv2d", {**CONV, "filters": 1, "kernel_size": 1}),
        ("quanv2d", {"circuit": "patch", "kernel_size": 2, "strides": 1}),
        ("relu", {}),
        ("flatten", {}),
    ],
    "fusion": [
        (
            "concat",
            {
                "branches": [
                    [("conv2d", {**CONV, "filters": 2, "kernel_size": 7}), *TAIL],
                    [("dropout", {"p": 0.5}), ("select", {"span": [3, 9]})],
                    [],
                ]
            },
        ),
        ("concat", {"branches": [[("select", {"span": [0, 4]}), QUANTUM], []]}),
    ],
    "heads": [
        ("reduce", {"name": "fc", "features": 4}),
        QUANTUM,
        ("sigmoid_cat", {}),
        ("select", {"span": [1, 5]}),
        ("complement", {}),
    ],
    **{
        how: [("reduce", {"name": how, "features": 12}), ("select", {"span": [2, 6]}), QUANTUM]
        for how in ("avg_pool", "max_pool", "crop")
    },
}
IMAGE = (2, 9, 8)
JOB = {"batch_size": 4, "optimizer": {"name": "adam", "learning_rate": 0.02}}


@pytest.fixture
def images(make_problem):
    """A problem of small images and a model of these layers, which ends in three classes."""

    def images(layers, epochs=5):
        head = ("dense", {**DENSE, "units": 3})
        features = int(np.prod(IMAGE))
        model = resolve_model([*layers, head], CIRCUITS, n_features=features, image_shape=IMAGE)
        init = {"quantum": {"name": "uniform", "range": [0, 6]}}
        problem = make_problem(epochs=epochs, rows=9)
        problem.layers = [dict(layer) for layer in model.layers]
        problem.parameters = initial_parameters(model, init, 3)
        draw = np.random.default_rng(5)
        for part in ("train", "validation", "test"):
            rows = len(problem.data[f"y_{part}"])
            problem.data[f"x_{part}"] = draw.normal(size=(rows, features))
        return problem

    return images


def curves(worker, problem, **job):
    _, arrays = worker.train(problem, execution=worker.EXECUTION, **{**JOB, **job})
    return np.array([[e["train_loss"], e["validation_loss"]] for e in worker.events]), arrays


@pytest.mark.parametrize("name", MODELS)
def test_both_hosts_train_alike(reference, keras, images, name):
    """Five epochs of three steps, dropout included: the curves, parameters and outputs."""
    expected, right = curves(reference, images(MODELS[name]))
    found, arrays = curves(keras, images(MODELS[name]))
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert set(arrays) == set(right)
    for key, array in right.items():
        np.testing.assert_allclose(arrays[key], array, atol=1e-10, err_msg=key)
    assert not np.allclose(found[0], found[-1], rtol=1e-4)


def test_the_loss_on_raw_probabilities_is_the_same_in_both_hosts(reference, keras, images):
    layers = [*MODELS["heads"], ("dense", {**DENSE, "units": 3}), ("softmax", {})]
    problems = [images(layers) for _ in range(2)]
    for problem in problems:
        del problem.layers[-1]
        for name in [n for n in problem.parameters if n.startswith("7.")]:
            del problem.parameters[name]
    expected, _ = curves(reference, problems[0], loss="nll_probs")
    found, _ = curves(keras, problems[1], loss="nll_probs")
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert np.all((expected > -1) & (expected < 0))


@pytest.mark.parametrize("name", ["quanvolution", "fusion"])
def test_gradients_of_draws_equal_those_of_single_draws(reference, keras, images, name):
    problem = images(MODELS[name])
    draw = np.random.default_rng(1)
    names = [n for n in problem.parameters if n.endswith(".weights")]
    draws = {n: draw.normal(size=(3, *problem.parameters[n].shape)) for n in names}
    arrays = {"x": problem.data["x_train"], "y": problem.data["y_train"]}
    arrays |= {f"param.{n}": array for n, array in problem.parameters.items()}
    fields = {"model": {"layers": problem.layers}, "loss": "cross_entropy"}

    def gradients(worker, some):
        drawn = {f"draws.{n}": array for n, array in some.items()}
        fields["execution"] = worker.EXECUTION
        return worker.ask("gradient_draws", {**arrays, **drawn}, **fields)[1]

    together = gradients(reference, draws)
    for i in range(3):
        alone = gradients(reference, {n: array[i : i + 1] for n, array in draws.items()})
        for key in together:
            np.testing.assert_allclose(together[key][i], alone[key][0], atol=1e-13)
    others = gradients(keras, draws)
    for key in together:
        assert np.abs(together[key]).max() > 1e-4
        np.testing.assert_allclose(others[key], together[key], atol=1e-12)


MODULES = """
import json, sys
import numpy as np, torch
folder, text = sys.argv[1:]
read = lambda name: torch.tensor(np.load(f"{folder}/{name}.npy"))
torch.set_default_dtype(torch.float64)
x = read("x").reshape(-1, 2, 9, 8)
modules, names = [], json.loads(text)
for kind, options, parameters in names:
    module = getattr(torch.nn, kind)(**options)
    for parameter, name in parameters.items():
        getattr(module, parameter).data = read(name)
    modules.append(module)
print(json.dumps(torch.nn.Sequential(*modules)(x).flatten(1).tolist()))
"""
CONVOLUTION = {"weight": "param.0.conv2d.weight", "bias": "param.0.conv2d.bias"}
SEVEN = {"in_channels": 2, "out_channels": 7}


@pytest.mark.parametrize(
    ("layers", "modules"),
    [
        (
            [("conv2d", {**CONV, "filters": 7, "kernel_size": 3, "strides": 2})],
            [("Conv2d", {**SEVEN, "kernel_size": 3, "stride": 2}, CONVOLUTION)],
        ),
        (
            [("conv2d", {**CONV, "filters": 7, "kernel_size": 4, "padding": "same"})],
            [("Conv2d", {**SEVEN, "kernel_size": 4, "padding": "same"}, CONVOLUTION)],
        ),
        ([("max_pool2d", {"pool_size": 3})], [("MaxPool2d", {"kernel_size": 3}, {})]),
        ([("avg_pool2d", {"pool_size": 3})], [("AvgPool2d", {"kernel_size": 3}, {})]),
    ],
    ids=["strides", "same with an even window", "max pool", "mean pool"],
)
def test_layers_compute_what_torchs_modules_compute(
    reference, keras, environment_python, tmp_path, layers, modules
):
    draw = np.random.default_rng(2)
    x = draw.normal(size=(5, 144))
    model = resolve_model([*layers, ("flatten", {})], {}, n_features=144, image_shape=IMAGE)
    parameters = {f"param.{p.name}": draw.normal(size=p.shape) for p in model.parameters}
    for name, array in {"x": x, **parameters}.items():
        np.save(tmp_path / f"{name}.npy", array)
    command = [environment_python("baselines"), "-c", MODULES, str(tmp_path), json.dumps(modules)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = np.array(json.loads(done.stdout))
    for worker in (reference, keras):
        fields = {"model": {"layers": list(model.layers)}, "execution": worker.EXECUTION}
        _, arrays = worker.ask("predict", {"x": x, **parameters}, **fields)
        np.testing.assert_allclose(arrays["outputs"], expected, atol=1e-14)


def test_patches_are_read_channel_by_channel_and_row_by_row(reference, images):
    """The circuit's outputs at a position are those for the window there."""
    problem = images(MODELS["quanvolution"])
    layers = [layer for layer in problem.layers if layer["type"] != "conv2d"]
    del layers[-3:]
    layers.append({"type": "flatten"})
    circuit = build_circuit(8, "angle", measure={"expval": "Z"})
    quanv = {**layers[-2], "circuit": circuit.circuit.to_json(), "image": [2, 4, 4]}
    layers[-2] = quanv
    x = np.random.default_rng(0).uniform(0, 3, size=(2, *IMAGE))
    fields = {"model": {"layers": layers}, "execution": reference.EXECUTION}
    arrays = {"x": x.reshape(2, -1), f"param.{quanv['name']}.weights": np.zeros((1, 0))}
    outputs = reference.ask("predict", arrays, **fields)[1]["outputs"].reshape(2, 8, 3, 3)
    pooled = x[:, :, :8].reshape(2, 2, 4, 2, 4, 2).mean(axis=(3, 5))
    for row in range(3):
        for column in range(3):
            window = pooled[:, :, row : row + 2, column : column + 2].reshape(2, 8)
            np.testing.assert_allclose(outputs[:, :, row, column], np.cos(window), atol=1e-14)


def test_reducers_keep_pixels_where_their_name_says(reference):
    x = np.random.default_rng(0).normal(size=(3, *IMAGE))
    grey = x.mean(axis=1)
    bins = [(0, 3), (3, 6), (6, 9)], [(0, 2), (2, 4), (4, 6), (6, 8)]
    expected = {
        "crop": grey[:, 3:6, 2:6],
        "avg_pool": [[grey[:, a:b, c:d].mean(axis=(1, 2)) for c, d in bins[1]] for a, b in bins[0]],
        "max_pool": [
            [x[:, :, a:b, c:d].max(axis=(1, 2, 3)) for c, d in bins[1]] for a, b in bins[0]
        ],
    }
    for name, values in expected.items():
        model = resolve_model(
            [("reduce", {"name": name, "features": 12})],
            {},
            n_features=144,
            image_shape=IMAGE,
        )
        fields = {"model": {"layers": list(model.layers)}, "execution": reference.EXECUTION}
        _, arrays = reference.ask("predict", {"x": x.reshape(3, -1)}, **fields)
        right = np.array(values)
        right = right.reshape(3, 12) if name == "crop" else right.reshape(12, 3).T
        np.testing.assert_allclose(arrays["outputs"], right, atol=1e-14)
