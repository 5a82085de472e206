"""Sentences, tables and marks of what a campaign test earned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from reports import experiment_profit_results as paid
from reports.results import said

from retention_lib.estimates import Estimate
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit import Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.subsidy import subsidy_shares
from retention_lib.reports.blocks import Alert, Table
from retention_lib.reports.charts import experiment_profit as charts
from retention_lib.reports.findings import action, alert, finding
from retention_lib.reports.findings.experiment_profit import chance
from retention_lib.reports.style import chart_axes
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def sentence(result: object) -> str:
    return said(finding(result, WORDS).sentence)


def table(result: object) -> Table:
    found = shown_table(result, WORDS)
    assert isinstance(found, Table)
    return found


def test_each_arm_is_said_to_pay_or_to_be_open_best_first() -> None:
    # 150 of 1,000 more bring 40: 6, less coupons of 45 x 10 / 1,000, .5 for sending, 200 / 2,000 for the campaign.
    told = sentence(paid.earned())
    assert told.startswith(
        "mail earned $4.95 a contact ($3.29 to $6.61) after all costs: it pays, with a chance of more than 99%. "
        "Whether push pays is open: -$0.12 a contact (-$1.73 to $1.49) after all costs, with a chance of 45% that it "
        "is a gain."
    )
    # 50,000 x 5.05 - 200
    assert told.endswith(
        "Sent to all 50,000 customers, were they like these, mail would bring $252.3K ($169.3K to $335.3K)."
    )


def test_an_arm_that_loses_is_said_to_lose() -> None:
    told = sentence(paid.earned(costs=Costs(contact_cost=8.0), base=None, mail=20))
    assert "mail brought -$7.52 a contact" in told
    assert "it does not pay; the chance that it does is less than 1%" in told
    found = action(paid.earned(costs=Costs(contact_cost=8.0), mail=20), WORDS)
    assert found is not None
    assert said(found.title) == "Do not send any arm again as it is: mail, the best of them, loses money"


def test_the_profit_is_weighed_with_what_was_believed() -> None:
    told = sentence(paid.believed())
    assert "with a chance of 12% that it is a gain" in told
    assert "Weighed with how campaigns usually turn out, mail brings -$0.64 a contact" in told


def test_a_test_that_may_not_be_called_shows_no_money() -> None:
    for result in (paid.withheld(), paid.withheld_parts(), paid.subsidy(paid.BROKEN)):
        found = finding(result, WORDS)
        assert said(found.sentence) == "No arm is said to pay or to lose: the split is broken."
        assert said(found.alt) == "Empty chart: the split is broken."
        assert "$" not in found.caption
        assert table(result).frame.empty
        assert len(result.to_frame()) >= 2
    assert action(paid.withheld(), WORDS) is None
    for plot, result in (
        (charts.plot_profit_per_contact, paid.withheld()),
        (charts.plot_profit_parts, paid.withheld_parts()),
        (charts.plot_subsidy_shares, paid.subsidy(paid.BROKEN)),
    ):
        ax = plot(result, WORDS, ax=chart_axes())
        assert [text.get_text() for text in ax.texts] == ["nothing to draw yet"]


def test_the_parts_are_told_in_order_and_without_those_that_are_nothing() -> None:
    assert sentence(paid.parts()) == (
        "A contact of mail brought +$15.00 sales, -$9.00 goods, -$0.45 coupons, -$0.50 sending and -$0.10 campaign. "
        "That leaves +$4.95."
    )
    shown = table(paid.parts())
    assert [column.header for column in shown.columns] == [
        *("Arm", "Sales", "Goods", "Coupons", "Sending", "Campaign", "What is left")
    ]
    amounts = shown.frame.iloc[0][[column.name for column in shown.columns[1:]]]
    assert list(amounts) == pytest.approx([15, -9, -0.45, -0.5, -0.1, 4.95])
    ax = charts.plot_profit_parts(paid.parts(), WORDS, ax=chart_axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        *("sales", "goods", "coupons", "sending", "campaign", "what is left")
    ]
    ends = [round(bar.get_x() + bar.get_width(), 2) for bar in ax.patches]
    assert ends == [15.0, 6.0, 5.55, 5.05, 4.95, 4.95]


def test_the_table_of_profits_fits_and_leaves_out_what_is_not_known() -> None:
    assert [column.header for column in table(paid.earned()).columns] == [
        *("Arm", "Contacts", "Profit a contact", "Chance that it pays", "Extra orders", "Cost of one of them"),
        "Sent to everybody",
    ]
    assert "base" not in table(paid.undated()).frame
    assert table(paid.earned()).frame["order_cost"].tolist()[1] == "\u2013"


def test_buyers_are_called_buyers() -> None:
    frame = paid.units(mail=150).rename(columns={"gross_profit_full": "gross_profit", "orders_full": "conversion"})
    frame = frame[["arm", "gross_profit", "conversion"]]
    found = profits(moments_of(frame), Costs(contact_cost=0.5), control="none", prior=ProfitPrior())
    assert isinstance(found, Profits)
    assert "Extra buyers" in [column.header for column in table(found).columns]


def test_coupon_orders_are_told_with_their_share_or_why_not() -> None:
    # 80 orders with a coupon, 40 of them extra.
    rows = [("none", 0, 0, 5_000), ("none", 1, 0, 5_000), ("free", 0, 0, 4_600), ("free", 1, 0, 4_600)]
    frame = pd.DataFrame([*rows, ("free", 1, 1, 800)], columns=["arm", "orders", "coupon_orders", "units"])
    found = subsidy_shares(frame, control="none", rng=np.random.default_rng(1))
    told = sentence(found)
    assert told.startswith("Of the 800 orders made with the coupon of free, about 50% would have come without it (")
    assert "How many of the 32 orders made with the coupon of mail would have come anyway" in sentence(paid.subsidy())
    assert sentence(paid.few_coupons()) == "Only 20 orders were made with the coupon of mail, too few to tell."
    assert "every extra order was made with a coupon" in said(finding(found, WORDS).caption)


def test_the_belief_is_told_and_what_another_would_say() -> None:
    default = alert(paid.earned(), WORDS)
    assert default.level == "ok"
    # 2.776 scales of .2 / sqrt(2) to either side
    assert "95 of 100 campaigns bring between -39% and 39% of what a customer left alone brings" in said(
        default.sentence
    )
    assert "A belief half or twice as wide would not change the chance of mail." in said(default.sentence)
    past = alert(paid.believed(), WORDS)
    assert past.level == "warn"
    assert "from this store's 7 earlier tests: by these, 95 of 100 campaigns bring between -20% and 0%" in said(
        past.sentence
    )
    assert "the stated margin of 40.0%, which may be off by 5.9 points" in said(alert(paid.undated(), WORDS).sentence)


@pytest.mark.parametrize("value", [{}, {"coupon_value_full": 0.0}])
def test_coupons_of_unknown_value_are_named_beside_the_profit(value: dict[str, float]) -> None:
    # 45 of the 450 orders after the mail take a coupon.
    frame = paid.units(mail=150).rename(columns={"coupons": "coupon_orders_full"})
    frame = frame.astype({"coupon_orders_full": float}).assign(coupon_cost_full=0.0, **value)

    def told(units: pd.DataFrame) -> Alert:
        found = profits(moments_of(units), Costs(contact_cost=0.5), control="none", prior=ProfitPrior())
        assert isinstance(found, Profits)
        return alert(found, WORDS)

    found = told(frame)
    assert (found.level, said(found.title)) == ("warn", "Coupons of unknown value.")
    assert said(found.sentence).startswith(
        "45 orders used a coupon whose value the store does not hold: what the coupons cost is not taken off, unless "
        "the sales are lower by it. The chance that an arm pays starts from"
    )
    known = told(frame.assign(coupon_value_full=10 * frame["coupon_orders_full"]))
    assert (known.level, said(known.title)) == ("ok", "Belief before the test.")
    assert "coupon" not in said(known.sentence)


@pytest.mark.parametrize(
    ("share", "text"), [(0.999, "more than 99%"), (0.5, "50%"), (0.0004, "less than 1%"), (0.99, "99%")]
)
def test_no_chance_is_certain(share: float, text: str) -> None:
    assert said(chance(Estimate(share), WORDS)) == text


def test_an_arm_is_marked_by_whether_it_pays() -> None:
    ax = charts.plot_profit_per_contact(paid.earned(), WORDS, ax=chart_axes())
    assert [said(text.get_text()) for text in ax.texts][:2] == ["$4.95, pays: more than 99%", "-$0.12, pays: 45%"]
