"""How much there is of what the reports need: buyers, history, customers contacted, arms of tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from retention_lib.measures.purchases import purchase_days

if TYPE_CHECKING:
    from collections.abc import Collection

    from retention_lib.stores.store import Store

YEAR_DAYS = 365


def sufficiency_facts(
    store: Store,
    *,
    until: date | None = None,
    tables: Collection[str] | None = None,
    purchases: ibis.Table | None = None,
) -> pd.DataFrame:
    """What the store has of what any report needs.

    Args:
        store: The store.
        until: First day of sales that is no longer seen; all of them if omitted.
        tables: The tables that are asked about, `transactions` among them; nothing is counted in the others.
        purchases: From `purchases.purchase_days`, until the same day; made from the sales if omitted.

    Returns:
        Columns `fact`, `value` (number), ordered by fact: those of `buying_facts` where there are sales;
        `has_transactions`, `has_treatment` (a programme or messages), `has_assignments`, `has_results` (outcomes or
        transactions; 0 or 1); `customers_treated` (members of the programme, or where there is none customers with a
        message), `customers_untreated` (buyers who are none of these); `arms`,
        `customers_smallest_arm` (of the test whose smallest arm is largest).
    """
    facts = {f"has_{name}": int(store.has(name)) for name in ("transactions", "assignments")}
    facts["has_treatment"] = int(store.has("loyalty_events") or store.has("contacts"))
    facts["has_results"] = int(store.has("transactions") or store.has("outcomes"))
    members, contacts, assignments = (
        store.find(name) if tables is None or name in tables else None
        for name in ("loyalty_events", "contacts", "assignments")
    )
    parts = [_frame(facts), *_sales(store, contacts if members is None else members, purchases, until=until)]
    if assignments is not None:
        parts.append(_arms(assignments))
    return pd.concat(parts).sort_values("fact").reset_index(drop=True)


def buying_facts(purchases: ibis.Table, *, until: date) -> pd.DataFrame:
    """What there is to learn buying from.

    Args:
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen.

    Returns:
        Columns `fact`, `value`, ordered by fact: `buyers` (customers with a purchase), `buyers_three_times`,
        `buyers_four_times_in_year` (in the last 365 days), `history_days` (from the first purchase to the end),
        `days_since_purchase` (from the last one to the end; the day before the end is 1). The last two are
        missing without purchases.
    """
    end = ibis.date(until.isoformat())
    recent = purchases.day >= ibis.date((until - timedelta(days=YEAR_DAYS)).isoformat())
    each = (
        purchases.filter(purchases.day < end)
        .group_by("customer_id")
        .aggregate(
            times=ibis._.count(), recent=recent.cast("int64").sum(), first=purchases.day.min(), last=purchases.day.max()
        )
    )
    found = each.aggregate(
        buyers=each.count(),
        buyers_three_times=(each.times >= 3).cast("int64").sum().fill_null(0),
        buyers_four_times_in_year=(each.recent >= 4).cast("int64").sum().fill_null(0),
        history_days=end.delta(each["first"].min(), unit="day"),
        days_since_purchase=end.delta(each["last"].max(), unit="day"),
    ).to_pandas()
    return _frame({name: value for name, value in found.iloc[0].to_dict().items() if not pd.isna(value)})


def _sales(
    store: Store, treated: ibis.Table | None, purchases: ibis.Table | None, *, until: date | None
) -> list[pd.DataFrame]:
    """The facts about buyers, and about who joined or was contacted."""
    transactions, coverage = store.find("transactions"), store.coverage
    if transactions is None or coverage is None:
        return []
    end = until or coverage.last_day + timedelta(days=1)
    if purchases is None:
        purchases = purchase_days(transactions, until=end, zero_amount_is_purchase=store.zero_amount_is_purchase)
    facts = [buying_facts(purchases, until=end)]
    if treated is not None:
        facts.append(_treated(purchases, treated))
    return facts


def _treated(purchases: ibis.Table, treated: ibis.Table) -> pd.DataFrame:
    buyers = purchases.select("customer_id").distinct()
    reached = treated.select("customer_id").distinct().cache()
    alone = buyers.anti_join(reached, "customer_id")
    return _frame(
        {
            "customers_treated": int(reached.count().to_pandas()),
            "customers_untreated": int(alone.count().to_pandas()),
        }
    )


def _arms(assignments: ibis.Table) -> pd.DataFrame:
    """The arms of the test whose smallest arm is largest; the store has one row a customer and test."""
    arms = assignments.group_by("experiment_id", "variant").aggregate(customers=assignments.count())
    tests = arms.group_by("experiment_id").aggregate(arms=ibis._.count(), smallest=ibis._.customers.min())
    order = [ibis.desc(tests.arms >= 2), ibis.desc(tests.smallest), tests.experiment_id]
    best = tests.order_by(order).limit(1).to_pandas()
    if best.empty:
        return _frame({})
    return _frame({"arms": best["arms"].iloc[0], "customers_smallest_arm": best["smallest"].iloc[0]})


def _frame(facts: dict[str, int]) -> pd.DataFrame:
    names = sorted(facts)
    return pd.DataFrame({"fact": names, "value": [float(facts[name]) for name in names]})
