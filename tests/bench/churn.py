"""What the churn diagnosis of a large shop takes, from the command to the page, against a part of it by lifetimes."""

from __future__ import annotations

from pathlib import Path

from bench.apart import run_apart
from bench.large_shop import UNTIL, days_for_lifetimes, large_shop, report_apart
from bench.measured import Measured


def churn_notebook(*, buyers: int) -> Measured:
    """The report of a simulated shop with all its tables, of so many customers, once its store has been opened.

    The seconds are those of the notebook and its page; the peak is that of all processes of the command together.
    """
    root = large_shop(buyers, "churn_diagnosis")
    ours = report_apart(root)
    peer = run_apart("bench.churn:by_lifetimes", root=str(root))
    return Measured.of("churn_notebook", ours, "lifetimes, P(alive) of the same purchases only", peer)


def by_lifetimes(*, root: str) -> int:
    """P(alive) of every customer by lifetimes' own summary and its MBG/NBD model; the customers counted."""
    from lifetimes import ModifiedBetaGeoFitter
    from lifetimes.utils import summary_data_from_transaction_data

    days = days_for_lifetimes(Path(root))
    summary = summary_data_from_transaction_data(days, "customer_id", "day", observation_period_end=UNTIL)
    # In weeks, as the report fits them.
    model = ModifiedBetaGeoFitter().fit(summary["frequency"], summary["recency"] / 7, summary["T"] / 7)
    alive = model.conditional_probability_alive(summary["frequency"], summary["recency"] / 7, summary["T"] / 7)
    return len(alive)
