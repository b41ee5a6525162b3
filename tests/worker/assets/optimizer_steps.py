"""The same gradients given to torch's optimizers or to ours for TensorFlow.

Run with the root of the repository, "torch" or "tensorflow" and a folder: reads
gradients.npy (steps, parameters), start.npy and jobs.json there; prints the
parameters after every step of every job as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np

root, framework, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
gradients = np.load(folder / "gradients.npy")
start = np.load(folder / "start.npy")
jobs = json.loads((folder / "jobs.json").read_text())


def rate(job, step):
    """A learning rate that changes, as under a schedule."""
    return job["learning_rate"] * 0.99**step


def by_torch(job):
    import torch

    parameter = torch.tensor(start, requires_grad=True)
    given = {"lr": job["learning_rate"]}
    if job["name"] == "sgd":
        optimizer = torch.optim.SGD([parameter], momentum=job["momentum"], **given)
    else:
        given |= {"betas": (job["beta1"], job["beta2"]), "eps": job["epsilon"]}
        if job["name"] == "adamw":
            given["weight_decay"] = job["weight_decay"]
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[job["name"]]
        optimizer = kind([parameter], **given)
    path = []
    for step, gradient in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = rate(job, step)
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(parameter.detach().tolist())
    return path


def by_tensorflow(job):
    import tensorflow as tf

    sys.path.insert(0, root)
    from qbench.worker.hosts.tensorflow_optimizers import make

    variable = tf.Variable(start)
    untouched = tf.Variable(start)
    optimizer = make(job, [variable, untouched])

    @tf.function
    def update(gradient, numbers):
        optimizer.apply([gradient, None], numbers)

    def run():
        variable.assign(start)
        optimizer.reset()
        path = []
        for step, gradient in enumerate(gradients):
            numbers = tf.constant(optimizer.numbers(rate(job, step)), dtype=tf.float64)
            update(tf.constant(gradient), numbers)
            path.append(variable.numpy().tolist())
        return path

    first, second = run(), run()
    assert first == second, "a reset optimizer starts afresh"
    assert untouched.numpy().tolist() == start.tolist(), "no gradient, no change"
    return first


run = {"torch": by_torch, "tensorflow": by_tensorflow}[framework]
print(json.dumps([run(job) for job in jobs]))
