"""A small shop for the tests of the churn risk: rows as the measure makes them, from customers who leave at random."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

FIRST = date(2024, 1, 1)
CUTOFFS = tuple(date(2024 + month // 12, month % 12 + 1, 1) for month in (6, 9, 12, 15))
TODAY = date(2025, 7, 1)
HORIZON = 90


def shop(
    seed: int, *, customers: int = 1500, visits: bool = False, cutoffs: tuple[date, ...] = CUTOFFS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and counts of a shop where people buy at their own rate and leave with their own chance after a purchase.

    Args:
        seed: Of the random numbers.
        customers: Customers (count).
        visits: Whether those who have not left are seen on the site.
        cutoffs: Past cut-offs.
    """
    rng = np.random.default_rng(seed)
    days = (TODAY - FIRST).days
    bought = []
    for _ in range(customers):
        rate, leaves = rng.gamma(1.5, 1 / 60), rng.beta(0.6, 1.2)
        at, own = float(rng.uniform(0, days)), []
        while at < days:
            own.append(int(at))
            if rng.random() < leaves:
                break
            at += 1 + rng.exponential(1 / rate)
        # Who stays is known to come back: the end of a list that the shop's last day did not cut is a goodbye.
        bought.append((np.array(own), at >= days))
    rows = [_rows(bought, cutoff, rng, visits=visits) for cutoff in (*cutoffs, TODAY)]
    frame = pd.concat(rows, ignore_index=True)
    counts = frame.groupby(["cutoff", "frequency", "recency", "T"]).size().rename("customers").reset_index()
    return frame[frame["purchases_365"] > 0].reset_index(drop=True), counts


def _rows(
    bought: list[tuple[np.ndarray, bool]], cutoff: date, rng: np.random.Generator, *, visits: bool
) -> pd.DataFrame:
    at = (cutoff - FIRST).days
    found = []
    for customer, (days, stays) in enumerate(bought):
        known = days[days < at]
        if not known.size:
            continue
        frequency, recency = known.size - 1, int(known[-1] - known[0])
        ahead = ((days >= at) & (days < at + HORIZON)).sum()
        alive = stays or bool((days >= at).any())
        silence = at - 1 - int(known[-1])
        spans = {f"purchases_{span}": float((known >= at - span).sum()) for span in (30, 90, 180, 365)}
        found.append(
            {
                "cutoff": cutoff,
                "customer_id": f"c{customer:05d}",
                "frequency": float(frequency),
                "recency": float(recency),
                "T": float(at - 1 - known[0]),
                "silence": float(silence),
                "gap_mean": recency / frequency if frequency else np.nan,
                "silence_ratio": silence / max(recency / frequency, 1) if frequency else np.nan,
                "spend": 10.0 * known.size,
                "spend_90": 10.0 * spans["purchases_90"],
                "spend_365": 10.0 * spans["purchases_365"],
                "average_order": 10.0,
                "order_sd": 0.0,
                "refund_share": float(rng.random() < 0.1),
                **({"visits_30": float(rng.poisson(2.0 * alive))} if visits else {}),
                **spans,
                "silent": pd.NA if cutoff == TODAY else ahead == 0,
                "spend_ahead": np.nan if cutoff == TODAY else 10.0 * ahead,
            }
        )
    return pd.DataFrame(found).astype({"silent": "boolean"})
