from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.estimates import NotEnough
from retention_lib.measures.activity import (
    history_starts,
    last_days,
    month_silences,
    readable_months,
    returns_after,
)
from retention_lib.models.retention import monthly_flows
from retention_lib.settings.calendar import Month

JANUARY, FEBRUARY = Month(2020, 1), Month(2020, 2)


def silences(purchases: ibis.Table, *months: Month) -> list[tuple[str, int | None, int | None, int]]:
    frame = month_silences(purchases, months).astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def test_silence_is_counted_in_days_to_each_boundary() -> None:
    # On 1 January: ann bought 17 days before, bob the day before, and cid not yet.
    purchases = bought(ann="2019-11-01 2019-12-15", bob="2019-12-31 2020-01-31", cid="2020-01-01 2020-02-01")
    assert silences(purchases, JANUARY) == [
        ("2020-01", 1, 1, 1),
        ("2020-01", 17, 48, 1),
        ("2020-01", None, 31, 1),
    ]


def test_the_last_purchase_before_each_day_is_carried_over_pauses() -> None:
    days = [date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)]
    purchases = bought(ann="2019-11-01 2019-12-15", bob="2020-02-29 2020-01-31 2020-01-01", cid="2020-03-01")
    found = last_days(purchases, days).order_by("customer_id").to_pyarrow().to_pylist()
    assert [list(row.values()) for row in found] == [
        ["ann", *[date(2019, 12, 15)] * 3],
        ["bob", None, date(2020, 1, 31), date(2020, 2, 29)],
        ["cid", None, None, None],
    ]


def test_customers_of_the_same_silences_share_a_row() -> None:
    purchases = bought(ann="2019-12-15", bob="2019-12-15 2019-12-01", cid="2019-12-14")
    assert silences(purchases, JANUARY) == [("2020-01", 17, 48, 2), ("2020-01", 18, 49, 1)]


def test_a_customer_first_seen_after_a_month_has_no_row_in_it() -> None:
    purchases = bought(ann="2019-12-15", new="2020-02-10")
    assert silences(purchases, FEBRUARY, JANUARY) == [
        ("2020-01", 17, 48, 1),
        ("2020-02", 48, 77, 1),
        ("2020-02", None, 20, 1),
    ]


def test_never_bought_before_is_missing_and_not_zero() -> None:
    frame = month_silences(bought(ann="2020-01-31"), [JANUARY])
    assert frame["silence_start"].isna().all()
    assert frame.dtypes.astype(str).tolist() == ["object", "Int64", "Int64", "int64"]


def counted_flows(orders: pd.DataFrame, month: Month, lapse_days: int) -> dict[str, int]:
    """The flows from sets of customers, as one would count them on paper."""
    day = orders["ordered_at"].dt.date

    def buyers(first: date, end: date) -> set[str]:
        return set(orders.loc[(day >= first) & (day < end), "customer_id"])

    window = timedelta(days=lapse_days)
    start, end = buyers(month.start - window, month.start), buyers(month.end - window, month.end)
    before, inside = buyers(date.min, month.start), buyers(month.start, month.end)
    return {
        "start": len(start),
        "retained": len(start & end),
        "lapsed": len(start - end),
        "reactivated": len((end & before) - start),
        "new": len(end - before),
        "passed_through": len(inside - start - end),
        "end": len(end),
        "first_bought": len(inside - before),
    }


@given(st.integers(0, 2**32), st.integers(1, 90))
@settings(max_examples=8, deadline=None)
def test_every_buyer_of_a_month_falls_into_exactly_one_class(seed: int, lapse_days: int) -> None:
    orders = random_sales(seed)
    month, day = Month(2020, 12), orders["ordered_at"].dt.date
    counts = month_silences(engine_days(orders), [month])
    inside = counts["silence_end"] <= month.days
    flows = [monthly_flows(part, lapse_days=lapse_days) for part in (counts[inside], counts[~inside])]
    classes = ["retained", "lapsed", "reactivated", "new", "passed_through"]
    buyers, others = (0 if isinstance(each, NotEnough) else each.table[classes].sum(axis=1).sum() for each in flows)
    assert buyers == orders.loc[(day >= month.start) & (day < month.end), "customer_id"].nunique()
    # Who did not buy in the month may have stayed active or lapsed, and nothing else.
    assert others == (0 if isinstance(flows[1], NotEnough) else flows[1].table["start"].sum())


