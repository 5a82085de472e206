"""What the report on customer value of a large shop takes, from the command to the page, against lifetimes."""

from __future__ import annotations

from pathlib import Path

from bench.apart import run_apart
from bench.large_shop import UNTIL, days_for_lifetimes, large_shop, report_apart
from bench.measured import Measured


def ltv_notebook(*, buyers: int) -> Measured:
    """The report of a simulated shop with all its tables, of so many customers, once its store has been opened.

    The seconds are those of the notebook and its page; the peak is that of all processes of the command together.
    """
    root = large_shop(buyers, "cohort_ltv")
    ours = report_apart(root)
    peer = run_apart("bench.ltv:by_lifetimes", root=str(root))
    return Measured.of("ltv_notebook", ours, "lifetimes, 12-month value of the same purchases only", peer)


def by_lifetimes(*, root: str) -> float:
    """The 12-month value of all customers by lifetimes' own summary, fits and value: no test, interval or cohort."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    days = days_for_lifetimes(Path(root))
    columns = {"monetary_value_col": "amount", "observation_period_end": UNTIL}
    summary = summary_data_from_transaction_data(days, "customer_id", "day", **columns)
    # In weeks, as the report fits them.
    history = [summary["frequency"], summary["recency"] / 7, summary["T"] / 7]
    purchases = BetaGeoFitter().fit(*history)
    repeats = summary[summary["frequency"] > 0]
    amounts = GammaGammaFitter().fit(repeats["frequency"], repeats["monetary_value"])
    value = amounts.customer_lifetime_value(purchases, *history, summary["monetary_value"], time=12, freq="W")
    return float(value.sum())
