"""Where seconds go: measured with work whose length is known."""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp
import pytest

from experiments.machine.clock import Clock


def compile_something(seed: int) -> None:
    jax.jit(lambda x: jnp.sin(x * seed) + jnp.cumsum(x)).lower(jnp.ones(seed)).compile()


def test_each_kind_of_work_is_counted_by_itself():
    clock = Clock()
    clock.start()
    reading = clock.start()
    with clock.doing("playing"):
        time.sleep(0.2)
    with clock.doing("judging"):
        time.sleep(0.1)
    clock.add("learning", 7.0)
    spent = clock.since(reading)
    assert 0.2 <= spent.playing < 0.3
    assert 0.1 <= spent.judging < 0.2
    assert spent.learning == pytest.approx(7.0)
    assert 0.3 <= spent.seconds < 0.5
    assert (spent.compiling, spent.starting) == (0.0, 0.0)
    later = clock.since(clock.start())
    assert later.playing == later.learning == later.judging == 0.0


def test_what_is_compiled_meanwhile_is_no_play():
    clock = Clock()
    reading = clock.start()
    with clock.doing("playing"):
        compile_something(97)
        time.sleep(0.1)
    spent = clock.since(reading)
    assert spent.compiling > 0
    assert spent.playing + spent.compiling <= spent.seconds + 1e-6
    assert spent.playing >= 0.1


def test_only_the_first_reading_of_a_process_counts_its_start():
    clock = Clock()
    first, second = clock.start(), clock.start()
    assert clock.since(first).starting > 0
    assert clock.since(second).starting == 0.0
