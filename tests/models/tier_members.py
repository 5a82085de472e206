"""Members who order by chance alone, and reach tiers by their orders: made here, by other code than the store's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from retention_lib.measures.tier_gaps import GAP_DAYS

START = 18_262  # 1 January 2020, in days since 1970
DAYS = 600
REST = 30
COUNTS = (3, 8)
_NAMES = ("silver", "gold")


def pace(rows: int = 20) -> pd.DataFrame:
    """Months in which customers buy as much a day as in the one before, many of them."""
    months = 50 * 12 + np.arange(rows + 1)
    starts = np.append(months, months[-1] + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = np.diff(starts) * 100_000
    return pd.DataFrame({"month": months[1:], "purchases": days[1:], "before": days[:-1]})


def order_days(
    rng: np.random.Generator, *, effort: float = 0.0, dip: float = 0.0, drift: float = 0.0, leaving: float = 0.002
) -> np.ndarray:
    """The days of one member's orders: a rate of the member's own until he leaves, changed around tiers.

    Args:
        rng: Chance.
        effort: How much faster one order short of a tier.
        dip: How much faster in the 30 days after.
        drift: How much faster with every order.
        leaving: Chance of leaving on a day.
    """
    rate, last = rng.gamma(1.0, 0.03), min(rng.geometric(leaving) if leaving else DAYS, DAYS)
    chances = rng.random(DAYS)
    orders: list[int] = []
    start, reached = int(rng.integers(0, 200)), -REST - 1
    while start < last:
        count = len(orders)
        speed = np.full(last - start, rate * (1 + effort if count + 1 in COUNTS else 1) * (1 + drift) ** count)
        speed[: max(reached + REST + 1 - start, 0)] *= 1 + dip
        bought = np.flatnonzero(chances[start:last] < speed)
        if not len(bought):
            break
        orders.append(start + int(bought[0]))
        start = orders[-1] + 1
        reached = orders[-1] if count + 1 in COUNTS else reached
    return START + np.array(orders, dtype=np.int64)


def gap_rows(member: int, days: np.ndarray) -> Iterator[dict[str, object]]:
    """The orders around each tier a member reached, told one by one as the measure has them."""
    reached = [days[count - 1] for count in COUNTS if len(days) >= count]

    def clean(place: int) -> bool:
        """Whether the gap from an order (counted from 1) to the next is clean."""
        rested = all(not 0 <= days[place - 1] - day < REST for day in reached)
        return 1 <= place < len(days) and place + 1 not in COUNTS and rested

    for rank, count in enumerate(COUNTS, start=1):
        if len(days) < count:
            return
        told = {"reached": days[count - 1]}
        if count > 1:
            told["short_start"] = days[count - 2]
        if count > 2 and clean(count - 2):
            told |= {"before_start": days[count - 3], "before_end": days[count - 2]}
        if count > 3 and clean(count - 3):
            told |= {"earlier_start": days[count - 4], "earlier_end": days[count - 3]}
        told |= dict(zip(("next_end", "second_end"), days[count : count + 2], strict=False))
        after = [place for place in range(count, len(days) + 1) if days[place - 1] - days[count - 1] >= REST]
        if after and clean(after[0]):
            told |= {"later_start": days[after[0] - 1], "later_end": days[after[0]]}
            if clean(after[0] + 1):
                told["latest_end"] = days[after[0] + 1]
        yield {"tier": _NAMES[rank - 1], "rank": rank, "orders": count, "member": member} | told


def gaps(seed: int, *, members: int, **sizes: float) -> pd.DataFrame:
    """The gaps of simulated members, as `measures.tier_gaps.tier_gaps` has them; sizes as in `order_days`."""
    rng = np.random.default_rng(seed)
    return framed(row for member in range(members) for row in gap_rows(member, order_days(rng, **sizes)))


def framed(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Rows of `gap_rows` as a frame."""
    frame = pd.DataFrame(rows, columns=["tier", "rank", "orders", "member", *GAP_DAYS])
    return frame.astype(dict.fromkeys(GAP_DAYS, "float64")).assign(spend_before=0.0, spend=1.0)
