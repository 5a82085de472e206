"""Looks at campaigns, messages and visits, each for one mechanism: a number that is 0 without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from pandas.core.groupby import DataFrameGroupBy
from stores.simulation.seen import Seen, Tables, difference, gain, gap, share_of

from retention_lib.stores.simulation.stage import OFFER_DAYS, Bools, Floats, Ints

_PARTS = 20


def arm_orders(tables: Tables, arm: str, *, start: int, days: int, where: Bools | None = None) -> Ints:
    """Orders of those in an arm of the offers, on so many days from so many after the start."""
    found = []
    for _, test in offers(tables):
        drew = test.loc[test["variant"] == arm, "person"].to_numpy()
        chosen = drew if where is None else drew[where[drew]]
        found.append(tables.purchases(int(test["start"].iloc[0]) + start, days)[chosen])
    return np.concatenate(found)


def offers(tables: Tables) -> DataFrameGroupBy:
    """The tests of both offers, by name."""
    tests = tables.tests
    return tests[tests["experiment_id"].isin(["offer_1", "offer_2", "offer_3"])].groupby("experiment_id", observed=True)


def gain_of(arm: str) -> Callable[[Tables], Seen]:
    """Orders while an offer is valid, of an arm against those left alone (log ratio)."""

    def look(tables: Tables) -> Seen:
        return gain(*(arm_orders(tables, one, start=0, days=OFFER_DAYS) for one in (arm, "none")))

    return look


def after_the_offer(tables: Tables) -> Seen:
    """Orders in the three weeks after 20 % off has ended, against those left alone (log ratio)."""
    return gain(*(arm_orders(tables, one, start=OFFER_DAYS, days=21) for one in ("discount20", "none")))


def quiet_after_the_offer(tables: Tables) -> Seen:
    """The same the other way round."""
    seen = after_the_offer(tables)
    return Seen(-seen.value, seen.error)


def low_incomes_answer(tables: Tables) -> Seen:
    """The gain from 20 % off among low incomes, less that among others (log ratios)."""
    low = (tables.people["income_band"] == "low").to_numpy()
    other = tables.people["income_band"].isin(["middle", "high"]).to_numpy()
    gains = [
        gain(*(arm_orders(tables, arm, start=0, days=OFFER_DAYS, where=who) for arm in ("discount20", "none")))
        for who in (low, other)
    ]
    return difference(*gains)


def gain_of_letter(tables: Tables) -> Seen:
    """Orders while a letter is fresh, of those who got it against those who could have (log ratio)."""
    got, others = [], []
    for start, mailed in tables.letters.items():
        orders, could = tables.purchases(start, OFFER_DAYS), letter_base(tables, start)
        got.append(orders[mailed])
        others.append(orders[could & ~mailed])
    return gain(np.concatenate(got), np.concatenate(others))


def letter_base(tables: Tables, start: int) -> Bools:
    """Who agreed to e-mails and had been a customer for a while when a letter was sent."""
    people = tables.people
    return (people["email_consent"] & (people["acquired"] + OFFER_DAYS <= start)).to_numpy()


def mailed_bought_before(tables: Tables) -> Seen:
    """Orders in the two months before a letter: of those who got it, less those who could have."""
    got, others = [], []
    for start, mailed in tables.letters.items():
        before, could = tables.purchases(start - 60, 60), letter_base(tables, start)
        got.append(before[mailed])
        others.append(before[could & ~mailed])
    return gap(np.concatenate(got), np.concatenate(others))


def missing_treated(tables: Tables) -> Seen:
    """Share of the treated that the broken test lacks, judged by those left alone."""
    test = tables.tests[tables.tests["experiment_id"] == "broken_1"]
    treated, others = (test["variant"] != "none").sum(), (test["variant"] == "none").sum()
    ratio = treated / others
    return Seen(1 - ratio, float(ratio * np.sqrt(1 / treated + 1 / others)))


def neighbours_buy_more(tables: Tables) -> Seen:
    """Orders of those without an offer who live with somebody who has one, against somebody who might have."""
    household = tables.people["household_id"].cat.codes.to_numpy()
    lucky, unlucky = [], []
    for _, test in offers(tables):
        start, took = int(test["start"].iloc[0]), np.full(len(household), -1)
        took[test["person"]] = test["variant"] != "none"
        known = (tables.people["acquired"] + OFFER_DAYS <= start).to_numpy() & (took < 1)
        with_offer, with_test = (np.bincount(household, weights=took >= least)[household] for least in (1, 0))
        orders = tables.purchases(start, OFFER_DAYS)
        lucky.append(orders[known & (with_offer > 0)])
        unlucky.append(orders[known & (with_offer == 0) & (with_test > (took == 0))])
    return gain(np.concatenate(lucky), np.concatenate(unlucky))


def uneven_answers(tables: Tables) -> Seen:
    """How unevenly offers and letters raise buying: the log of one plus the squared variation of the factor.

    Two purchases in the two weeks are as many times more frequent among the treated as the square of the factor says
    on average, one purchase as many times as the factor itself. Those who always buy often are left out, for they
    drown the rest.
    """
    moderate = usual_rate(tables) < 1 / 30
    part = np.arange(len(tables.people)) % _PARTS
    sums = np.zeros((2, 3, _PARTS))
    for start, arms in treated_and_not(tables):
        orders = tables.purchases(start, OFFER_DAYS)
        for row, arm in enumerate(arms):
            who = arm & moderate
            for column, values in enumerate((np.ones_like(orders), orders, orders * (orders - 1))):
                sums[row, column] += np.bincount(part[who], weights=values[who], minlength=_PARTS)
    without_one = [_unevenness(sums.sum(axis=2) - sums[:, :, one]) for one in range(_PARTS)]  # the jackknife
    return Seen(_unevenness(sums.sum(axis=2)), float(np.std(without_one) * np.sqrt(_PARTS - 1)))


def _unevenness(sums: np.ndarray) -> float:
    one, two = (sums[0, column] / sums[0, 0] / (sums[1, column] / sums[1, 0]) for column in (1, 2))
    return float(np.log(two) - 2 * np.log(one))


def treated_and_not(tables: Tables) -> Iterator[tuple[int, tuple[Bools, Bools]]]:
    """Of each campaign the start, and who was treated and who could have been."""
    everyone = np.arange(len(tables.people))
    for _, test in tables.tests.groupby("experiment_id", observed=True):
        treated = test["variant"] != "none"
        yield (
            int(test["start"].iloc[0]),
            tuple(np.isin(everyone, test.loc[one, "person"]) for one in (treated, ~treated)),
        )
    for start, mailed in tables.letters.items():
        yield start, (mailed, letter_base(tables, start) & ~mailed)


def usual_rate(tables: Tables) -> Floats:
    """Orders a day beyond the first, on days without a campaign."""
    apart = np.ones(tables.days, dtype=bool)
    for start, _ in treated_and_not(tables):
        apart[start : start + OFFER_DAYS] = False
    orders = tables.orders[(tables.orders["rank"] > 0) & apart[tables.orders["day"]]]
    counts = np.bincount(orders["person"], minlength=len(tables.people))
    return counts / (tables.days - tables.people["acquired"].to_numpy())


def opened_at_once(tables: Tables) -> Seen:
    """Share of customers all of whose e-mails are opened within half a minute, of those who got three or more."""
    frame = tables.frame("contacts", "customer_id", "channel", "sent_at", "opened_at")
    mails = frame[(frame["channel"] == "email") & (frame["sent_at"] < frame["sent_at"].max() - pd.Timedelta(days=1))]
    fast = (mails["opened_at"] - mails["sent_at"]) < pd.Timedelta(seconds=30)
    every = fast.groupby(mails["customer_id"], observed=True).agg(["all", "size"])
    known = every[every["size"] >= 3]
    return share_of(known["all"].sum(), len(known))


def sessions(tables: Tables) -> pd.DataFrame:
    """The visits of the site: whether each ends in an order, and whether something goes into the cart."""
    frame = tables.frame("web_events", "session_id", "event")
    bought, cart = frame["event"] == "purchase", frame["event"] == "cart_add"
    return pd.DataFrame({"bought": bought, "cart": cart}).groupby(frame["session_id"], observed=True).any()


def idle_visits(tables: Tables) -> Seen:
    """Visits without an order, for each with one."""
    visits = sessions(tables)["bought"]
    idle, buying = (~visits).sum(), visits.sum()
    return Seen(idle / buying, float(np.sqrt(idle) / buying))


def left_carts(tables: Tables) -> Seen:
    """Share of visits without an order that leave a cart."""
    idle = sessions(tables).query("not bought")
    return share_of(idle["cart"].sum(), len(idle))


def questions(tables: Tables) -> Seen:
    """Questions to service, for each order."""
    frame = tables.frame("service", "kind", "order_id")
    old = tables.orders[tables.orders["day"] < tables.days - 30]
    return share_of(old["order_id"].isin(frame.loc[frame["kind"] == "question", "order_id"]).sum(), len(old))


def calls(tables: Tables) -> Seen:
    """Contacts with service (count)."""
    return Seen(len(tables.frame("service", "order_id")))


def second_ids(tables: Tables) -> Seen:
    """Share of customers who share an e-mail address or a phone with another id."""
    frame = tables.frame("identities", "customer_id", "kind", "value")
    again = frame.duplicated(["kind", "value"])
    return share_of(again.sum(), frame["customer_id"].nunique() - again.sum())
