"""The simulated set as a user makes it, graded on its truth."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from acceptance.campaign_figures import GOALS, GUARDRAILS, PLAN, campaign_problems
from acceptance.conftest import Run, retention
from acceptance.loyalty_figures import ledger_problems, loyalty_problems, read_verdict
from acceptance.value_figures import list_problems, value_problems
from pages.checks import page_problems

pytestmark = pytest.mark.xdist_group("demo")

REPORTS = (
    *("churn_diagnosis", "cohort_ltv", "loyalty_impact", "ab_campaign", "broken_test"),
    *("campaign_plan", "retention_playbook"),
)
ARMS = ("discount20", "free_delivery")


def figures(demo: Run, report: str) -> dict[str, Any]:
    folder = demo.root / "outputs" / "demo" / "2026-06"
    return {figure["id"]: figure for figure in json.loads((folder / f"{report}.figures.json").read_text())}


def truth(demo: Run, name: str) -> pd.DataFrame:
    return pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "truth" / f"{name}.parquet")


def table(demo: Run, name: str) -> pd.DataFrame:
    """A table of the loyalty report."""
    return pd.read_csv(demo.root / "outputs" / "demo" / "2026-06" / "tables" / "loyalty_impact" / f"{name}.csv")


def verdict(demo: Run) -> tuple[str, str]:
    """Status and sentence of the loyalty report's verdict."""
    return read_verdict(demo.root / "outputs" / "demo" / "2026-06" / "loyalty_impact.ipynb")


def true_effect(demo: Run, effect: str, arm: str, *, measure: str, days: int) -> float:
    """The average effect of an arm against being left alone, over all who took part."""
    found = truth(demo, "effects").query(
        "effect == @effect and among == 'all' and days == @days and arm == @arm and other == 'none'"
        " and measure == @measure"
    )
    assert len(found) == 1
    return float(found["mean"].iloc[0])


def test_all_reports_are_published(demo: Run) -> None:
    assert demo.exit_code == 0, demo.said
    folder = demo.root / "outputs" / "demo" / "2026-06"
    assert sorted(file.stem for file in folder.glob("*.html")) == sorted(["index", *REPORTS])
    made = json.loads((folder / "manifest.json").read_text())["reports"]
    assert {report["status"] for report in made} == {"published"}


def test_the_store_and_its_truth_stand_beside_each_other(demo: Run) -> None:
    folder = demo.root / "data" / "demo" / "simulated"
    known = json.loads((folder / "simulation.json").read_text())
    assert known["simulation"]["seed"] == 1
    assert (folder / "README.md").read_text().startswith("# ")
    assert len(truth(demo, "customers")) == 20_000


def test_revenue_is_the_simulated_one_to_the_kopeck(demo: Run) -> None:
    sales = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "transactions.parquet", columns=["amount"])
    total = float(sales["amount"].sum())
    assert figures(demo, "churn_diagnosis")["revenue_total"]["value"] == total
    assert figures(demo, "cohort_ltv")["revenue_total"]["value"] == total


def test_margin_of_the_parameter_file_is_the_simulated_one(demo: Run) -> None:
    sales = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "transactions.parquet")
    margin = 1 - float(sales["cost"].sum()) / float(sales["amount"].sum())
    text = (demo.root / "parameters" / "demo.yml").read_text()
    written = next(line.split()[1] for line in text.splitlines() if line.strip().startswith("gross_margin:"))
    assert float(written) == pytest.approx(margin, abs=0.005)


def test_the_campaign_report_records_its_figures(demo: Run) -> None:
    found = figures(demo, "ab_campaign")
    assert campaign_problems(found, arms=ARMS, metrics=[*GOALS, *GUARDRAILS], history=True) == []
    assert 0 < found["cuped_variance_reduction"]["value"] < 1


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize(
    ("metric", "measure"),
    [("conversion", "buyers"), ("orders", "purchases"), ("revenue", "revenue"), ("gross_profit", "gross_profit")],
)
def test_effects_of_the_random_test_hold_the_truth(demo: Run, arm: str, metric: str, measure: str) -> None:
    found = figures(demo, "ab_campaign")[f"{metric}_effect_{arm}"]
    true = true_effect(demo, "offer_3", arm, measure=measure, days=28)
    assert found["low"] < true < found["high"]
    if found["claimed"]:
        assert found["value"] * true > 0


@pytest.mark.parametrize("arm", ARMS)
def test_profit_per_contact_of_the_random_test_holds_the_truth(demo: Run, arm: str) -> None:
    """The true profit of window and weeks after, less the message of half a rouble."""
    found = figures(demo, "ab_campaign")[f"profit_per_contact_{arm}"]
    assert found["low"] < true_effect(demo, "offer_3", arm, measure="net_profit", days=84) - 0.5 < found["high"]


