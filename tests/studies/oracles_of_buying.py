"""Oracles of what makes customers buy, join and leave: they see the truth and give the size of each mechanism."""

from __future__ import annotations

import numpy as np
import pandas as pd
from studies.fits import counted, exactly, glm, moved, normal, share, spread
from studies.simulated_shops import SimulatedShop

from retention_lib.estimates import Estimate
from retention_lib.stores.simulation.calendar import season_shape, weekday_shape
from retention_lib.stores.simulation.stage import CARRIERS, REGIONS, REMOTE

CHANNEL_COSTS = {"search": 700, "social": 500, "referral": 200, "marketplace": 400, "partner": 150}
"""What winning a customer costs by channel (the currency's units), and on average, as the dictionary tells."""

MEAN_COST = 450

CHANNEL_RATES = {"search": 0.0, "social": -0.3, "referral": 0.4, "marketplace": -0.2, "partner": 0.2}
CHANNEL_HAZARDS = {"search": 0.0, "social": 0.3, "referral": -0.4, "marketplace": 0.3, "partner": -0.1}
"""How much customers of a channel buy and how soon they leave (log scale)."""

LATE_CAUSES = {"remote": 1.3, "december": 1.2, "express": -0.6, "post": 0.9, "line": 0.25}
"""What makes a first delivery late (log odds), the lines beyond two counted, as the dictionary tells."""

LEVEL_RANGE = (-2.5, 2.5)

FEWEST_OF_MONTH = 400
"""Purchases without which a month says little of its shock (count)."""


def season(shop: SimulatedShop) -> Estimate:
    """Poisson regression of daily purchases on the shape of the year."""
    return _of_calendar(shop, "season", np.array([season_shape(day) for day in _dates(shop)]))


def weekday(shop: SimulatedShop) -> Estimate:
    """Poisson regression of daily purchases on the shape of the week."""
    return _of_calendar(shop, "weekday", np.array([weekday_shape(day) for day in _dates(shop)]))


def price_elasticity(shop: SimulatedShop) -> Estimate:
    """Poisson regression of daily purchases on the logarithm of prices."""
    return moved(_of_calendar(shop, "price", np.log(shop.days["price_index"].to_numpy())), lambda found: -found)


def _dates(shop: SimulatedShop) -> list[object]:
    return list(shop.days["day"])


def _of_calendar(shop: SimulatedShop, factor: str, shape: np.ndarray) -> Estimate:
    """The size of a factor of the calendar, all others being known."""
    days = shop.days[shop.days["expected"] > 0]
    others = days["expected"] / days[factor]
    return glm("poisson", days["purchases"].to_numpy(), [shape[days.index]], offset=np.log(others.to_numpy()))[0]


def monthly_shock(shop: SimulatedShop) -> Estimate:
    """The spread of months about what is expected without the shock, less what counts scatter."""
    days = shop.days.assign(unshaken=shop.days["expected"] / shop.days["shock"])
    months = days.groupby("month")[["purchases", "unshaken"]].sum()
    months = months[months["purchases"] >= FEWEST_OF_MONTH]
    return spread(np.log(months["purchases"] / months["unshaken"]).to_numpy(), float((1 / months["purchases"]).mean()))


def programme_effect(shop: SimulatedShop) -> Estimate:
    """Purchases made as a member, over those expected without the effect."""
    return _raised(shop, "programme", shop.later_orders["member"])


def tier_effort(shop: SimulatedShop) -> Estimate:
    """Purchases made one order short of a tier, over those expected."""
    return _raised(shop, "tier_effort", shop.later_orders["effort"])


def tier_dip(shop: SimulatedShop) -> Estimate:
    """Purchases missing in the month after a tier was reached, of those expected."""
    return moved(_raised(shop, "tier_dip", shop.later_orders["dip"]), lambda found: -found)


def replenishment(shop: SimulatedShop) -> Estimate:
    """Purchases made while a product had run out, over those expected."""
    return _raised(shop, "replenishment", shop.later_orders["due"])


def stock_out(shop: SimulatedShop) -> Estimate:
    """Purchases missing while the favourite category was out of stock, of those expected."""
    orders = shop.later_orders.merge(shop.truth("customers")[["customer_id", "favourite"]], on="customer_id")
    lacking = shop.days["out_of_stock"].astype(object).to_numpy()[orders["day"]]
    return moved(_raised(shop, "stock_out", orders["favourite"].astype(object) == lacking), lambda found: -found)


