from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from studies.other_rules import SILENT_DAYS, everybody, silent
from studies.played_stores import Game, PlayedStore, Telling, new_game, shop_with, tell

from retention_lib.settings.calendar import Month
from retention_lib.settings.simulation import Sizes
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.listed import ListedExperiment

CUSTOMERS = 2_000
NAME = "mine_2025_07"
START = date(2025, 7, 1)


def listed(name: str, start: date, numbers: np.ndarray) -> tuple[ListedExperiment, pd.DataFrame]:
    """A list in which every fifth is left alone, sent on the fourth day at ten."""
    sent = pd.Timestamp(start) + pd.Timedelta(days=3, hours=10)
    control = np.arange(len(numbers)) % 5 == 0
    rows = pd.DataFrame(
        {
            "customer_id": [f"C{number:09d}" for number in numbers],
            "experiment_id": name,
            "variant": np.where(control, "control", "treatment"),
            "assigned_at": sent,
            "channel": "email",
            "send_at": sent,
            "offer": "none",
        }
    )
    about = ListedExperiment(
        experiment_id=name,
        scenario=name.removesuffix(f"_{start:%Y_%m}"),
        kind="reactivation",
        report=Month.of(start).previous(),
        shares={"control": 0.2, "treatment": 0.8},
        offers={"control": "none", "treatment": "none"},
        channels={"email": int((~control).sum())},
        customers={"control": int(control.sum()), "treatment": int((~control).sum())},
        window_days=21,
        after_days=0,
        contact_cost=0.5,
        campaign_cost=0.0,
        start=start,
        last_send=sent.date(),
        verdict_on=sent.date() + pd.Timedelta(days=21).to_pytimedelta(),
    )
    return about, rows


@cache
def begun() -> Game:
    return new_game(1, customers=CUSTOMERS)


@cache
def with_list() -> Game:
    """The store with one list of those who have bought."""
    known = np.flatnonzero(tell(begun()).story.people.acquired < begun().day(START))[::2]
    about, rows = listed(NAME, START, known)
    return begun().with_lists([about], rows)


@cache
def told() -> Telling:
    return tell(with_list(), flipped=[begun().day(START)])


def test_a_morning_shows_nothing_of_the_days_after_it() -> None:
    store = PlayedStore(told(), until=date(2025, 8, 1), ledger=with_list().ledger)
    for name in ("transactions", "contacts", "service", "feedback", "web_events", "loyalty_events", "redemptions"):
        frame = store.table(name).to_pandas()
        for column in frame.select_dtypes("datetime").columns.drop(["promised_at", "expires_at"], errors="ignore"):
            assert frame[column].max() < pd.Timestamp("2025-08-01"), (name, column)
    customers = store.table("customers").to_pandas()
    assert customers["acquired_at"].max() < pd.Timestamp("2025-08-01")
    assert len(customers) < CUSTOMERS
    assert set(store.table("identities").to_pandas()["customer_id"]) <= set(customers["customer_id"])
    assert store.coverage.last_day == date(2025, 7, 31)


def test_the_lists_of_earlier_reports_stand_in_the_assignments_as_the_ledger_has_them() -> None:
    game = with_list()
    before, after = (PlayedStore(told(), until=until, ledger=game.ledger) for until in (START, date(2025, 8, 1)))
    assert before.listed is None
    assert NAME not in set(before.table("assignments").to_pandas()["experiment_id"])
    rows = after.table("assignments").to_pandas().query("experiment_id == @NAME")
    assert len(rows) == len(game.ledger.rows())
    assert after.listed is not None
    assert after.listed.count().to_pandas() == len(rows)
    sent = after.table("contacts").to_pandas().query("campaign_id == @NAME")
    assert set(sent["customer_id"]) == set(rows.loc[rows["variant"] == "treatment", "customer_id"])
    assert (sent["sent_at"] == pd.Timestamp("2025-07-04 10:00")).all()


def test_retelling_keeps_the_days_on_which_customers_buy() -> None:
    start = begun().day(START)
    plain, again = (tell(game).story for game in (begun(), with_list()))
    days = [pd.DataFrame({"customer": one.orders.customer, "day": one.orders.day}) for one in (plain, again)]
    early = [one[one["day"] < start].reset_index(drop=True) for one in days]
    pd.testing.assert_frame_equal(early[0], early[1])
    outside = ~np.isin(np.arange(CUSTOMERS), with_list().lists[NAME].number)
    later = [one[outside[one["customer"]]].reset_index(drop=True) for one in days]
    pd.testing.assert_frame_equal(later[0], later[1])