@pytest.mark.parametrize("arm", ARMS)
def test_coupon_orders_that_would_have_come_anyway_hold_the_truth(demo: Run, arm: str) -> None:
    """1 - true extra orders a customer / orders with the arm's coupon a customer."""
    used = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "redemptions.parquet")
    people = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "assignments.parquet")
    of_arm = people.query("experiment_id == 'offer_3' and variant == @arm")["customer_id"]
    orders = used[(used["campaign_id"] == "offer_3") & used["customer_id"].isin(of_arm)]["order_id"].nunique()
    extra = true_effect(demo, "offer_3", arm, measure="purchases", days=84) * len(of_arm)
    found = figures(demo, "ab_campaign")[f"subsidy_share_{arm}"]
    assert found["low"] < 1 - extra / orders < found["high"]


def test_the_test_claims_something(demo: Run) -> None:
    claimed = [figure["id"] for figure in figures(demo, "ab_campaign").values() if figure["claimed"]]
    assert "orders_effect_discount20" in claimed


def test_the_plan_of_the_next_test_records_its_figures(demo: Run) -> None:
    found = figures(demo, "campaign_plan")
    assert found.keys() == PLAN
    assert [id for id, figure in found.items() if figure["value"] is None] == []
    assert found["planned_verdict_on"]["value"] == "2026-09-23"  # 1 July, four weeks and eight weeks after these
    assert found["planned_detectable_effect"]["value"] < 0.5  # there are customers enough for the change chosen


def test_the_list_of_the_next_test_is_a_table_of_assignments(demo: Run) -> None:
    actions = demo.root / "outputs" / "demo" / "2026-06" / "actions"
    listed, apart = (pd.read_csv(actions / f"campaign_plan_{name}.csv") for name in ("assignments", "holdout"))
    assert list(listed) == list(apart) == ["customer_id", "experiment_id", "variant", "assigned_at", "stratum"]
    assert listed["customer_id"].is_unique
    held_out = apart[apart["variant"] == "holdout"]["customer_id"]
    assert not set(listed["customer_id"]) & set(held_out)
    assert len(held_out) == figures(demo, "campaign_plan")["holdout_customers"]["value"]
    homes = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "customers.parquet")
    homed = listed.merge(homes[["customer_id", "household_id"]], on="customer_id")
    units = homed["household_id"].fillna(homed["customer_id"])
    assert homed.groupby(units)["variant"].nunique().max() == 1  # no household in two arms
    sizes = units.groupby(homed["variant"]).nunique()
    assert set(sizes.index) == {"none", *ARMS}
    assert sizes.max() - sizes.min() <= listed["stratum"].nunique()


def test_the_loyalty_report_records_its_figures(demo: Run) -> None:
    assert loyalty_problems(figures(demo, "loyalty_impact"), programme=True, campaigns=True) == []


def settled_truth(demo: Run) -> pd.DataFrame:
    """What members with twelve weeks as customers before joining bought in their first twelve weeks, in each world.

    Returns:
        Rows `member` (what happened) and `never` (nobody may join), columns `purchases`, `revenue`, `gross_profit`,
        summed, and `weeks` of membership in these twelve, the same in both.
    """
    people, days = truth(demo, "customers").set_index("customer_id"), 84
    subjects = truth(demo, "subjects").query("effect == 'programme'").set_index("customer_id")
    before = pd.to_datetime(people["joined_at"]) - pd.to_datetime(people["acquired_at"])
    settled = subjects[before.loc[subjects.index].dt.days >= days]
    bought = truth(demo, "outcomes").query("effect == 'programme' and period < 3")
    bought = bought[bought["customer_id"].isin(settled.index)]
    sums = bought.astype({"revenue": float, "gross_profit": float}).groupby("arm", observed=True)
    weeks = settled["followed_days"].clip(upper=days).sum() / 7
    return sums[["purchases", "revenue", "gross_profit"]].sum().assign(weeks=weeks)


def test_the_programme_changes_buying_as_far_as_is_true(demo: Run) -> None:
    """Steps of a panel begin some days after joining; the truth moves by far less than the interval is wide."""
    found, true = figures(demo, "loyalty_impact"), settled_truth(demo)
    gained = true.loc["member"] - true.loc["never"]
    expected = {
        "did_effect_relative": gained["purchases"] / true.loc["never", "purchases"],
        "did_effect": gained["revenue"] / true.loc["member", "weeks"],
        "incremental_gross_profit": gained["gross_profit"],
    }
    for id, value in expected.items():
        assert found[id]["low"] < value < found[id]["high"], id
    assert found["did_effect_relative"]["claimed"] is True
    assert found["did_effect_relative"]["low"] > 0
    assert found["members"]["value"] == pytest.approx(len_settled(demo), rel=0.05)
    for check in ("pretrend_p", "placebo_p"):
        assert found[check]["value"] > 0.01, check
    assert found["sensitivity_breakdown"]["value"] > 0


