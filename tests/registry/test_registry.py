import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qbench.exceptions import BackendError, UnknownNameError
from qbench.registry import PREFERENCE, find, load_registry, pins
from qbench.registry.locations import backends_dir


def test_every_backend_that_ships_can_be_read() -> None:
    registry = load_registry()
    assert {"baselines", "reference", "pennylane", "torchquantum", "qiskit"} <= set(registry)
    for name, info in registry.items():
        assert info.name == name == info.folder.name
        assert pins(info).text.strip()


def test_what_any_may_choose_exists() -> None:
    assert set(PREFERENCE) <= set(load_registry())


def test_a_strangers_folder_joins_those_that_ship(make_backend) -> None:
    folder = make_backend()
    for place in (folder, folder.parent):
        info = load_registry([place])["tiny"]
        assert (info.revision, info.versions, info.folder) == (3, ("1.17.0",), folder.resolve())
        assert info.capabilities.gates == {"RX", "CNOT"}
        assert info.capabilities.max_qubits == 4
        assert info.capabilities.resolve(precision="single").device == "tiny.qubit"


def test_a_backend_may_live_in_the_environment_of_another() -> None:
    reference, baselines = find("reference"), find("baselines")
    assert pins(reference) == pins(baselines)
    assert reference.version() in baselines.versions


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("platforms", "platform", "backend.platform: unknown key; did you mean 'platforms'"),
        ("max_qubits", "max_qubit", "capabilities.max_qubit: unknown key"),
        ("diff_method", "diff_methods", "modes[0].diff_methods: unknown key"),
        ("revision = 3", "", "backend.revision: missing"),
        ("revision = 3", 'revision = "3"', "backend.revision: '3' is no integer"),
        ("revision = 3", "revision = true", "backend.revision: True is no integer"),
        ('host = "torch"', 'host = "jax"', "backend.host: 'jax': one of torch"),
        ('"CNOT"', '"CNOTT"', "capabilities.gates: 'CNOTT': one of"),
        ('"single"', '"half"', "precisions: 'half': one of double, single"),
        ("qbench_tiny:", "qbench_tiny.", "must be written module:Class"),
        ('adapter = "qbench_tiny:TinyBackend"', "", "backend.adapter: missing"),
        ('default_version = "1.17.0"', 'default_version = "2"', "no pins for '2'"),
        ('name = "tiny"', 'name = "pennylane"', "the name 'pennylane' is taken"),
        ('version_of = "six"', 'environment = "nowhere"', "'nowhere' is no backend"),
        (">=3.11", "three", "project.requires-python"),
        ("[tool.qbench.backend]", "[tool.qbench.backend", "cannot be read"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(make_backend, old, new, words) -> None:
    folder = make_backend((old, new))
    with pytest.raises(BackendError) as caught:
        load_registry([folder])
    assert words in str(caught.value)
    assert str(folder / "pyproject.toml") in str(caught.value)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="no such folder"):
        load_registry([tmp_path / "nothing"])


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'pennylane'"):
        find("pennylaine")


def test_an_unknown_version_lists_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"0\.45\.1"):
        find("pennylane").version("0.1")


def test_the_digest_changes_with_pins_and_with_excludes(make_backend) -> None:
    folder = make_backend()
    first = pins(load_registry([folder])["tiny"])
    assert first.digest == hashlib.sha256(b"six==1.17.0\n\0").hexdigest()
    (folder / "pins" / "1.17.0.excludes").write_text("scipy\n")
    second = pins(load_registry([folder])["tiny"])
    assert second.excludes == "scipy\n"
    assert second.digest != first.digest


def test_backends_are_found_in_the_checkout() -> None:
    assert (backends_dir() / "reference" / "pyproject.toml").is_file()


def test_folders_are_found_through_an_environment_variable(make_backend, monkeypatch) -> None:
    folder = make_backend()
    empty = folder.parent.parent / "empty"
    empty.mkdir()
    monkeypatch.setenv("QBENCH_BACKENDS", os.pathsep.join(["", str(empty), str(folder)]))
    assert load_registry()["tiny"].folder == folder.resolve()
    monkeypatch.setenv("QBENCH_BACKENDS", str(folder / "nothing"))
    with pytest.raises(BackendError, match="no such folder of backends"):
        load_registry()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch) -> Callable[[str], Path]:
    """A distribution with an entry point of this value, as pip would leave it."""

    def install(value: str) -> Path:
        site = tmp_path / "site-packages"
        metadata = site / "qbench_tiny-1.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: qbench-tiny\nVersion: 1\n")
        (metadata / "entry_points.txt").write_text(f"[qbench.backends]\ntiny = {value}\n")
        monkeypatch.syspath_prepend(site)
        return site

    return install


def test_installed_packages_bring_backends_without_being_imported(make_backend, installed) -> None:
    folder = make_backend()
    site = installed("tiny_backend")
    folder.rename(site / "tiny_backend")
    (site / "tiny_backend" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    assert load_registry()["tiny"].folder == (site / "tiny_backend").resolve()


@pytest.mark.parametrize("value", ["nowhere", "json.decoder", "sys"])
def test_an_entry_point_that_names_no_package_is_told(installed, value) -> None:
    installed(value)
    with pytest.raises(BackendError, match=rf"'tiny' .* of qbench-tiny: '{value}' is no installed"):
        load_registry()
