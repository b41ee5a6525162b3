from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of qbench's own."""
    monkeypatch.setenv("QBENCH_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"
