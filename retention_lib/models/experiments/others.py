"""What the offers of a past test would bring of customers who were not in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.expectation import expectation
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.scores import (
    KnownUnits,
    TestedUnits,
    expected_gains,
    standardised,
    tested_units,
)
from retention_lib.models.experiments.unit_money import UnitMoney

Floats = NDArray[np.float64]


def told_of_others(
    features: KnownUnits | NotEnough, others: pd.DataFrame, costs: Costs, *, rng: np.random.Generator
) -> Floats | NotEnough:
    """What each offer would bring of customers who were not in the test, by models that learned from all of it.

    Args:
        features: Of the test, from `measures.experiment_features.features`.
        others: One row a customer, with the features of the test as known today (NaN: not known).
        costs: What is known of the test's money beside what customers bought.
        rng: Draws the units that trees see where there are many.

    Returns:
        Money above leaving the customer alone, net of sending: customers by arms, control first; the refusals of
        `scores`.
    """
    if isinstance(features, NotEnough):
        return features
    units = tested_units(features, costs)
    if isinstance(units, NotEnough):
        return units
    sending = float(units.money.sending.sum() / units.money.members.sum())
    both = _with_others(features, units, others)
    learned = np.arange(len(both.arm)) < len(units.arm)
    expected = expectation(both.numbers, both.money.amount, learned, rng=rng)
    told = expected_gains(both, learned, ~learned, expected) - sending
    return np.column_stack([np.zeros(len(others)), told])


def _with_others(features: KnownUnits, units: TestedUnits, others: pd.DataFrame) -> TestedUnits:
    """The units of a test, and behind them customers who were not in it and of whom no result is known."""
    frame, nothing = features.frame.loc[units.kept], np.zeros(len(others))
    columns = [
        standardised(np.concatenate([part[name].to_numpy(dtype=float) for part in (frame, others)]), str(kind))
        for name, kind in features.kinds.items()
    ]
    told = {name: getattr(units.money, name) for name in ("amount", "sending", "members")}
    return replace(
        units,
        arm=np.concatenate([units.arm, nothing.astype(np.int64)]),
        money=UnitMoney(**{name: np.concatenate([column, nothing]) for name, column in told.items()}),
        orders=None if units.orders is None else np.concatenate([units.orders, nothing]),
        conversion=None,
        numbers=np.column_stack(columns),
    )
