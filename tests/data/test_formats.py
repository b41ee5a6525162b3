import contextlib
import gzip
import io
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.data.formats import read_cifar, read_idx, read_npz
from qbench.exceptions import DataError


def idx(array):
    heading = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return heading + array.astype(np.uint8).tobytes()


IMAGES = np.arange(24).reshape(4, 3, 2)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_is_read_gzipped_or_plain(pack):
    assert np.array_equal(read_idx(pack(idx(IMAGES)), "x"), IMAGES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (idx(IMAGES)[:-5], "is truncated: 19 values, .* 4 x 3 x 2 = 24"),
        (idx(IMAGES) + b"more", "is too long: 28 values"),
        (idx(IMAGES)[:9], "truncated within its 16 bytes"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-9], "truncated or no gzip"),
        (b"", "no IDX file: it begins with nothing"),
        (b"PNG!", "no IDX file"),
        (b"\0\0\x0d\1" + struct.pack(">If", 1, 0.5), "type 0x0d"),
        (b"\0\0\x08\3" + struct.pack(">III", 2**31, 2**31, 2**31), "is truncated"),
    ],
    ids=["rows", "too long", "header", "gzip", "empty", "another kind", "type", "enormous"],
)
def test_a_broken_idx_file_is_named_with_what_is_wrong(content, words):
    with pytest.raises(DataError, match=rf"^train-images: .*{words}"):
        read_idx(content, "train-images")


@given(st.binary(max_size=64))
def test_any_bytes_are_an_array_or_a_data_error(content):
    for read in (read_idx, read_npz, read_cifar):
        with contextlib.suppress(DataError):
            read(content, "x")


def batch():
    """What Python 2 wrote: a dictionary of bytes, a list and an array."""
    return {b"data": np.arange(12, dtype=np.uint8).reshape(2, 6), b"labels": [1, 0]}


@pytest.mark.parametrize("protocol", [3, 4])
def test_a_batch_of_arrays_and_lists_is_read(protocol):
    found = read_cifar(pickle.dumps(batch(), protocol), "data_batch_1")
    assert np.array_equal(found[b"data"], batch()[b"data"])
    assert found[b"labels"] == [1, 0]


class Hostile:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "argument"),
    [(os.system, "touch pwned"), (eval, "1"), (np.load, "x"), (os.remove, "x")],
)
def test_a_pickle_that_asks_for_anything_else_runs_nothing(
    function, argument, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps({b"data": Hostile(function, argument)}, 2)
    with pytest.raises(DataError, match="it asks for"):
        read_cifar(content, "data_batch_1")
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_that_is_no_batch_is_refused():
    with pytest.raises(DataError, match="a list is in it"):
        read_cifar(pickle.dumps([1, 2], 2), "data_batch_1")


def test_an_archive_that_holds_objects_is_refused():
    file = io.BytesIO()
    np.savez(file, train_images=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="plain arrays"):
        read_npz(file.getvalue(), "x.npz")