@given(st.integers(0, 2**32), st.integers(1, 90))
@settings(max_examples=8, deadline=None)
def test_flows_of_a_random_store_are_those_of_sets_of_customers(seed: int, lapse_days: int) -> None:
    orders = random_sales(seed)
    months = Month.range(Month(2020, 10), Month(2021, 1))
    flows = monthly_flows(month_silences(engine_days(orders), months), lapse_days=lapse_days)
    expected = {str(month): counted_flows(orders, month, lapse_days) for month in months}
    counts = flows.to_frame().drop(columns=["readable", "settled", "whole"], errors="ignore")
    found = {} if isinstance(flows, NotEnough) else counts.set_index("month").to_dict("index")
    # A month in which nobody had bought yet has no row.
    assert found == {month: row for month, row in expected.items() if month in found}
    assert not any(any(row.values()) for month, row in expected.items() if month not in found)
    for row in found.values():
        assert row["end"] == row["start"] - row["lapsed"] + row["reactivated"] + row["new"]
        assert row["start"] == row["retained"] + row["lapsed"]


def test_the_complete_journey_gives_the_published_december(journey_days: ibis.Table) -> None:
    flows = monthly_flows(month_silences(journey_days, [Month(2017, 12)]), lapse_days=28).table
    row = flows.drop(columns=["passed_through", "first_bought", "readable", "settled", "whole"]).to_dict("records")
    assert row == [
        {
            "month": "2017-12",
            "start": 2037,
            "retained": 1823,
            "lapsed": 214,
            "reactivated": 185,
            "new": 6,
            "end": 2014,
        }
    ]


@pytest.mark.parametrize(
    ("first_day", "months"),
    [
        (date(2020, 1, 1), ["2020-02", "2020-03"]),  # 31 days before 1 February: a window of 28 fits
        (date(2020, 1, 4), ["2020-02", "2020-03"]),  # exactly 28 days before it
        (date(2020, 1, 5), ["2020-03"]),
        (date(2020, 2, 20), ["2020-03"]),  # not readable, but the month asked for
    ],
)
def test_readable_months_have_a_whole_window_before_them(first_day: date, months: list[str]) -> None:
    assert [str(month) for month in readable_months(first_day, Month(2020, 3), lapse_days=28)] == months


def test_readable_months_go_back_thirteen_at_most() -> None:
    months = readable_months(date(2010, 1, 1), Month(2020, 3), lapse_days=28)
    assert (str(months[0]), len(months)) == ("2019-03", 13)


def test_history_starts_a_window_and_a_horizon_after_the_data() -> None:
    assert history_starts(date(2017, 1, 1), lapse_days=28) == date(2017, 4, 29)
    assert history_starts(date(2017, 1, 1), lapse_days=28, horizon_days=3) == date(2017, 2, 1)


def test_returns_after_by_hand() -> None:
    # Cut-off 1 March 2020, ten days of horizon: 1 to 10 March.
    purchases = bought(
        ann="2020-02-20 2020-03-01 2020-03-02",  # silent 10 days, back twice, for 20
        bob="2020-02-20 2020-03-11",  # silent 10 days, back a day too late
        cid="2020-01-01 2020-02-29 2020-03-10",  # silent 1 day, back on the last day
        dan="2020-02-20",
        eve="2020-03-01",  # not known at the cut-off
    )
    found = returns_after(purchases, cutoff=date(2020, 3, 1), horizon_days=10)
    assert found.astype(object).where(found.notna(), None).to_dict("records") == [
        {
            "silence_days": 1,
            "purchases_from": 2,
            "purchases_to": 3,
            "customers": 1,
            "returned": 1,
            "spend": 10.0,
        },
        {
            "silence_days": 10,
            "purchases_from": 1,
            "purchases_to": 1,
            "customers": 3,
            "returned": 1,
            "spend": 20.0,
        },
    ]


def test_returns_after_tells_classes_of_purchases_apart() -> None:
    often = " ".join(f"2020-02-{day:02d}" for day in range(11, 21))  # ten days, the last of them 20 February
    purchases = bought(ann=often, bob=often[11:], cid="2020-02-20", dan="2020-02-01 2020-02-20")
    found = returns_after(purchases, cutoff=date(2020, 3, 1), horizon_days=10)
    assert found["purchases_from"].tolist() == [1, 2, 4, 10]
    assert found["purchases_to"].fillna(0).tolist() == [1, 3, 9, 0]
    assert found["customers"].tolist() == [1, 1, 1, 1]


def test_returns_of_the_complete_journey_are_those_counted_with_pandas(journey_days: ibis.Table) -> None:
    # From the package's own file in New York's days: 443 households silent for more than 28 days, 335 back.
    returns = returns_after(journey_days, cutoff=date(2017, 10, 1), horizon_days=90)
    beyond = returns[returns["silence_days"] > 28]
    assert (beyond["customers"].sum(), beyond["returned"].sum()) == (443, 335)
