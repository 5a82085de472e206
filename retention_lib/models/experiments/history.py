"""What the store's past tests earned: a table of them, their mean, and how much one campaign differs from the next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.balance import balance, columns_before
from retention_lib.models.experiments.moments import Moments, moments
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit import Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.sample_ratio import SampleRatio, sample_ratio
from retention_lib.models.experiments.validity import Check, Validity
from retention_lib.models.intervals import holm_adjusted

LEVEL = 0.95

FEWEST_TESTS = 3
"""Tests from which on something is said of the campaigns of the store in general."""

CONTROL_SHARES = (0.05, 0.1, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.5)
"""Shares that are left alone in a test whose plan nobody wrote down, beside that of equal arms."""

Standing = Literal["paid", "lost", "open", "invalid"]

_STOP_P, _SIGNIFICANT = 0.001, 0.05
_COLUMNS = (
    *("test", "arm", "started", "contacts", "profit", "low", "high", "standard_error", "p_adjusted", "standing"),
    *("valid", "reason", "control_gross_profit"),
)
_FOR_PRIOR = ("test", "arm", "contacts", "profit", "standard_error", "valid", "control_gross_profit")


class Past(Protocol):
    """A test that is over, as `measures.experiment_history` gives it."""

    @property
    def name(self) -> str:
        """The test."""

    @property
    def control(self) -> str:
        """The arm left alone."""

    @property
    def first_day(self) -> date | None:
        """Day of the first assignment."""

    @property
    def sums(self) -> pd.DataFrame:
        """Sums over the units of each arm."""

    @property
    def arms(self) -> pd.DataFrame:
        """The sizes of the arms."""


class PastMeasured(Protocol):
    """What `measures.experiment_history.experiment_history` gives."""

    @property
    def tests(self) -> Sequence[Past]:
        """The tests."""

    @property
    def left_out(self) -> pd.DataFrame:
        """Tests that cannot be read: test, reason."""

    @property
    def days(self) -> int | None:
        """Days over which all is counted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PastTests:
    """What the past tests of a store earned.

    Attributes:
        table: One row an arm of a test, the latest test first: test, arm, started (date; None where not known),
            contacts (customers; count), profit (net of goods, coupons and sending; money a contact), low, high (95 %;
            NaN = refused), standard_error, p_adjusted (Holm over the arms of all sound tests; NaN = not tested),
            standing (`paid`, `lost`: shown after this correction; `open`; `invalid`), valid (bool), reason (why it is
            invalid, or cannot be judged; empty), control_gross_profit (money a customer left alone).
        mean: Profit of a contact over the tests, of a campaign like them (money), by random effects;
            NotEnough("past_tests") below three sound tests.
        spread: Standard deviation of the true profits of the tests (money); NaN where `mean` is not enough.
        tests: Tests in the table (count).
        sound: Of them, those that may be judged (count).
        left_out: Tests that cannot be read: test, reason.
        days: Days from the assignment over which all is counted; None where not known.
    """

    table: pd.DataFrame
    mean: Estimate | NotEnough
    spread: float
    tests: int
    sound: int
    left_out: pd.DataFrame
    days: int | None

    @property
    def for_prior(self) -> pd.DataFrame:
        """The rows that `prior.profit_prior` learns from."""
        return self.table[list(_FOR_PRIOR)]

    def figures(self) -> dict[str, Estimate | NotEnough]:
        """The figures by id: past_profit_per_contact."""
        return {"past_profit_per_contact": self.mean}

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def past_tests(history: PastMeasured | NotEnough, costs: Costs) -> PastTests | NotEnough:
    """What the past tests earned a contact, and whether that may be said.

    Of a past test the split over the arms and what customers bought before are checked; nobody wrote its plan down, so
    that its split is held against equal arms and the usual unequal ones. What the campaigns cost beside sending is not
    known and not taken off.

    Args:
        history: From `measures.experiment_history.experiment_history`.
        costs: What is known of the money of a campaign, as for the test of the report.

    Returns:
        The tests; the refusal that came in; NotEnough("past_tests") where none can be read.

    References:
        Holm (1979), Scand. J. Statistics 6; Paule and Mandel (1982), J. Research of the National Bureau of Standards 87
        (spread); Knapp and Hartung (2003), Statistics in Medicine 22 (interval of the mean).
    """
    if isinstance(history, NotEnough):
        return history
    own = replace(costs, campaign_cost=0.0)
    rows = [row for one in history.tests for row in _rows(one, own)]
    if not rows:
        return NotEnough("past_tests", 0, 1)
    table = _judged(pd.DataFrame(rows))
    mean, spread = _together(table)
    return PastTests(
        table=table[list(_COLUMNS)],
        mean=mean,
        spread=spread,
        tests=int(table["test"].nunique()),
        sound=int(table.loc[table["valid"], "test"].nunique()),
        left_out=history.left_out,
        days=history.days,
    )


