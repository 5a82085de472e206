from __future__ import annotations

import numpy as np
import pandas as pd
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.coupons import TILL
from retention_lib.stores.simulation.stage import OFFER_DAYS
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.visits import UNKNOWN_SHARE, site_visits, web_events

STEPS = {event: step for step, event in enumerate(("visit", "view", "cart_add", "checkout", "purchase"))}


def sessions(told: Story) -> pd.DataFrame:
    """One row a session of the web events: how often each event, and whether somebody signed in."""
    frame = web_events(told).to_pandas()
    counts = frame.groupby(["session_id", "event"], observed=False).size().unstack(fill_value=0)
    return counts.assign(known=frame.groupby("session_id")["customer_id"].count() > 0)


def offer_visits(told: Story, campaign: int, arm: int) -> float:
    """Visits a customer of an arm makes while the offer is valid, whoever the shop takes them for."""
    visits, start = site_visits(told), told.shop.campaigns[campaign].start
    who = told.fates.arm[campaign] == arm
    counted = (visits.day >= start) & (visits.day < start + OFFER_DAYS) & (visits.order < 0)
    return np.bincount(visits.customer[counted], minlength=len(who))[who].mean()


def test_every_order_of_site_and_app_ends_a_visit() -> None:
    told = story()
    orders = told.orders
    online = orders.channel != TILL
    bought = web_events(told).to_pandas().query("event == 'purchase'")
    expected = pd.DataFrame(
        {
            "customer_id": [f"C{number:09d}" for number in orders.customer[online]],
            "occurred_at": told.shop.calendar.dates[orders.day[online]]
            + orders.second[online].astype("timedelta64[s]"),
            "value": orders.amount[online] / 100,
        }
    )
    keys = ["customer_id", "occurred_at"]
    found = bought.assign(value=bought["value"].astype(float))[[*keys, "value"]].sort_values(keys, ignore_index=True)
    assert (found.dtypes["occurred_at"]) == "datetime64[us]"
    pd.testing.assert_frame_equal(found, expected.sort_values(keys, ignore_index=True), check_dtype=False)


def test_visits_go_from_looking_to_buying_on_one_day() -> None:
    frame = web_events(story()).to_pandas()
    frame["step"] = frame["event"].map(STEPS).astype(int)
    session = frame.groupby("session_id")
    assert (session["step"].diff().dropna() >= 0).all()
    assert (session["occurred_at"].diff().dropna() >= pd.Timedelta(0)).all()
    assert ((session["occurred_at"].max() - session["occurred_at"].min()) < pd.Timedelta(minutes=30)).all()
    assert (session["occurred_at"].max().dt.date == session["occurred_at"].min().dt.date).all()
    assert frame["session_id"].is_monotonic_increasing
    counts = sessions(story())
    assert (counts["visit"] == 1).all()
    assert (counts.loc[counts["purchase"] > 0, ["view", "cart_add", "checkout"]] > 0).all(axis=None)
    assert (counts.loc[counts["cart_add"] > 0, "view"] > 0).all()
    assert (counts.loc[counts["checkout"] > 0, "cart_add"] > 0).all()
    assert frame.loc[frame["event"].isin(["view", "cart_add"]), "product_id"].notna().all()
    assert frame.loc[~frame["event"].isin(["view", "cart_add"]), "product_id"].isna().all()


def test_the_columns_are_those_of_the_contract() -> None:
    assert tuple(web_events(story()).column_names) == TABLES["web_events"].names


def test_sizes_of_visits_and_carts_are_kept() -> None:
    counts = sessions(story())
    browsing, ordering = counts[counts["purchase"] == 0], counts[counts["purchase"] > 0]
    expected = 1.5 * len(ordering)
    assert abs(len(browsing) - expected) < 4 * np.sqrt(expected)
    assert abs((browsing["cart_add"] > 0).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / len(browsing))
    assert 0.3 < (browsing["checkout"] > 0).sum() / (browsing["cart_add"] > 0).sum() < 0.5
    assert abs((~browsing["known"]).mean() - UNKNOWN_SHARE) < 4 * np.sqrt(UNKNOWN_SHARE / len(browsing))
    assert ordering["known"].all()


def test_without_visits_only_orders_are_left() -> None:
    told = story(customers=2000, visits=0.0)
    assert (sessions(told)["purchase"] == 1).all()
    assert len(sessions(told)) == (told.orders.channel != TILL).sum()


def test_without_abandoned_carts_every_cart_is_bought() -> None:
    counts = sessions(story(customers=2000, abandoned_carts=0.0))
    pd.testing.assert_series_equal(counts["cart_add"], counts["purchase"], check_names=False)
    assert (counts["purchase"] == 0).any()


def test_the_basket_is_in_the_cart() -> None:
    told = story()
    frame = web_events(told).to_pandas()
    bought = frame.loc[frame["event"] == "purchase", "session_id"]
    put = frame[frame["session_id"].isin(bought) & (frame["event"] == "cart_add")]
    product = put["product_id"].str[1:].astype(int) - 1
    visits = site_visits(told)
    occasion = told.orders.occasion[visits.order[visits.order >= 0]]
    lines = set(zip(told.baskets.line_occasion.tolist(), told.baskets.line_product.tolist(), strict=True))
    assert set(zip(occasion.tolist(), product.tolist(), strict=True)) <= lines


def test_visits_begin_with_the_first_order_and_fade_when_the_relation_ends() -> None:
    told = story()
    visits, people, days = site_visits(told), told.people, told.shop.calendar.days
    browsing = visits.order < 0
    assert (visits.day >= people.acquired[visits.customer]).all()
    assert (visits.second >= 0).all()
    assert (visits.day < days).all()
    assert (visits.second + visits.length < 86_400).all()
    left = np.minimum(told.fates.left, days)
    over = visits.day >= left[visits.customer]
    while_it_lasts = (browsing & ~over).sum() / (people.rate * (left - people.acquired)).sum()
    afterwards = (browsing & over).sum() / (people.rate * (days - left)).sum()
    assert 0.02 < afterwards / while_it_lasts < 0.08


def test_offers_bring_visits_as_they_bring_purchases() -> None:
    told = story()
    large = next(place for place, campaign in enumerate(told.shop.campaigns) if campaign.id == "offer_3")
    discount, control = (told.shop.campaigns[large].arms.index(arm) for arm in ("discount20", "none"))
    assert offer_visits(told, large, discount) > 1.3 * offer_visits(told, large, control)
    idle = story(free_delivery_effect=0.0, discount_effect=0.0, letter_effect=0.0)
    ratio = offer_visits(idle, large, discount) / offer_visits(idle, large, control)
    assert 0.8 < ratio < 1.25
