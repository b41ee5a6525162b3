"""The documentation site builds without a warning, every link in place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_built_and_found_from_the_first(site: Path) -> None:
    first = (site / "index.html").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        if name != "index":
            assert (site / name / "index.html").is_file()
            assert f'href="{name}/"' in first, name


def test_every_public_function_has_its_entry(site: Path) -> None:
    page = (site / "api" / "index.html").read_text()
    for name in ("api.evaluate", "api.run", "api.load", "circuit.Circuit", "backend.Backend"):
        assert f'id="qbench.{name}"' in page


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        for fetched in ('src="http', "fonts.googleapis", 'rel="stylesheet" href="http'):
            assert fetched not in text, (page, fetched)
