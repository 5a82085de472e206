"""Comparisons of campaigns from small tables, by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures.tables import SALES, messages, sales, table

from retention_lib.measures import campaign_stacks as measured
from retention_lib.measures.campaign_stacks import CampaignStacks, campaign_stacks
from retention_lib.measures.campaigns import (
    CampaignWeeks,
    mailed_and_not,
    offer_redemptions,
    weekly_panel,
)
from retention_lib.measures.units import judged_units

ORIGIN, END = date(2020, 1, 1), date(2020, 7, 1)  # 26 weeks
START = ORIGIN + timedelta(days=70)  # the first day of week 10
GROUP = ("ann", "bea", "cid", "dan", "eva")


def day(week: int, weekday: int = 0) -> str:
    return (ORIGIN + timedelta(days=7 * week + weekday)).isoformat()


def stacked(contacts: list[tuple[str, str, str]], *orders: tuple[str, str, str], **options: Any) -> CampaignStacks:
    """The comparisons of a shop in which all but neo bought for 1 in week 0, with further orders (who, day, amount)."""
    everybody = sorted({*GROUP, "uno", "due", "tre", *(who for who, _, _ in contacts), *(who for who, _, _ in orders)})
    rows = [(who, day(0), "1.00") for who in everybody if who != "neo"]
    lines = [(who, f"o{place}", at, amount) for place, (who, at, amount) in enumerate([*rows, *orders])]
    return campaign_stacks(sales(*lines), messages(*contacts), period=(ORIGIN, END), weeks=(4, 3), **options)


def mailed(campaign: str, at: str, *who: str) -> list[tuple[str, str, str]]:
    return [(name, campaign, at) for name in (who or GROUP)]


def test_each_campaign_is_held_against_those_left_alone_by_the_end_of_its_comparison() -> None:
    late = mailed("B", day(13), "uno")  # after the three weeks of A from week 10 on
    early = mailed("B", day(12), "due")
    found = stacked([*mailed("A", day(10)), *late, *early])
    assert found.stacks[["campaign", "started", "weeks_before", "weeks_after"]].to_numpy().tolist() == [
        ["A", START.isoformat(), 4, 3]
    ]
    assert found.stacks[["treated", "controls", "touched_later"]].to_numpy().tolist() == [[5, 2, 0]]
    assert (found.mailed, found.left_alone, found.weeks_seen, found.unit) == (7, 1, 26, "customer")


def test_weeks_are_summed_half_open_and_refunds_are_taken_off() -> None:
    found = stacked(
        mailed("A", day(10)),
        *[("ann", day(6), "2.00"), ("ann", day(9, 6), "3.00"), ("ann", day(10), "5.00"), ("ann", day(12, 6), "7.00")],
        *[("ann", day(13), "100.00"), ("ann", day(5, 6), "100.00"), ("uno", day(11), "-4.00")],
    )
    weeks = ["before_4", "before_3", "before_2", "before_1", "after_0", "after_1", "after_2"]
    sums = found.sums.groupby("treated")[weeks].sum()
    assert sums.loc[True].tolist() == [2.0, 0.0, 0.0, 3.0, 5.0, 0.0, 7.0]
    assert sums.loc[False].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, -4.0, 0.0]
    assert found.sums.groupby("treated")["units"].sum().tolist() == [3, 5]
    assert found.sums["cluster"].is_unique


def test_newcomers_are_left_out_and_the_first_weeks_are_not_compared() -> None:
    new = ("neo", day(6), "9.00")  # in the first week of the comparison
    contacts = mailed("A", day(10))
    assert stacked(contacts, new).stacks["controls"].tolist() == [3]
    assert stacked(contacts, new, newcomers=True).stacks["controls"].tolist() == [4]
    early = mailed("A", day(6))
    assert stacked(early).stacks["weeks_before"].tolist() == [2]  # weeks 4 and 5
    assert stacked(early, newcomers=True).stacks["weeks_before"].tolist() == [4]


def test_a_comparison_ends_when_others_have_reached_one_in_five() -> None:
    others = [("ann", "B", day(11)), ("bea", "B", day(12))]
    one, two = (stacked([*mailed("A", day(10)), *others[:count]]) for count in (1, 2))
    assert one.stacks[["weeks_after", "touched_later"]].to_numpy().tolist() == [[3, 1]]  # one in five is not more
    assert two.stacks[["weeks_after", "touched_later"]].to_numpy().tolist() == [[2, 1]]
    at_once = [(who, "B", day(10, 3)) for who in GROUP]
    assert stacked([*mailed("A", day(10)), *at_once]).stacks["weeks_after"].tolist() == [1]
    assert np.isnan(two.sums["after_2"]).all()


def test_the_end_of_the_data_ends_a_comparison() -> None:
    assert stacked(mailed("A", day(24))).stacks["weeks_after"].tolist() == [2]


def test_whom_two_campaigns_reached_at_once_belongs_to_neither() -> None:
    contacts = [*mailed("A", day(10), *GROUP, "fay"), ("fay", "B", day(10))]
    assert stacked(contacts).stacks[["treated", "controls"]].to_numpy().tolist() == [[5, 3]]


def test_only_the_week_of_the_start_counts_and_campaigns_of_a_few_are_not_named() -> None:
    contacts = [*mailed("A", day(10)), ("fay", "A", day(11)), *mailed("Ann Smith", day(15), "uno")]
    assert stacked(contacts).stacks[["campaign", "treated", "controls"]].to_numpy().tolist() == [["A", 5, 3]]


def test_offers_of_one_campaign_are_comparisons_of_their_own() -> None:
    other = ("fay", "gus", "hal", "ida", "jon")
    rows = [
        (who, "A", datetime.fromisoformat(day(10)), offer)
        for who, offer in [(w, "x") for w in GROUP] + [(w, "y") for w in other]
    ]
    schema = {"customer_id": "string", "campaign_id": "string", "sent_at": "timestamp", "offer": "string"}
    orders = sales(*[(who, who, day(0), "1.00") for who in (*GROUP, *other, "uno")])
    found = campaign_stacks(orders, table(rows, schema), period=(ORIGIN, END), weeks=(4, 3))
    assert found.stacks[["offer", "treated", "controls"]].to_numpy().tolist() == [["x", 5, 1], ["y", 5, 1]]
    bare = table([row[:3] for row in rows], {name: kind for name, kind in schema.items() if name != "offer"})
    assert campaign_stacks(orders, bare, period=(ORIGIN, END)).stacks["treated"].tolist() == [10]


def test_levels_are_steps_of_half_a_doubling() -> None:
    # 4 weeks before: 16 in all are 4 a week, step 2 * log2(4) = 4; 8 are 2 a week, step 2; none has no step.
    found = stacked(mailed("A", day(10)), ("ann", day(7), "16.00"), ("bea", day(8), "8.00"), ("uno", day(10), "8.00"))
    levels = found.levels.sort_values(["treated", "level"])
    assert levels["treated"].tolist() == [False, True, True, True]
    assert levels["units"].tolist() == [3, 1, 1, 3]
    assert levels["level"].fillna(-99).tolist() == [-99, 2.0, 4.0, -99]


def test_nobody_mailed_gives_no_comparison() -> None:
    found = stacked(mailed("A", day(30)))  # after the data end
    assert (len(found.stacks), len(found.sums), found.mailed, found.left_alone) == (0, 0, 0, 8)


def shop(seed: int, customers: int = 300) -> tuple[pd.DataFrame, list[tuple[str, str, str]]]:
    """A random shop and who was mailed: two campaigns with some overlap."""
    rng = np.random.default_rng(seed)
    at = [ORIGIN + timedelta(days=int(days)) for days in rng.integers(0, 182, 12 * customers)]
    who = rng.integers(0, customers, 12 * customers)
    frame = pd.DataFrame({"who": [f"c{place}" for place in who], "at": at, "amount": rng.integers(-2, 20, who.size)})
    campaigns = [("A", 10), ("B", 14)]
    sent = [(f"c{c}", name, day(week)) for name, week in campaigns for c in rng.choice(customers, 80, replace=False)]
    return frame, sent


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sums_are_those_of_the_panel_of_one_campaign(seed: int) -> None:
    frame, sent = shop(seed)
    rows = [
        (row.who, f"o{row.Index}", datetime.combine(row.at, datetime.min.time()), Decimal(int(row.amount)))
        for row in frame.itertuples()
    ]
    orders, contacts = table(rows, {name: SALES[name] for name in list(SALES)[:4]}), messages(*sent)
    found = campaign_stacks(orders, contacts, period=(ORIGIN, END), weeks=(5, 4))
    for stack in found.stacks.itertuples():
        week = 10 if stack.campaign == "A" else 14
        weeks = CampaignWeeks(
            origin=ORIGIN,
            campaign_id=stack.campaign,
            started=date.fromisoformat(stack.started),
            event_week=week,
            first_week=week - stack.weeks_before,
            end_week=week + stack.weeks_after,
        )
        panel = weekly_panel(orders, contacts, weeks, newcomers=False)
        own = found.sums[found.sums["stack"] == stack.stack]
        assert own["units"].sum() == len(panel)
        names = {f"w_{week + at}": f"before_{-at}" if at < 0 else f"after_{at}" for at in range(-5, stack.weeks_after)}
        for treated in (True, False):
            expected = panel.loc[panel["treated"] == treated, list(names)].sum().tolist()
            assert own.loc[own["treated"] == treated, list(names.values())].sum().tolist() == pytest.approx(expected)


def test_many_units_are_put_into_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, sent = shop(4)
    rows = [
        (row.who, f"o{row.Index}", datetime.combine(row.at, datetime.min.time()), Decimal(int(row.amount)))
        for row in frame.itertuples()
    ]
    orders, contacts = table(rows, {name: SALES[name] for name in list(SALES)[:4]}), messages(*sent)
    alone = campaign_stacks(orders, contacts, period=(ORIGIN, END))
    monkeypatch.setattr(measured, "ONE_BY_ONE", 50)
    monkeypatch.setattr(measured, "CLUSTERS", 50)
    monkeypatch.setattr(measured, "MOST_STACKS", 1)
    together = campaign_stacks(orders, contacts, period=(ORIGIN, END))
    assert together.sums["cluster"].nunique() <= 50 < alone.sums["cluster"].nunique()
    assert (len(alone.stacks), len(together.stacks), together.left_out) == (2, 1, 1)
    kept = alone.stacks.set_index("campaign").loc[together.stacks["campaign"].iloc[0]]
    own = alone.sums[alone.sums["stack"] == kept["stack"]]
    weeks = [name for name in own if name.startswith(("before_", "after_"))]
    grouped = [each.groupby("treated")[["units", *weeks]].sum() for each in (own, together.sums)]
    pd.testing.assert_frame_equal(*grouped, check_dtype=False)


def test_members_of_a_household_count_as_one() -> None:
    homes = table([("ann", "h"), ("uno", "h")], {"customer_id": "string", "household_id": "string"})
    found = stacked(mailed("A", day(10)), units=judged_units(homes))
    assert found.stacks[["treated", "controls"]].to_numpy().tolist() == [[5, 2]]
    assert found.unit == "household"


def test_the_plain_gap_is_over_whole_weeks_and_those_first_reached_in_them() -> None:
    contacts = messages(*mailed("A", day(1)), ("uno", "Z", "2019-12-01"))
    orders = sales(
        ("ann", "1", day(0), "26.00"),
        ("bea", "2", day(1), "78.00"),
        ("uno", "3", day(2), "13.00"),
        ("due", "4", day(3), "39.00"),
        ("due", "5", END.isoformat(), "500.00"),
    )
    found = mailed_and_not(orders, contacts, since=ORIGIN, until=date(2020, 7, 3))
    # Of 26 weeks: 1 and 3 a week, (1 + 3) / 2 and variance 2; 0.5 and 1.5. The last day is in no whole week.
    assert found[["mailed", "n", "mean", "variance"]].to_numpy().tolist() == [[False, 2, 1.0, 0.5], [True, 2, 2.0, 2.0]]
    assert mailed_and_not(orders, contacts, since=ORIGIN, until=date(2020, 1, 6)).empty


def test_use_of_coupons_is_counted_by_offer() -> None:
    contacts = messages(*mailed("A", day(1)), *mailed("B", day(2)), ("uno", "C", day(2)))
    used = {"customer_id": "string", "campaign_id": "string", "redeemed_at": "timestamp"}
    at = datetime.fromisoformat(day(3))
    redemptions = table([("ann", "A", at), ("ann", "A", at), ("bea", "A", at), ("bea", "C", at)], used)
    found = offer_redemptions(contacts, redemptions, until=END)
    # The offer of C went to one customer and is not named.
    assert found.to_numpy().tolist() == [["", 1, 0], ["offer A", 5, 2], ["offer B", 5, 0]]
    assert offer_redemptions(contacts, None, until=END).empty
