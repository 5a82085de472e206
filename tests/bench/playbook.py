"""What the playbook of a large shop takes, from the command to the lists and the page, against lifetimes."""

from __future__ import annotations

from pathlib import Path

from bench.apart import run_apart
from bench.large_shop import UNTIL, days_for_lifetimes, large_shop, report_apart
from bench.measured import Measured

PEER = "lifetimes, expected purchases of the same customers only"
MONTHS = 12
SCENARIOS = (
    *("welcome", "reactivation", "abandoned_cart", "cross_sell"),
    *("replenishment", "birthday", "rescue", "tier_nudge"),
)
"""The scenarios that are on: of every kind of data that triggers read (orders, products, visits, customers, service and
reviews, the programme)."""


def only(scenarios: tuple[str, ...]) -> str:
    """The playbook with all other scenarios off."""
    from retention_lib.settings.scenarios import STANDARD

    off = [f"    {name}: false\n" for name in STANDARD if name not in scenarios]
    return "playbook:\n  scenarios:\n" + "".join(off)


def playbook_notebook(*, listed: int) -> Measured:
    """The playbook of a simulated shop of a year with all its tables, of so many customers, once its store was opened.

    Eight scenarios are on: welcome, reactivation, abandoned cart, cross-sell, replenishment, birthday, rescue and tier
    nudge. The seconds are those of the notebook and its page; the peak is that of all processes of the command.
    """
    root = large_shop(listed, "retention_playbook", months=MONTHS, settings=only(SCENARIOS))
    ours = report_apart(root)
    peer = run_apart("bench.playbook:by_lifetimes", root=str(root))
    return Measured.of("playbook_notebook", ours, PEER, peer)


def by_lifetimes(*, root: str) -> float:
    """Purchases that each customer is expected to make in three weeks, by lifetimes' own summary and fit: no list."""
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import summary_data_from_transaction_data

    days = days_for_lifetimes(Path(root))
    summary = summary_data_from_transaction_data(days, "customer_id", "day", observation_period_end=UNTIL)
    history = [summary["frequency"], summary["recency"] / 7, summary["T"] / 7]
    fitted = BetaGeoFitter().fit(*history)
    expected = fitted.conditional_expected_number_of_purchases_up_to_time(3, *history)
    return float(expected.sum())
