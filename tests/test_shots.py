"""The stream of random numbers of a sampled training."""

from __future__ import annotations

import json

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


def test_a_stream_goes_on_from_its_state_in_the_middle_of_a_block():
    seeds, other = ShotSeeds(ONE), ShotSeeds(OTHER)
    seeds.begin(1, 2)
    seeds.generator.random(3)
    seeds.generator.integers(2**8, dtype="uint32")
    told = json.dumps(seeds.state())
    other.restore(json.loads(told))
    assert other.draw() == seeds.draw()
    first, second = (s.generator.integers(2**8, size=9, dtype="uint32") for s in (seeds, other))
    assert first.tolist() == second.tolist()


PINNED = [1259469990, 1826857477]
