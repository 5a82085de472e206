"""A published sample of customers, on which models are held to the numbers of the literature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.summaries import customer_values, purchase_counts
from retention_lib.stores.store import Store

WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceSample:
    """Histories of a published sample, in weeks as in the literature.

    Attributes:
        counts: Distinct histories, from `measures.summaries.purchase_counts`.
        values: Distinct histories with money, from `measures.summaries.customer_values`.
    """

    counts: pd.DataFrame
    values: pd.DataFrame


def reference_sample(store: Store, *, until: date) -> ReferenceSample:
    """The histories of a store up to the end of its calibration.

    Args:
        store: The published sample.
        until: First day that is no longer seen.
    """
    transactions = store.table("transactions")
    purchases = purchase_days(transactions, until=until, zero_amount_is_purchase=store.zero_amount_is_purchase)
    return ReferenceSample(
        counts=purchase_counts(purchases, until=until, unit_days=WEEK_DAYS),
        values=customer_values(purchases, transactions, until=until, unit_days=WEEK_DAYS),
    )
