"""What every unit of a test would have brought under each offer, told by models that have not seen the unit.

The units are cut into folds, households whole. For each fold, models learn from the others: how much a unit brings at
all, from what was known of it before, and by how much each offer raises that. On the fold itself they give two things:
a prediction, by which units are chosen, and a doubly robust score, by which the choice is judged. The score of an offer
is what the model expects of the unit, plus, for a unit that got the offer, how far it was off, weighted by the arm's
share: whatever the model is worth, its mean over units is that of giving the offer to all of them.

Predictions learn apart how much oftener units order, worth what an order is worth on average, and what their orders are
worth more or less than that: sizes of orders are most of the noise, and offers change the number of orders most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.expectation import Expectation, expectation, noise
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.relevance import relevance_regression
from retention_lib.models.experiments.unit_money import UnitMoney, unit_money
from retention_lib.models.experiments.validity import Validity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FOLDS = 5
UNITS_AN_ARM = 1_000
"""Units with a result that every arm needs before offers are chosen by customer."""

_ORDERS = ("orders_full", "orders", "conversion")


class KnownUnits(Protocol):
    """Units of a test, with what was known of each before it and what it did."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row a unit: `cluster`, `arm`, the features and the results."""

    @property
    def kinds(self) -> Mapping[str, Any]:
        """The features, each a `number` or a `flag`."""

    @property
    def results(self) -> Sequence[str]:
        """Columns that came of the test."""

    @property
    def control(self) -> str:
        """The arm left alone."""

    @property
    def arms(self) -> Sequence[str]:
        """All arms, control first."""

    @property
    def units_all(self) -> int:
        """Units of the test (count), of which the frame may hold a part."""

    @property
    def unit(self) -> str:
        """What a unit is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Money of units under every arm; arrays over the units, and by arm in the order of `arms`.

    Attributes:
        arms: The arms, control first.
        money: Doubly robust score of the money a unit brings under each arm, net of sending.
        conversion: That of buying at all (0 or 1); None where it was not counted.
        predicted: Money above control that models of other folds expect of each arm; 0 for control.
        members: Customers in the unit.
        cluster: Number of its household, or of the unit itself, from 0.
        fold: The fold it was judged in.
        known: The features, as they came.
        units_all: Units of the test (count).
        unit: What a unit is.
        withheld: Code of why nothing may be claimed of the test; None for a valid one.
    """

    arms: tuple[str, ...]
    money: Floats = field(repr=False)
    conversion: Floats | None = field(repr=False)
    predicted: Floats = field(repr=False)
    members: Floats = field(repr=False)
    cluster: Ints = field(repr=False)
    fold: Ints = field(repr=False)
    known: pd.DataFrame = field(repr=False)
    units_all: int
    unit: str
    withheld: str | None

    @property
    def units(self) -> int:
        """Units scored (count)."""
        return len(self.members)

    @property
    def share(self) -> float:
        """Units scored as a share of all in the test, in (0, 1]."""
        return self.units / self.units_all if self.units_all else 1.0

    @property
    def offered(self) -> Ints:
        """The place of the arm that is expected to bring most of each unit; control's where no offer pays."""
        return np.asarray(self.predicted.argmax(axis=1), dtype=np.int64)

    def to_frame(self) -> pd.DataFrame:
        """One row an arm: arm, units (offered it by the models), money (mean score a customer)."""
        counts = np.bincount(self.offered, minlength=len(self.arms))
        means = self.money.sum(axis=0) / self.members.sum()
        return pd.DataFrame({"arm": list(self.arms), "units": counts, "money": means})