def _raised(shop: SimulatedShop, mechanism: str, exposed: pd.Series) -> Estimate:
    return moved(counted(int(exposed.sum()), shop.expected(mechanism)), lambda ratio: ratio - 1)


def late_harm(shop: SimulatedShop) -> Estimate:
    """Among late first deliveries, the share that ended a relation which lasted beyond the promised day."""
    customers = _first_ends(shop)
    inside = customers["late"] & (customers["first_ends"] < _end(shop))
    late = customers[inside & ~(customers["left_at"] < customers["first_ends"])]
    return share(int((late["left_by"] == "late first delivery").sum()), len(late))


def bad_review_harm(shop: SimulatedShop) -> Estimate:
    """Among bad reviews without a quick answer, the share that ended a relation which was still lasting."""
    reviews = _bad_reviews(shop)
    return share(int(reviews["gone"][~reviews["answered"]].sum()), int((~reviews["answered"]).sum()))


def answer_benefit(shop: SimulatedShop) -> Estimate:
    """By which share fewer leave over a bad review that was quickly answered."""
    reviews = _bad_reviews(shop)
    ratio = glm("poisson", reviews["gone"].to_numpy(float), [reviews["answered"].to_numpy(float)], robust=True)[0]
    return moved(ratio, lambda found: 1 - float(np.exp(found)))


def _bad_reviews(shop: SimulatedShop) -> pd.DataFrame:
    """Purchases that brought a bad review, where the customer would have stayed beyond its harm's day otherwise."""
    orders = shop.truth("orders")
    customers = _first_ends(shop)[["customer_id", "left_at", "left_by", "first_ends"]]
    bad = orders[orders["bad_review"]].merge(customers, on="customer_id")
    ends = bad["first_ends"].where(bad["rank"] == 0, bad["ordered_on"] + pd.Timedelta(days=1))
    leaves = bad["left_at"] <= ends
    gone = (bad["left_at"] == ends) & (bad["left_by"] == "bad review")
    return bad.assign(gone=gone)[(gone | ~leaves) & (ends < _end(shop))]


def _first_ends(shop: SimulatedShop) -> pd.DataFrame:
    """The truth of customers, with `first_ends`: when relations end that end over the first order."""
    promised = np.concatenate([story.people.first_promised for story in shop.stories])
    first_day = pd.Timestamp(shop.simulation.first_day)
    return shop.truth("customers").assign(first_ends=first_day + pd.to_timedelta(promised + 1, unit="D"))


def _end(shop: SimulatedShop) -> pd.Timestamp:
    return pd.Timestamp(shop.simulation.first_day) + pd.Timedelta(days=shop.simulation.days)


def late_confounding(shop: SimulatedShop) -> Estimate:
    """Logistic regression of late first deliveries on the weighed causes."""
    return _lateness(shop)[0]


def unmeasured_confounder(shop: SimulatedShop) -> Estimate:
    """The same regression: the coefficient of the trait that no table shows."""
    return _lateness(shop)[1]


def _lateness(shop: SimulatedShop) -> list[Estimate]:
    customers = shop.truth("customers")
    lines = np.concatenate([story.people.first_lines for story in shop.stories])
    carrier = np.array(CARRIERS)[np.concatenate([story.people.first_carrier for story in shop.stories])]
    remote = customers["region"].isin([REGIONS[code] for code in REMOTE])
    causes = (
        LATE_CAUSES["remote"] * remote.to_numpy(float)
        + LATE_CAUSES["december"] * (customers["acquired_at"].dt.month == 12).to_numpy(float)
        + LATE_CAUSES["express"] * (carrier == "express")
        + LATE_CAUSES["post"] * (carrier == "post")
        + LATE_CAUSES["line"] * (lines - 2.0)
    )
    return glm("logistic", customers["late"].to_numpy(float), [causes, customers["trait"].to_numpy()])


def channel_spread(shop: SimulatedShop) -> Estimate:
    """How far the mean costs of channels lie apart, in multiples of the dictionary's."""
    customers = shop.table("customers").dropna(subset=["acquisition_cost"])
    apart = customers["acquisition_channel"].astype(str).map(CHANNEL_COSTS).to_numpy(float) - MEAN_COST
    cost = customers["acquisition_cost"].to_numpy() - MEAN_COST
    value = (apart @ cost) / (apart @ apart)
    error = np.sqrt(((apart * (cost - value * apart)) ** 2).sum()) / (apart @ apart)
    return normal(value, error, len(cost))


