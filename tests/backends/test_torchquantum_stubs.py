from __future__ import annotations

import importlib.util
import sys

import pytest

from qbench.registry import find


@pytest.fixture
def stubs(monkeypatch):
    path = find("torchquantum").folder / "qbench_torchquantum" / "stubs.py"
    spec = importlib.util.spec_from_file_location("qbench_torchquantum_stubs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "UNUSED", ("absent_framework", "json"))
    return module


def test_a_stand_in_can_be_subclassed_and_answers_class_attributes(stubs):
    with stubs.stubbed_imports() as found:
        from absent_framework.passes import PassManager
        from absent_framework.transforms import Mode

        class Empty(PassManager):
            pass

        assert Mode.BILINEAR is not None
        assert isinstance(Empty("any", option=1), PassManager)
    assert found == {"absent_framework"}


def test_an_installed_package_wins(stubs, monkeypatch):
    monkeypatch.delitem(sys.modules, "json")
    with stubs.stubbed_imports() as found:
        import json

        assert json.loads("[1]") == [1]
    assert found == set()


def test_stand_ins_are_gone_after_the_import(stubs):
    with stubs.stubbed_imports():
        import absent_framework.deep.inside
    assert not [name for name in sys.modules if name.startswith("absent_framework")]
    with pytest.raises(ImportError):
        import absent_framework  # noqa: F401


def test_other_missing_packages_stay_missing(stubs):
    with stubs.stubbed_imports(), pytest.raises(ImportError):
        import another_absent_framework  # noqa: F401