def len_settled(demo: Run) -> int:
    """Members with twelve weeks as customers before joining."""
    people = truth(demo, "customers").dropna(subset=["joined_at"])
    return int(((pd.to_datetime(people["joined_at"]) - pd.to_datetime(people["acquired_at"])).dt.days >= 84).sum())


def test_the_plain_gap_of_members_is_told_as_what_it_is(demo: Run) -> None:
    found = figures(demo, "loyalty_impact")
    true = settled_truth(demo)
    weekly = (true.loc["member", "revenue"] - true.loc["never", "revenue"]) / true.loc["member", "weeks"]
    assert found["naive_difference"]["value"] > 3 * weekly  # members buy more by themselves
    assert found["naive_difference"]["reason"] == "selection"
    gap = table(demo, "member_gap").set_index("what")["value"]
    assert gap["before"] > 1  # members bought twice as much already before they joined
    assert f"{gap['before']:.0%} " in verdict(demo)[1]
    assert "before they joined" in verdict(demo)[1]


def test_the_profit_of_the_programme_is_what_its_parts_leave(demo: Run) -> None:
    found = figures(demo, "loyalty_impact")
    rewards, profit = found["reward_cost"], found["programme_profit"]
    assert 0 < rewards["low"] < rewards["value"] < rewards["high"]
    assert profit["value"] < found["incremental_gross_profit"]["value"] - rewards["value"]  # running it costs as well
    assert profit["low"] < 0 < profit["high"]
    assert 0.02 < found["probability_profit"]["value"] < 0.98
    assert f"{found['probability_profit']['value']:.0%}" in verdict(demo)[1]


def test_the_ledger_of_points_balances_to_the_point(demo: Run) -> None:
    found = figures(demo, "loyalty_impact")
    events = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "loyalty_events.parquet")
    ledger = table(demo, "points_ledger")
    assert ledger_problems(ledger) == []
    assert ledger["outstanding"].iloc[-1] == float(events["points"].sum())
    burned = -float(events.loc[events["event"] == "redeem", "points"].sum())
    assert ledger["burned"].sum() == burned
    assert ledger[["reversed", "expired", "forfeited"]].sum().gt(0).all()
    last = ledger.iloc[-1]
    usable = last["outstanding"] - last[["expired_by_date", "forfeited_by_date"]].sum()
    assert found["points_outstanding"]["value"] == usable
    assert 0 < found["points_liability"]["low"] < found["points_liability"]["high"] < usable  # a point pays one rouble


def test_a_mailing_is_claimed_only_with_the_sign_of_the_truth(demo: Run) -> None:
    """The shop's mailings went to customers whose own course differs; nearly all of them are refused for that."""
    told = table(demo, "campaign_effects").dropna(subset=["name"])
    assert set(told["name"]) == {"discount20", "free_delivery", "letter"}
    true = truth(demo, "effects").query("among == 'all' and days == 28 and other == 'none' and measure == 'revenue'")
    for row in told[told["claimed"]].itertuples():
        assert row.money * true.loc[true["arm"] == row.name, "mean"].mean() > 0, row.name
    assert all(told.loc[~told["claimed"], "reason"].notna())


def test_the_window_is_near_the_true_rhythm_of_those_judged(demo: Run) -> None:
    """The time by which a customer of rate r has bought again with a chance of .8 is ln(5) / r."""
    rates = truth(demo, "customers").set_index("customer_id")["rate"]
    sales = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "transactions.parquet")
    year = sales[(sales["amount"] > 0) & (sales["ordered_at"] >= pd.Timestamp("2025-07-01"))]
    days = year.assign(day=year["ordered_at"].dt.normalize()).groupby("customer_id")["day"].nunique()
    slow = np.log(5) / rates.loc[days.index[days >= 4]]
    found = figures(demo, "churn_diagnosis")
    # About a third of the judged have left; their last silence counts as a gap still open.
    assert found["lapse_days"]["value"] == pytest.approx(slow.quantile(0.8), rel=0.1)
    assert found["at_risk_days"]["value"] == pytest.approx(slow.median(), rel=0.2)


