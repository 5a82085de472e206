"""What is said to be at stake, against the truth of a simulated store."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from studies.churn_risk import HORIZON_DAYS, learned_risk, learned_windows, simulation_of
from studies.told_stores import ToldStore

from retention_lib.models.stakes import ProfitAtStake, profit_at_stake
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import Floats
from retention_lib.stores.simulation.story import Story

CUSTOMERS = 8_000
YEAR = 365


def true_profit_if_stays(story: Story, stakes: ProfitAtStake) -> Floats:
    """True rate x the calendar of the same days a year before x true mean profit of an order, in the list's order."""
    calendar = story.shop.calendar
    of_year_before = slice(calendar.days - YEAR, calendar.days - YEAR + HORIZON_DAYS)
    days = (calendar.season * calendar.weekday * calendar.price)[of_year_before].sum()
    orders = story.orders
    profit = (orders.amount - orders.refunded - orders.cost + orders.refund_cost).mean() / 100
    place = stakes.customers["customer_id"].str[1:].astype(int).to_numpy()
    return np.asarray(story.people.rate[place] * days * profit)


def test_no_more_is_at_stake_than_there_is_to_earn() -> None:
    simulation = simulation_of(0, customers=CUSTOMERS)
    story = tell_story(open_shop(simulation), 0, only_what_happened=True)
    store = ToldStore([story])
    windows = learned_windows(store, simulation)
    risk = learned_risk(windows, simulation)
    stakes = profit_at_stake(windows.rows, risk, margin=None, rng=np.random.default_rng(1))
    assert isinstance(stakes, ProfitAtStake)
    assert stakes.measure == "profit"
    truth = true_profit_if_stays(story, stakes)
    assert stakes.if_all_stay == pytest.approx(truth.sum(), rel=0.25)
    assert stakes.total.value < stakes.if_all_stay
    # The customers are told apart: by fifths of what is said, the truth rises.
    fifth = stakes.customers["profit_if_stays"].rank(method="first").to_numpy() * 5 // (truth.size + 1)
    assert (np.diff([truth[fifth == place].mean() for place in range(5)]) > 0).all()
    assert stakes.cutoff == simulation.until + timedelta(days=1)