def channel_rates(shop: SimulatedShop) -> Estimate:
    """How far the rates of channels' customers lie apart, in multiples of the dictionary's."""
    return _of_channels(shop, "rate", CHANNEL_RATES)


def channel_hazards(shop: SimulatedShop) -> Estimate:
    """How far the hazards of channels' customers lie apart, in multiples of the dictionary's."""
    return _of_channels(shop, "hazard", CHANNEL_HAZARDS)


def _of_channels(shop: SimulatedShop, latent: str, apart: dict[str, float]) -> Estimate:
    known = shop.table("customers").dropna(subset=["acquisition_channel"])[["customer_id", "acquisition_channel"]]
    customers = shop.truth("customers").merge(known, on="customer_id")
    index = customers["acquisition_channel"].astype(str).map(apart).to_numpy(float)
    return glm("gamma", customers[latent].to_numpy(), [index], robust=True)[0]


def programme_selection(shop: SimulatedShop) -> Estimate:
    """How joining depends on the level, in the way of the world."""
    ways = {"level": _joining_by_level, "momentum": _joining_at_purchases, "invited": _accepting}
    return ways[shop.simulation.programme](shop)


def _level(customers: pd.DataFrame) -> np.ndarray:
    return customers["level"].clip(*LEVEL_RANGE).to_numpy()


def _joining_by_level(shop: SimulatedShop) -> Estimate:
    """Poisson regression of joining, with the days in which it was possible as exposure."""
    customers = shop.truth("customers")
    first = (customers["acquired_at"] + pd.Timedelta(days=30)).clip(lower=_programme_start(shop))
    joined = customers["joined_at"].notna()
    # A wait of n whole days ended somewhere in the last of them.
    days = (customers["joined_at"].fillna(_end(shop) - pd.Timedelta(days=1)) - first).dt.days - 0.5 * joined
    there = days > 0
    fitted = customers[there]
    return glm("poisson", joined[there].to_numpy(float), [_level(fitted)], offset=np.log(days[there].to_numpy()))[0]


def _joining_at_purchases(shop: SimulatedShop) -> Estimate:
    """Regression of joining at a purchase, over the purchases of those who had not joined."""
    customers = shop.truth("customers")[["customer_id", "level", "joined_at"]]
    orders = shop.truth("orders")
    orders = orders[orders["ordered_on"] >= _programme_start(shop)].merge(customers, on="customer_id")
    before = orders[~(orders["joined_at"] < orders["ordered_on"])]
    joins = (before["joined_at"] == before["ordered_on"]).to_numpy(float)
    return moved(glm("poisson", joins, [_level(before)], robust=True)[0], lambda found: 2 * found)


def _programme_start(shop: SimulatedShop) -> pd.Timestamp:
    return pd.Timestamp(shop.simulation.first_day) + pd.Timedelta(days=shop.shop.programme_start)


def _accepting(shop: SimulatedShop) -> Estimate:
    """Logistic regression of accepting an invitation."""
    customers = shop.truth("customers")
    return glm("logistic", customers["accepts"].to_numpy(float), [_level(customers)])[0]


def split_ids(shop: SimulatedShop) -> Estimate:
    """Customers with a second id, of all."""
    ids = shop.table("customers")["customer_id"].str[0].value_counts()
    return share(int(ids.get("D", 0)), int(ids["C"]))


def price_rise(shop: SimulatedShop) -> Estimate:
    """What a basket of all products costs after the first rise and before; prices are whole roubles."""
    lines = shop.table("transactions").query("amount > 0")
    price = (lines["amount"] + lines["discount"]) / lines["quantity"]
    day = (lines["ordered_at"] - pd.Timestamp(shop.simulation.first_day)).dt.days
    level = pd.Series(shop.days["price_index"].round(9).to_numpy()[day], index=lines.index)
    prices = price.groupby([lines["product_id"].astype(str), level]).median().unstack().dropna()
    first, second = prices.iloc[:, 0].sum(), prices.iloc[:, min(1, prices.shape[1] - 1)].sum()
    return exactly(second / first - 1, len(lines), within=0.5 * len(prices) / first)