def test_the_quiet_who_come_back_are_fewer_than_those_still_customers(demo: Run) -> None:
    """Who buys within 90 days had not left; some who had not left do not buy within them."""
    people = truth(demo, "customers").set_index("customer_id")
    sales = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "transactions.parquet")
    cutoff = pd.Timestamp("2026-04-01")
    bought = sales[(sales["amount"] > 0) & (sales["ordered_at"] < cutoff)].dropna(subset=["customer_id"])
    last = bought.groupby("customer_id")["ordered_at"].max()
    found = figures(demo, "churn_diagnosis")
    quiet = last[last < cutoff - pd.Timedelta(days=found["lapse_days"]["value"])].index
    still = (people.loc[quiet, "left_at"].isna() | (people.loc[quiet, "left_at"] >= cutoff)).mean()
    assert 0.02 < found["return_chance_beyond"]["value"] < still < 0.5


def test_the_value_is_off_by_no_more_than_its_own_backtest_says(demo: Run) -> None:
    """Profit of the next year: the page's, and what the rates and hazards of those who have not left give.

    A year has every season once, and monthly shocks are one on average. The rates leave offers, tiers and running
    out of goods aside, which made up a small part of the purchases so far.
    """
    people, days = truth(demo, "customers"), truth(demo, "days")
    alive = people[people["left_at"].isna()]
    lasting = (1 - np.exp(-365 * alive["hazard"])) / alive["hazard"]
    purchases = float((alive["rate"] * lasting).sum() * days["price"].iloc[-1])
    sales = pd.read_parquet(demo.root / "data" / "demo" / "simulated" / "transactions.parquet")
    last_year = sales[sales["ordered_at"] >= pd.Timestamp("2025-07-01")].dropna(subset=["customer_id"])
    profit = float((last_year["amount"] - last_year["cost"]).sum()) / last_year["order_id"].nunique()
    true = purchases * profit / 1.10**0.5  # money of the year, discounted from its middle
    found = figures(demo, "cohort_ltv")
    error = found["expected_value_12m_total"]["value"] / true - 1
    assert abs(error) < abs(found["holdout_total_error"]["value"])


def test_the_value_report_records_its_figures_and_its_list(demo: Run) -> None:
    assert value_problems(figures(demo, "cohort_ltv")) == []
    assert list_problems(demo.root / "outputs" / "demo" / "2026-06", "cohort_ltv", "most_valuable") == []


@pytest.fixture(scope="module")
def checked(demo: Run) -> Run:
    """The data check of the simulated set."""
    return retention(demo.root, "check", "--set", "demo")


def test_the_check_shows_on_a_page_that_it_looks_like_a_shop(checked: Run) -> None:
    assert checked.exit_code == 0, checked.said
    folder = checked.root / "outputs" / "demo" / "check"
    assert "Does it look like a shop?" in (folder / "demo.html").read_text()
    found = {figure["id"]: figure for figure in json.loads((folder / "demo.figures.json").read_text())}
    table = pd.read_csv(folder / "tables" / "demo" / "shop_shape.csv")
    assert (found["shape_inside"]["value"], found["shape_inside"]["n"]) == (1.0, len(table))


@pytest.mark.parametrize(
    "page", ["2026-06/ab_campaign", "2026-06/cohort_ltv", "2026-06/loyalty_impact", "2026-06/index", "check/demo"]
)
def test_pages_fit_a_phone_and_paper(checked: Run, chromium: Any, page: str) -> None:
    assert page_problems(chromium, (checked.root / "outputs" / "demo" / f"{page}.html").resolve()) == []


def test_late_deliveries_are_compared_and_their_comparison_is_claimed(demo: Run) -> None:
    """The truth of one store is what the study `late_delivery_coverage` looks into."""
    found = figures(demo, "churn_diagnosis")
    assert found["late_delivery_difference_90d"]["claimed"] is True
    assert found["late_delivery_difference_90d"]["high"] < 0
    assert found["hazard_ratio_late_delivery"]["high"] < 1


def test_no_more_is_at_stake_than_all_would_bring(demo: Run) -> None:
    """The truth: what everybody who bought in the last year would bring if no relation had ended."""
    found = figures(demo, "churn_diagnosis")["gross_profit_at_stake_90d"]
    people, sales = (
        truth(demo, "customers"),
        pd.read_parquet(
            demo.root / "data" / "demo" / "simulated" / "transactions.parquet", columns=["amount", "cost", "order_id"]
        ),
    )
    an_order = float((sales["amount"] - sales["cost"]).sum()) / sales["order_id"].nunique()
    assert 0 < found["value"] < 90 * float(people["rate"].sum()) * an_order
