import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from qbench.exceptions import EnvironmentUnavailableError
from qbench.registry import BackendInfo, load_registry
from qbench.runner.environments import MARKER, Environment, environments_dir, installed
from qbench.runner.interpreters import interpreter_for
from qbench.runner.uv_program import said


@pytest.fixture
def tiny(make_backend, cache) -> BackendInfo:
    return load_registry([make_backend()])["tiny"]


def imported_six(environment: Environment) -> str:
    asked = [str(environment.python), "-I", "-c", "import six; print(six.__version__)"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_an_environment_is_made_once_and_says_what_is_in_it(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    assert environment.status().state == "missing"
    lines: list[str] = []
    record = environment.create(lines.append)
    assert environment.status().state == "ready"
    assert record.freeze == ("six==1.17.0",)
    assert record.pins_sha256 == environment.pins.digest
    assert record.size_bytes > 10_000
    assert any("six" in line for line in lines)
    assert "six" in environment.log_path.read_text()
    assert imported_six(environment) == "1.17.0"
    lines.clear()
    assert environment.create(lines.append) == record
    assert lines == []
    assert installed() == [record]


def test_the_parents_packages_are_not_seen_in_it(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    environment.create()
    asked = [str(environment.python), "-I", "-c", "import numpy"]
    assert subprocess.run(asked, capture_output=True, check=False).returncode != 0


def test_one_that_was_left_half_made_is_made_again(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    environment.create()
    shutil.rmtree(next(environment.path.glob("lib*/python*/site-packages/six-*")))
    (environment.path / "left_over").touch()
    (environment.path / MARKER).unlink()  # as if killed before the end
    assert environment.status().state == "missing"
    environment.create()
    assert imported_six(environment) == "1.17.0"
    assert not (environment.path / "left_over").exists()


def test_one_whose_python_has_gone_is_made_again(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    environment.create()
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")
    assert environment.status().state == "missing"
    environment.create()
    assert imported_six(environment) == "1.17.0"


def test_other_pins_make_another_environment(make_backend, cache) -> None:
    folder = make_backend()
    tiny = load_registry([folder])["tiny"]
    first = Environment(tiny).path
    (folder / "pins" / "1.17.0.txt").write_text("six==1.16.0\n")
    assert Environment(tiny).path != first


def test_excluded_requirements_are_not_installed(make_backend, cache) -> None:
    folder = make_backend(pins="python-dateutil==2.9.0.post0\n")
    (folder / "pins" / "1.17.0.excludes").write_text("six\n")
    record = Environment(load_registry([folder])["tiny"]).create()
    assert record.freeze == ("python-dateutil==2.9.0.post0",)


def test_a_second_process_waits_for_the_first(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    environments_dir().mkdir(parents=True)
    lock = FileLock(environments_dir() / f"{environment.path.name}.lock")
    program = (
        "from pathlib import Path\n"
        "from qbench.runner.environments import Environment\n"
        "from qbench.registry import load_registry\n"
        f"info = load_registry([Path({str(tiny.folder)!r})])['tiny']\n"
        "Environment(info).create(lambda line: print(line, flush=True))\n"
    )
    lock.acquire()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        try:
            assert "waiting for another process" in other.stdout.readline()
            made = environment._build(lambda line: None)  # the lock's holder finishes ...
        finally:
            lock.release()
        assert other.stdout.read() == ""
    assert other.returncode == 0
    assert environment.record() == made  # ... and the other found it ready


def test_without_a_network_the_message_says_what_to_do(
    tiny: BackendInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    environment = Environment(tiny)
    with pytest.raises(EnvironmentUnavailableError) as caught:
        environment.create()
    text = str(caught.value)
    assert text.startswith("Tiny (tiny@1.17.0): its environment could not be made")
    assert "network was disabled" in text
    assert str(environment.log_path) in text
    assert "qbench env create tiny@1.17.0" in text
    assert "\n" not in text
    assert environment.status().state == "missing"
    assert installed() == []


def test_pins_that_cannot_be_met_are_told_in_uvs_words(make_backend, cache, monkeypatch) -> None:
    folder = make_backend(pins="six==1.17.0\nsix==1.16.0\n")
    with pytest.raises(EnvironmentUnavailableError, match="unsatisfiable"):
        Environment(load_registry([folder])["tiny"]).create()


def test_a_platform_that_is_not_offered_makes_it_unavailable(tiny: BackendInfo) -> None:
    status = Environment(replace(tiny, platforms=("plan9",))).status()
    assert status.state == "unavailable"
    assert f"runs on plan9, not on {sys.platform}" in status.reason


def test_a_python_that_is_not_installed_makes_it_unavailable(tiny: BackendInfo) -> None:
    status = Environment(replace(tiny, python=">=4.7")).status()
    assert status.state == "unavailable"
    assert "needs Python >=4.7" in status.reason


def test_another_installed_python_is_taken_where_this_one_does_not_fit(tmp_path: Path) -> None:
    this = ".".join(map(str, sys.version_info[:3]))
    try:
        other = interpreter_for(f">=3.8,!={this}")
    except EnvironmentUnavailableError:
        pytest.skip("no other Python is installed here")
    assert other.path != Path(sys.executable)
    assert other.path.exists()


def test_removing_it_makes_it_missing(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    assert environment.remove() is False
    environment.create()
    assert environment.remove() is True
    assert environment.status().state == "missing"
    assert not environment.path.exists()


def test_a_marker_of_another_format_is_not_trusted(tiny: BackendInfo) -> None:
    environment = Environment(tiny)
    environment.create()
    marker = environment.path / MARKER
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"format": 2}))
    assert environment.status().state == "missing"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "Resolved 3 packages\n"
            "  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:\n"
            "  ╰─▶ Because a==1 was not found and\n      you require a==1, it fails.\n",
            "No solution found when resolving dependencies: Because a==1 was not found and "
            "you require a==1, it fails.",
        ),
        (
            "error: Failed to fetch: `https://example.org/simple/six/`\n  Caused by: dns error\n",
            "Failed to fetch: `https://example.org/simple/six/` Caused by: dns error.",
        ),
        ("thread main panicked\n", "thread main panicked."),
        ("", "."),
    ],
)
def test_uvs_reason_is_told_in_one_line(output: str, words: str) -> None:
    assert said(output.splitlines()) == words
