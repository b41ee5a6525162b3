"""Whether a trained model knows rows by which another one is judged."""

from __future__ import annotations

import numpy as np

from qbench.data.own import find_own
from qbench.data.preparation import Prepared
from qbench.data.request import DataRequest


def one_source(first: DataRequest, second: DataRequest) -> bool:
    """Whether two requests take samples of one data set, or of one file of the user's."""
    return _source(first) == _source(second)


def _source(request: DataRequest) -> str:
    if not request.is_own:
        return request.name
    return str(find_own(request.options["path"], request.folder).resolve())


def leak(
    teacher_request: DataRequest, student_request: DataRequest, teacher: Prepared, student: Prepared
) -> str:
    """What the teacher knows of the rows that judge its student; empty where it knows none.

    Its training rows may be none of the student's validation or test rows, and the rows that
    chose its weights none of the student's test rows.
    """
    if not one_source(teacher_request, student_request):
        return ""
    for known, judging in (("train", "test"), ("train", "validation"), ("validation", "test")):
        shared = np.intersect1d(teacher.source_rows[known], student.source_rows[judging])
        if len(shared):
            verb = "trains on" if known == "train" else "is selected by"
            of = len(student.source_rows[judging])
            return f"{verb} {len(shared)} of the {of} {judging} rows of the model that needs it"
    return ""
