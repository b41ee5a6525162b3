"""Peak memory of this process, with nothing beyond the standard library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
"""proc(5): resets the peak resident set size (VmHWM) to its current value."""


class MemoryMeter:
    """Peak resident memory from the meter's making on.

    ``method`` tells what was measured: ``vmhwm`` is the true peak of the span;
    ``getrusage`` is the peak of the process's whole life (where the system can't
    reset it), so a span that stays below an earlier peak shows no growth; ``none``
    where the platform offers neither.
    """

    def __init__(self) -> None:
        self.method = "vmhwm" if _reset_peak() else "getrusage"
        self._base = self._read("VmRSS")
        if self._base is None:
            self.method = "none"

    def result(self) -> dict[str, Any]:
        """``{"base_bytes", "peak_bytes", "method"}``; the bytes are None for ``none``."""
        peak = self._read("VmHWM")
        if peak is not None and self._base is not None:
            peak = max(peak, self._base)
        return {"base_bytes": self._base, "peak_bytes": peak, "method": self.method}

    def _read(self, field: str) -> int | None:
        return _status(field) if self.method == "vmhwm" else _lifetime_peak()


def _reset_peak() -> bool:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _status(field: str) -> int | None:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return 1024 * int(line.split()[1])
    return None


def _lifetime_peak() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else 1024 * int(peak)
