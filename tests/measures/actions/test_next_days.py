from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from measures.tables import bought

from retention_lib.measures.actions.next_days import order_histories

UNTIL = date(2026, 4, 11)
EPOCH = date(1970, 1, 1)
JANUARY = (date(2026, 1, 1) - EPOCH).days


def people(*ids: str) -> ibis.Table:
    return ibis.memtable({"row": list(range(len(ids))), "customer_id": list(ids)})


def test_histories_of_all_who_bought() -> None:
    purchases = bought(ann="2026-01-01 2026-01-11 2026-02-01", bob="2026-04-10")
    told = order_histories(purchases, people("ann", "bab", "bob"), until=UNTIL).now
    assert told.to_numpy().tolist() == [[0, JANUARY, JANUARY + 31, 2], [2, JANUARY + 99, JANUARY + 99, 0]]


def test_waits_count_from_the_first_day_of_the_window() -> None:
    # the window of 10 days begins on 1 April
    purchases = bought(
        ann="2026-01-01 2026-01-11 2026-04-01 2026-04-03",
        ben="2026-01-01 2026-01-11",
        bob="2026-01-01 2026-01-11 2026-04-05",
        cid="2026-01-01 2026-01-11 2026-04-05",
        new="2026-04-02",
    )
    found = order_histories(purchases, people("ann", "ben", "bob", "cid", "new"), until=UNTIL, window_days=10)
    told = found.to_frame()
    assert len(found.now) == 5
    assert told[["first_day", "last_day", "frequency"]].drop_duplicates().to_numpy().tolist() == [
        [JANUARY, JANUARY + 10, 1]
    ]
    assert told["wait_days"].tolist() == [0, 4, pd.NA]
    assert told["customers"].tolist() == [1, 2, 1]


def test_waits_of_every_third_customer() -> None:
    ids = [f"c{number:03d}" for number in range(200)]
    purchases = bought(**dict.fromkeys(ids, "2026-01-01 2026-02-01"))
    found = order_histories(purchases, people(*ids), until=UNTIL, window_days=10, most_customers=80)
    assert len(found.now) == 200
    assert found.past["customers"].sum() == 67
