"""Looks at what is bought and when, each for one mechanism: a number that is 0 without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from stores.simulation.seen import (
    Seen,
    Tables,
    counted_gain,
    difference,
    gain,
    gap,
    like_with_like,
    log_prices,
    mean_of,
    share_of,
    weighted_mean,
)

from retention_lib.stores.simulation.catalogue import PRODUCTS
from retention_lib.stores.simulation.stage import EFFECT_DAYS, OFFER_DAYS, Bools


def cost_of_search(tables: Tables) -> Seen:
    """What a customer from the search costs more than one from a partner."""
    cost = tables.people.groupby("acquisition_channel", observed=True)["acquisition_cost"]
    return gap(cost.get_group("search").to_numpy(), cost.get_group("partner").to_numpy())


def referred_buy_more(tables: Tables) -> Seen:
    """Orders after the first: of those recommended by others against those from social networks (log ratio)."""
    people, repeats = tables.people, tables.repeats()
    channel = people["acquisition_channel"].to_numpy()
    return gain(*(repeats[tables.followed() & (channel == one)] for one in ("referral", "social")))


def december(tables: Tables) -> Seen:
    """How often customers buy in December against June, in the half year after their first order (log ratio)."""
    month = tables.date(np.arange(tables.days)).month
    return young_gain(tables, np.asarray(month == 12), np.asarray(month == 6))


def young_gain(tables: Tables, days: Bools, others: Bools) -> Seen:
    """How often customers buy on some days against others, in the half year after their first order (log ratio).

    All days have the same mixture of customers, for the shop grows evenly, once half a year has gone by.
    """
    acquired = tables.people["acquired"].to_numpy()
    known = np.cumsum(np.bincount(acquired, minlength=tables.days))
    exposed = np.r_[0, known[:-1]] - np.r_[np.zeros(EFFECT_DAYS + 1), known[: -EFFECT_DAYS - 1]]
    age = tables.orders["day"] - acquired[tables.orders["person"]]
    orders = np.bincount(tables.orders.loc[age.between(1, EFFECT_DAYS), "day"], minlength=tables.days)
    one, other = (there & (np.arange(tables.days) > EFFECT_DAYS) for there in (days, others))
    return counted_gain(orders[one].sum(), orders[other].sum(), bases=(exposed[one].sum(), exposed[other].sum()))


def saturdays(tables: Tables) -> Seen:
    """Orders of Saturdays against those of Mondays."""
    weekday = tables.date(np.arange(tables.days)).dayofweek.to_numpy()
    days, orders = np.bincount(weekday), np.bincount(weekday[tables.orders["day"]])
    return counted_gain(orders[5], orders[0], bases=(days[5], days[0]))


def uneven_months(tables: Tables) -> Seen:
    """How much more first orders differ between months than chance makes them differ (1 is as much again)."""
    dates = tables.date(np.arange(tables.days))
    month = ((dates.year - dates.year[0]) * 12 + dates.month - dates.month[0]).to_numpy()
    lengths, place = np.bincount(month), np.arange(month[-1] + 1)
    orders = np.bincount(month[tables.people["acquired"]], minlength=len(place))
    smooth = lengths * np.polyval(np.polyfit(place, orders / lengths, 1), place)
    freedom = len(place) - 2
    return Seen(float(((orders - smooth) ** 2 / smooth).sum() / freedom - 1), float(np.sqrt(2 / freedom)))


def dearer(tables: Tables) -> Seen:
    """By how much products cost more in the last two months than in the first two (log scale)."""
    lines = tables.lines[tables.lines["quantity"] > 0]
    price = pd.Series(log_prices(lines), index=lines["product_id"].astype(str))
    day = lines["day"].to_numpy()
    late, early = (price[there].groupby(level=0).mean() for there in (day >= tables.days - 60, day < 60))
    return mean_of((late - early).dropna().round(12).to_numpy())


def fall_at_a_rise(tables: Tables) -> Seen:
    """How often customers buy in the month before the second rise of prices against the month after (log ratio)."""
    lines = tables.lines[tables.lines["quantity"] > 0]
    price = pd.DataFrame({"price": log_prices(lines), "product": lines["product_id"].cat.codes, "day": lines["day"]})
    steps = price.pivot_table("price", "day", "product").ffill().diff().median(axis=1)
    rise = steps[steps > 0.02].index[-1]
    days = np.arange(tables.days)
    return young_gain(tables, (days >= rise - 28) & (days < rise), (days >= rise) & (days < rise + 28))


def empty_shelves(tables: Tables) -> Seen:
    """How often a category that sells every day is not sold at all for more than a week."""
    return Seen(len(stock_outs(tables)))


def stock_outs(tables: Tables) -> list[tuple[str, int, int]]:
    """The categories not sold for more than a week, the first day of it and the one after the last."""
    lines = tables.lines[tables.lines["quantity"] > 0]
    sold = pd.crosstab(lines["day"], lines["category"].astype(str)).reindex(range(tables.days), fill_value=0)
    found = []
    for category in sold.columns:
        there = np.flatnonzero(sold[category].to_numpy() > 0)
        holes = np.flatnonzero(np.diff(there) > 8)
        found += [(category, int(there[hole]) + 1, int(there[hole + 1])) for hole in holes]
    return [one for one in found if one[1] > 60]


def fall_without_the_favourite(tables: Tables) -> Seen:
    """Orders around stock-outs against those within, of those who bought that category against those who did not."""
    lines = tables.lines[(tables.lines["quantity"] > 0) & (tables.lines["person"] >= 0)]
    counts = np.zeros((2, 2))
    for category, start, end in stock_outs(tables):
        before = lines[lines["day"] < start - OFFER_DAYS]
        theirs = (before["category"] == category).groupby(before["person"]).mean().reindex(range(len(tables.people)))
        within = tables.purchases(start, end - start)
        around = tables.purchases(start - OFFER_DAYS, end - start + 2 * OFFER_DAYS) - within
        for row, group in enumerate((theirs > 0.5, theirs == 0)):
            counts[row] += around[group].sum(), within[group].sum()
    if counts.min() == 0:
        return Seen(0.0)
    return difference(counted_gain(*counts[0]), counted_gain(*counts[1]))


def refills(tables: Tables) -> Seen:
    """Orders 28 to 56 days after a first basket with goods that are used up, against others as large (share)."""
    used_up = [number for number, product in zip(product_ids(), PRODUCTS, strict=True) if product.days]
    lines = tables.lines[tables.lines["quantity"] > 0]
    holding = lines.loc[lines["product_id"].isin(used_up), "order_id"]
    holds = tables.firsts["order_id"].isin(holding).to_numpy()
    orders, known = tables.purchases(tables.people["acquired"].to_numpy() + 28, 28), tables.followed()
    apart = like_with_like(orders[known], holds[known], tables.firsts["lines"][known])
    base = orders[known & ~holds].mean()
    return Seen(apart.value / base, apart.error / base)


def product_ids() -> list[str]:
    """The ids of the products, in the order of the catalogue."""
    return [f"P{place:04d}" for place in range(1, len(PRODUCTS) + 1)]


def bought_together(tables: Tables) -> Seen:
    """How often the other goods in a basket with a product are its companion, less beside others of the category."""
    beside, places = products_beside(tables), np.arange(len(PRODUCTS))
    names, category = [product.name for product in PRODUCTS], np.array([product.category for product in PRODUCTS])
    alone = np.array([not product.companion for product in PRODUCTS])
    apart, weights = [], []
    for place, product in enumerate(PRODUCTS):
        if product.companion:
            companion = names.index(product.companion)
            others = (category == product.category) & alone & (places != companion)
            own = share_of(beside[place, companion], beside[place].sum())
            apart.append(difference(own, share_of(beside[others, companion].sum(), beside[others].sum())))
            weights.append(beside[place].sum())
    return weighted_mean(apart, weights)


def products_beside(tables: Tables) -> np.ndarray:
    """In how many baskets each product (row) has each other product (column) beside it."""
    lines = tables.lines[tables.lines["quantity"] > 0]
    order, product = pd.factorize(lines["order_id"])[0], pd.Index(product_ids()).get_indexer(lines["product_id"])
    held = csr_array((np.ones(len(order)), (order, product)), shape=(order.max() + 1, len(PRODUCTS)))
    beside = (held.T @ held).toarray()
    np.fill_diagonal(beside, 0)
    return beside


def strangers(tables: Tables) -> Seen:
    """Share of orders that carry no customer."""
    orders = tables.lines.drop_duplicates("order_id")["person"]
    return share_of((orders < 0).sum(), len(orders))


def promoted(tables: Tables) -> Seen:
    """Share of lines sold below the price without a coupon."""
    lines = tables.lines[(tables.lines["quantity"] > 0) & tables.lines["coupon_id"].isna()]
    return share_of((lines["discount"] > 0).sum(), len(lines))


def sent_back(tables: Tables) -> Seen:
    """Share of lines that came back, of orders more than two months old."""
    lines = tables.lines
    sold = lines[(lines["quantity"] > 0) & (lines["day"] < tables.days - 60) & (lines["person"] >= 0)]
    back = lines[(lines["quantity"] < 0) & lines["order_id"].isin(sold["order_id"])]
    return share_of(len(back), len(sold))