def scores(
    features: KnownUnits | NotEnough,
    costs: Costs,
    *,
    rng: np.random.Generator,
    validity: Validity | NotEnough | None = None,
    folds: int = FOLDS,
) -> Scores | NotEnough:
    """Cross-fitted doubly robust scores of the units of a test.

    Args:
        features: From `measures.experiment_features.features`.
        costs: What is known of the test's money beside what customers bought.
        rng: Draws the folds.
        validity: Whether the test may be called; taken to hold if omitted.
        folds: Parts, 2 or more.

    Returns:
        The scores; the refusal of the features; that of `unit_money`; NotEnough("uplift_customers") with fewer than
        1,000 units with a result in an arm.

    References:
        Robins, Rotnitzky and Zhao (1994), JASA 89 (the score); Chernozhukov et al. (2018), Double/debiased machine
        learning, The Econometrics Journal 21 (folds); Dudik, Langford and Li (2011), Doubly robust policy evaluation
        and learning, ICML.
    """
    if isinstance(features, NotEnough):
        return features
    units = tested_units(features, costs)
    if isinstance(units, NotEnough):
        return units
    return _scores(features, units, rng=rng, folds=folds, withheld=_withheld(validity))


@dataclass(frozen=True, kw_only=True, eq=False)
class TestedUnits:
    """The units with a result, as arrays: place of the arm, money, orders, conversion, what is known as numbers."""

    __test__ = False  # pytest looks for tests by name

    kept: Bools
    arm: Ints
    money: UnitMoney
    orders: Floats | None
    conversion: Floats | None
    numbers: Floats
    counts: Ints

    @property
    def offers(self) -> int:
        """Arms beside control (count)."""
        return len(self.counts) - 1

    @property
    def shares(self) -> Floats:
        """Share of the units in each arm."""
        return np.asarray(self.counts / self.counts.sum())


def tested_units(features: KnownUnits, costs: Costs) -> TestedUnits | NotEnough:
    """The units whose result is known.

    Args:
        features: Of the test.
        costs: What is known of its money beside what customers bought.

    Returns:
        The units; the refusal of `unit_money`; NotEnough("uplift_customers") with fewer than 1,000 of them in an arm.
    """
    money = unit_money(features.frame, costs, results=features.results)
    if isinstance(money, NotEnough):
        return money
    units = _with_result(features, money)
    fewest = int(min(units.counts))
    return units if fewest >= UNITS_AN_ARM else NotEnough("uplift_customers", fewest, UNITS_AN_ARM)


def _with_result(features: KnownUnits, money: UnitMoney) -> TestedUnits:
    """Those whose money is known, as arrays."""
    kept = np.isfinite(money.amount)
    frame = features.frame.loc[kept]
    arm = pd.Categorical(frame["arm"], categories=list(features.arms)).codes.astype(np.int64)
    known = UnitMoney(amount=money.amount[kept], sending=money.sending[kept], members=money.members[kept])
    columns = [standardised(frame[name].to_numpy(dtype=float), str(kind)) for name, kind in features.kinds.items()]
    return TestedUnits(
        kept=kept,
        arm=arm,
        money=known,
        orders=next((each for each in (_counted(frame, features, name) for name in _ORDERS) if each is not None), None),
        conversion=_counted(frame, features, "conversion"),
        numbers=np.column_stack(columns),
        counts=np.bincount(arm, minlength=len(features.arms)),
    )


def _counted(frame: pd.DataFrame, features: KnownUnits, name: str) -> Floats | None:
    """A result that is known of every unit; None where it is not."""
    found = frame[name].to_numpy(dtype=float) if name in features.results else None
    return found if found is not None and np.isfinite(found).all() else None


def standardised(column: Floats, kind: str) -> Floats:
    """A feature with mean 0 and standard deviation 1, numbers by their ranks; 0 where it is not known.

    Args:
        column: The feature; NaN where not known.
        kind: `number` or `flag`.
    """
    from scipy.stats import rankdata

    told = np.isfinite(column)
    value = np.zeros(len(column))
    if not told.any():
        return value
    value[told] = rankdata(column[told]) if kind == "number" else column[told]
    middle, spread = value[told].mean(), value[told].std()
    value[told] = (value[told] - middle) / spread if spread > 0 else 0.0
    return value


