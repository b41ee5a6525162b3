import numpy as np
import pytest

pytestmark = pytest.mark.environments


def gradients(worker, problem, draws):
    arrays = {
        "x": problem.data["x_train"],
        "y": problem.data["y_train"],
        "draws.2.quantum.weights": draws,
        **{f"param.{name}": array for name, array in problem.parameters.items()},
    }
    request = problem.request()
    fields = {key: request[key] for key in ("model", "loss", "execution")}
    _, results = worker.ask("gradient_draws", arrays, **fields)
    return results["gradients.2.quantum.weights"]


def gradient_by_training(worker, problem, weights):
    """One step of plain gradient descent at rate 1 moves the weights by the gradient."""
    problem.parameters["2.quantum.weights"] = weights
    _, arrays = worker.train(
        problem,
        epochs=1,
        batch_size=len(problem.data["x_train"]),
        optimizer={"name": "sgd", "learning_rate": 1.0},
    )
    return weights - arrays["param.2.quantum.weights"]


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_draws_in_one_batch_equal_separate_gradients(reference, problem, loss):
    draws = np.random.default_rng(0).uniform(0, 2 * np.pi, (6, 2, 2))
    request = problem.request
    problem.request = lambda **changes: request(**{"loss": loss, **changes})
    together = gradients(reference, problem, draws)
    separate = [gradient_by_training(reference, problem, weights) for weights in draws]
    np.testing.assert_allclose(together, separate, atol=1e-13)


def test_more_draws_than_fit_one_batch_are_cut_into_several(reference, make_problem):
    problem = make_problem(rows=1000)
    draws = np.random.default_rng(0).uniform(0, 2 * np.pi, (5, 2, 2))
    together = gradients(reference, problem, draws)
    apart = np.concatenate([gradients(reference, problem, draws[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(together, apart, atol=1e-14)
    assert len(np.unique(together[:, 0, 0])) == 5


def test_draws_for_another_parameter_are_refused(reference, problem):
    request = problem.request()
    fields = {key: request[key] for key in ("model", "loss", "execution")}
    arrays = {"x": problem.data["x_train"], "y": problem.data["y_train"]}
    arrays |= {f"param.{name}": array for name, array in problem.parameters.items()}
    with pytest.raises(reference.Error, match=r"needed for \['2\.quantum\.weights'\]"):
        reference.ask("gradient_draws", {**arrays, "draws.x": np.zeros((1, 2, 2))}, **fields)
