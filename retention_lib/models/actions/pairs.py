"""Products bought together with or soon after another, oftener than chance and basket size would have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.intervals import holm_adjusted, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEVEL = 0.95

COLUMNS = (
    *("first", "then", "first_category", "then_category", "customers", "together", "same_day"),
    *("confidence", "expected", "lift", "low", "high", "p", "p_adjusted"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProductPairs:
    """The pairs that hold: after the first product comes the second.

    Attributes:
        table: One row a pair, the largest lift first.

            - `first`, `then`: the products (or categories), with `first_category`, `then_category`,
            - `customers`: who bought the first (count), `together`: of them, who bought the second on that day or
              within the days after it (the support; count), `same_day`: of these, on the very day (count),
            - `confidence`: together / customers, in [0, 1]; `expected`: the share that chance alone would give, in
              [0, 1]: how often the second is bought along with any product when as many products are bought,
            - `lift`: confidence / expected, with its 95 % interval `low`, `high` (Wilson's interval of the confidence),
            - `p`: chance of so many or more where the two have nothing to do with each other; `p_adjusted`: after
              Holm's correction for all pairs looked at.
        looked_at: Ordered pairs among which was looked (count).
        supported: Of them, those with the support asked for (count).
        support: Customers who bought both, at least.
        confidence: Least confidence, in [0, 1].
        lift: Least lift.
        level: The chance at which there is even one false pair among all, in (0, 1).
        within_days: Days after the purchase.
        items: Products among which was looked (count), of `of_items`.
        of_items: Products sold to five customers or more (count).
        customers: Customers looked at (count), of `of_customers`.
        of_customers: Customers who bought anything (count).
        by: `product_id` or `category`: what a product is here.
    """

    table: pd.DataFrame = field(repr=False)
    looked_at: int
    supported: int
    support: int
    confidence: float
    lift: float
    level: float
    within_days: int
    items: int
    of_items: int
    customers: int
    of_customers: int
    by: str

    @property
    def passed(self) -> int:
        """Pairs that hold (count)."""
        return len(self.table)

    @property
    def rules(self) -> pd.DataFrame:
        """What lists need of them: first, then, then_category, together, confidence, lift."""
        return self.table[["first", "then", "then_category", "together", "confidence", "lift"]]

    def strongest(self, n: int) -> pd.DataFrame:
        """The `n` pairs with the largest lift, each two products once: in the direction with the larger confidence."""
        ordered = self.table.sort_values("confidence", ascending=False, kind="stable")
        names = ordered[["first", "then"]]
        key = pd.Series(list(zip(names.min(axis=1), names.max(axis=1), strict=True)), index=ordered.index)
        once = ordered.loc[~key.duplicated()]
        return once.sort_values(["lift", "first", "then"], ascending=[False, True, True], ignore_index=True).head(n)

    def to_frame(self) -> pd.DataFrame:
        """The pairs."""
        return self.table


def product_pairs(
    counts: Any, *, support: int = 20, confidence: float = 0.05, lift: float = 1.2, level: float = 0.05
) -> ProductPairs | NotEnough:
    """The pairs of products that go together, tested and corrected for how many were looked at.

    Chance is what a purchase of any product brings along: a look at the first product with so many other products in it
    holds the second with the share that it has in all looks of about that size. The number seen is then compared with
    that mean by a one-sided exact binomial test, which is on the safe side of the exact test that holds the margins of
    every size (its distribution has the same mean and a smaller spread), and corrected for all ordered pairs by Holm's
    method.

    Args:
        counts: `measures.actions.pairs.PairCounts`, or NotEnough.
        support: Customers who bought both, at least (count, 5 or more).
        confidence: Least share of the buyers of the first who bought the second, in [0, 1].
        lift: By how many times more than chance, at least.
        level: The chance that is allowed for one false pair or more among all.

    Returns:
        The pairs; NotEnough("pair_support") where no two products have the support, NotEnough("pairs_found") where none
        of them holds.

    References:
        Agrawal, Imieliński and Swami (1993), Mining association rules between sets of items in large databases, SIGMOD
        (support, confidence); Brin, Motwani, Ullman and Tsur (1997), Dynamic itemset counting, SIGMOD (lift, as
        "interest"); Hoeffding (1956), On the distribution of the number of successes in independent trials, Annals of
        Mathematical Statistics 27 (the binomial bounds sums of unequal chances); Holm (1979).
    """
    if isinstance(counts, NotEnough):
        return counts
    looked_at = len(counts.names) * (len(counts.names) - 1)
    enough = counts.pairs[counts.pairs["together"] >= support]
    if enough.empty:
        most = int(counts.pairs["together"].max()) if len(counts.pairs) else 0
        return NotEnough("pair_support", most, support)
    table = _tested(enough.reset_index(drop=True), counts, looked_at)
    holds = (table["confidence"] >= confidence) & (table["lift"] >= lift) & (table["p_adjusted"] <= level)
    kept = table[holds].sort_values(["lift", "first", "then"], ascending=[False, True, True], ignore_index=True)
    if kept.empty:
        return NotEnough("pairs_found", 0, 1)
    return ProductPairs(
        table=kept,
        looked_at=looked_at,
        supported=len(enough),
        support=support,
        confidence=confidence,
        lift=lift,
        level=level,
        within_days=counts.within_days,
        items=len(counts.names),
        of_items=counts.of_items,
        customers=counts.customers,
        of_customers=counts.of_customers,
        by=counts.by,
    )


def _tested(pairs: pd.DataFrame, counts: Any, looked_at: int) -> pd.DataFrame:
    """The pairs with what chance would give and how unlikely they are."""
    from scipy.special import bdtrc

    size = len(counts.names)
    first, then = pairs["first"].to_numpy(), pairs["then"].to_numpy()
    looks = _by_size(counts.firsts, size)
    expected = (looks @ _shares(looks, _by_size(counts.followers, size)).T)[first, then]
    customers = looks.sum(axis=1)[first]
    together = pairs["together"].to_numpy(dtype=float)
    share = np.clip(expected / customers, 1e-12, 1.0)
    p = bdtrc(together - 1, customers, share)
    bounds = [wilson(one, base, level=_LEVEL) for one, base in zip(together, customers, strict=True)]
    # Pairs below the support count among the comparisons, as ones that found nothing.
    adjusted = holm_adjusted(np.concatenate([p, np.ones(looked_at - len(p))]))[: len(p)]
    names, kinds = counts.names["name"].to_numpy(), counts.names["category"].to_numpy()
    frame = pd.DataFrame(
        {
            "first": names[first],
            "then": names[then],
            "first_category": kinds[first],
            "then_category": kinds[then],
            "customers": customers.astype("int64"),
            "together": pairs["together"],
            "same_day": pairs["same_day"],
            "confidence": together / customers,
            "expected": share,
            "lift": together / customers / share,
            "low": [bound.low or 0.0 for bound in bounds] / share,
            "high": [bound.high or 1.0 for bound in bounds] / share,
            "p": p,
            "p_adjusted": adjusted,
        }
    )
    return frame[list(COLUMNS)]


def _by_size(rows: pd.DataFrame, items: int) -> Floats:
    """Looks by product and class of size."""
    table = np.zeros((items, max(1, int(rows["size"].max()) + 1) if len(rows) else 1))
    np.add.at(table, (rows["item"].to_numpy(), rows["size"].to_numpy()), rows["looks"].to_numpy(dtype=float))
    return table


def _shares(looks: Floats, followers: Floats) -> Floats:
    """In which share of looks at other products, of each size, a product is bought along."""
    wide = np.zeros_like(looks)
    wide[:, : followers.shape[1]] = followers
    others = looks.sum(axis=0) - looks
    return np.divide(wide, others, out=np.zeros_like(looks), where=others > 0)
