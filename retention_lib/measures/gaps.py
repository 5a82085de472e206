"""The time between a customer's purchases."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from retention_lib.measures.sharing import FEWEST, named_if_shared

MINIMUM_GAPS = 3
# Purchases in the look-back from which a class begins; three gaps are four purchases.
CLASSES = (4, 7, 13)


def gap_percentiles(purchases: ibis.Table, *, start: date, end: date) -> pd.DataFrame:
    """The customers' own 80th percentile gap, for those with at least three gaps in a look-back.

    Each customer counts once, since pooled gaps are dominated by frequent buyers. The running silence, from
    the last purchase to the end of the look-back, is one more gap, of which only a lower bound is known: the
    percentile is Kaplan and Meier's, the smallest completed gap at which the estimated share of shorter gaps
    reaches .8. Three gaps that are all shorter than the silence do not reach it.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the look-back.
        end: First day after it. Both purchases of a gap lie inside.

    Returns:
        Columns `gap_p80` (whole days; the running silence where the percentile is not reached), `reached`
        (bool), `customers` (count), ordered by both: one row a distinct pair.

    References:
        Kaplan and Meier (1958), JASA 53.
    """
    own = own_percentiles(purchases, start=start, end=end)
    counts = own.group_by("gap_p80", "reached").aggregate(customers=ibis._.count())
    return counts.order_by("gap_p80", "reached").to_pandas()


def gap_percentiles_by_purchases(purchases: ibis.Table, *, start: date, end: date) -> pd.DataFrame:
    """The customers' own 80th percentile gap, by how often they bought in the look-back.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the look-back.
        end: First day after it.

    Returns:
        Columns `group` (purchases in the look-back, as in "4-6"), `gap_p80`, `reached`, `customers` as in
        `gap_percentiles`, ordered by all keys.
    """
    own = own_percentiles(purchases, start=start, end=end)
    steps = [*CLASSES[1:], None]
    names = [f"{low}+" if high is None else f"{low}-{high - 1}" for low, high in zip(CLASSES, steps, strict=True)]
    ends = zip(CLASSES[1:], names[:-1], strict=True)
    group = ibis.cases(*((own.gaps + 1 < high, name) for high, name in ends), else_=names[-1])
    return _counted_by_group(own.mutate(group=group))


def gap_percentiles_by_category(
    purchases: ibis.Table, transactions: ibis.Table, *, start: date, end: date, fewest: int = FEWEST
) -> pd.DataFrame:
    """The customers' own 80th percentile gap, by the category on which they spent most in the look-back.

    Args:
        purchases: From `purchases.purchase_days`.
        transactions: The store's `transactions`.
        start: First day of the look-back.
        end: First day after it.
        fewest: Categories of fewer customers are put together under `sharing.RARE`, for they may name somebody.

    Returns:
        Columns `group` (category; empty where unknown), `gap_p80`, `reached`, `customers` as in
        `gap_percentiles`, ordered by all keys; no rows where the transactions have no category.
    """
    if "category" not in transactions.columns:
        return pd.DataFrame({"group": [], "gap_p80": [], "reached": [], "customers": []})
    own = own_percentiles(purchases, start=start, end=end).cache()
    lines = _judged_lines(transactions, own, start=start, end=end)
    spent = lines.group_by("customer_id", group=lines.category.fill_null("")).aggregate(spend=lines.amount.sum())
    # Of categories with the same spend the first by name, so that every run finds the same.
    main = spent.group_by("customer_id").aggregate(group=spent.group.first(order_by=[spent.spend.desc(), spent.group]))
    named = named_if_shared(own.inner_join(main, "customer_id").cache(), "group", fewest=fewest)
    return _counted_by_group(named)


def own_percentiles(purchases: ibis.Table, *, start: date, end: date) -> ibis.Table:
    """Each judged customer's own 80th percentile gap; for other measures, never for a page.

    With one silence of c days among n gaps, k of them not longer than c, the estimated share of gaps up to
    the j-th shortest is j / (n + 1) for j <= k, and 1 - (n + 1 - k)(n - j) / ((n + 1)(n - k)) beyond.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the look-back.
        end: First day after it.

    Returns:
        Table of `customer_id`, `gaps` (count), `gap_p80` (whole days), `reached` (bool).
    """
    gaps = _gaps(purchases, start=start, end=end)
    # Nothing was bought on the days after the last purchase, up to the last day of the look-back.
    quiet = ibis.date(end.isoformat()).delta(gaps.day.max(), unit="day") - 1
    lists = gaps.group_by("customer_id").aggregate(gaps=gaps.gap_days.count(), c=quiet, lengths=gaps.gap_days.collect())
    judged = lists.filter(lists.gaps >= MINIMUM_GAPS)
    k = judged.lengths.filter(lambda gap: gap <= judged.c).length()
    ranked = judged.select("customer_id", "gaps", "c", lengths=judged.lengths.sort(), k=k)
    n, k = ranked.gaps, ranked.k
    # Whole numbers, so that a share of exactly .8 is one.
    among_shorter = 5 * k >= 4 * (n + 1)
    place = among_shorter.ifelse((4 * (n + 1) + 4) // 5, n - ((n + 1) * (n - k)) // (5 * (n + 1 - k)))
    reached = among_shorter | (k < n)
    return ranked.select(
        "customer_id",
        "gaps",
        gap_p80=reached.ifelse(ranked.lengths[place - 1], ranked.c).cast("int64"),
        reached=reached,
    )


def customers_between(purchases: ibis.Table, *, start: date, end: date) -> int:
    """Customers with a purchase in a period.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the period.
        end: First day after it.

    Returns:
        Count of customers.
    """
    return int(_between(purchases, start=start, end=end).customer_id.nunique().to_pandas())


def _between(purchases: ibis.Table, *, start: date, end: date) -> ibis.Table:
    return purchases.filter(purchases.day >= ibis.date(start.isoformat()), purchases.day < ibis.date(end.isoformat()))


def _counted_by_group(own: ibis.Table) -> pd.DataFrame:
    """Customers of each group and own percentile."""
    keys = ("group", "gap_p80", "reached")
    return own.group_by(*keys).aggregate(customers=ibis._.count()).order_by(*keys).to_pandas()


def _judged_lines(transactions: ibis.Table, own: ibis.Table, *, start: date, end: date) -> ibis.Table:
    """What the judged customers bought in the look-back."""
    inside = transactions.filter(
        transactions.ordered_at >= ibis.timestamp(start.isoformat()),
        transactions.ordered_at < ibis.timestamp(end.isoformat()),
        transactions.amount > 0,
    )
    return inside.select("customer_id", "category", "amount").semi_join(own, "customer_id")


def _gaps(purchases: ibis.Table, *, start: date, end: date) -> ibis.Table:
    """One row a purchase day of the look-back: its day and the days since the one before (missing for the first)."""
    days = _between(purchases, start=start, end=end)
    previous = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    return days.select("customer_id", "day", gap_days=days.day.delta(previous, unit="day"))
