from __future__ import annotations

import os

import pytest

from qbench.data import DATASETS
from qbench.data.files import find


@pytest.fixture(autouse=True)
def _nothing_is_fetched(monkeypatch):
    """No test reaches for a publisher; tests of fetching have a server of their own."""
    monkeypatch.setenv("QBENCH_OFFLINE", "1")


@pytest.fixture
def empty_places(monkeypatch, tmp_path):
    """A user's folder and a cache with nothing in them; gives (folder, cache)."""
    folder, cache = tmp_path / "mine", tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("QBENCH_DATA_DIR", str(folder))
    monkeypatch.setenv("QBENCH_CACHE_DIR", str(cache))
    return folder, cache / "data"


@pytest.fixture
def published():
    """``published(name)``: the entry of a set whose files are here; else the test is skipped."""

    def entry(name):
        info = DATASETS[name]
        if name == "cifar10":
            needed = [f for f in info.files if f.name[-1] not in "2345"]
        else:
            needed = list(info.files)
        missing = [file.path for file in needed if find(file) is None]
        if missing:
            where = os.environ.get("QBENCH_DATA_DIR", "not set")
            pytest.skip(f"QBENCH_DATA_DIR ({where}) has no {', '.join(missing)}")
        return info

    return entry
