"""The stages of a churn risk: what was known on a day, and the choice among candidates made there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import BetaGeometric, fit_mbg_nbd
from retention_lib.models.btyd.staying import rate_if_stays
from retention_lib.models.discrimination import auc, log_losses
from retention_lib.models.risk_scores import (
    CANDIDATES,
    Candidate,
    Windows,
    learn,
    recalibrated,
    recalibration,
    same_season,
    stretch,
    stretch_ahead,
    with_chances,
)

NEEDED_WINDOWS = 3
NEEDED_OUTCOMES = 50
"""Silent and buying customers that the training, the choice and the test each need."""

SETTLED_DAYS = 180
"""Days of history from which on a window may be compared with the year after."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """What was known on a cut-off: windows that were over by then, and the one ahead.

    Attributes:
        cutoff: The cut-off.
        training: The windows that were over, with what followed.
        ahead: The window that began.
        candidates: Those that can be learned: all, or without the purchase model where it cannot be fitted.
        season_seen: Whether a window began about a year before.
        model: The purchase model, fitted on what was known (time in days).
        days: The horizon (days), stretched for the season as in `risk_scores.stretch_ahead`.
    """

    cutoff: date
    training: Windows
    ahead: Windows
    candidates: tuple[Candidate, ...]
    season_seen: bool
    model: BetaGeometric | NotEnough
    days: float

    def taken(self, chance: np.ndarray, fit: tuple[float, float]) -> np.ndarray:
        """Chances for the window ahead with the level and the slope that fitted the window before.

        Args:
            chance: Chances of a score.
            fit: Its level and slope, from `risk_scores.recalibration` on the window before.
        """
        return recalibrated(chance, *fit, keep_mean=self.season_seen)

    @property
    def purchases_if_stays(self) -> np.ndarray:
        """Purchases expected in the horizon of a customer who has not left and does not leave in it, one a row.

        Alive, a customer of x repeat purchases in T days buys at a rate of Gamma(r + x, alpha + T). Missing without a
        purchase model.
        """
        if isinstance(self.model, NotEnough):
            return np.full(len(self.ahead.rows), np.nan)
        x, age = (self.ahead.rows[name].to_numpy(dtype=float) for name in ("frequency", "T"))
        return rate_if_stays(self.model, x, age) * self.days

    @property
    def alive(self) -> np.ndarray:
        """Chance of not having left, one a row; missing without a purchase model."""
        if isinstance(self.model, NotEnough):
            return np.full(len(self.ahead.rows), np.nan)
        history = (self.ahead.rows[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
        return self.model.probability_alive(*history)


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """The choice among candidates.

    Attributes:
        cutoff: Cut-off of the window on which it was made.
        customers: Customers of that window.
        chosen: The candidate.
        fits: Level and slope that each would have needed there.
        table: One row a candidate: name, auc, low, high, log_loss (level and slope set right), chosen.
    """

    cutoff: date
    customers: int
    chosen: Candidate
    fits: Mapping[Candidate, tuple[float, float]]
    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The candidates."""
        return self.table


def refusal(rows: pd.DataFrame, past: Sequence[date]) -> NotEnough | None:
    """Why there can be no score: too few windows, or too few of either outcome in a stage.

    Args:
        rows: From `measures.risk.risk_windows`.
        past: Cut-offs with a whole horizon, ascending.
    """
    if len(past) < NEEDED_WINDOWS:
        return NotEnough("risk_windows", len(past), NEEDED_WINDOWS)
    for cutoffs in (past[:-2], past[-2:-1], past[-1:]):
        silent = rows["silent"][rows["cutoff"].isin(cutoffs)].astype(float)
        for code, n in (("risk_silent", silent.sum()), ("risk_buying", (1 - silent).sum())):
            if n < NEEDED_OUTCOMES:
                return NotEnough(code, float(n), NEEDED_OUTCOMES)
    return None


def stage(rows: pd.DataFrame, counts: pd.DataFrame, cutoff: date, *, horizon_days: int) -> Stage:
    """What was known on a cut-off.

    Args:
        rows: Windows, from `measures.risk.risk_windows`.
        counts: Histories of all customers at each cut-off, for the purchase model.
        cutoff: The cut-off.
        horizon_days: The horizon.
    """
    fitted = fit_mbg_nbd(counts.loc[counts["cutoff"] == cutoff].drop(columns="cutoff"))
    model = None if isinstance(fitted, NotEnough) else fitted
    over = rows[rows["silent"].notna() & (rows["cutoff"] <= cutoff - timedelta(days=horizon_days))]
    days: list[date] = sorted(over["cutoff"].unique())
    seen = {day: stretch(over[over["cutoff"] == day], model, horizon_days=horizon_days) for day in days}
    oldest = over.groupby("cutoff")["T"].max()
    expected = stretch_ahead(seen, cutoff, settled=[day for day in days if oldest[day] >= SETTLED_DAYS])
    ahead = rows[rows["cutoff"] == cutoff]
    return Stage(
        cutoff=cutoff,
        training=with_chances(over, model, seen, horizon_days=horizon_days),
        ahead=with_chances(ahead, model, {cutoff: expected}, horizon_days=horizon_days),
        candidates=tuple(name for name in CANDIDATES if model or name != "palive"),
        season_seen=same_season(seen, cutoff) is not None,
        model=fitted,
        days=expected * horizon_days,
    )


def choose(stage: Stage, rng: np.random.Generator) -> Choice:
    """Choose a candidate on the window ahead of a stage: see `risk.churn_risk` for the rule.

    Args:
        stage: The stage; what followed in the window ahead is known.
        rng: Source of randomness.
    """
    silent = stage.ahead.silent
    chances = {name: learn(name, stage.training, rng).chances(stage.ahead) for name in stage.candidates}
    fits = {name: recalibration(silent, chance) for name, chance in chances.items()}
    losses = {name: log_losses(silent, recalibrated(chances[name], *fit)) for name, fit in fits.items()}
    chosen = stage.candidates[0]
    for name in stage.candidates[1:]:
        gain = losses[chosen] - losses[name]
        chosen = name if gain.mean() > gain.std(ddof=1) / np.sqrt(gain.size) else chosen
    rows = []
    for name in stage.candidates:
        area = auc(silent, chances[name])
        rows.append((name, area.value, area.low, area.high, float(losses[name].mean()), name == chosen))
    table = pd.DataFrame(rows, columns=["name", "auc", "low", "high", "log_loss", "chosen"])
    return Choice(cutoff=stage.cutoff, customers=silent.size, chosen=chosen, fits=fits, table=table)
