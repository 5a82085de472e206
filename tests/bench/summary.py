"""What it takes to get from orders to frequency, recency, T and spend, against lifetimes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bench.apart import run_timed, timed
from bench.measured import Measured
from bench.pareto_orders import UNTIL, orders_file

if TYPE_CHECKING:
    import pandas as pd

LAST_DAY = UNTIL - timedelta(days=1)


def customer_summary(*, customers: int) -> Measured:
    """Frequency, recency, T and spend of all customers.

    The seconds are those from a Parquet file of orders to the frame that the models take, reading included. Ours nets
    the orders by their ids, which lifetimes does not; both find the same customers, purchases and spend.

    Raises:
        RuntimeError: They do not.
    """
    path = str(orders_file(customers))
    ours = run_timed("bench.summary:summarise", path=path)
    peer = run_timed("bench.summary:by_lifetimes", path=path)
    if not np.allclose(ours.result, peer.result, rtol=1e-6):
        raise RuntimeError(f"customers, repeat purchases and their spend differ: {ours.result}, {peer.result}")
    return Measured.of("customer_summary", ours, "lifetimes.summary_data_from_transaction_data", peer)


def summarise(*, path: str) -> list[Any]:
    """Ours; customers, repeat purchases and the sum of the customers' mean spend."""
    import ibis  # noqa: F401 - not timed

    from retention_lib.measures import purchases, summaries  # noqa: F401 - not timed

    seconds, found = timed(lambda: customer_rows(path))
    customers = found["customers"]
    spend = (customers * found["monetary_value"]).sum()
    return [seconds, [int(customers.sum()), int((customers * found["frequency"]).sum()), float(spend)]]


def customer_rows(path: str) -> pd.DataFrame:
    """The distinct histories of a file's customers, in days, with their spend."""
    from retention_lib.measures.purchases import purchase_days
    from retention_lib.measures.summaries import customer_values
    from retention_lib.stores.engine import connect

    transactions = connect().read_parquet(Path(path))
    return customer_values(purchase_days(transactions, until=UNTIL), transactions, until=UNTIL)


def by_lifetimes(*, path: str) -> list[Any]:
    """The same by lifetimes, on orders read as it likes them: dates as dates and amounts as floats."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from lifetimes.utils import summary_data_from_transaction_data

    def work() -> pd.DataFrame:
        read = pq.read_table(path, columns=["customer_id", "ordered_at", "amount"])
        sales = read.set_column(2, "amount", read["amount"].cast(pa.float64())).to_pandas()
        end = pd.Timestamp(LAST_DAY)
        columns = {"monetary_value_col": "amount", "observation_period_end": end}
        return summary_data_from_transaction_data(sales, "customer_id", "ordered_at", **columns)

    seconds, found = timed(work)
    return [seconds, [len(found), int(found["frequency"].sum()), float(found["monetary_value"].sum())]]
