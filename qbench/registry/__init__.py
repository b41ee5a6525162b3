"""What backends there are and what they declare, read from their folders alone."""

from __future__ import annotations

from qbench.registry.bugs import KnownBug
from qbench.registry.catalogue import (
    PREFERENCE,
    Pins,
    find,
    load_registry,
    pins,
    refused_platform,
)
from qbench.registry.folder import BackendInfo, read_backend
from qbench.registry.locations import backends_dir, cache_dir, package_root, suites_dir
from qbench.registry.scaffold import new_backend

__all__ = [
    "PREFERENCE",
    "BackendInfo",
    "KnownBug",
    "Pins",
    "backends_dir",
    "cache_dir",
    "find",
    "load_registry",
    "new_backend",
    "package_root",
    "pins",
    "read_backend",
    "refused_platform",
    "suites_dir",
]
