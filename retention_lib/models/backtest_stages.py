"""One cut-off of a backtest: every candidate learned on what was known there, and judged on what followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.backtest_plan import Plan
from retention_lib.models.forecasts import CANDIDATES, Asked, Candidate, Forecast, Known, known, learn
from retention_lib.models.season import Clock
from retention_lib.models.spend import SpendForecast

SpendFit = Callable[[pd.DataFrame], SpendForecast | NotEnough]
"""Fits a spend model on columns frequency, monetary_value, T, customers: `spend.expected_spend_model`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Money:
    """What a purchase brings, as known on a day.

    Attributes:
        spend: The spend model fitted on the customers known then; None where none was asked for or none can be fitted.
        kept_share: Net money over the money of purchases, of all customers known then: what refunds left of it.
    """

    spend: SpendForecast | None
    kept_share: float

    @classmethod
    def known(cls, rows: pd.DataFrame, spend_model: SpendFit | None) -> Money:
        """From histories, each of which stands for `weight` customers."""
        weight = rows["weight"].to_numpy(dtype=float)
        paid, net = (float((weight * rows[name].to_numpy(dtype=float)).sum()) for name in ("paid", "net"))
        counted = rows[["frequency", "monetary_value", "T"]].assign(customers=weight)
        fitted = spend_model(counted) if spend_model is not None else None
        spend = None if isinstance(fitted, NotEnough) else fitted
        return cls(spend=spend, kept_share=max(net, 0.0) / paid if paid > 0 else 1.0)

    def revenue(self, rows: pd.DataFrame, expected: np.ndarray) -> float:
        """Net money that expected purchases bring; missing without a spend model."""
        return float((self.of_a_purchase(rows) * expected).sum())

    def of_a_purchase(self, rows: pd.DataFrame) -> np.ndarray:
        """Net money that a purchase of each row's customers brings, all that it stands for; missing likewise."""
        weight = rows["weight"].to_numpy(dtype=float)
        amount = np.full(len(rows), np.nan) if self.spend is None else self.spend.expected_of(rows)
        return weight * amount * self.kept_share


def drawn_customers(rows: pd.DataFrame) -> int | None:
    """Customers drawn by chance who stand for all, whose totals are scaled up; None where all are looked at.

    Args:
        rows: Histories of a past window, with `weight`.
    """
    return len(rows) if float(rows["weight"].max()) > 1 else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A forecast made on a past day, with what followed.

    Attributes:
        cutoff: The day: first day that was not known.
        horizon_days: Days ahead.
        horizon: The same in the clock's units.
        last: Whether this is the last holdout.
        forecast: The candidate, learned on what was known.
        rows: The customers' histories from `forecasts.known`, with holdout_purchases, holdout_revenue and weight.
        money: What a purchase brought, as known then.
    """

    cutoff: date
    horizon_days: int
    horizon: float
    last: bool
    forecast: Forecast
    rows: pd.DataFrame
    money: Money


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """All candidates at one cut-off.

    Attributes:
        rows: One row a candidate, as `Backtest.candidates` has it.
        expected: Purchases that each candidate expected of each customer.
        judged: Each candidate's forecast with what followed.
        refusal: Why a candidate could not be learned; None where all could.
    """

    rows: list[dict[str, Any]]
    expected: Mapping[Candidate, np.ndarray]
    judged: Mapping[Candidate, Judged]
    refusal: NotEnough | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """Histories of a plan's windows; without a season, what is known on a day is worked out once.

    Attributes:
        histories: From `measures.histories.rolling_histories`.
        plan: The plan whose windows they are.
    """

    histories: pd.DataFrame
    plan: Plan
    _known: dict[tuple[date, int], Known] = field(default_factory=dict, repr=False)

    def rows(self, cutoff: date, horizon_days: int) -> pd.DataFrame:
        """Histories of one window."""
        at = self.histories["cutoff"] == pd.Timestamp(cutoff)
        return self.histories[at & (self.histories["horizon_days"] == horizon_days)]

    def known(self, cutoff: date, horizon_days: int, clock: Clock) -> Known:
        """What was known at the beginning of a window."""
        if clock.index is not None:
            return known(self.rows(cutoff, horizon_days), cutoff, clock)
        key = (cutoff, horizon_days)
        if key not in self._known:
            self._known[key] = known(self.rows(*key), cutoff, clock)
        return self._known[key]

    def tried(self, cutoff: date, clock: Clock, *, last: bool = False, spend_model: SpendFit | None = None) -> Tried:
        """Every candidate that can be learned at a cut-off, judged there.

        Args:
            cutoff: The cut-off.
            clock: The store's clock; the season it holds is learned without the window judged.
            last: Whether this is the last holdout.
            spend_model: Fits a spend model, for the revenue.
        """
        plan = self.plan
        days, learned = (plan.last_horizon_days, plan.learned_days) if last else (plan.horizon_days,) * 2
        end = cutoff + timedelta(days=days)
        unseen = clock.without(cutoff, end)
        today = self.known(cutoff, days, unseen)
        before = self.known(cutoff - timedelta(days=learned), learned, unseen)
        horizon = float(unseen.ahead(cutoff, [end])[0])
        money = Money.known(today.rows, spend_model)
        weight, revenue = (today.rows[name].to_numpy(dtype=float) for name in ("weight", "holdout_revenue"))
        brought, of_one = float((weight * revenue).sum()), money.of_a_purchase(today.rows)
        asked, ranks = Asked.of(today.rows), today.rows["holdout_purchases"].rank().to_numpy()
        rows: list[dict[str, Any]] = []
        judged: dict[Candidate, Judged] = {}
        expected: dict[Candidate, np.ndarray] = {}
        refusal: NotEnough | None = None
        for name in CANDIDATES:
            forecast = learn(name, today, before=before, horizon_days=learned)
            if isinstance(forecast, NotEnough):
                refusal = refusal or forecast
                continue
            expected[name] = forecast.expected_by(asked, [horizon])[:, 0]
            rows.append(
                {"cutoff": cutoff, "candidate": name, "horizon_days": days}
                | _errors(today.rows, expected[name], ranks)
                | {"expected_revenue": float((of_one * expected[name]).sum())}
                | {"actual_revenue": brought, "last": last}
            )
            judged[name] = Judged(
                cutoff=cutoff,
                horizon_days=days,
                horizon=horizon,
                last=last,
                forecast=forecast,
                rows=today.rows,
                money=money,
            )
        return Tried(rows=rows, expected=expected, judged=judged, refusal=refusal)


def _errors(rows: pd.DataFrame, expected: np.ndarray, ranks: np.ndarray) -> dict[str, float]:
    """How far a forecast was off; `ranks` are those of what was bought."""
    weight, bought = (rows[name].to_numpy(dtype=float) for name in ("weight", "holdout_purchases"))
    # Sums of products, since a product of long vectors waits for other threads where the machine is busy.
    total, actual = float((weight * expected).sum()), float((weight * bought).sum())
    miss = expected - bought
    found = pd.Series(expected).rank().to_numpy()
    rank, other = found - found.mean(), ranks - ranks.mean()
    spread = float(np.sqrt((rank**2).sum() * (other**2).sum()))
    return {
        "customers": round(weight.sum()),
        "expected": total,
        "actual": round(actual),
        "total_error": total / actual - 1 if actual > 0 else float("nan"),
        "mean_absolute_error": float(np.average(np.abs(miss), weights=weight)),
        "root_mean_squared_error": float(np.sqrt(np.average(miss**2, weights=weight))),
        "rank_correlation": float((rank * other).sum()) / spread if spread > 0 else float("nan"),
    }
