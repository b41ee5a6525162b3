import math

import numpy as np
import pytest

from qbench import evaluate
from qbench.circuit import Angle, Circuit, Operation, ReferenceProgram, expval
from qbench.stats import (
    gradient_variance,
    resolution_floor,
    samples_needed,
    variance_interval,
)


def test_components_have_their_unbiased_variances():
    samples = np.random.default_rng(0).normal(size=(50, 3)) * [1, 2, 3]
    result = gradient_variance(samples)
    assert result.components == pytest.approx(samples.var(axis=0, ddof=1))
    assert result.mean.estimate == pytest.approx(samples.var(axis=0, ddof=1).mean())
    assert result.mean.n == 50


def test_the_kurtosis_of_a_two_valued_gradient_is_one_and_of_a_normal_one_three():
    assert gradient_variance([[1.0], [-1.0]] * 20).kurtosis == pytest.approx(1)
    normal = np.random.default_rng(0).normal(size=(200_000, 1))
    assert gradient_variance(normal).kurtosis == pytest.approx(3, abs=0.05)


def test_the_standard_error_of_a_normal_variance_is_the_known_one():
    result = gradient_variance(np.random.default_rng(0).normal(size=(100_000, 1)))
    assert result.standard_errors[0] == pytest.approx(math.sqrt(2 / 1e5), rel=0.05)


def global_gradients(n: int, shape: tuple[int, int], seed: int = 0):
    """Gradients of prod(cos t_i) in t_0, with t uniform: variance 2^-n, kurtosis 1.5^n."""
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, (n, *shape))
    return -np.sin(angles[0]) * np.cos(angles[1:]).prod(axis=0)


def coverage(gradients, truth: float) -> float:
    squares = (gradients - gradients.mean(axis=1, keepdims=True)) ** 2
    bounds = variance_interval(squares)
    return float(((bounds.low <= truth) & (truth <= bounds.high)).mean())


@pytest.mark.parametrize("n", [1, 2, 4, 6, 8, 10])
def test_the_interval_covers_a_heavy_tailed_variance_at_200_samples(n):
    assert 0.94 < coverage(global_gradients(n, (4000, 200)), 2.0**-n) < 0.975


def test_the_interval_covers_the_variance_of_a_normal_gradient():
    draws = np.random.default_rng(1).normal(size=(4000, 200))
    assert 0.94 < coverage(draws, 1.0) < 0.965


def test_the_interval_covers_the_mean_over_dependent_components():
    angles = np.random.default_rng(2).uniform(0, 2 * np.pi, (1000, 200, 8))
    draws = np.cos(angles).prod(axis=2, keepdims=True) * np.tan(angles)
    covered = [not gradient_variance(each).mean.excludes(2.0**-8) for each in draws]
    assert 0.93 < np.mean(covered) < 0.98


def test_too_few_draws_for_the_tails_are_marked_and_enough_are_not():
    def marked(n: int, samples: int) -> float:
        draws = global_gradients(n, (500, samples), seed=4)
        return float(np.mean([gradient_variance(each[:, None]).undersampled for each in draws]))

    assert marked(10, 200) > 0.99
    assert marked(16, 1000) > 0.99
    assert marked(4, 200) == 0
    assert marked(8, 1000) < 0.05


def test_the_logarithm_of_an_unmarked_variance_is_hardly_biased():
    draws = global_gradients(8, (2000, 1000), seed=5)
    logs = np.log([gradient_variance(each[:, None]).mean.estimate for each in draws])
    assert abs(logs.mean() - np.log(2.0**-8)) < 0.02


def test_the_relative_standard_error_is_that_of_many_repetitions():
    draws = global_gradients(3, (2000, 400), seed=6)
    found = [gradient_variance(each[:, None]) for each in draws]
    estimates = np.array([each.mean.estimate for each in found])
    told = np.mean([each.relative_standard_error for each in found])
    assert told == pytest.approx(estimates.std() / estimates.mean(), rel=0.05)
    assert found[0].log_standard_error == found[0].relative_standard_error
    assert found[0].standard_errors[0] == pytest.approx(
        found[0].relative_standard_error * found[0].mean.estimate, rel=0.01
    )


@pytest.mark.parametrize("samples", [2, 3, 5])
def test_a_handful_of_equal_squares_does_not_come_out_exact(samples):
    result = gradient_variance([[(-1.0) ** k] for k in range(samples)])
    assert result.undersampled
    assert result.mean.low < 0.7 * result.mean.estimate < 1.4 * result.mean.estimate
    assert result.mean.high > 1.4 * result.mean.estimate


def test_the_interval_does_not_depend_on_the_scale():
    draws = global_gradients(4, (1, 200))[0][:, None]
    one, small = gradient_variance(draws).mean, gradient_variance(1e-9 * draws).mean
    assert small.low == pytest.approx(1e-18 * one.low)
    assert small.high == pytest.approx(1e-18 * one.high)


def test_draws_are_added_until_the_asked_relative_standard_error():
    draws = global_gradients(3, (1, 20_000), seed=7)[0][:, None]
    needed = samples_needed(gradient_variance(draws[:400]), 0.02)
    assert needed == pytest.approx((1.5**3 - 1) / 0.02**2, rel=0.2)
    assert gradient_variance(draws[:needed]).relative_standard_error == pytest.approx(0.02, rel=0.2)


