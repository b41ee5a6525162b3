"""What a bound on a ratio of times finds, on made-up processes."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from tests.benchmarks.processes import ALL, LEAST, MOST, Bound, timed

BOUND = Bound("adapter", "native", 1.05)
DRAWS = 200


def processes(ratio: float, noise: float, seed: int):
    """Processes without end, whose log ratios have ``noise`` as their standard deviation."""
    draw = np.random.default_rng(seed)
    while True:
        adapter = ratio * np.exp(noise * draw.normal())
        yield {"adapter": [adapter, adapter, 9.0], "native": [0.5, 1.0, 1.0]}


def judged(ratio: float, noise: float, seed: int, *bounds: Bound, least: int = LEAST):
    """What :func:`timed` gives for them, one at a time."""
    made = processes(ratio, noise, seed)
    return timed(made.__next__, bounds or [BOUND], least, at_once=1)


def failures(ratio: float, noise: float) -> int:
    """Of ``DRAWS`` checks."""
    checks = [judged(ratio, noise, seed) for seed in range(DRAWS)]
    return sum(not BOUND.holds(found) for found in checks)


@pytest.mark.parametrize(("ratio", "noise"), [(1.3, 0.02), (1.15, 0.02), (1.15, 0.03), (1.3, 0.07)])
def test_an_adapter_that_is_too_slow_is_found(ratio, noise):
    assert failures(ratio, noise) >= 0.98 * DRAWS


@pytest.mark.parametrize("noise", [0.005, 0.02, 0.03])
def test_an_adapter_within_its_bound_passes(noise):
    assert failures(1.02, noise) == 0


def test_an_adapter_at_its_bound_fails_as_seldom_as_the_interval_says():
    assert failures(1.05, 0.02) <= 0.05 * DRAWS


def test_an_interval_too_wide_to_exclude_the_bound_hides_no_large_excess():
    found = list(itertools.islice(processes(1.3, 0.3, 2), 5))
    ratio = BOUND.ratio(found)
    assert ratio.low < BOUND.most < ratio.estimate
    assert not BOUND.holds(found)


def test_a_close_ratio_takes_more_processes_than_a_clear_one():
    clear, close = (judged(ratio, 0.02, 0) for ratio in (0.5, 1.05))
    assert (len(clear), len(close)) == (MOST if ALL else LEAST, MOST)


def test_one_process_settles_what_is_within_its_bound_by_far():
    far, near = (judged(ratio, 0.02, 0, least=1) for ratio in (0.5, 0.9))
    assert len(far) == (MOST if ALL else 1)
    assert len(near) > 1


def test_processes_go_on_while_one_of_several_bounds_is_open():
    stricter = Bound("adapter", "native", 0.5)
    assert len(judged(0.5, 0.02, 0, BOUND, stricter)) == MOST


def test_two_processes_run_at_once():
    both = threading.Barrier(2)

    def process():
        both.wait(timeout=10)
        return {"adapter": [1.0], "native": [2.0]}

    assert len(timed(process, [BOUND], least=2, at_once=2)) >= 2


@pytest.mark.parametrize(("ratio", "held"), [(1.04, True), (1.06, False)])
def test_one_process_has_no_interval_and_is_judged_by_its_estimate(ratio, held):
    assert BOUND.holds([next(processes(ratio, 0.0, 0))]) is held
