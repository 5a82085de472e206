"""Churn risk: the chance that a customer buys nothing in a horizon, chosen and judged on windows it has not seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.discrimination import (
    Calibration,
    auc,
    auc_difference,
    average_precision,
    calibration,
    top_lift,
)
from retention_lib.models.risk_features import TEXTS
from retention_lib.models.risk_importance import Importance, importance
from retention_lib.models.risk_scores import Candidate, learn, recalibration
from retention_lib.models.risk_stages import Choice, Stage, choose, refusal, stage

BASELINES: tuple[Candidate, ...] = ("recency", "palive")


@dataclass(frozen=True, kw_only=True, eq=False)
class ChurnRisk:
    """A chance of no purchase in the horizon for every customer, and how far it can be trusted.

    The candidates learned on the training windows, the choice among them was made on a later window, and the figures
    are those of the chosen one on the last window with a whole horizon, which nothing before had seen.

    Attributes:
        chosen: The candidate chosen.
        used: The candidate that scores today: the chosen one, or the better baseline where it is no better than that.
        beats_baselines: Whether its area under the ROC curve is above the better baseline's by more than chance.
        advantage: By how much, with its paired interval.
        better_baseline: recency or palive: the one with the larger area.
        auc: Area under the ROC curve of the chosen one: the share of pairs sorted right.
        auc_recency: That of the days of silence alone.
        auc_palive: That of the purchase model alone; NotEnough where it cannot be fitted.
        average_precision: Of the chosen one, for no purchase.
        lift_top_decile: Share silent in the tenth with the highest risk / share silent in all.
        calibration: The chosen one's chances beside what happened.
        silent: Share that bought nothing in the test's horizon.
        expected_silent: The same by the chosen one.
        choice: The candidates on the window of the choice.
        importance: On which subjects the chosen one lives, on the last window.
        training: Cut-offs trained on.
        test_cutoff: Cut-off of the last window.
        cutoff: Today: the cut-off of the scores.
        seasons_seen: Whether the same season a year before today was among the windows, so that the scores know it.
        horizon_days: The horizon.
        customers: Customers tested.
        tested: One row a customer of the last window, never shown: customer_id, silent, score, recency (days of
            silence), palive (chance), purchases (chance of not having left x
            those expected of one who stays, by the purchase model), in order of customer_id.
        today: One row a customer, for lists: customer_id, risk, purchases (expected of one who stays, by the purchase
            model), in order of customer_id. Purchases are missing where the purchase model cannot be fitted.
        purchase_model: Today's, time in days; NotEnough where it cannot be fitted.
    """

    chosen: Candidate
    used: Candidate
    beats_baselines: bool
    advantage: Estimate
    better_baseline: Candidate
    auc: Estimate
    auc_recency: Estimate
    auc_palive: Estimate | NotEnough
    average_precision: Estimate
    lift_top_decile: Estimate
    calibration: Calibration
    silent: float
    expected_silent: float
    choice: Choice
    importance: Importance
    training: tuple[date, ...]
    test_cutoff: date
    cutoff: date
    seasons_seen: bool
    horizon_days: int
    customers: int
    tested: pd.DataFrame = field(repr=False)
    today: pd.DataFrame = field(repr=False)
    purchase_model: PurchaseModel | NotEnough

    @property
    def calibration_error(self) -> Estimate:
        """Expected calibration error in ten bins of equal count."""
        return self.calibration.error

    @property
    def calibration_slope(self) -> Estimate:
        """Calibration slope; 1 is right."""
        return self.calibration.slope

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        calibrated = figures_frame(self.calibration).assign(figure=["calibration_error", "calibration_slope"])
        return pd.concat([figures_frame(self), calibrated], ignore_index=True)


def churn_risk(
    rows: pd.DataFrame | NotEnough,
    counts: pd.DataFrame | NotEnough,
    *,
    horizon_days: int = 90,
    rng: np.random.Generator,
) -> ChurnRisk | NotEnough:
    """Learn, choose, test and apply a churn risk.

    The rule of choice: from the simplest candidate to the most complex (`risk_scores.CANDIDATES`), the next is taken if
    its mean log loss on the window of the choice is smaller by more than one standard error of the paired difference.
    Level and slope of each are set right there first, so that only what it knows beside counts. They are learned on
    the window before (a score is too sure of itself on windows it has not seen) and taken to the next one; where the
    season of a year before was seen, the slope alone, for the level is the season's.

    Where the chosen one does not beat the better baseline on the last window by more than chance (DeLong's paired
    test at 5 %), that baseline scores today.

    Args:
        rows: From `measures.risk.risk_windows`: past windows, and today, where `silent` is missing.
        counts: Histories of all customers at each cut-off, for the purchase model: cutoff, frequency, recency, T,
            customers.
        horizon_days: The horizon.
        rng: Source of randomness for the trees, the bootstrap and the permutations.

    Returns:
        The risk; NotEnough("risk_windows") with fewer than three past windows, ("risk_silent", "risk_buying") with
        fewer than 50 silent or buying customers in a stage.
    """
    if isinstance(rows, NotEnough):
        return rows
    if isinstance(counts, NotEnough):
        return counts
    past = sorted(rows.loc[rows["silent"].notna(), "cutoff"].unique())
    refused = refusal(rows, past)
    if refused is not None:
        return refused
    from threadpoolctl import threadpool_limits

    # One thread: sums of several come in an order of their own (the trees limit theirs where they are loaded).
    with threadpool_limits(limits=1):
        return _risk(rows, counts, past, horizon_days=horizon_days, rng=rng)


def _risk(
    rows: pd.DataFrame, counts: pd.DataFrame, past: list[date], *, horizon_days: int, rng: np.random.Generator
) -> ChurnRisk:
    """The stages, one after the other."""
    texts = [name for name in TEXTS if name in rows and not isinstance(rows[name].dtype, pd.CategoricalDtype)]
    rows = rows.astype(dict.fromkeys(texts, "category")) if texts else rows
    choice, test, today = (
        stage(rows, counts, at, horizon_days=horizon_days) for at in (*past[-2:], rows["cutoff"].max())
    )
    choosing = choose(choice, rng)
    chosen, names = choosing.chosen, {*BASELINES, choosing.chosen}
    scores = {name: learn(name, test.training, rng) for name in test.candidates if name in names}
    raw = {name: score.chances(test.ahead) for name, score in scores.items()}
    tested = _tested(test, {name: test.taken(raw[name], choosing.fits[name]) for name in raw}, chosen)
    figures = _figures(tested, chosen, rng)
    used = chosen if figures["beats_baselines"] else figures["better_baseline"]
    risks = learn(used, today.training, rng).chances(today.ahead)
    risks = today.taken(risks, recalibration(test.ahead.silent, raw[used]))
    return ChurnRisk(
        chosen=chosen,
        used=used,
        choice=choosing,
        importance=importance(scores[chosen], test.ahead, rng),
        training=tuple(past[:-2]),
        test_cutoff=test.cutoff,
        cutoff=today.cutoff,
        seasons_seen=today.season_seen,
        horizon_days=horizon_days,
        customers=len(tested),
        tested=tested,
        today=_scored(today, risks),
        purchase_model=today.model,
        **figures,
    )


def _tested(stage: Stage, chances: dict[Candidate, np.ndarray], chosen: Candidate) -> pd.DataFrame:
    """The last window with the chances of the chosen candidate and the baselines."""
    rows = stage.ahead.rows
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy(),
            "silent": rows["silent"].astype(bool).to_numpy(),
            "score": chances[chosen],
            "recency": rows["silence"].to_numpy(dtype=float),
            "palive": chances.get("palive", np.nan),
            "purchases": stage.alive * stage.purchases_if_stays,
        }
    )


def _scored(stage: Stage, risks: np.ndarray) -> pd.DataFrame:
    """Everybody today."""
    known = {"risk": risks, "purchases": stage.purchases_if_stays}
    return pd.DataFrame({"customer_id": stage.ahead.rows["customer_id"].to_numpy(), **known})


def _figures(tested: pd.DataFrame, chosen: Candidate, rng: np.random.Generator) -> dict[str, Any]:
    """The figures of the test."""
    silent, score = tested["silent"].to_numpy(), tested["score"].to_numpy()
    baselines = {name: auc(silent, tested[name]) for name in BASELINES if tested[name].notna().all()}
    better = max(baselines, key=lambda name: baselines[name].value)
    advantage = auc_difference(silent, score, tested[better])
    return {
        "auc": auc(silent, score),
        "auc_recency": baselines["recency"],
        "auc_palive": baselines.get("palive", NotEnough("purchase_model_fit", 0, 1)),
        "better_baseline": better,
        "advantage": advantage,
        "beats_baselines": chosen not in baselines and (advantage.low or 0.0) > 0,
        "average_precision": average_precision(silent, score, rng=rng),
        "lift_top_decile": top_lift(silent, score, rng=rng),
        "calibration": calibration(silent, score, rng=rng),
        "silent": float(silent.mean()),
        "expected_silent": float(score.mean()),
    }
