"""What would be true of any number of customers: the truth of a superpopulation, told without tables.

Its customers are other blocks of the same shop, with the same calendar, catalogue and plan of campaigns.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path

import numpy as np
import pandas as pd

from retention_lib.settings.simulation import MOST, Simulation
from retention_lib.stores.simulation import Told
from retention_lib.stores.simulation.effects import Key, Sums, added_sums, effect_rows, effect_sums, sums_of
from retention_lib.stores.simulation.graded import graded_effects, purchases
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.simulated import code_hash
from retention_lib.stores.simulation.stage import BLOCK, NEVER, Ints
from retention_lib.stores.simulation.story import Story

FIRST_BLOCK = -(-MOST // BLOCK)
"""The number of the superpopulation's first block, beyond those of any store."""

CACHE = Path("data") / ".cache" / "populations"

_RATE_UNIT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Population:
    """The truth of a superpopulation.

    Attributes:
        customers: Its size (count).
        effects: As `effects_table` has them.
        values: One row a value: name; value; standard_error (over customers); customers (count). `rate` (purchases a
            neutral day), `alive_at_end`, `second_order` and `member` (shares of customers, by the window's end),
            `late_first_delivery` (share), `purchases` (count, the first order included).
    """

    customers: int
    effects: pd.DataFrame
    values: pd.DataFrame


def population_effects(
    simulation: Simulation,
    *,
    customers: int = 1_000_000,
    jobs: int = 2,
    root: Path = Path(),
    told: Told | None = None,
) -> Population:
    """The true effects in a superpopulation, worked out once and then read from the cache.

    Args:
        simulation: The settings; its own number of customers has no part in it.
        customers: Customers of the superpopulation (count).
        jobs: Processes (count).
        root: The folder that holds `data`.
        told: Hears how far it is, after each block.
    """
    settings = simulation.model_dump(mode="json", exclude={"customers"})
    path = root / CACHE / f"{_key(settings, customers)}.json"
    if not path.exists():
        sums = reduce(PopulationSums.added, _blocks(simulation, customers, jobs, told))
        _write(path, {"settings": settings, "customers": customers, **_plain(sums)})
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Population(customers=customers, effects=pd.DataFrame(kept["effects"]), values=pd.DataFrame(kept["values"]))


def _key(settings: dict[str, object], customers: int) -> str:
    """What decides the figures: the settings, the size and the code."""
    told = json.dumps([settings, customers, code_hash()], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _blocks(simulation: Simulation, customers: int, jobs: int, told: Told | None) -> Iterator[PopulationSums]:
    """The sums of all blocks, in their order."""
    counts = [min(BLOCK, customers - first) for first in range(0, customers, BLOCK)]
    blocks = range(FIRST_BLOCK, FIRST_BLOCK + len(counts))
    # Processes that start afresh: a fork of a program with threads may hang.
    afresh = multiprocessing.get_context("spawn")
    done = 0
    with ProcessPoolExecutor(min(jobs, len(counts)), mp_context=afresh) as pool:
        for sums, count in zip(pool.map(partial(block_sums, simulation), blocks, counts), counts, strict=True):
            done += count
            if told is not None:
                told(done, customers)
            yield sums


@dataclass(frozen=True, kw_only=True)
class PopulationSums:
    """Sums over blocks of a superpopulation.

    Attributes:
        effects: As in `TruthSums`.
        values: Sums by value.
    """

    effects: dict[Key, Sums]
    values: dict[str, Sums]

    def added(self, other: PopulationSums) -> PopulationSums:
        """The sums of both."""
        return PopulationSums(
            effects=added_sums(self.effects, other.effects), values=added_sums(self.values, other.values)
        )


def block_sums(simulation: Simulation, block: int, count: int) -> PopulationSums:
    """The sums of a block.

    Args:
        simulation: The settings.
        block: The block's number.
        count: Its customers.
    """
    story = tell_story(open_shop(simulation), block, count=count)
    effects: dict[Key, Sums] = {}
    for graded in graded_effects(story):
        effects |= effect_sums(graded, [purchases(story, graded, code) for code in range(len(graded.arms))])
    return PopulationSums(effects=effects, values={name: sums_of(value) for name, value in _values(story).items()})


def _values(story: Story) -> dict[str, Ints]:
    """What is told of each customer; rates in billionths, so that their sums are exact."""
    people, fates, days = story.people, story.fates, story.shop.calendar.days
    bought = np.bincount(story.orders.customer, minlength=people.count)
    return {
        "rate": np.rint(people.rate / _RATE_UNIT).astype(np.int64),
        "alive_at_end": (fates.left >= days).astype(np.int64),
        "second_order": (bought > 1).astype(np.int64),
        "member": (fates.joined < NEVER).astype(np.int64),
        "late_first_delivery": people.late.astype(np.int64),
        "purchases": bought,
    }


def _plain(sums: PopulationSums) -> dict[str, object]:
    """The sums as JSON can hold them."""
    values = []
    for name, one in sums.values.items():
        unit = _RATE_UNIT if name == "rate" else 1.0
        error = one.standard_error * unit
        values.append({"name": name, "value": one.mean * unit, "standard_error": error, "customers": one.subjects})
    return {"effects": effect_rows(sums.effects), "values": values}


def _write(path: Path, content: dict[str, object]) -> None:
    """Write the cache in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    aside.write_text(json.dumps(content), encoding="utf-8")
    aside.replace(path)
