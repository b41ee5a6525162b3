"""Which file a suite's name on the command line means."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.exceptions import UnknownNameError
from qbench.plan.loading import find_suite
from qbench.registry import suites_dir


def test_a_bare_name_is_a_suite_that_ships():
    assert find_suite(Path("quickstart")) == suites_dir() / "quickstart.yaml"


def test_a_file_precedes_a_suite_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("quickstart").write_text("qbench: 1")
    assert find_suite(Path("quickstart")) == Path("quickstart")


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match="did you mean 'quickstart'"):
        find_suite(Path("quikstart"))


def test_a_path_is_left_to_the_reader_of_the_file():
    assert find_suite(Path("missing.yaml")) == Path("missing.yaml")
    assert find_suite(Path("folder/missing")) == Path("folder/missing")
