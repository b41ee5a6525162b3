"""An installed wheel works outside this repository: suites, backends and templates are inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).parents[1]


class Installed:
    """qbench from its wheel, in an environment of its own, run from another folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.uv("venv", "--python", sys.executable, folder / "venv")

    def uv(self, *arguments: object) -> None:
        """Run uv; what it says is the failure's message."""
        done = subprocess.run(
            [uv.find_uv_bin(), *map(str, arguments)],
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def build_and_install(self, source: Path) -> Path:
        """The wheel of a folder, built in isolation and installed with its dependencies."""
        out = self.folder / "wheels" / source.name
        self.uv("build", "--wheel", "--python", sys.executable, "--out-dir", out, source)
        (wheel,) = out.glob("*.whl")
        self.uv("pip", "install", "--python", self.scripts / "python", wheel)
        return wheel

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run ``qbench`` of the wheel; nothing leads to the checkout."""
        out = ("PYTHONPATH", "VIRTUAL_ENV", "QBENCH_STORE", "QBENCH_BACKENDS")
        environ = {key: value for key, value in os.environ.items() if key not in out}
        return subprocess.run(
            [self.scripts / "qbench", *map(str, arguments)],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    made = Installed(tmp_path_factory.mktemp("outside"))
    made.build_and_install(ROOT)
    return made


pytestmark = pytest.mark.environments


def test_the_quickstart_runs_from_an_installed_wheel(installed):
    done = installed("run", "quickstart", "--quick", "--only", "seed=0", "--store", "results.db")
    assert done.returncode == 0, done.stderr
    assert "18 ok; 18 run now" in done.stderr
    assert "qnn" in done.stdout
    assert str(ROOT) not in done.stdout + done.stderr
    assert (installed.folder / "results.db").is_file()


def test_every_backend_and_suite_that_ships_is_in_the_wheel(installed, data_at_hand):
    listed = installed("env", "list")
    assert listed.returncode == 0, listed.stderr
    names = {line.split()[0] for line in listed.stdout.splitlines()[1:]}
    own = {p.parent.parent.name for p in (ROOT / "backends").glob("*/pins/*.txt")}
    assert own <= names
    shipped = sorted((ROOT / "suites").glob("*.yaml"))
    suites = [path.stem for path in shipped if data_at_hand(path)]
    checked = installed("validate", *suites)
    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == len(suites)


def test_a_backend_that_the_wheel_scaffolds_is_found_once_it_is_installed(installed):
    made = installed("new", "backend", "my_sim", "--into", "backends")
    assert made.returncode == 0, made.stderr
    installed.build_and_install(installed.folder / "backends" / "my_sim")
    done = installed("conformance", "my_sim")
    assert done.returncode == 1
    assert "a plain layer: qbench_my_sim: the adapter is not written yet" in done.stderr
