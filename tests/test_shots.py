"""The stream of random numbers of a sampled training."""

from __future__ import annotations

from qbench.circuit import Angle, Circuit, Operation, expval
from qbench.shots import ShotSeeds

ONE = Circuit(1, (Operation.of("RY", 0, Angle.input(0)),), (expval("Z", 0),), 1, 0)
OTHER = Circuit(1, (Operation.of("RX", 0, Angle.input(0)),), (expval("Z", 0),), 1, 0)


def drawn(circuit: Circuit, seed: int, step: int) -> list[int]:
    seeds = ShotSeeds(circuit)
    seeds.draw()
    seeds.begin(seed, step)
    return [seeds.draw() for _ in range(50)]


def test_a_step_of_a_seed_has_the_same_numbers_every_time():
    assert drawn(ONE, 3, 7) == drawn(ONE, 3, 7)


def test_no_step_seed_or_circuit_has_the_numbers_of_another():
    streams = [drawn(ONE, 3, 7), drawn(ONE, 3, 8), drawn(ONE, 4, 7), drawn(OTHER, 3, 7)]
    streams.append(drawn(ONE, 3, -1))
    every = [number for stream in streams for number in stream]
    assert len(set(every)) == len(every)
    assert all(0 <= number < 2**31 for number in every)


def test_the_numbers_are_those_of_every_version():
    assert drawn(ONE, 3, 7)[:2] == PINNED


def test_the_generator_draws_from_the_same_place():
    seeds = ShotSeeds(ONE)
    seeds.begin(1, 2)
    first = seeds.generator.random(3).tolist()
    seeds.begin(1, 2)
    assert seeds.generator.random(3).tolist() == first


PINNED = [1259469990, 1826857477]
