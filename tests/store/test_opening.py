import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from qbench.exceptions import StoreError
from qbench.store import SCHEMA_VERSION, open_store
from qbench.store.migrations import read_version, upgrade

GOLDEN = sorted(Path(__file__).parent.parent.joinpath("assets").glob("store_v*.db"))


def set_version(path, version):
    with sqlite3.connect(path) as connection:
        connection.execute("update meta set value = ? where key = 'schema_version'", (version,))
    connection.close()


@pytest.fixture
def path(tmp_path):
    """A store with one run, closed."""
    file = tmp_path / "qbench.db"
    with open_store(file) as store:
        store.begin_run("compare")
    return file


@contextmanager
def readable(file, mode=0o444):
    """The file and its folder readable by all and writable by none, for a while."""
    uid = os.geteuid()
    os.seteuid(os.getuid())
    for folder in file.parents:
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    file.parent.chmod(0o555)
    file.chmod(mode)
    os.seteuid(uid)
    yield
    os.seteuid(os.getuid())
    file.parent.chmod(0o755)
    os.seteuid(uid)


def test_the_argument_comes_before_the_environment_and_this_before_the_default(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QBENCH_STORE", raising=False)
    open_store().close()
    assert (tmp_path / "results" / "qbench.db").exists()
    monkeypatch.setenv("QBENCH_STORE", str(tmp_path / "team" / "a.db"))
    open_store().close()
    assert (tmp_path / "team" / "a.db").exists()
    open_store(f"sqlite:///{tmp_path}/b.db").close()
    assert (tmp_path / "b.db").exists()


def test_a_closed_store_is_one_file(path):
    assert [p.name for p in path.parent.iterdir()] == ["qbench.db"]


def test_a_store_is_opened_again_with_what_is_in_it(path):
    with open_store(path) as store:
        assert store.resolve_run("compare")


def test_reading_makes_no_file(tmp_path):
    with pytest.raises(StoreError, match=r"no results yet: .*absent\.db does not exist"):
        open_store(tmp_path / "absent.db", writable=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*file/results/q\.db .*QBENCH_STORE"):
        open_store(tmp_path / "file" / "results" / "q.db")


def test_an_unwritable_folder_is_named_with_what_to_do(tmp_path, ordinary_user):
    with pytest.raises(StoreError, match=r"cannot write .*Permission denied.*QBENCH_STORE"):
        open_store("/qbench-test/q.db")


def test_an_unwritable_file_is_named_with_what_to_do(path, ordinary_user):
    with readable(path), pytest.raises(StoreError, match=r"cannot write .*qbench\.db"):
        open_store(path)


def test_results_in_an_unwritable_place_can_be_read(path, ordinary_user):
    with readable(path), open_store(path, writable=False) as store:
        assert store.resolve_run("compare")
        with pytest.raises(StoreError, match=r"cannot write .*readonly"):
            store.begin_run("more")


def test_results_that_cannot_be_read_are_named(path, ordinary_user):
    with readable(path, 0o000), pytest.raises(StoreError, match=r"cannot read .*denied"):
        open_store(path, writable=False)


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreError, match=r"is a folder; name a file in it, such as .*qbench\.db"):
        open_store(tmp_path)


@pytest.mark.parametrize("content", [b"accuracy,seed\n" * 100, b"SQLite format 3\0" + b"x" * 5000])
@pytest.mark.parametrize("writable", [True, False])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content, writable):
    file = tmp_path / "results.db"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"results\.db is not a SQLite database, or is damaged"):
        open_store(file, writable=writable)
    assert file.read_bytes() == content


def test_a_damaged_database_is_named(path):
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), open_store(path) as store:
        store.runs()


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "photos.db"
    connection = sqlite3.connect(file)
    connection.execute("create table photos (id integer)")
    connection.close()
    with pytest.raises(StoreError, match="not one of qbench's results"):
        open_store(file)
    engine = create_engine(f"sqlite:///{file}")
    assert inspect(engine).get_table_names() == ["photos"]
    engine.dispose()


@pytest.mark.parametrize("writable", [True, False])
def test_a_newer_database_is_refused_with_a_clear_word(path, writable):
    set_version(path, "99")
    with pytest.raises(StoreError, match=r"written by a newer qbench \(schema version 99.*upgrade"):
        open_store(path, writable=writable)


def test_a_database_without_a_version_is_refused(path):
    set_version(path, "one")
    with pytest.raises(StoreError, match="does not say its schema version"):
        open_store(path)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "not a database in memory"),
        ("sqlite:///:memory:", "not a database in memory"),
        ("nosuchkind://host/db", "no such kind of database: 'nosuchkind'"),
        ("://", "not the URL of a database"),
    ],
)
def test_a_url_that_is_no_store_is_refused(url, words):
    with pytest.raises(StoreError, match=words):
        open_store(url)


def test_a_password_is_never_printed():
    from sqlalchemy import make_url

    from qbench.store.connection import display

    assert "secret" not in display(make_url("postgresql://me:secret@host/db"))


def test_there_is_a_golden_database_of_this_schema_version():
    assert [p.name for p in GOLDEN] == [f"store_v{v}.db" for v in range(1, SCHEMA_VERSION + 1)]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda p: p.stem)
def test_a_golden_database_opens_upgrades_and_resumes(golden, tmp_path):
    file = tmp_path / "old.db"
    shutil.copyfile(golden, file)
    with open_store(file) as store:
        assert store.mark_interrupted() == 1
        run = store.resolve_run("golden")
        frame = store.frame(run)
        assert frame["status"].tolist() == ["ok", "interrupted", "planned"]
        assert frame["metrics.accuracy"].tolist()[0] == 0.75
        assert frame["labels.model"].tolist() == ["hybrid"] * 3
        assert frame["backend_version"].tolist() == ["0.45.1"] * 3
        assert store.epochs_frame(run)["train_loss"].tolist() == [0.7]
        weights = store.artifact(int(frame["attempt_id"][0]), "weights")
        assert weights["2.quantum.weights"].tolist() == [0, 1, 2, 3]
        assert [store.claim(t, run) is None for t in frame["trial_id"]] == [True, False, False]
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        assert read_version(connection, tables, "old.db") == SCHEMA_VERSION
    engine.dispose()


def add_column(connection):
    connection.execute(text("alter table runs add column mood text default 'good'"))


def test_migrations_are_applied_in_order_and_the_version_follows(path):
    engine = create_engine(f"sqlite:///{path}")
    steps = []
    migrations = {
        1: lambda c: (steps.append(1), add_column(c)),
        2: lambda c: steps.append(c.scalar(text("select mood from runs"))),
    }
    with engine.begin() as connection:
        upgrade(connection, 1, 3, migrations)
        version = connection.scalar(text("select value from meta where key = 'schema_version'"))
    engine.dispose()
    assert steps == [1, "good"]
    assert version == "3"


def test_a_missing_migration_is_an_error(path):
    engine = create_engine(f"sqlite:///{path}")
    with (
        engine.connect() as connection,
        pytest.raises(StoreError, match="no way from schema version 1 to 2"),
    ):
        upgrade(connection, 1, 2, {})
    engine.dispose()


def test_a_new_file_that_another_process_is_writing_is_waited_for(tmp_path):
    path = tmp_path / "q.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # here SQLite refuses a change of journal at once
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    try:
        open_store(path).close()
    finally:
        release.join()
        other.close()
