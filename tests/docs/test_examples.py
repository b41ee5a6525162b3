"""The example at the end of each verb's help works as printed."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

OWN_CACHE = {"env remove"}
"""Verbs that get a cache folder of their own: the environments are other tests' too."""

FETCHES = {"data fetch"}
"""Verbs whose example downloads what QBENCH_DATA_DIR doesn't hold."""


def verbs() -> dict[str, str]:
    """Each verb and its example, as the page of commands finds them."""
    place = ROOT / "scripts" / "docs_hooks.py"
    spec = importlib.util.spec_from_file_location("docs_hooks", place)
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    return {name: example_of(command.help or "") for name, command in hooks.verbs()}


def example_of(text: str) -> str:
    """The first line behind ``Example:``, whole; empty where there is none."""
    found = re.search(r"Example: *\n? *(\S.*?)\s*(\n\s*\n|\Z)", inspect.cleandoc(text), re.DOTALL)
    return " ".join(found[1].split()) if found else ""


VERBS = verbs()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_an_example_of_itself(verb):
    assert VERBS[verb].startswith(f"qbench {verb}")


def test_the_verbs_with_a_cache_of_their_own_exist():
    assert set(VERBS) >= OWN_CACHE | FETCHES


@pytest.fixture(scope="module")
def desk(quick_run, tmp_path_factory) -> Path:
    """The shipped suites, and the results of one quick run where qbench looks for them."""
    assert quick_run.returncode == 0, quick_run.stderr
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "suites", folder / "suites")
    (folder / "results").mkdir()
    shutil.copy(quick_run.store, folder / "results" / "qbench.db")
    return folder


@pytest.mark.environments
@pytest.mark.parametrize("verb", VERBS)
def test_the_example_works_as_printed(verb, desk, tmp_path):
    if verb in FETCHES and not os.environ.get("QBENCH_DATA_DIR"):
        pytest.skip("QBENCH_DATA_DIR is not set, and tests download nothing")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {key: value for key, value in os.environ.items() if key != "QBENCH_STORE"}
    own_cache = {"QBENCH_CACHE_DIR": str(tmp_path)} if verb in OWN_CACHE else {}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", VERBS[verb]],
        cwd=desk,
        env=kept | own_cache | {"PATH": path, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
