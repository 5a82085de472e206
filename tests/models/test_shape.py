"""The shape of a shop: values by hand, ranges, and what cannot be compared."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from models.shapes import SHOP, shape_frames

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.shape import (
    MEASURES,
    PUBLISHED,
    ShopShape,
    peak_month,
    peak_weekday,
    shape_values,
    shop_shape,
)


def days(*revenue: float, first: date = date(2024, 1, 1)) -> pd.DataFrame:
    """Sales of consecutive days."""
    return pd.DataFrame({"day": [first + timedelta(days=n) for n in range(len(revenue))], "revenue": revenue})


def compared(**own: object) -> ShopShape:
    found = shop_shape(shape_frames(**own))
    assert isinstance(found, ShopShape)
    return found


def row(shape: ShopShape, measure: str) -> dict[str, object]:
    return shape.table.set_index("measure").loc[measure].to_dict()


def test_values_are_those_of_the_counted_customers_and_orders() -> None:
    frames = {name: frame[frame["shop"] == ""] for name, frame in shape_frames().items()}
    values = shape_values(frames)
    # 60 of 100 bought once, 30 twice, 10 six times: 180 purchases.
    assert values["one_time"] == 0.6
    assert values["purchases_mean"] == 1.8
    assert values["purchases_p90"] == pytest.approx(2.4)  # between the 90th (2) and the 91st (6), as numpy does
    assert [values[f"gap_p{share}"] for share in (25, 50, 75)] == [10, 10, 40]
    assert values["products_mean"] == 1.5
    assert values["pieces_median"] == 2
    assert values["order_spread"] == pytest.approx(math.exp(1))
    assert values["refunded"] == 0.05
    assert set(values) == set(MEASURES)


def test_a_measure_is_inside_between_the_lowest_and_the_highest_known_value() -> None:
    shape = compared()
    once = row(shape, "one_time")
    assert (once["low"], once["high"], once["place"]) == (0.2, 0.7, "inside")
    assert once["position"] == pytest.approx(0.8)
    assert row(shape, "purchases_mean")["place"] == "below"
    assert row(shape, "refunded")["place"] == "inside"  # between two published figures; no peer holds refunds
    assert shape.inside_share == Estimate(1 - len(shape.outside) / len(shape.judged), n=len(shape.judged))
    assert shape.one_time == Estimate(0.6, n=100)
    assert (shape.peers, shape.customers) == (("near", "far"), 100)


def test_the_edge_of_the_range_is_inside() -> None:
    same = pd.DataFrame({"purchases": [1, 9], "customers": [70, 30]})
    assert row(compared(purchases=same), "one_time")["place"] == "inside"
    more = pd.DataFrame({"purchases": [1, 9], "customers": [71, 29]})
    assert row(compared(purchases=more), "one_time")["place"] == "above"


def test_what_is_not_known_is_not_compared() -> None:
    shape = compared(
        purchases=pd.DataFrame({"purchases": [1], "customers": [99]}),
        pieces=pd.DataFrame({"pieces": [], "orders": []}),
        refunds=pd.DataFrame({"sold": [100.0], "refunded": [0.0]}),
    )
    unknown = {"one_time", "purchases_mean", "purchases_p90", "gap_p25", "gap_p50", "gap_p75", "pieces_median"}
    assert unknown | {"refunded"} <= set(shape.table.loc[shape.table["place"] == "unknown", "measure"])
    assert shape.one_time == shape.gap_median == NotEnough("customers_followed", 99, 100)


def test_a_real_store_is_not_asked_and_one_without_sales_is_refused() -> None:
    refused = shop_shape({})
    assert isinstance(refused, NotAsked)
    assert refused.one_time is refused
    without = {name: frame[frame["shop"] != ""] for name, frame in shape_frames().items()}
    assert shop_shape(without) == NotEnough("sales_known", 0, 1)


def test_a_shop_of_which_nothing_can_be_compared_is_refused() -> None:
    nothing = {name: frame.iloc[:0] for name, frame in SHOP.items()}
    found = shop_shape(shape_frames(**{**nothing, "days": days(1.0), "sizes": SHOP["sizes"].iloc[:0]}))
    assert found == NotEnough("measures_compared", 0, 1)


def test_the_season_is_found_under_growth() -> None:
    every = pd.date_range("2022-01-01", "2024-12-31")
    factor = np.where(every.month == 12, 1.5, np.where(every.month == 2, 0.8, 1.0)) / every.days_in_month
    growing = factor * (100 + np.arange(len(every)) / 10)
    frame = pd.DataFrame({"day": every.date, "revenue": growing})
    mean = (1.5 + 0.8 + 10) / 12
    assert peak_month(frame) == pytest.approx(1.5 / mean, rel=0.01)


def test_a_season_takes_two_years_and_months_seen_in_part_do_not_count() -> None:
    every = pd.date_range("2023-01-02", "2024-12-30")
    assert peak_month(pd.DataFrame({"day": every.date, "revenue": 1.0})) == pytest.approx(1.0, abs=0.05)
    late = every[every >= "2023-01-10"]
    assert math.isnan(peak_month(pd.DataFrame({"day": late.date, "revenue": 1.0})))


def test_the_best_weekday_is_a_share_of_an_average_week() -> None:
    # Two weeks from a Monday and one more Monday, which counts as an average Monday does; Sunday has no row.
    week = [30.0, 10.0, 10.0, 10.0, 20.0, 20.0]
    frame = pd.concat([days(*week), days(*week, first=date(2024, 1, 8)), days(30.0, first=date(2024, 1, 15))])
    assert peak_weekday(frame) == pytest.approx(0.3)
    assert math.isnan(peak_weekday(days(1.0, 2.0)))


def test_published_figures_measure_what_is_measured() -> None:
    assert {figure.measure for figure in PUBLISHED} <= set(MEASURES)
    shares = [figure.value for figure in PUBLISHED if MEASURES[figure.measure] == "share"]
    assert all(0 < share < 1 for share in shares)
