from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.moves import paired_moves
from retention_lib.settings.calendar import Month

JANUARY, FEBRUARY = Month(2020, 1), Month(2020, 2)


def test_moves_by_hand_with_a_window_of_ten_days() -> None:
    # Boundaries: 1 January, 1 February, 1 March 2020.
    purchases = bought(
        ann="2019-12-25 2020-01-30 2020-02-25",  # stayed twice
        bob="2019-12-25 2020-02-25",  # lapsed, then came back
        cid="2020-01-25",  # new, then lapsed
        dan="2020-02-29",  # not there, then new
        eve="2019-12-22 2020-01-22",  # just ten days silent at each boundary: stayed, then lapsed
        fay="2019-12-21 2020-02-10",  # eleven days silent; came and went in February
    )
    found = paired_moves(purchases, FEBRUARY, earlier=JANUARY, lapse_days=10)
    assert list(found.itertuples(index=False, name=None)) == [
        ("lapsed", "reactivated", 1),
        ("new", "lapsed", 1),
        ("other", "new", 1),
        ("other", "other", 1),
        ("retained", "lapsed", 1),
        ("retained", "retained", 1),
    ]


def test_months_that_do_not_touch_are_compared_as_well() -> None:
    purchases = bought(ann="2018-12-30 2019-01-30 2019-12-30")
    found = paired_moves(purchases, JANUARY, earlier=Month(2019, 1), lapse_days=10)
    assert list(found.itertuples(index=False, name=None)) == [("retained", "lapsed", 1)]


def move(days: list[date], month: Month, lapse_days: int) -> str:
    """How one customer moved, as one would say it on paper."""

    def active(boundary: date) -> bool:
        return any(boundary - timedelta(days=lapse_days) <= day < boundary for day in days)

    start, end, known = active(month.start), active(month.end), any(day < month.start for day in days)
    if start:
        return "retained" if end else "lapsed"
    if not end:
        return "other"
    return "reactivated" if known else "new"


@given(st.integers(0, 2**32), st.integers(1, 90))
@settings(max_examples=8, deadline=None)
def test_moves_of_a_random_store_are_those_of_each_customer(seed: int, lapse_days: int) -> None:
    orders = random_sales(seed)
    month, earlier = Month(2020, 12), Month(2020, 11)
    days = orders.groupby("customer_id")["ordered_at"].agg(lambda stamps: [stamp.date() for stamp in stamps])
    moves = pd.DataFrame(
        {
            "before": [move(each, earlier, lapse_days) for each in days],
            "now": [move(each, month, lapse_days) for each in days],
        }
    )
    expected = moves.groupby(["before", "now"]).size().rename("customers").reset_index()
    found = paired_moves(engine_days(orders), month, earlier=earlier, lapse_days=lapse_days)
    assert found.to_dict("records") == expected.to_dict("records")
