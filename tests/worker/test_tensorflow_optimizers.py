import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.environments

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "assets" / "optimizer_steps.py"
ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
JOBS = [
    {"name": "sgd", "learning_rate": 0.1, "momentum": 0.0},
    {"name": "sgd", "learning_rate": 0.03, "momentum": 0.9},
    {"name": "adam", "learning_rate": 0.01, **ADAM},
    {"name": "adam", "learning_rate": 0.1, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-3},
    {"name": "adamw", "learning_rate": 0.01, **ADAM, "weight_decay": 0.1},
]


def paths(python: str, framework: str, folder: Path) -> np.ndarray:
    done = subprocess.run(
        [python, "-I", str(SCRIPT), str(ROOT), framework, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout.splitlines()[-1]))


def test_three_hundred_steps_equal_those_of_torchs_optimizers(tmp_path, environment_python):
    draw = np.random.default_rng(5)
    scales = 10.0 ** np.arange(-6, 2)  # from nearly flat directions to steep ones
    np.save(tmp_path / "gradients.npy", draw.normal(size=(300, 8)) * scales)
    np.save(tmp_path / "start.npy", draw.normal(size=8))
    (tmp_path / "jobs.json").write_text(json.dumps(JOBS))
    torch = paths(environment_python("baselines"), "torch", tmp_path)
    tensorflow = paths(environment_python("pennylane_keras"), "tensorflow", tmp_path)
    assert torch.shape == (len(JOBS), 300, 8)
    np.testing.assert_allclose(tensorflow, torch, rtol=1e-12, atol=1e-14)
