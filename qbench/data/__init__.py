"""Data sets, splits and transforms; the parent prepares every array that a worker gets."""

from __future__ import annotations

from qbench.data.catalogue import DATASETS, find_dataset
from qbench.data.info import DatasetInfo
from qbench.data.leaks import leak, one_source
from qbench.data.preparation import Prepared, prepare, prepare_table
from qbench.data.request import DataRequest, PartSize, Transform
from qbench.data.seeds import derived_generator
from qbench.data.tables import Table
from qbench.data.transforms import TRANSFORMS

__all__ = [
    "DATASETS",
    "TRANSFORMS",
    "DataRequest",
    "DatasetInfo",
    "PartSize",
    "Prepared",
    "Table",
    "Transform",
    "derived_generator",
    "find_dataset",
    "leak",
    "one_source",
    "prepare",
    "prepare_table",
]
