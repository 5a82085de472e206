"""Results of the vital signs for sentences, tables and charts."""

from __future__ import annotations

from datetime import date

import pandas as pd
from reports import results as made

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.retention import MonthlyFlows, monthly_flows
from retention_lib.models.second_purchase import SecondPurchases, second_purchase
from retention_lib.models.signs import VitalSign
from retention_lib.models.vitals import VitalSigns

REFUSAL = NotEnough("holdout_customers", 3, 30)
SAME = Estimate(0.009, low=-0.009, high=0.027)
MORE = Estimate(0.05, low=0.01, high=0.09)
LESS = Estimate(-0.05, low=-0.09, high=-0.01)


def flows(*, first_day: date | None = None, last_day: date | None = None) -> MonthlyFlows:
    """November and December 2017 and a small January 2018."""
    rows = [*made.SILENCES, ("2018-01", 5, 3, 100), ("2018-01", 28, 59, 10), ("2018-01", 29, 28, 5)]
    found = monthly_flows(made.silences(rows), lapse_days=28, first_day=first_day, last_day=last_day)
    return made.made(found, MonthlyFlows)


def signs(**changes: Estimate | NotEnough) -> VitalSigns:
    """The month's rates, a share, a number, money, and one that is not known."""
    month, year = changes.get("month", MORE), changes.get("year", REFUSAL)
    values: dict[str, Estimate | NotEnough] = {
        "retention_gross": Estimate(0.9, low=0.88, high=0.92, n=2037),
        "lapse_rate": Estimate(0.1, low=0.08, high=0.12, n=2037),
        "repeat_rate": Estimate(0.75, low=0.7, high=0.8, n=2469),
        "purchase_frequency": changes.get("often", Estimate(51.567, low=49.8, high=53.4, n=2469)),
        "average_order": Estimate(32.5, low=31.0, high=34.0, n=2062),
        "refund_share": NotEnough("refunds_known", 0, 1),
    }
    money = Estimate(2.5, low=1.0, high=4.0) if month is MORE else month
    parts = [
        VitalSign(
            figure=name,
            value=value,
            change_month=(money if name == "average_order" else month) if isinstance(value, Estimate) else REFUSAL,
            change_year=year,
        )
        for name, value in values.items()
    ]
    return VitalSigns(month="2017-12", signs=tuple(parts))


def second(*, weak: int = 40, back: int = 40, customers: int = 100, months: int = 15) -> SecondPurchases:
    """Cohorts from December 2019 on; `weak` of those of May 2020 bought again within 90 days, `back` of the others."""
    names = [str(name) for name in pd.period_range("2019-12", periods=months, freq="M")]
    late = [weak if name == "2020-05" and back == 40 else back for name in names]
    frame = pd.DataFrame({"cohort": names, "customers": customers, "within_90": late})
    cohorts = frame.assign(within_30=frame["within_90"] // 4, within_60=frame["within_90"] // 2)
    return made.made(second_purchase(cohorts, end=date(2021, 3, 1)), SecondPurchases)
