"""What the report on the loyalty programme of a large shop takes, from the command to the page, against pyfixest."""

from __future__ import annotations

from pathlib import Path

from bench.apart import run_apart
from bench.large_shop import UNTIL, days_for_lifetimes, large_shop, report_apart
from bench.measured import Measured

PERIOD_DAYS, MEMBERS = 28, 20_000


def loyalty_notebook(*, buyers: int) -> Measured:
    """The report of a simulated shop with all its tables, of so many customers, once its store has been opened.

    The seconds are those of the notebook and its page; the peak is that of all processes of the command together.
    """
    root = large_shop(buyers, "loyalty_impact")
    ours = report_apart(root)
    peer = run_apart("bench.loyalty:by_pyfixest", root=str(root))
    return Measured.of("loyalty_notebook", ours, "pyfixest, one Poisson regression on 20,000 members", peer)


def by_pyfixest(*, root: str) -> float:
    """The effect of joining on purchases of some members by pyfixest: who is not yet a member is the control."""
    import pandas as pd
    from pyfixest.estimation import fepois

    days = days_for_lifetimes(Path(root))
    events = pd.read_parquet(Path(root) / "data" / "large" / "simulated" / "loyalty_events.parquet")
    joined = events[events["event"] == "join"].groupby("customer_id")["occurred_at"].min().dt.normalize()
    some = joined.sort_index().index[:MEMBERS]
    days = days[days["customer_id"].isin(some)]
    last = pd.Timestamp(UNTIL)
    counts = days.assign(at=(last - days["day"]).dt.days // PERIOD_DAYS).groupby(["customer_id", "at"]).size()
    first = counts.reset_index().groupby("customer_id")["at"].max()
    grid = [(one, at) for one, start in first.items() for at in range(start)]
    panel = pd.DataFrame(grid, columns=["customer_id", "at"])
    panel["purchases"] = counts.reindex(pd.MultiIndex.from_frame(panel)).fillna(0).to_numpy()
    panel["member"] = (panel["at"] < panel["customer_id"].map((last - joined).dt.days // PERIOD_DAYS)).astype(float)
    fit = fepois("purchases ~ member | customer_id + at", data=panel, vcov={"CRV1": "customer_id"})
    return float(fit.coef()["member"])