def _rows(one: Past, costs: Costs) -> list[dict[str, Any]]:
    """The arms of a test with what each earned; none where its money cannot be told."""
    found = moments(one.sums, one.arms)
    if isinstance(found, NotEnough):
        return []
    sound = _validity(one, found)
    told = profits(found, costs, control=one.control, prior=ProfitPrior(), validity=sound)
    if not isinstance(told, Profits):
        return []
    rows = told.history_rows(one.name).to_dict("records")
    return [{str(k): v for k, v in row.items()} | _bounds(told, row, sound, one) for row in rows]


def _bounds(told: Profits, row: Mapping[Any, Any], sound: Validity, one: Past) -> dict[str, Any]:
    profit = told.of(str(row["arm"])).per_contact
    known = profit.low is not None
    return {
        "started": one.first_day,
        "low": profit.low if known else math.nan,
        "high": profit.high if known else math.nan,
        "p": profit.p if known and profit.p is not None else math.nan,
        "valid": bool(row["valid"]) and known,
        "reason": (sound.reason or "") if sound.reason or known else (profit.reason or ""),
    }


def _validity(one: Past, found: Moments) -> Validity:
    """Whether a past test may be judged: its split, and what its customers bought before."""
    ratio = likely_split({name: found.units(name) for name in found.names}, control=one.control)
    alike = balance(found, columns_before(found), control=one.control)
    checks = [
        Check(name="sample_ratio_broken", level=_level(ratio)),
        Check(name="unbalanced_before", level=_level(alike)),
    ]
    return Validity(checks=tuple(checks), experiment=one.name)


def _level(found: Any) -> Literal["stop", "ok", "unknown"]:
    if isinstance(found, NotEnough):
        return "unknown"
    return "stop" if found.p < _STOP_P else "ok"


def likely_split(units: Mapping[str, int], *, control: str) -> SampleRatio | NotEnough:
    """The sizes of arms against the plan that fits them best, where none was written down.

    Plans are equal arms, and each of `CONTROL_SHARES` left alone with all other arms equal.

    Args:
        units: Units by arm (count).
        control: The arm left alone.

    Returns:
        The test against that plan; the refusal of `sample_ratio.sample_ratio` where there is none.
    """
    others = max(len(units) - 1, 1)
    unequal = [{arm: share if arm == control else (1 - share) / others for arm in units} for share in CONTROL_SHARES]
    found = [sample_ratio(units, expected=plan) for plan in (dict.fromkeys(units, 1.0), *unequal)]
    told = [one for one in found if isinstance(one, SampleRatio)]
    return max(told, key=lambda one: one.p) if told else found[0]


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """With the corrected p-values and what may be said of each arm."""
    p = table["p"].where(table["valid"]).to_numpy(dtype=float)
    adjusted = holm_adjusted(p)
    shown = adjusted < _SIGNIFICANT
    standing = np.where(shown, np.where(table["profit"] > 0, "paid", "lost"), "open")
    return table.assign(p_adjusted=adjusted, standing=np.where(table["valid"], standing, "invalid"))


def _together(table: pd.DataFrame) -> tuple[Estimate | NotEnough, float]:
    """Mean of the sound tests by random effects, and how much they differ.

    A test counts once, with the mean of its arms; as these share their control, the mean is taken to be no more precise
    than one of them.
    """
    known = table[table["valid"] & (table["standard_error"] > 0)]
    tests = known.assign(variance=known["standard_error"] ** 2).groupby("test", sort=False)
    each = tests.agg(profit=("profit", "mean"), variance=("variance", "mean"), contacts=("contacts", "sum"))
    if len(each) < FEWEST_TESTS:
        return NotEnough("past_tests", len(each), FEWEST_TESTS), math.nan
    from statsmodels.stats.meta_analysis import combine_effects

    found = combine_effects(each["profit"].to_numpy(), each["variance"].to_numpy(), method_re="iterated")
    # With a spread the scale of Knapp and Hartung is 1; without one it may fall below, which would promise too much.
    low, high = found.conf_int(alpha=1 - LEVEL, use_t=True)[1]
    mean = float(found.mean_effect_re)
    contacts = float(each["contacts"].sum())
    return Estimate(mean, low=float(low), high=float(high), level=LEVEL, n=contacts), math.sqrt(max(found.tau2, 0.0))
