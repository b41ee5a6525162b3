import sys

import numpy as np
import pytest

from qbench.worker.resources import MemoryMeter

MEGABYTE = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux resets a process's peak")
def test_a_peak_belongs_to_its_own_span():
    meter = MemoryMeter()
    block = np.ones(64 * MEGABYTE // 8)
    del block
    grown = meter.result()
    quiet = MemoryMeter().result()
    assert grown["method"] == quiet["method"] == "vmhwm"
    assert grown["peak_bytes"] - grown["base_bytes"] > 60 * MEGABYTE
    assert quiet["peak_bytes"] - quiet["base_bytes"] < 8 * MEGABYTE