def test_no_number_of_draws_is_named_where_nothing_varies_or_nothing_is_asked():
    assert samples_needed(gradient_variance(np.zeros((10, 2))), 0.05) == 10
    with pytest.raises(ValueError, match="above 0, not 0"):
        samples_needed(gradient_variance([[1.0], [2.0]]), 0.0)


def test_correlated_components_do_not_shorten_the_interval():
    one = np.random.default_rng(0).normal(size=(100, 1))
    alone, copied = gradient_variance(one).mean, gradient_variance(np.tile(one, 8)).mean
    assert copied.low == pytest.approx(alone.low)
    assert copied.high == pytest.approx(alone.high)


def test_components_that_are_always_zero_are_counted_and_stay_in_the_mean():
    samples = np.zeros((20, 4))
    samples[:, 0] = np.random.default_rng(0).normal(size=20)
    result = gradient_variance(samples)
    assert result.zero_share == 0.75
    assert result.mean.estimate == pytest.approx(samples[:, 0].var(ddof=1) / 4)


def test_no_variation_has_no_interval():
    result = gradient_variance(np.zeros((10, 2)))
    assert result.mean.estimate == 0
    assert math.isnan(result.mean.low)
    assert math.isnan(result.kurtosis)
    assert math.isnan(result.log_standard_error)
    assert not result.undersampled


def test_a_single_draw_has_no_variance_and_is_undersampled():
    result = gradient_variance([[1.0, 2.0]])
    assert math.isnan(result.mean.estimate)
    assert result.means == pytest.approx([1.0, 2.0])
    assert result.undersampled


def test_rounding_noise_below_the_floor_counts_as_zero_and_has_no_kurtosis():
    generator = np.random.default_rng(0)
    samples = generator.normal(size=(5000, 2)) * [1.0, 1e-8]
    assert gradient_variance(samples).zero_share == 0
    result = gradient_variance(samples, floor=1e-7)
    assert result.zero_share == 0.5
    assert math.isnan(result.kurtoses[1])
    assert result.kurtosis == result.kurtoses[0] == pytest.approx(3, abs=0.2)


def test_each_component_has_its_mean_and_kurtosis():
    generator = np.random.default_rng(0)
    samples = np.stack([generator.normal(5, 1, 50_000), generator.uniform(-1, 1, 50_000)], axis=1)
    result = gradient_variance(samples)
    assert result.means == pytest.approx([5, 0], abs=0.02)
    assert result.kurtoses == pytest.approx([3, 1.8], abs=0.1)


def test_single_precision_resolves_less_and_more_gates_resolve_less():
    assert resolution_floor("double", 100) == pytest.approx(2.2e-15, rel=0.02)
    assert resolution_floor("single", 100) == pytest.approx(1.2e-6, rel=0.02)
    assert resolution_floor("single", 400) == 2 * resolution_floor("single", 100)
    assert resolution_floor("single", 0) == resolution_floor("single", 1)
    with pytest.raises(ValueError, match="no precision 'half': it is double or single"):
        resolution_floor("half", 1)


def layers_of_rotations(n: int, layers: int) -> Circuit:
    """RY and RX on each wire, then CNOTs, some of which Z on the first wire doesn't see."""
    operations: list[Operation] = []
    for layer in range(layers):
        for wire in range(n):
            weights = (2 * (layer * n + wire) + k for k in range(2))
            rotations = zip(("RY", "RX"), weights, strict=True)
            operations += [Operation.of(gate, wire, Angle.weight(k)) for gate, k in rotations]
        operations += [Operation.of("CNOT", (wire, wire + 1)) for wire in range(n - 1)]
    return Circuit(n, tuple(operations), (expval("Z", 0),), 0, 2 * n * layers).weights_as_inputs()


def reference_gradients(circuit: Circuit, angles):
    ones = np.ones((len(angles), 1))
    return ReferenceProgram(circuit).vjp(angles, np.zeros(0), ones, wrt_weights=False)[1]


def test_structural_zeros_of_the_reference_lie_below_the_floor():
    circuit = layers_of_rotations(6, 2)
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (500, circuit.n_inputs))
    gradients = reference_gradients(circuit, angles)
    found = gradient_variance(gradients, floor=resolution_floor("double", len(circuit.operations)))
    zero = found.components < 1e-28
    assert np.abs(gradients[:, zero]).max() > 0
    assert found.zero_share == zero.mean() > 0.5


@pytest.mark.environments
@pytest.mark.parametrize(("n", "layers"), [(2, 16), (4, 4), (8, 4)])
def test_the_floor_is_what_torchquantum_resolves_in_single_precision(n, layers):
    circuit = layers_of_rotations(n, layers)
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (100, circuit.n_inputs))
    found = evaluate(circuit, angles, [], backend="torchquantum", gradients=True)
    assert found.input_jacobian is not None
    expected = reference_gradients(circuit, angles)
    floor = resolution_floor("single", len(circuit.operations))
    errors = found.input_jacobian[:, 0] - expected
    assert floor / 100 < errors.std() < floor / 2
    zero = np.abs(expected).max(axis=0) < 1e-13
    assert np.abs(errors[:, zero]).max() <= floor
