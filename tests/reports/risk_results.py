"""Results of the churn risk and of what is at stake, with numbers set by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.discrimination import Calibration
from retention_lib.models.risk import ChurnRisk
from retention_lib.models.risk_importance import Importance
from retention_lib.models.risk_scores import Candidate
from retention_lib.models.risk_stages import Choice
from retention_lib.models.stakes import Measure, ProfitAtStake

TEST, TODAY = date(2026, 4, 1), date(2026, 7, 1)
MODEL = BetaGeometric(
    name="MBG/NBD", r=1.0, alpha=50.0, a=0.6, b=1.2, log_likelihood=0.0, covariance=((0.0,) * 4,) * 4, customers=1
)


def estimate(value: float, half: float = 0.01) -> Estimate:
    """A value with an interval."""
    return Estimate(value, low=value - half, high=value + half, level=0.95, n=12_472)


def calibrated(error: float = 0.008, *, highest: float = 0.95) -> Calibration:
    """Ten bins up to a chance, each a point below what was said."""
    said = np.linspace(0.05, highest, 10)
    table = pd.DataFrame({"bin": range(1, 11), "predicted": said, "actual": said - 0.01})
    table = table.assign(low=table["actual"] - 0.02, high=table["actual"] + 0.02, n=1_247)
    return Calibration(table=table, error=estimate(error, 0.003), slope=estimate(1.02, 0.04))


def chosen_from(chosen: Candidate = "boosted") -> Choice:
    """A choice among five."""
    names = ["recency", "palive", "pace", "logistic", "boosted"]
    table = pd.DataFrame({"name": names, "auc": [0.79, 0.83, 0.831, 0.866, 0.871]})
    table = table.assign(
        low=table["auc"] - 0.01, high=table["auc"] + 0.01, log_loss=0.4, chosen=table["name"] == chosen
    )
    return Choice(cutoff=date(2026, 1, 1), customers=11_621, chosen=chosen, fits={}, table=table)


def important(*rows: tuple[str, float, float]) -> Importance:
    """Subjects by (name, drop, half of the interval)."""
    found = rows or (("visits", 0.214, 0.01), ("rhythm", 0.036, 0.005), ("person", 0.006, 0.002), ("money", 0.0, 0.001))
    table = pd.DataFrame(found, columns=["subject", "drop", "half"])
    table = table.assign(low=table["drop"] - table["half"], high=table["drop"] + table["half"]).drop(columns="half")
    return Importance(table=table, auc=0.876, customers=8_000, cutoff=TEST)


def risk(chosen: Candidate = "boosted", *, beats: bool = True) -> ChurnRisk:
    """A risk that beats the baselines, or not."""
    return ChurnRisk(
        chosen=chosen,
        used=chosen if beats else "palive",
        beats_baselines=beats,
        advantage=estimate(0.043, 0.006),
        better_baseline="palive",
        auc=estimate(0.876),
        auc_recency=estimate(0.798),
        auc_palive=estimate(0.833),
        average_precision=estimate(0.964),
        lift_top_decile=estimate(1.26),
        calibration=calibrated(),
        silent=0.79,
        expected_silent=0.80,
        choice=chosen_from(chosen),
        importance=important(),
        training=(date(2025, 4, 1), date(2025, 7, 1)),
        test_cutoff=TEST,
        cutoff=TODAY,
        seasons_seen=True,
        horizon_days=90,
        customers=12_472,
        tested=pd.DataFrame(),
        today=pd.DataFrame({"customer_id": ["ann"], "risk": [0.4], "purchases": [0.8]}),
        purchase_model=MODEL,
    )


def unsure() -> ChurnRisk:
    """A risk of a store without seasons seen and without a purchase model, off on its last window."""
    return replace(
        risk("recency", beats=False),
        better_baseline="recency",
        used="recency",
        auc_palive=NotEnough("purchase_model_fit", 0, 1),
        purchase_model=NotEnough("purchase_model_fit", 0, 1),
        calibration=calibrated(0.04, highest=0.3),
        seasons_seen=False,
    )


def stakes(measure: Measure = "profit", *, ratio: float = 1.017) -> ProfitAtStake:
    """What is at stake with 1,000 customers."""
    risks = np.linspace(0.97, 0.004, 10)
    deciles = pd.DataFrame({"decile": range(1, 11), "customers": 100, "risk": risks, "profit_if_stays": 200.0})
    deciles = deciles.assign(at_stake=deciles["risk"] * 20_000)
    customers = pd.DataFrame({"customer_id": [f"c{place}" for place in range(1_000)], "risk": 0.5})
    customers = customers.assign(profit_if_stays=200.0, at_stake=100.0)
    return ProfitAtStake(
        total=estimate(97_400.0, 9_000.0),
        if_all_stay=200_000.0,
        measure=measure,
        deciles=deciles,
        customers=customers,
        half_of=340,
        likely_gone=0.36,
        ratio=estimate(ratio, 0.03),
        tested=12_472,
        test_cutoff=TEST,
        cutoff=TODAY,
        horizon_days=90,
    )
