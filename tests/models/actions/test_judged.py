"""What lists earned, by hand; and that the interval of a month holds where lists are small and money is skewed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reports.actions_judged_results import (
    NO_TEST,
    UNTIL,
    Lists,
    asked,
    decided,
    everything,
    lists,
    month,
    month_tiny,
    one_list,
)
from reports.experiment_past_results import spread
from scipy.stats import t as student

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.actions.decisions import TrackRecord, scenario_decisions, track_record
from retention_lib.models.actions.gains import Gain, gain, slope_of, together
from retention_lib.models.actions.judged import Judged, judged
from retention_lib.models.actions.last_month import LastMonth, sum_of
from retention_lib.models.actions.learned import learned_effects
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.profit_columns import Costs, ProfitColumns, profit_columns


def test_a_list_is_judged_as_any_test_is() -> None:
    row = everything().table.set_index("scenario").loc["reactivation"].iloc[0]
    # 9 more than those left alone, less a message of 1; 800 and 200 customers with a spread of 20. Those left alone
    # made 200 orders: 200 / 230 of their spread is their own, the rest that of all, with all degrees of freedom.
    error = 20 * math.sqrt(1 / 800 + 1 / 200)
    freedom = error**4 / (400**2 / 800**2 / 799 + 400**2 / 200**2 / (200 / 230 * 199 + 30 / 230 * 998))
    half = student.ppf(0.975, freedom) * error
    assert row["profit"] == pytest.approx(8)
    assert (row["low"], row["high"]) == pytest.approx((8 - half, 8 + half))
    assert row["total"] == pytest.approx(6_400)
    assert (row["standing"], row["contacts"], row["control"]) == ("paid", 800, 200)


@pytest.mark.parametrize("gain_a_contact", [-16.0, -14.0, 0.0, 15.0, 17.0, 18.0])
def test_a_list_is_called_by_the_interval_that_stands_beside_it(gain_a_contact: float) -> None:
    """At 17 all of the interval is above 0, though what is usual of lists would draw it to a chance below 95 %."""
    row = everything(lists=(one_list("welcome", gain_a_contact, sd=100.0),)).table.iloc[0]
    called = {"paid": row["low"] > 0, "lost": row["high"] < 0, "open": row["low"] <= 0 <= row["high"]}
    assert [name for name, holds in called.items() if holds] == [row["standing"]]
    assert (gain_a_contact >= 17) == (row["standing"] == "paid")


def test_what_is_not_known_of_the_margin_is_in_the_interval_of_a_scenario() -> None:
    """Of lists whose gross profit is half of the sales, give or take a tenth."""
    treated, alone = (
        pd.DataFrame({"arm": arm, "revenue_full": spread(n, mean, 40.0), "contact_cost": sent})
        for arm, n, mean, sent in (("treatment", 800, 118.0, 1.0), ("control", 200, 100.0, 0.0))
    )
    found = moments_of(pd.concat([treated, alone]))
    read = replace(one_list("welcome", 0.0), sums=found.sums, arms=found.arms)
    told = judged(Lists(lists=(read,)), gross_margin=0.5, margin_sd=0.1)
    assert isinstance(told, Judged)
    found_out = decided(told)
    row, own = found_out.table.iloc[0], told.table.iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((own["low"], own["high"]))
    sure = judged(Lists(lists=(read,)), gross_margin=0.5)
    assert isinstance(sure, Judged)
    assert own["high"] - own["low"] > 1.1 * (sure.table["high"] - sure.table["low"]).iloc[0]
    assert (found_out.together.low, found_out.together.high) == pytest.approx((own["total_low"], own["total_high"]))


def test_a_list_that_reached_those_left_alone_tells_nothing() -> None:
    found = everything().table.set_index("scenario").loc["cross_sell"]
    assert (found["standing"], found["reason"]) == ("invalid", "control_contacted")
    assert math.isnan(found["profit"])
    assert not found["valid"]


def test_planned_shares_are_those_of_the_ledger() -> None:
    as_planned = one_list("welcome", 3.0, shares={"control": 0.2, "treatment": 0.8})
    other = one_list("welcome", 3.0, shares={"control": 0.5, "treatment": 0.5})
    for read, reason in ((as_planned, ""), (other, "sample_ratio_broken")):
        assert everything(lists=(read,)).table["reason"].tolist() == [reason]


def test_last_month_is_the_sum_of_its_lists_with_the_small_and_without_the_broken() -> None:
    found = month()
    # 800 x (8 - 7 + 1) + 24 x 11, the list whose control was written to left out.
    assert found.profit.value == pytest.approx(1_600 + 264)
    assert (found.counted, found.left_out, found.contacts) == (4, 1, 2_424)
    assert found.spent == pytest.approx(2_424)
    # Each list's customers have the same spread of 20 in both arms.
    variance = 3 * 800**2 * 400 * (1 / 800 + 1 / 200) + 24**2 * 400 * (1 / 24 + 1 / 6)
    assert found.profit.low is not None
    assert found.profit.high is not None
    half = (found.profit.high - found.profit.low) / 2
    assert half == pytest.approx(1.96 * math.sqrt(variance), rel=0.01)
    assert found.per_contact.value == pytest.approx(found.profit.value / 2_424)


def test_the_cost_of_a_list_is_paid_once() -> None:
    found = month(one_list("reactivation", 9.0, campaign_cost=1_000.0))
    assert found.profit.value == pytest.approx(800 * 8 - 1_000)
    assert found.spent == pytest.approx(1_800)
    assert found.table["profit"].iloc[0] == pytest.approx(8 - 1_000 / 800)


def test_a_small_list_counts_but_is_not_called() -> None:
    found = month_tiny()
    assert found.table["standing"].tolist() == ["small"]
    assert found.table["low"].isna().all()
    assert found.profit.value == pytest.approx(264)
    assert found.profit.low is not None


def test_the_rows_of_a_month_add_up_to_its_total() -> None:
    rng, read = np.random.default_rng(4), []
    for scenario, treated, alone in (("birthday", 24, 6), ("welcome", 80, 20), ("reactivation", 400, 100)):
        arms = [bought(rng, treated, 1.5).assign(arm="treatment"), bought(rng, alone).assign(arm="control")]
        found = moments_of(pd.concat(arms).assign(contact_cost=lambda frame: (frame["arm"] == "treatment") * 1.0))
        plain = one_list(scenario, 0.0, sizes=(treated, alone), campaign_cost=10.0)
        read.append(replace(plain, sums=found.sums, arms=found.arms))
    told = everything(lists=(*read, one_list("cross_sell", 8.0, told=(800, 60))))
    assert isinstance(told.last_month, LastMonth)
    assert told.table["standing"].tolist()[0] == "small"
    assert told.table["total"].sum() == pytest.approx(told.last_month.profit.value)


def test_a_verdict_falls_in_one_month_only() -> None:
    found = everything()
    assert found.table.groupby("month")["last_month"].first().to_dict() == {
        "2026-04": False,
        "2026-05": False,
        "2026-06": True,
    }
    older = everything(lists=(one_list("welcome", 3.0, months_ago=1),))
    assert older.last_month == NotEnough("lists_closed", 0, 1)
    assert older.figures()["last_month_profit"] == NotEnough("lists_closed", 0, 1)


def test_refusals_pass_through() -> None:
    assert judged(NotAsked("lists", 0, 1)) == NotAsked("lists", 0, 1)
    none = judged(Lists())
    assert isinstance(none, Judged)
    assert isinstance(none.last_month, NotAsked)
    assert isinstance(none.told, NotAsked)
    assert isinstance(none.open_lists, NotAsked)
    assert isinstance(track_record(none), NotAsked)
    assert isinstance(scenario_decisions(none, learned_effects(none), asked(), NO_TEST), NotAsked)
    broken = everything(lists=(one_list("welcome", 3.0, told=(800, 100)),))
    assert broken.last_month == NotEnough("lists_sound", 0, 1)
    assert scenario_decisions(broken, learned_effects(broken), asked(), NO_TEST) == NotEnough("lists_sound", 0, 1)
    assert track_record(broken) == NotEnough("lists_sound", 0, 1)
    costless = replace(one_list("welcome", 3.0), entry=replace(one_list("welcome", 3.0).entry, contact_cost=None))
    plain = replace(costless, sums=costless.sums[costless.sums["first"] != "contact_cost"])
    plain = replace(plain, sums=plain.sums[plain.sums["second"] != "contact_cost"])
    assert judged(Lists(lists=(plain,))) == NotEnough("margin_and_cost_known", 0, 1)


def test_all_lists_of_a_scenario_are_added_up() -> None:
    found = decided(everything())
    row = found.table.set_index("scenario").loc["reactivation"]
    assert (row["lists"], row["contacts"]) == (3, 2_400)
    assert row["total"] == pytest.approx(800 * (8 + 7 + 7))
    assert row["profit"] == pytest.approx(22 / 3)
    assert (found.lists, found.months) == (10, 3)
    assert found.scenarios("keep") == ["reactivation"]
    told = track_record(everything())
    assert isinstance(told, TrackRecord)
    assert told.scenarios == ("reactivation", "abandoned_cart", "birthday", "welcome")


def test_delays_of_one_offer_are_one_treatment() -> None:
    two, one = one_list("abandoned_cart", 4.0), one_list("abandoned_cart", 8.0)
    renamed = {"treatment": "after_24h"}
    later = {
        "sums": one.sums[one.sums["arm"] == "treatment"].assign(arm="after_24h"),
        "arms": one.arms[one.arms["arm"] == "treatment"].assign(arm="after_24h"),
    }
    facts = replace(two.facts, arms=pd.concat([two.facts.arms, one.facts.arms.iloc[1:].replace(renamed)]))
    both = replace(
        two,
        entry=replace(two.entry, offers={"treatment": "none", "after_24h": "none"}),
        sums=pd.concat([two.sums, later["sums"]]),
        arms=pd.concat([two.arms, later["arms"]]),
        facts=facts,
    )
    found = everything(lists=(both,))
    assert len(found.arms) == 1
    assert found.arms["contacts"].iloc[0] == 1_600
    assert found.arms["gross"].iloc[0] == pytest.approx(6)
    assert found.arms["arms"].iloc[0] == 2


# The error of a list


def columns_of(moments: Moments) -> ProfitColumns:
    found = profit_columns(moments, Costs(contact_cost=1.0))
    assert isinstance(found, ProfitColumns)
    return found


def gain_of(frame: pd.DataFrame, usual: float = 0.0) -> Gain:
    moments = together(moments_of(frame), ["treatment"], control="control")
    found = gain(moments, columns_of(moments), control="control", usual=usual)
    assert found is not None
    return found


def bought(rng: np.random.Generator, units: int, lift: float = 1.0) -> pd.DataFrame:
    """Customers who buy seldom and very differently, before and after."""
    rate = rng.gamma(0.8, 1 / 0.8, units)
    before, after = rng.poisson(rate), rng.poisson(0.15 * lift * rate)
    money = [np.array([rng.lognormal(3, 1, count).sum() for count in counts]) for counts in (before, after)]
    return pd.DataFrame(
        {"gross_profit_before": money[0], "gross_profit_full": money[1], "orders_full": after.astype(float)}
    )


def test_a_large_list_has_the_error_of_welch() -> None:
    rng = np.random.default_rng(3)
    arms = [bought(rng, 40_000).assign(arm="treatment"), bought(rng, 10_000).assign(arm="control")]
    found = gain_of(pd.concat(arms))
    slope = slope_of(moments_of(pd.concat(arms)), columns_of(moments_of(pd.concat(arms)))).value
    left = [frame["gross_profit_full"] - slope * frame["gross_profit_before"] for frame in arms]
    assert found.variance == pytest.approx(sum(one.var() / len(one) for one in left), rel=0.01)
    assert found.net == pytest.approx(left[0].mean() - left[1].mean() - 1)


def test_nobody_buying_does_not_make_a_list_certain() -> None:
    rng = np.random.default_rng(3)
    frame = pd.concat([bought(rng, 400).assign(arm="treatment"), bought(rng, 20).assign(arm="control")])
    quiet = frame.assign(**{name: frame[name].where(frame["arm"] != "control", 0.0) for name in ("gross_profit_full",)})
    quiet["orders_full"] = quiet["orders_full"].where(quiet["arm"] != "control", 0.0)
    found = gain_of(quiet)
    whole = quiet.loc[quiet["arm"] == "treatment", "gross_profit_full"].var()
    assert found.variance > 0.9 * whole / 20
    assert found.base > 0  # what the treated bought tells something of those left alone


def test_the_interval_of_a_month_covers_what_its_lists_earned() -> None:
    rng = np.random.default_rng(11)
    truth_each, sizes, hits, runs = 0.15 * math.exp(3.5), ((48, 12), (120, 30), (240, 60)), 0, 400
    for _ in range(runs):
        gains = []
        for treated, alone in sizes:
            arms = [bought(rng, treated, 1.5).assign(arm="treatment"), bought(rng, alone).assign(arm="control")]
            gains.append(gain_of(pd.concat(arms), usual=0.1))
        found = sum_of(gains).total()
        truth = sum(treated for treated, _ in sizes) * (0.5 * truth_each - 1)
        assert isinstance(found, Estimate)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / runs <= 0.985


@pytest.mark.parametrize(("sizes", "lift"), [((128, 32), 1.3), ((240, 60), 1.3), ((240, 60), 1.0)])
def test_the_interval_of_a_small_list_covers_what_it_earned(sizes: tuple[int, int], lift: float) -> None:
    """Welch's does so less often: where few of those left alone bought, mean and spread are small at once."""
    rng = np.random.default_rng(5)
    truth, runs, hits, welch = (lift - 1) * 0.15 * math.exp(3.5) - 1, 400, 0, 0
    for _ in range(runs):
        arms = [bought(rng, n, by) for n, by in zip(sizes, (lift, 1.0), strict=True)]
        found = gain_of(pd.concat([arms[0].assign(arm="treatment"), arms[1].assign(arm="control")]), usual=0.1)
        told = sum_of([found]).per_contact()
        assert told.low is not None
        assert told.high is not None
        hits += told.low <= truth <= told.high
        money = [one["gross_profit_full"] for one in arms]
        own = [one.var() / len(one) for one in money]
        freedom = sum(own) ** 2 / sum(part**2 / (len(one) - 1) for part, one in zip(own, money, strict=True))
        half = student.ppf(0.975, freedom) * math.sqrt(sum(own))
        welch += abs(money[0].mean() - money[1].mean() - 1 - truth) <= half
    assert 0.93 <= hits / runs <= 0.99
    assert welch < hits


def test_a_stated_margin_is_wrong_for_all_lists_alike() -> None:
    plain = Gain(
        contacts=100,
        control=25,
        units=125,
        net=2.0,
        gross=3.0,
        variance=1.0,
        freedom=50,
        sending=1.0,
        sales=10.0,
        base=5.0,
        orders=0.1,
        orders_variance=0.01,
    )
    found = sum_of([plain, plain], margin_sd=0.1)
    assert found.value == pytest.approx(400)
    assert found.error == pytest.approx(math.sqrt(2 * 100**2 + (0.1 * 2_000) ** 2))
    assert sum_of([plain]).total().n == 100
    assert isinstance(judged(lists()), Judged)
    assert everything().until == UNTIL
    assert isinstance(month(), LastMonth)
