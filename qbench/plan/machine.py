"""The machine: part of what makes a timing the same timing, and told beside every figure."""

from __future__ import annotations

import functools
import hashlib
import platform
from pathlib import Path
from typing import Any

import psutil

import qbench


def machine() -> dict[str, Any]:
    """What doesn't change while qbench runs, as plain JSON values.

    ``python`` is the one that runs qbench (workers state their own), ``cores`` are
    physical ones where the system tells.
    """
    return dict(_machine())


def fingerprint() -> str:
    """Sixteen hexadecimal digits: timings of equal fingerprints may be compared.

    A hash of CPU model, cores and operating system; not of the kernel's release, since
    an update shouldn't throw measurements away.
    """
    return str(_machine()["fingerprint"])


@functools.lru_cache(maxsize=1)
def _machine() -> dict[str, Any]:
    logical = psutil.cpu_count() or 1
    cpu, cores = _cpu_model(), psutil.cpu_count(logical=False) or logical
    key = f"{cpu}\n{cores}\n{logical}\n{platform.system()} {platform.machine()}"
    return {
        "cpu": cpu,
        "cores": cores,
        "logical_cores": logical,
        "memory_bytes": int(psutil.virtual_memory().total),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "qbench": qbench.__version__,
        "fingerprint": hashlib.sha256(key.encode()).hexdigest()[:16],
    }


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model", "cpu model"):
            return value.strip()
    return platform.processor() or platform.machine()
