"""Bad input through the real command line: one clear message, the right exit code, nothing lost."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from qbench.store import open_store

GOOD = """\
qbench: 1
name: good
seeds: 1
data: {name: iris, transform: [{min_max: [0, =pi]}]}
circuits:
  pqc:
    n_qubits: 4
    encoding: angle
    ansatz: hardware_efficient
models:
  qnn:
    layers:
      - quantum: pqc
      - dense: n_classes
backends: [reference]
trainer:
  epochs: 2
record: {gradient_variance: off}
"""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_one_message(done, *, code: int = 2) -> str:
    """The only thing said, on stderr, is one error; the message without its first word."""
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "\x1b[" not in done.stderr
    assert done.stderr.count("error: ") == 1, done.stderr
    return done.stderr.removeprefix("error: ").strip()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a run in it, which a bad suite must leave as it is."""
    path = tmp_path / "results.db"
    with open_store(path) as opened:
        opened.end_run(opened.begin_run("earlier", "qbench: 1\n"))
    return path


MISTAKES = {
    ("  epochs: 2", "  epoch: 2"): (
        "17:3: trainer.epoch: unknown key; did you mean 'epochs'?"
    ),
    ("seeds: 1", "seed: 1"): (
        "3:1: seed: unknown key; did you mean 'seeds'?"
    ),
    ("  epochs: 2", "  epochs: many"): (
        "17:3: trainer.epochs: must be a whole number, not text 'many'"
    ),
    ("[reference]", "[pennylan]"): (
        "15:12: backends[0]: unknown backend 'pennylan'; did you mean 'pennylane'?"
    ),
    ("[reference]", '["pennylane@0.1"]'): (
        "15:1: backends: pennylane@0.1: no such version; there are: "
    ),
    ("ansatz: hardware_efficient", "ansatz: {name: hardware_efficient, entangler: CNOTT}"): (
        "6:3: circuits.pqc: entangler: no 'CNOTT'; did you mean 'CNOT'? (known are CNOT, "
    ),
    ("name: iris", "name: irs"): (
        "4:8: data.name: unknown data set 'irs'; did you mean 'iris'?"
    ),
    ("{min_max: [0, =pi]}", "{pca: 9}"): (
        "4:1: data: pca: 9 components of 4 features"
    ),
    ("n_qubits: 4", "n_qubits: 6"): (
        "13:9: models.qnn.layers[0]: circuit 'pqc' (6 qubits) reads 6 features but receives 4"
    ),
    ("dense: n_classes", "dense: 7"): (
        "12:5: models.qnn.layers: ends in 7 outputs, but cross_entropy on 3 classes needs 3"
    ),
    ("seeds: 1", "seeds: 1\nseeds: 2"): (
        "4:1: 'seeds' is given twice, first on line 3"
    ),
    ("name: good", "name: !!python/object/apply:os.system [touch pwned]"): (
        "2:7: tags (tag:yaml.org,2002:python/object/apply:os.system) are refused"
    ),
}  # fmt: skip
"""A part of the good suite, what replaces it, and how the message goes on after the file."""

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
NO_SUITES = {
    b"": "1:1: the file is empty; a suite starts with `qbench: 1`",
    BOMB.encode(): "1:4: anchors (&a) are refused",
    b"name: [1, 2\n": "2:1: ",
    b"- 1\n- 2\n": "1:1: a suite is a mapping",
    b"a: " + b"[" * 5000: "1:",
    b"# long\n" * 750_000: " a suite file is a few KB; this one has 5 MB",
    b"\x80\x81\xff\x00": " cannot be read: not UTF-8 text",
}


def test_every_mistake_in_a_suite_is_one_line_with_its_place(qbench):
    expected = {}
    for (old, new), message in MISTAKES.items():
        assert GOOD.count(old) == 1
        expected[GOOD.replace(old, new).encode()] = message
    expected |= NO_SUITES
    names = [f"suite{number:02}.yaml" for number in range(len(expected))]
    for name, content in zip(names, expected, strict=True):
        (qbench.folder / name).write_bytes(content)
    done = qbench("validate", *names, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    told = done.stderr.split("error: ")[1:]
    for name, message, said in zip(names, expected.values(), told, strict=True):
        assert said.startswith(f"{name}:{message}")
    assert not (qbench.folder / "pwned").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.replace("epochs", "epoch").encode(), "17:3: trainer.epoch: unknown key"),
        (GOOD.replace("n_qubits: 4", "n_qubits: 6").encode(), "13:9: models.qnn.layers[0]: "),
        (BOMB.encode(), "1:4: "),
        (b"# long\n" * 750_000, " a suite file is a few KB"),
    ],
    ids=["unknown key", "too many qubits", "anchor bomb", "5 MB"],
)
def test_a_bad_suite_is_refused_before_the_store_is_touched(qbench, store, content, message):
    (qbench.folder / "suite.yaml").write_bytes(content)
    before = digest(store)
    done = qbench("run", "suite.yaml", "--store", store, timeout=60)
    assert assert_one_message(done).startswith(f"suite.yaml:{message}")
    assert digest(store) == before


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return path