def test_no_campaign_but_lists_reaches_anybody_once_the_lists_begin() -> None:
    start = begun().day(START)
    assert all(campaign.start < start for campaign in begun().shop.campaigns)


def test_a_message_that_does_nothing_leaves_its_cost() -> None:
    game = with_list()
    sizes = Sizes(household_spill=0, letter_effect=0.0)
    still = game.shop.simulation.model_copy(update={"sizes": sizes})
    telling = tell(replace(game, shop=replace(game.shop, simulation=still)), flipped=[begun().day(START)])
    assert telling.true_profit(NAME, days=21) == pytest.approx(-0.5)
    assert told().true_profit(NAME, days=21) > 0


def test_messages_cost_what_was_sent_to_the_treated() -> None:
    treated = with_list().lists[NAME].treated.sum()
    assert told().sending() == pytest.approx(0.5 * treated)


def test_other_shops_are_told_on_the_same_dice() -> None:
    game = with_list()
    months = {f"others_{game.month(number).start:%Y_%m}": game.month(number) for number in range(3)}
    starts = {name: game.day(month.start) for name, month in months.items()}
    money = dict.fromkeys(months, 100.0)
    rules = (everybody(money), silent(money), {})
    telling = tell(game, beside=tuple(shop_with(game.shop, rule, starts) for rule in rules))
    assert telling.sending(beside=0) == 300.0  # 200 e-mails of half a rouble a month
    assert telling.sending(beside=2) == 0.0
    since = game.day(START)
    assert telling.earned(since=since, beside=2) == pytest.approx(
        telling.earned(since=since, beside=0) + 300.0 - gained(telling, since)
    )
    assert telling.story.occasions.worlds[-1].effect == "beside"


def gained(telling: Telling, since: int) -> float:
    """By how much more the shop sells that writes to everybody than the one that writes to nobody (money)."""
    occasions, kept = telling.story.occasions, telling.kept.baskets
    first = len(occasions.worlds) - 3
    sold = [(occasions.bought >> np.uint64(place)) & np.uint64(1) > 0 for place in (first, first + 2)]
    extra = [(occasions.used_up >> np.uint64(place)) & np.uint64(1) > 0 for place in (first, first + 2)]
    later = occasions.day >= since
    money = [
        (sold_in & later) * (kept.amount - kept.cost)
        + (sold_in & later & extra_in) * (kept.extra_amount - kept.extra_cost)
        for sold_in, extra_in in zip(sold, extra, strict=True)
    ]
    return float(money[0].sum() - money[1].sum()) / 100


def test_the_silent_are_written_to_once_in_a_silence() -> None:
    game = begun()
    names = {f"others_{game.month(number).start:%Y_%m}": game.month(number) for number in range(4)}
    starts = {name: game.day(month.start) for name, month in names.items()}
    telling = tell(game, beside=(shop_with(game.shop, silent(dict.fromkeys(names, 0.0)), starts),))
    fates, occasions = telling.beside[0].fates, telling.story.occasions
    happens = (occasions.bought >> np.uint64(len(occasions.worlds) - 1)) & np.uint64(1) > 0
    lists = [fates.members[place] for place in sorted(fates.members)]
    assert sum(one.listed.sum() for one in lists) > 100
    silences = []
    for one, start in zip(lists, sorted(starts.values()), strict=True):
        last = np.full(CUSTOMERS, -1)
        before = happens & (occasions.day < start)
        np.maximum.at(last, occasions.customer[before], occasions.day[before])
        chosen = np.flatnonzero(one.listed)
        assert (start - last[chosen] >= SILENT_DAYS).all()
        silences += list(zip(chosen.tolist(), last[chosen].tolist(), strict=True))
    assert len(silences) == len(set(silences))


def test_a_game_keeps_the_ledger() -> None:
    assert not begun().ledger
    assert isinstance(with_list().ledger, Ledger)
    assert [about.experiment_id for about in with_list().ledger.experiments] == [NAME]
    assert with_list().starts == {NAME: begun().day(START)}
