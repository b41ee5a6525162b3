"""Training written by hand in plain torch, run in an environment that has it.

Reads JSON from stdin: {"folder", "trainings": [...], "schedules": [...]}; prints JSON.
The quantum layer is cos(x + w): RY(x) RY(w) on each wire, measured in Z.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import torch
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

OPTIMIZERS = {
    "sgd": lambda p, o: torch.optim.SGD(p, lr=o["learning_rate"], momentum=o["momentum"]),
    "adam": lambda p, o: torch.optim.Adam(p, lr=o["learning_rate"]),
    "adamw": lambda p, o: torch.optim.AdamW(p, lr=o["learning_rate"], weight_decay=0.1),
}
SCHEDULERS = {
    "step": lambda optimizer, o: lr_scheduler.StepLR(optimizer, o["step_size"], o["gamma"]),
    "cosine": lambda optimizer, o: lr_scheduler.CosineAnnealingLR(
        optimizer, o["t_max"], o["eta_min"]
    ),
    "plateau": lambda optimizer, o: lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=o["factor"], patience=o["patience"]
    ),
}
LOSSES = {
    "cross_entropy": lambda f, y: torch.nn.functional.cross_entropy(f, y),
    "binary_cross_entropy": lambda f, y: torch.nn.functional.binary_cross_entropy_with_logits(
        f[:, 0], y.double()
    ),
    "mse": lambda f, y: torch.nn.functional.mse_loss(
        f, torch.nn.functional.one_hot(y, f.shape[1]).double()
    ),
    "hinge": lambda f, y: torch.nn.functional.multi_margin_loss(f, y),
}


def schedule(job):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=job["rate"])
    options = {k: v for k, v in job["scheduler"].items() if k != "name"}
    scheduler = SCHEDULERS[job["scheduler"]["name"]](optimizer, options)
    rates = []
    for loss in job["losses"]:
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([loss] if job["scheduler"]["name"] == "plateau" else []))
    return rates


def forward(x, parameters):
    hidden = torch.tanh(x @ parameters["0.dense.weight"].T + parameters["0.dense.bias"])
    quantum = torch.cos(1.5 * hidden + parameters["2.quantum.weights"].reshape(-1))
    return quantum @ parameters["3.dense.weight"].T + parameters["3.dense.bias"]


def train(job, arrays):
    parameters = {
        name[len("param.") :]: torch.tensor(array, requires_grad=True)
        for name, array in arrays.items()
        if name.startswith("param.")
    }
    loss_of = LOSSES[job["loss"]]
    options = job["optimizer"]
    optimizer = OPTIMIZERS[options["name"]](list(parameters.values()), options)
    scheduler = None
    if job["scheduler"]:
        scheduler = SCHEDULERS[job["scheduler"]["name"]](optimizer, job["scheduler"])
    data = {k: torch.tensor(v) for k, v in arrays.items() if k[:2] in ("x_", "y_")}
    curve = {"train_loss": [], "validation_loss": [], "learning_rate": []}
    for order in arrays["order"]:
        curve["learning_rate"].append(optimizer.param_groups[0]["lr"])
        total = 0.0
        for rows in np.split(order, range(job["batch_size"], len(order), job["batch_size"])):
            optimizer.zero_grad()
            loss = loss_of(forward(data["x_train"][rows], parameters), data["y_train"][rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        with torch.no_grad():
            outputs = forward(data["x_validation"], parameters)
            validation = loss_of(outputs, data["y_validation"]).item()
        curve["train_loss"].append(total / len(order))
        curve["validation_loss"].append(validation)
        if scheduler is not None:
            scheduler.step(*([validation] if job["scheduler"]["name"] == "plateau" else []))
    with torch.no_grad():
        curve["outputs_test"] = forward(data["x_test"], parameters).tolist()
    return curve


request = json.load(sys.stdin)
loaded = {name: np.load(f"{request['folder']}/{name}.npy") for name in request["arrays"]}
answer = {
    "schedules": [schedule(job) for job in request["schedules"]],
    "trainings": [train(job, loaded) for job in request["trainings"]],
}
print(json.dumps(answer))
