"""What is said of the money of a programme, from results whose numbers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from reports import programme_money_results as money
from reports.results import said

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.posteriors import Prior
from retention_lib.models.programme_profit import programme_profit
from retention_lib.reports.blocks import table_html
from retention_lib.reports.charts import programme_money as charts
from retention_lib.reports.findings import action, alert, finding
from retention_lib.reports.style import chart_axes, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def sentence(result: object) -> str:
    return said(finding(result, WORDS).sentence)


def test_a_profit_is_told_with_what_it_is_made_of() -> None:
    told = sentence(money.profit(of=money.costs(used=False)))
    # 4,000 of gross profit, hardly drawn by the prior, less 1,000 of rewards and 200 of running.
    assert told.startswith("The programme earned $2.8K more than it cost on 100 members in their first 8 weeks ($2.3K")
    assert "of extra gross profit ($4K as measured) and took $1K in rewards and $200 to run." in told
    assert "It pays from 2.4% more gross profit a member on. Measured is 8.0% more gross profit (7.0% to 9.0%)" in told
    assert told.endswith("once weighed with what is likely beforehand, about 8.0%.")


def test_what_is_left_is_told_without_and_with_the_points_still_held() -> None:
    told = sentence(money.profit())
    # .6 of 10,000 credited will be used, 2,000 are: 4,000 more at a half each.
    assert "chance that it pays: above 99%), and $794" in told
    assert "once the points that they still hold are used ($" in told
    assert "The points still to be used are worth $2K." in told
    # 3,200 of 50,000
    assert "It pays from 2.4% more gross profit a member on, from 6.4% with the points still held." in told


def test_a_loss_and_an_open_question_are_told_as_such() -> None:
    told = sentence(money.loss())
    assert told.startswith("The programme cost $1.2K more than it earned on 100 members in their first 8 weeks ($")
    assert "Measured is 0.1% more gross profit (-0.9% to 1.1%), which may be chance;" in told
    told = sentence(money.unsure())
    assert told.startswith("Whether the programme pays cannot be told yet: on 100 members in their first 8 weeks")
    assert "it leaves $" in told


def test_a_profit_that_points_still_held_may_eat_up_is_open() -> None:
    found = money.profit(0.06)
    assert (found.chance.value > 0.99, found.chance_after_owed.value < 0.9, found.standing) == (True, True, "open")


def test_what_is_not_taken_off_is_said() -> None:
    unknown = sentence(money.profit(of=money.costs(running=None)))
    assert "took $1K in rewards. " in unknown
    assert "What running the programme costs is not known and not taken off." in unknown
    in_sales = sentence(money.profit(of=money.costs(in_sales=True)))
    assert "took $200 to run." in in_sales
    assert "Sales are net of points used, so rewards are not taken off again." in in_sales
    nothing = sentence(money.profit(of=money.costs(in_sales=True, running=None)))
    assert "took no cost that is known." in nothing
    assert "still hold" not in sentence(money.profit(of=money.costs(used=False)))


def test_a_cost_above_all_profit_has_no_lift_that_pays() -> None:
    """What members brought is known to be 54,000: no effect makes more of it than that."""
    costly, told = money.costs(running=200_000.0), [0.07, 0.08, 0.09]
    gained = [54_000 * (1 - 1 / (1 + each)) for each in told]
    relative, amount = (Estimate(at[1], low=at[0], high=at[2], level=0.95) for at in (told, gained))
    found = programme_profit(relative, amount, costly, prior=Prior(), rng=np.random.default_rng(1))
    assert "No lift would pay for it, as it costs more than all gross profit of its members." in sentence(found)
    assert "Pays" not in dict(action(found, WORDS).facts)


@pytest.mark.parametrize(
    ("build", "title", "tested"),
    [
        (money.profit, "Keep the programme: on 100 members it earned $2.8K more than it cost", True),
        (money.loss, "Change the programme or end it: on 100 members it cost $1.2K more than it earned", True),
        (money.unsure, "Find out whether the programme pays: leave a tenth of new customers uninvited", False),
    ],
)
def test_what_to_do_follows_from_the_chance(build: object, title: str, tested: bool) -> None:
    found = action(build(), WORDS)
    assert said(found.title).startswith(title)
    assert found.tested is tested


def test_how_much_hangs_on_the_prior_is_told() -> None:
    assert said(alert(money.profit(), WORDS).sentence).endswith(
        "is above 99%, also if effects of programmes were half or twice as spread as was held to be likely beforehand."
    )
    unsure = money.unsure()
    found = alert(unsure, WORDS)
    assert "it would lie between" in said(found.sentence)
    low, high = unsure.chance_other_priors.low, unsure.chance_other_priors.high
    assert found.level == ("warn" if low < 0.5 < high else "ok")


def test_kinds_name_the_smallest_lift_and_what_today_needs() -> None:
    told = sentence(money.measured())
    # Margin .4: points of 5 %, 60 % used, cost 3 and need 3 / 37; half of each 3.9625 / 36.0375; 5 % off 5 / 35.
    assert told.startswith(
        "At a gross margin of 40.0%, 5% back in points needs least: 8.1% more sales to members. It "
        "takes 11.0% for 2.5% off and 2.5% back in points and 14.3% for 5% off at the till. Of 100 points credited 60 "
        "are "
    )
    assert "4.7% more sales are enough." in told  # 1.8 / 38.2
    # Today 4 of 100 take 4 / 36; the measured 10 % reaches from 5 % to 15 %.
    assert "and alone take 11.1% more sales; the cost of running the programme is not counted here." in told
    assert "Measured are 10.0% more sales (5.0% to 15.0%): this may or may not pay for the points." in told
    assert "(20.0% to 30.0%): enough for the points." in sentence(money.measured(0.25))
    assert "(3.0% to 5.0%): not enough for the points." in sentence(money.measured(0.04, 0.01))
    assert "What the programme brings is not shown." in sentence(money.kinds())
    assert "Today's points pay" not in sentence(money.kinds(today=money.UNKNOWN))


def test_kinds_without_a_redemption_rate_say_so_and_propose_nothing() -> None:
    unknown = money.kinds(used=NotEnough("cohorts", 0, 1))
    told = sentence(unknown)
    # All points used: 5 % cost 5, half of each 2.5 + 2.4375.
    assert "all of these need about the same: 14.1% to 14.3% more sales" in told
    assert "so all are counted as used: the most that points can cost." in told
    assert action(unknown, WORDS) is None
    assert "none of these can pay: 5% off at the till, 2.5% off and 2.5% back in points and 5% back" in sentence(
        money.never()
    )
    assert action(money.never(), WORDS) is None
    some = sentence(money.kinds(discount=0.4))
    assert "No lift is enough for 40% off at the till." in some


def test_a_test_is_proposed_only_where_it_needs_less_than_today() -> None:
    found = action(money.kinds(), WORDS)  # 3 of 100 against today's 4
    assert said(found.title).startswith(
        "Test 5% back in points on members drawn by chance: it pays from 8.1% more sales"
    )
    assert (found.tested, len(found.facts)) == (False, 3)
    assert action(money.kinds(today=0.02), WORDS) is None


def test_tables_hold_what_the_sentences_say() -> None:
    table = shown_table(money.profit(), WORDS)
    assert [round(row) for row in table.frame["amount"][2:5]] == [1_000, 200, round(money.profit().profit.value)]
    assert "not known" not in table_html(table, WORDS)
    table = shown_table(money.profit(of=money.costs(in_sales=True, running=None, used=False)), WORDS)
    assert len(table.frame) == 4
    table = shown_table(money.kinds(), WORDS)
    assert len(table.frame) == 17
    assert shown_table(money.costs(), WORDS).frame["rewards_so_far"].tolist() == [0.0, 10.0]


def test_bars_begin_where_the_one_above_ends() -> None:
    result = money.profit()
    with styled("wide"):
        ax = chart_axes("wide")
        charts.plot_programme_profit(result, WORDS, ax=ax)
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    extra, left = result.incremental.value, result.profit.value
    assert bars == pytest.approx(
        [(0, extra), (extra, -1_000), (extra - 1_000, -200), (0, left), (left, -2_000), (0, result.after_owed.value)],
        rel=1e-9,
    )


def test_the_measured_lift_is_drawn_only_where_it_is_claimed() -> None:
    for result, drawn in ((money.measured(), True), (money.kinds(), False)):
        with styled("wide"):
            ax = chart_axes("wide")
            charts.plot_needed_lift(result, WORDS, ax=ax)
        assert ("measured: 10.0%" in [text.get_text() for text in ax.texts]) is drawn
