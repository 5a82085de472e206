"""Results of every kind, made by the models from small hand data, for sentences and charts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import TypeVar

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.measures.experiments import MixedUnits
from retention_lib.measures.units import Unit
from retention_lib.models.backtest import Tracking, tracking
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.campaigns import RedemptionRates, redemption_rates
from retention_lib.models.economics import BreakEven, break_even
from retention_lib.models.experiments.sample_ratio import SampleRatio, sample_ratio
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.models.impact import (
    EventStudy,
    Moments,
    NaiveDifference,
    OtherContacts,
    event_study,
    naive_difference,
    other_contacts,
)
from retention_lib.models.lapse import LapseWindow, ReturnChance, lapse_window, return_chance
from retention_lib.models.next_steps import ContactList, NextSteps, contact_list, next_steps
from retention_lib.models.retention import LapseCurve, MonthlyFlows, MonthRetention, lapse_curve, month_retention
from retention_lib.models.retention import monthly_flows as flows_of
from retention_lib.models.segments import SegmentRates, segment_rates
from retention_lib.reports.text import plain
from retention_lib.stores.identities import MergeReport, UnmergedGroup, UnmergedGroups

T = TypeVar("T")

CUTOFF = date(2017, 10, 1)
# December as the Complete Journey has it; November by hand. Silent at the start, at the end, customers.
SILENCES = [
    ("2017-11", 5, 3, 1834),
    ("2017-11", 28, 58, 194),
    ("2017-11", 29, 28, 192),
    ("2017-11", None, 4, 11),
    ("2017-12", 5, 3, 1823),
    ("2017-12", 28, 59, 214),
    ("2017-12", 29, 28, 185),
    ("2017-12", None, 4, 6),
    ("2017-12", 40, 30, 11),
]


def said(sentence: str) -> str:
    """A sentence as a reader types it: without emphasis, with common spaces and hyphens."""
    return plain(sentence).replace("\u00a0", " ").replace("\u2212", "-")


def silences(rows: list[tuple[str, int | None, int | None, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["month", "silence_start", "silence_end", "customers"])
    return frame.astype({"silence_start": "Int64", "silence_end": "Int64"})


def monthly_flows(rows: list[tuple[str, int | None, int | None, int]] = SILENCES) -> MonthlyFlows:
    return made(flows_of(silences(rows), lapse_days=28), MonthlyFlows)


def retention(month: str = "2017-12", flows: MonthlyFlows | None = None) -> MonthRetention:
    return made(month_retention(flows or monthly_flows(), month=month, rng=np.random.default_rng(1)), MonthRetention)


def curve() -> LapseCurve:
    return made(lapse_curve(silences(SILENCES), month="2017-12", lapse_days=28, windows=[14, 60]), LapseCurve)


def window(*, known: int = 100) -> LapseWindow:
    """Own 80th percentile gaps of 7 days (25 customers) and 28 (15)."""
    gaps = pd.DataFrame({"gap_p80": [7, 28], "reached": [True, True], "customers": [25, 15]})
    return made(lapse_window(gaps, customers_known=known), LapseWindow)


def returns(*, back: int = 60) -> ReturnChance:
    """Beyond 28 days: 40 of 29 days and 60 of 100, of whom `back` came back; before: 100 of 10 days, 90 back."""
    frame = pd.DataFrame(
        {"silence_days": [10, 29, 100], "customers": [100, 40, 60], "returned": [90, back // 2, back - back // 2]}
    ).assign(spend=[0.0, 500.0, 0.0])
    return made(return_chance(frame, lapse_days=28, horizon_days=90, cutoff=CUTOFF), ReturnChance)


def segments(*rows: tuple[str, int, int]) -> SegmentRates:
    rows = rows or (("north", 1000, 100), ("south", 1000, 200), ("", 400, 60), ("moon", 12, 9))
    return made(segment_rates(pd.DataFrame(rows, columns=["segment", "base", "lost"])), SegmentRates)


def proposals(budget: int = 300) -> NextSteps:
    """Two tests: of the most at stake, and of those who went quiet."""
    rows = [("just_quiet", 400, 300, 120, 24_000.0), ("one_order", 9, 9, 3, 100.0)]
    audiences = pd.DataFrame(rows, columns=["audience", "customers", "past_customers", "past_returned", "past_spend"])
    costs = {"gross_margin": 0.5, "contact_cost": 2.0, "budget": budget, "horizon_days": 90}
    return made(next_steps(audiences, listed(customers=1_000, budget=50), **costs), NextSteps)


def listed(consents: pd.DataFrame | None = None, *, customers: int = 400, budget: int = 10) -> ContactList:
    """Ten customers to contact and ten to leave alone."""
    rng = np.random.default_rng(1)
    return made(contact_list(_scored(customers), consents, budget=budget, horizon_days=90, rng=rng), ContactList)


def _scored(customers: int) -> pd.DataFrame:
    at_stake = np.linspace(90, 10, customers)
    ids = [f"c{place:04d}" for place in range(customers)]
    return pd.DataFrame({"customer_id": ids, "risk": 0.5, "profit_if_stays": 2 * at_stake, "at_stake": at_stake})


def winback(*, contact_cost: float = 0.5, profit: float = 25.0, customers: int = 444) -> BreakEven:
    return made(break_even(customers, contact_cost=contact_cost, profit_if_won=profit, base_share=0.5), BreakEven)


def split(none: int = 1000, mail: int = 1010) -> SampleRatio:
    return made(sample_ratio({"none": none, "mail": mail}), SampleRatio)


def mixed(*, both: int = 3, unit: Unit = "household") -> MixedUnits:
    return MixedUnits(unit=unit, assigned=200, mixed=both)


def merging(**counts: int) -> MergeReport:
    """Ten ids of six persons; `counts` replaces some of its counts."""
    group = UnmergedGroup(reason="too_large", ids=12, kind="phone", value="a1b2c3d4e5f6", carriers=11)
    stated = {
        "ids": 10,
        "persons": 6,
        "merged_ids": 4,
        "groups": 2,
        "largest_group": 4,
        "ids_without_identifier": 1,
        "values_unusable": 0,
        "too_large": 0,
        "conflicts": 0,
        "ids_unmerged": 0,
        "customers_joined": 2,
        "assignments_repeated": 0,
        "persons_in_two_variants": 0,
    }
    return MergeReport(**{**stated, **counts}, groups_unmerged=UnmergedGroups(groups=(group,)))


def panel(*, effect: float = 0.0, trend: float = 0.0) -> pd.DataFrame:
    """Forty treated and eighty controls over ten weeks; the campaign begins in week 6."""
    rng = np.random.default_rng(6)
    treated = np.arange(120) < 40
    sales = rng.gamma(4, 10, 120)[:, None] + rng.normal(0, 4, (120, 10))
    sales += treated[:, None] * (effect * (np.arange(10) >= 6) + trend * np.arange(10))
    return pd.DataFrame(sales, columns=[f"w_{week}" for week in range(10)]).assign(treated=treated, unit="household")


@cache
def study(*, effect: float = 0.0, trend: float = 0.0) -> EventStudy:
    return made(event_study(panel(effect=effect, trend=trend), first_week=0, event_week=6), EventStudy)


@cache
def others(*, touched: int = 5) -> OtherContacts:
    """So many of the forty treated were reached by another campaign as well."""
    marked = panel().assign(touched_later=np.arange(120) < touched)
    return made(other_contacts(marked, first_week=0, event_week=6), OtherContacts)


def naive(*, treated_mean: float = 50.0) -> NaiveDifference:
    groups = (Moments(mean=treated_mean, variance=100.0, n=40), Moments(mean=17.0, variance=81.0, n=80))
    return replace(made(naive_difference(*groups), NaiveDifference), unit="household")


def redemptions() -> RedemptionRates:
    frame = pd.DataFrame({"campaign": ["8", "13"], "offer": ["TypeA", ""], "sent_on": ["2017-05-08", "2017-08-08"]})
    return made(redemption_rates(frame.assign(mailed=[200, 300], redeemed=[50, 30])), RedemptionRates)


def model(name: str = "MBG/NBD", *, alpha: float = 20.0) -> BetaGeometric:
    spread = tuple(tuple(0.01 * (i == j) for j in range(4)) for i in range(4))
    return BetaGeometric(
        name=name, r=0.5, alpha=alpha, a=1.5, b=2.0, log_likelihood=-1234.5, covariance=spread, customers=4321
    )


def spend_model(*, depends: bool = False) -> SpendModel:
    spread = tuple(tuple(0.01 * (i == j) for j in range(3)) for i in range(3))
    dependence = Estimate(0.3 if depends else 0.01, p=0.0001 if depends else 0.8, n=946, claimed=depends)
    return SpendModel(
        p=6.0, q=4.0, v=20.0, log_likelihood=-99.9, covariance=spread, customers=946, dependence=dependence
    )


def tracked(*, repeats: int = 4) -> Tracking:
    """Ten customers of the first day over five weeks, the last two held out with `repeats` purchases."""
    born = pd.DataFrame({"birth_day_index": [0], "customers": [10]})
    purchases = pd.DataFrame({"day_index": [3, 22, 30], "repeat_purchases": [2, repeats // 2, repeats - repeats // 2]})
    found = tracking(born, purchases, model(alpha=1.0), unit_days=7, calibration_days=21, total_days=35)
    return made(found, Tracking)


def made(result: object, kind: type[T]) -> T:
    """The result, once it is known not to be a refusal."""
    assert isinstance(result, kind), result
    return result
