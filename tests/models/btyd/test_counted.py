"""Counted histories: the coarse ones on which costly fits begin."""

from __future__ import annotations

import numpy as np

from retention_lib.models.btyd.counted import Counted


def test_coarse_histories_hold_all_customers_at_the_middles_of_fortieths_of_the_longest_time() -> None:
    rows = Counted(
        frequency=np.array([0.0, 0.0, 1.0, 9.0, 9.0]),
        recency=np.array([0.0, 0.0, 4.0, 20.2, 20.7]),
        age=np.array([10.1, 10.8, 10.0, 40.0, 39.1]),
        customers=np.array([1.0, 5.0, 2.0, 3.0, 4.0]),
    )
    coarse = rows.coarse()
    assert coarse.frequency.tolist() == [0.0, 1.0, 8.0]
    assert coarse.recency.tolist() == [0.0, 4.5, 20.5]
    assert coarse.age.tolist() == [10.5, 10.5, 39.5]
    assert coarse.customers.tolist() == [6.0, 2.0, 7.0]