def _scores(
    features: KnownUnits, units: TestedUnits, *, rng: np.random.Generator, folds: int, withheld: str | None
) -> Scores:
    """The scores, fold by fold."""
    frame = features.frame.loc[units.kept]
    _, cluster = np.unique(frame["cluster"].to_numpy(), return_inverse=True)
    fold = rng.permutation(int(cluster.max()) + 1)[cluster] % folds
    money, predicted = np.zeros((2, len(fold), len(units.counts)))
    conversion = None if units.conversion is None else np.zeros_like(money)
    for learned, judged in _splits(fold, folds):
        expected = expectation(units.numbers, units.money.amount, learned, rng=rng)
        money[judged] = _robust(units, judged, units.money.amount, expected.values[judged])
        predicted[judged, 1:] = expected_gains(units, learned, judged, expected)
        if conversion is not None and units.conversion is not None:
            chance = _linear(units.numbers, units.conversion, learned, judged)
            conversion[judged] = _robust(units, judged, units.conversion, chance)
    money[:, 1:] -= units.money.sending[:, None]
    predicted[:, 1:] -= units.money.sending[:, None]
    return Scores(
        arms=tuple(features.arms),
        money=money,
        conversion=conversion,
        predicted=predicted,
        members=units.money.members,
        cluster=np.asarray(cluster, dtype=np.int64),
        fold=np.asarray(fold, dtype=np.int64),
        known=frame[list(features.kinds)],
        units_all=features.units_all,
        unit=features.unit,
        withheld=withheld,
    )


def _splits(fold: Ints, folds: int) -> Iterator[tuple[Bools, Bools]]:
    """For each fold the units learned from and those judged."""
    for one in range(folds):
        judged = fold == one
        yield ~judged, judged


def _robust(units: TestedUnits, which: Bools, outcome: Floats, expected: Floats) -> Floats:
    """Doubly robust scores of some units under each arm."""
    got = units.arm[which][:, None] == np.arange(len(units.counts))
    off = outcome[which] - expected
    # The arms differ by little beside what units differ by: one expectation serves them all, the shares being known.
    return np.asarray(expected[:, None] + np.where(got, off[:, None], 0.0) / units.shares)


def expected_gains(units: TestedUnits, learned: Bools, judged: Bools, expected: Expectation) -> Floats:
    """What each offer is expected to bring above control, learned on some units and told of others.

    Args:
        units: All of them.
        learned: Those learned from.
        judged: Those told of.
        expected: What units bring whatever they are offered.
    """
    base, design = expected.values[learned], _design(units.numbers, expected.level)
    told = np.zeros((int(judged.sum()), units.offers))
    for outcome, mean in _money_parts(units, learned, base):
        scored = _robust(units, learned, outcome, mean)
        spread = noise(base, outcome[learned] - mean)
        for place in range(1, units.offers + 1):
            variance = spread * (1 / units.shares[place] + 1 / units.shares[0])
            weights = relevance_regression(design[learned], scored[:, place] - scored[:, 0], variance)
            told[:, place - 1] += design[judged] @ weights
    return told


def _money_parts(units: TestedUnits, learned: Bools, base: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Parts that add up to the money, with what is expected of each: orders at their mean worth, and the rest."""
    money, orders = units.money.amount, units.orders
    if orders is None or orders[learned].sum() <= 0:
        yield money, base
        return
    worth = money[learned].sum() / orders[learned].sum()
    yield worth * orders, base
    yield money - worth * orders, np.zeros(len(base))


def _design(numbers: Floats, level: Floats) -> Floats:
    """Columns of the effect: in proportion to what a unit brings anyway, by feature; and one that is alike for all."""
    return np.column_stack([level, np.ones(len(level)), level[:, None] * numbers])


def _linear(numbers: Floats, outcome: Floats, learned: Bools, judged: Bools) -> Floats:
    """A chance by least squares on the features."""
    known = learned & np.isfinite(outcome)
    design = np.column_stack([np.ones(len(numbers)), numbers])
    gram = design[known].T @ design[known] + 1e-6 * known.sum() * np.eye(design.shape[1])
    weights = np.linalg.solve(gram, design[known].T @ outcome[known])
    return np.asarray(design[judged] @ weights)


def _withheld(validity: Validity | NotEnough | None) -> str | None:
    """Why nothing may be claimed, if so."""
    return None if validity is None else validity.reason
