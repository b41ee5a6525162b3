import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import psutil
import pytest

from qbench.circuit import ReferenceProgram

pytestmark = pytest.mark.environments


def evaluate(worker, problem, device="numpy", **arrays):
    given = {"inputs": np.zeros((3, 2)), "weights": np.zeros(2), **arrays}
    execution = {**worker.EXECUTION, "device": device}
    return worker.ask("evaluate", given, circuit=problem.circuit.to_json(), execution=execution)


def test_a_worker_says_who_it_is(reference):
    assert reference.ready["event"] == "ready"
    assert reference.ready["protocol"] == 1
    assert reference.ready["pid"] == reference.process.pid


def test_load_reports_import_times_versions_and_packages(reference):
    result, _ = reference.ask("load")
    assert set(result["versions"]) == {"numpy", "torch"}
    assert result["packages"]["numpy"] == result["versions"]["numpy"]
    assert {"seconds", "cpu_seconds", "notes"} <= set(result)


def test_evaluate_gives_outputs_and_gradients_of_the_circuit(reference, problem):
    draw = np.random.default_rng(1)
    x, w, c = draw.normal(size=(4, 2)), draw.normal(size=2), draw.normal(size=(4, 2))
    expected = ReferenceProgram(problem.circuit).vjp(x, w, c)
    result, arrays = evaluate(reference, problem, inputs=x, weights=w, cotangent=c)
    for name, array in zip(("outputs", "d_inputs", "d_weights"), expected, strict=True):
        np.testing.assert_allclose(arrays[name], array, atol=1e-15)
    assert result["seconds"] > 0
    result, arrays = evaluate(reference, problem, inputs=x, weights=w)
    assert set(arrays) == {"outputs"}
    assert result["compile_seconds"] == 0.0


def test_states_come_as_complex_arrays(reference, problem):
    _, arrays = reference.ask(
        "states",
        {"inputs": np.zeros((1, 2)), "weights": np.zeros(2)},
        circuit=problem.circuit.to_json(),
        execution=reference.EXECUTION,
    )
    assert arrays["states"].dtype == np.complex128
    np.testing.assert_allclose(arrays["states"], [[1, 0, 0, 0]], atol=1e-14)


def test_predict_equals_the_outputs_of_a_training(reference, problem):
    _, trained = reference.train(problem)
    parameters = {name: trained[name] for name in trained if name.startswith("param.")}
    _, arrays = reference.ask(
        "predict",
        {"x": problem.data["x_test"], **parameters},
        model={"layers": problem.layers},
        execution=reference.EXECUTION,
    )
    assert np.array_equal(arrays["outputs"], trained["outputs_test"])


def test_what_a_framework_prints_goes_to_the_log(troubled, problem):
    evaluate(troubled, problem)
    log = troubled.log.read_text()
    for text in ("written to descriptor 1", "said by a child"):
        assert text in log


def test_the_parents_packages_are_invisible(start):
    site = sysconfig.get_paths()["purelib"]
    assets = Path(__file__).parent / "assets"
    worker = start(
        adapter=(assets, "qbench_troubled:TroubledBackend"), environ={"PYTHONPATH": site}
    )
    result, _ = worker.ask("load")
    importable, numpy = result["notes"]
    assert importable == "importable: qbench"
    assert site not in numpy


@pytest.mark.parametrize(
    ("device", "kind", "message"),
    [
        ("unsupported", "unsupported", "no such gate here"),
        ("memory", "out_of_memory", "no room for the state"),
        ("broken", "failed", "KeyError: 'wires'"),
        ("misshapen", "failed", r"shape \(1, 1\), the circuit has \(3, 2\)"),
    ],
)
def test_each_failure_has_its_kind_and_the_worker_lives_on(
    troubled, problem, device, kind, message
):
    with pytest.raises(troubled.Error, match=message) as caught:
        evaluate(troubled, problem, device=device)
    assert caught.value.kind == kind
    assert "Traceback" in caught.value.traceback
    evaluate(troubled, problem)


def test_arrays_that_do_not_fit_the_circuit_are_refused(reference, problem):
    with pytest.raises(reference.Error, match=r"inputs of shape \(3, 5\) do not fit"):
        evaluate(reference, problem, inputs=np.zeros((3, 5)))


def processor_time(worker):
    """Seconds of the worker's processor time: unlike wall time no matter how busy the machine."""
    times = psutil.Process(worker.process.pid).cpu_times()
    return times.user + times.system


@pytest.mark.timed
def test_a_warm_worker_spends_few_milliseconds_on_an_evaluation(reference, problem):
    evaluate(reference, problem)
    start = processor_time(reference)
    for _ in range(50):
        evaluate(reference, problem)
    assert (processor_time(reference) - start) / 50 < 0.006


@pytest.mark.timed
def test_the_harness_adds_little_to_a_warm_training(reference, problem):
    reference.train(problem)
    start = processor_time(reference)
    trained = sum(reference.train(problem)[0]["timings"]["cpu_s"] for _ in range(5))
    assert (processor_time(reference) - start - trained) / 5 < 0.050


def test_an_unknown_operation_is_named(reference):
    with pytest.raises(reference.Error, match="no such operation: 'dance'"):
        reference.ask("dance")


def test_a_worker_whose_parent_is_gone_ends_in_the_middle_of_a_training_and_leaves_nothing(
    start, make_problem
):
    worker = start(adapter=(Path(__file__).parents[2] / "backends/reference", REFERENCE))
    problem = make_problem(epochs=20_000)
    worker.send("train", problem.arrays, **problem.request())
    assert worker.channel.receive()["event"] == "epoch"
    assert worker.folder.is_dir()
    worker.process.stdin.close()
    worker.process.wait(timeout=10)
    assert not worker.folder.exists()


def test_shutdown_ends_the_process(start):
    worker = start(host="estimators")
    worker.ask("shutdown")
    assert worker.process.wait(timeout=10) == 0


def test_what_runs_in_workers_imports_with_numpy_alone(tmp_path):
    uv = pytest.importorskip("uv").find_uv_bin()
    environment, root = tmp_path / "numpy-only", Path(__file__).parents[2]
    subprocess.run([uv, "venv", "-q", "-p", sys.executable, environment], check=True)
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([uv, "pip", "install", "-q", "-p", python, "numpy"], check=True)
    modules = "qbench.worker.service, qbench.worker.training, qbench.circuit, qbench.backend"
    code = f"import sys; sys.path.insert(0, {str(root)!r}); import {modules}"
    subprocess.run([python, "-I", "-c", code], check=True)


REFERENCE = "qbench_reference:ReferenceBackend"