BAD_OPTIONS = {
    "no such file": (("run", "goood.yaml"), "goood.yaml: no such file; did you mean 'good.yaml'?"),
    "no such profile": (
        ("run", "good.yaml", "--quick"),
        "good.yaml:1:1: profiles: unknown profile 'quick'",
    ),
    "unknown key in --set": (
        ("run", "good.yaml", "--set", "trainer.epoch=3"),
        "--set: trainer.epoch: unknown key; did you mean 'epochs'?",
    ),
    "unknown key in --only": (
        ("run", "good.yaml", "--only", "modle=qnn"),
        "--only modle=qnn: unknown key 'modle'; did you mean 'model'?",
    ),
    "--only leaves nothing": (
        ("run", "good.yaml", "--only", "model=svm"),
        "--only model=svm: no trial matches; there are model: qnn",
    ),
    "unknown run": (
        ("compare", "earlyer"),
        "no run or suite 'earlyer' in results.db; did you mean 'earlier'?",
    ),
    "unknown backend of an environment": (
        ("env", "path", "pennylan"),
        "pennylan: no such backend; did you mean 'pennylane'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_a_mistake_on_the_command_line_names_the_nearest_right_word(qbench, good, store, case):
    arguments, expected = BAD_OPTIONS[case]
    where = () if arguments[0] == "env" else ("--store", "results.db")
    before = digest(store)
    assert assert_one_message(qbench(*arguments, *where)).startswith(expected)
    assert digest(store) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("compare", "--table", "framworks"),
            "unknown table 'framworks'; did you mean 'frameworks'?",
        ),
        (("export", "--format", "jsn"), "unknown format 'jsn'; did you mean 'json'?"),
    ],
)
def test_a_wrong_word_of_an_option_names_the_nearest(qbench, arguments, said):
    done = qbench(*arguments, COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Invalid value for '{arguments[1]}'" in done.stderr
    assert said in done.stderr


def test_a_wrong_option_ends_with_usage_and_code_2(qbench, good):
    for option in (("--timeout", "soon"), ("--jobs", "0"), ("--nope",)):
        done = qbench("run", good, *option)
        assert (done.returncode, done.stdout) == (2, "")
        assert option[0] in done.stderr
        assert "Traceback" not in done.stderr
    assert not (qbench.folder / "results").exists()


@pytest.mark.parametrize("place", ["file/results.db", "folder", "notes.txt", "nope://db"])
def test_a_store_that_cannot_be_written_is_told_before_anything_runs(qbench, good, place):
    (qbench.folder / "file").write_text("no folder")
    (qbench.folder / "folder").mkdir()
    (qbench.folder / "notes.txt").write_text("these are notes, and no database\n" * 99)
    before = digest(qbench.folder / "notes.txt")
    message = assert_one_message(qbench("run", good, "--store", place))
    assert place.partition("://")[0] in message
    assert digest(qbench.folder / "notes.txt") == before


@pytest.mark.environments
def test_without_network_what_cannot_be_made_is_unavailable_and_the_rest_runs(
    qbench, good, environment_of, tmp_path
):
    ready = environment_of("reference").path
    offline = tmp_path / "offline" / "environments"
    offline.mkdir(parents=True)
    (offline / ready.name).symlink_to(ready)
    (tmp_path / "uv").mkdir()
    without_network = {
        "QBENCH_CACHE_DIR": str(offline.parent),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": "",
        "UV_NO_CONFIG": "1",
    }
    command = ("run", good, "--set", "backends=[pennylane, reference]", "--set", "seeds=2")
    store = ("--store", tmp_path / "results.db")
    done = qbench(*command, *store, **without_network)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("unavailable: ") == 1
    assert re.search(
        r"^pennylane: unavailable: PennyLane \(pennylane@\S+\): its environment could not be made",
        done.stderr,
        re.MULTILINE,
    )
    assert "qbench env create pennylane" in done.stderr
    assert "2 ok, 2 unavailable" in done.stderr
    assert "2 unavailable" in done.stdout

    environment_of("pennylane")
    online = qbench(*command, *store)
    assert online.returncode == 0, online.stderr
    assert "2 trials to run, 2 already final" in online.stderr
    assert "4 ok" in online.stderr


@pytest.mark.environments
def test_a_loss_that_is_no_number_ends_as_diverged_and_the_rest_runs(qbench, good, tmp_path):
    changes = (
        "data={name: diabetes, transform: [standardize, {pca: 4}]}",
        "trainer.optimizer={name: sgd, learning_rate: 1e200}",
        "models={qnn: {layers: [{quantum: pqc}, {dense: 1}]}}",
        "baselines=[gradient_boosting]",
        "seeds=2",
    )
    settings = [part for change in changes for part in ("--set", change)]
    done = qbench("run", good, "--store", tmp_path / "results.db", *settings)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert re.search(
        r"^reference, qnn, seed 0: diverged: .* is (inf|nan) at step \d+ \(epoch \d+\)",
        done.stderr,
        re.MULTILINE,
    )
    assert "2 diverged, 2 ok" in done.stderr
    with open_store(tmp_path / "results.db", writable=False) as store:
        frame = store.frame(store.resolve_run()).set_index(["method", "seed"])
    assert set(frame.loc["qnn"]["status"]) == {"diverged"}
    assert frame.loc["gradient_boosting"]["metrics.rmse"].gt(0).all()

    again = qbench("run", good, "--store", tmp_path / "results.db", "--retry-failed", *settings)
    assert "0 trials to run, 4 already final" in again.stderr
    assert again.returncode == 1
