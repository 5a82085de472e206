"""How good the toolkit's churn risk is on simulated stores: its calibration, and its AUC beside the best there can be.

A case is a store with a seed and a season for its last window; the risk is learned, chosen and tested as the notebook
does it. In every second case the store has only mechanisms that the oracle of risk knows, so that AUC*, the area under
the ROC curve of the exact chances given the observed history, says how much there was to know; the others have all
mechanisms, and only calibration is judged there.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy import stats
from studies.cases import Result
from studies.oracle_of_risk import SWITCHED_OFF, silence_chances
from studies.study import Found, Study
from studies.told_stores import ToldStore

from retention_lib.estimates import NotEnough
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.risk import RiskWindows, risk_windows
from retention_lib.models.discrimination import auc, calibration
from retention_lib.models.risk import ChurnRisk, churn_risk
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.shop import block_count, open_shop, tell_story

CASES = 8
CUSTOMERS = 50_000
MONTHS = 27
ENDS = (date(2026, 6, 30), date(2025, 12, 31), date(2026, 3, 31), date(2025, 9, 30))
"""The last days of stores: the tested window of each lies in another season."""

HORIZON_DAYS = 90
FIGURES = ("risk_calibration_error", "risk_calibration_slope", "risk_auc_share_of_best", "risk_recency_share_of_best")
MOST_ERROR, SLOPES, LEAST_SHARE, RECENCY_BELOW = 0.02, (0.9, 1.1), 0.95, 0.93

_FIRST_SEED = 7_000


def simulation_of(number: int, *, customers: int = CUSTOMERS) -> Simulation:
    """The store of a case."""
    sizes = Sizes() if number % 2 else Sizes(**SWITCHED_OFF)
    end = ENDS[number // 2 % len(ENDS)]
    return Simulation(customers=customers, months=MONTHS, until=end, seed=_FIRST_SEED + number, sizes=sizes)


def judged(number: int, *, customers: int = CUSTOMERS) -> Result:
    """What a case says: how well calibrated, and how much of the area between chance and the best is reached."""
    simulation = simulation_of(number, customers=customers)
    shop = open_shop(simulation)
    stories = [tell_story(shop, block, only_what_happened=True) for block in range(block_count(simulation))]
    risk = learned_risk(learned_windows(ToldStore(stories), simulation), simulation)
    told = {
        "seed": simulation.seed,
        "until": simulation.until.isoformat(),
        "tested": risk.customers,
        "chosen": risk.chosen,
        "risk_calibration_error": risk.calibration_error.value,
        "risk_calibration_slope": risk.calibration_slope.value,
    }
    if number % 2:
        return told
    day = (risk.test_cutoff - simulation.first_day).days
    exact = pd.concat([silence_chances(story, cutoff=day, horizon=HORIZON_DAYS) for story in stories])
    return {**told, **shares_of_best(risk, exact)}


def learned_windows(store: ToldStore, simulation: Simulation) -> RiskWindows:
    """The windows of a store, as the notebook has them."""
    today = simulation.until + timedelta(days=1)
    purchases = purchase_days(store.table("transactions"), until=today)
    return risk_windows(store, purchases, until=today, horizon_days=HORIZON_DAYS)


def learned_risk(windows: RiskWindows, simulation: Simulation) -> ChurnRisk:
    """The churn risk of a store, as the notebook has it."""
    rng = np.random.default_rng(simulation.seed)
    risk = churn_risk(windows.rows, windows.counts, horizon_days=HORIZON_DAYS, rng=rng)
    if isinstance(risk, NotEnough):
        raise ValueError(f"{risk.reason}: a store of {simulation.customers} customers is too small")
    return risk


def shares_of_best(risk: ChurnRisk, exact: pd.DataFrame) -> Result:
    """The areas beyond chance of the risk and of recency alone, as shares of that of the exact chances."""
    both = risk.tested.merge(exact[["customer_id", "chance"]], on="customer_id", validate="one_to_one")
    area = {name: auc(both["silent"], both[name]).value for name in ("score", "recency", "chance")}
    beyond = {name: value - 0.5 for name, value in area.items()}
    exactly = calibration(both["silent"], both["chance"], rng=np.random.default_rng(1))
    return {
        "auc": area["score"],
        "auc_best": area["chance"],
        "best_calibration_error": exactly.error.value,
        "best_calibration_slope": exactly.slope.value,
        "risk_auc_share_of_best": beyond["score"] / beyond["chance"],
        "risk_recency_share_of_best": beyond["recency"] / beyond["chance"],
    }


def failures(results: list[Result]) -> list[Result]:
    """Stores beyond what is asked for, and cases that died."""
    return [result for result in results if "died" in result or not _good(result)]


def _good(result: Result) -> bool:
    least, most = SLOPES
    return (
        result["risk_calibration_error"] < MOST_ERROR
        and least <= result["risk_calibration_slope"] <= most
        and result.get("risk_auc_share_of_best", 1.0) >= LEAST_SHARE
        and result.get("risk_recency_share_of_best", 0.0) < RECENCY_BELOW
    )


def figures(results: list[Result]) -> list[Found]:
    """The means over stores."""
    return [_mean(name, [result[name] for result in results if name in result]) for name in FIGURES]


def _mean(name: str, values: list[float]) -> Found:
    mean, half = float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return Found(name=name, value=mean, low=mean - half, high=mean + half, n=len(values))


STUDY = Study(target="studies.churn_risk:judged", cases=CASES, figures=figures, failures=failures, chunk=1)
