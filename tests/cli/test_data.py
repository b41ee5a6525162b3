"""``qbench data``: what is here, what is whole, and how to get the rest."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from qbench.data import DATASETS
from qbench.data.files import find


@pytest.fixture
def places(tmp_path):
    """A user's folder and a cache with nothing in them."""
    (tmp_path / "mine").mkdir()
    return {
        "QBENCH_DATA_DIR": str(tmp_path / "mine"),
        "QBENCH_CACHE_DIR": str(tmp_path / "cache"),
        "QBENCH_OFFLINE": "1",
    }


@pytest.fixture
def breastmnist(places, tmp_path):
    """Puts the real file into one of the two places; gives its path there."""
    (file,) = DATASETS["breastmnist"].files
    source = find(file)
    if source is None:
        pytest.skip("QBENCH_DATA_DIR has no medmnist/breastmnist.npz")

    def put(folder):
        target = tmp_path / folder / file.path
        target.parent.mkdir(parents=True)
        shutil.copyfile(source, target)
        return target

    return put


def states(done):
    """The last column of the table by the first."""
    assert done.returncode == 0, done.stderr
    heading, *rows = done.stdout.splitlines()
    start = heading.index("state")
    return {row.split()[0]: row[start:].strip() for row in rows}


def test_the_list_says_of_every_set_where_it_is(qbench, places, breastmnist):
    breastmnist("cache/data")
    found = states(qbench("data", "list", **places))
    assert list(found) == list(DATASETS)
    assert found["iris"] == "built in"
    assert found["moons"] == "generated"
    assert found["own"] == "yours, by `path`"
    assert found["breastmnist"] == "here, in the cache"
    assert found["mnist"].startswith("to fetch, 11.6 MB into ")
    assert found["concrete"] == "not here; no address gives it"


def test_the_list_names_the_batches_of_cifar10_that_are_here(qbench, places, tmp_path):
    folder = tmp_path / "mine" / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        (folder / name).touch()
    assert states(qbench("data", "list", **places))["cifar10"] == (
        "here, in QBENCH_DATA_DIR: data_batch_1, test_batch, batches.meta; "
        "without data_batch_2, data_batch_3, data_batch_4, data_batch_5"
    )


def test_verify_reads_every_file_and_ends_with_1_where_one_is_corrupt(qbench, places, breastmnist):
    path = breastmnist("mine")
    whole = qbench("data", "verify", **places)
    assert whole.returncode == 0, whole.stderr
    (row,) = (line for line in whole.stdout.splitlines() if "breastmnist.npz" in line)
    assert "whole" in row
    assert sum("not here" in line for line in whole.stdout.splitlines()) >= 10

    content = path.read_bytes()[:-1] + b"x"
    path.write_bytes(content)
    done = qbench("data", "verify", "breastmnist", **places)
    assert done.returncode == 1
    assert "corrupt" in done.stdout
    assert hashlib.sha256(content).hexdigest() in done.stderr
    assert "is yours" in done.stderr
    assert path.read_bytes() == content


def test_fetch_of_what_is_here_fetches_nothing(qbench, places, breastmnist):
    breastmnist("mine")
    done = qbench("data", "fetch", "breastmnist", "iris", **places)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "breastmnist: its file is here and whole",
        "iris: needs no files",
    ]


def test_offline_fetch_and_run_say_what_to_get_by_hand(qbench, places, tmp_path):
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        "qbench: 1\nname: x\ndata: {name: breastmnist}\nbaselines: [svm_rbf]\nseeds: 1\n"
    )
    (file,) = DATASETS["breastmnist"].files
    for command in (("data", "fetch", "breastmnist"), ("validate", suite)):
        done = qbench(*command, **places)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
        for words in ("breastmnist.npz", file.sources[0].url, file.hash.partition(":")[2],
                      str(tmp_path / "mine" / file.path)):  # fmt: skip
            assert words in done.stderr


def test_a_corrupt_file_ends_a_run_before_it_starts(qbench, places, breastmnist, tmp_path):
    path = breastmnist("cache/data")
    path.write_bytes(path.read_bytes()[:1000])
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        "qbench: 1\nname: x\ndata: {name: breastmnist}\nbaselines: [svm_rbf]\nseeds: 1\n"
    )
    done = qbench("run", suite, "--store", tmp_path / "results.db", **places)
    assert done.returncode == 2
    assert "qbench data fetch --replace breastmnist" in done.stderr
    assert not (tmp_path / "results.db").exists()
    assert path.stat().st_size == 1000


def test_a_wrong_name_suggests_the_nearest(qbench, places):
    done = qbench("data", "fetch", "mnst", **places)
    assert done.returncode == 2
    assert "did you mean 'mnist'?" in done.stderr


def test_a_suite_on_ones_own_file_is_planned_or_refused_with_row_and_column(
    qbench, places, tmp_path
):
    (tmp_path / "my.csv").write_text(
        "a,b,kind\n" + "".join(f"{n},{n % 3},{'pq'[n % 2]}\n" for n in range(40))
    )
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        "qbench: 1\nname: x\ndata: {path: my.csv, target: kind}\nbaselines: [svm_rbf]\nseeds: 1\n"
    )
    done = qbench("validate", suite, **places)
    assert done.returncode == 0, done.stderr
    (tmp_path / "my.csv").write_text("a,b,kind\n1,2,p\n2,x,q\n")
    done = qbench("validate", suite, **places)
    assert done.returncode == 2
    assert "my.csv: row 2, column 'b': 'x' is no number" in done.stderr
