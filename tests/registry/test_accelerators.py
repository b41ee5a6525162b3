"""What a mode runs on, and how a backend says so."""

from __future__ import annotations

import pytest

from qbench.backend import Capabilities, Mode
from qbench.exceptions import BackendError, EnvironmentUnavailableError, Unsupported
from qbench.registry import find, load_registry
from qbench.testing import executions, judge
from qbench.testing.cases import packed_cases

BOTH = Capabilities(
    modes=(Mode("here", "backprop"), Mode("there", "adjoint", accelerators=("cuda",))),
)
DEVICE = 'device = "tiny.qubit"\n'


def test_a_mode_runs_on_its_own_accelerators_or_on_those_of_its_backend(make_backend) -> None:
    info = load_registry([make_backend((DEVICE, DEVICE + 'accelerators = ["cuda"]\n'))])["tiny"]
    (mode,) = info.capabilities.modes
    assert info.capabilities.accelerators_of(mode) == ("cuda",)
    assert BOTH.accelerators_of(BOTH.modes[0]) == ("cpu",)
    assert BOTH.all_accelerators == {"cpu", "cuda"}


def test_an_unknown_accelerator_names_the_file_and_the_mode(make_backend) -> None:
    folder = make_backend((DEVICE, DEVICE + 'accelerators = ["gpu"]\n'))
    with pytest.raises(BackendError, match=r"modes\[0\].accelerators: 'gpu': one of cpu, cuda"):
        load_registry([folder])


def test_an_accelerator_chooses_among_the_modes_and_is_never_replaced() -> None:
    assert BOTH.resolve().device == "here"
    assert BOTH.resolve(accelerator="cuda").device == "there"
    with pytest.raises(Unsupported, match="accelerator cpu: only cuda with device=there"):
        BOTH.resolve(device="there")
    with pytest.raises(Unsupported, match="accelerator cuda: only cpu with device=here"):
        BOTH.resolve(device="here", accelerator="cuda")


def test_backends_with_a_gpu_say_so() -> None:
    for name, device in (("torchquantum", "default"), ("pennylane", "lightning.gpu")):
        execution = find(name).capabilities.resolve(accelerator="cuda")
        assert (execution.device, execution.accelerator) == (device, "cuda")
    assert find("reference").capabilities.all_accelerators == {"cpu"}


def test_conformance_judges_the_modes_of_one_accelerator() -> None:
    assert [e.device for e in executions(BOTH)] == ["here"]
    (execution,) = executions(BOTH, "cuda")
    assert (execution.device, execution.accelerator) == ("there", "cuda")


def test_conformance_judges_nothing_where_the_device_is_missing() -> None:
    class Nothing:
        def evaluate(self, *_):
            raise EnvironmentUnavailableError("no device")

    (execution,) = executions(BOTH, "cuda")
    with pytest.raises(EnvironmentUnavailableError, match="no device"):
        judge(Nothing(), BOTH, execution, packed_cases()[0])


def test_what_is_not_offered_names_the_modes_that_offer_it() -> None:
    capabilities = find("torchquantum").capabilities
    with pytest.raises(Unsupported, match=r"not offered with tier=documented; .*tier=expert"):
        capabilities.resolve(precision="double")
