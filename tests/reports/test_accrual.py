"""What the page says of first rewards, rates, gifts of points and recommendations."""

from __future__ import annotations

import pytest
from reports import accrual_results as made
from reports.results import said

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.reports.findings import action, alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def sentence(result: object) -> str:
    return said(finding(result, WORDS).sentence)


def test_the_reward_says_where_it_comes_from() -> None:
    assert sentence(made.reward()) == (
        "A reward can be used from 300 points on: of 1,775 payments with points, 99 in 100 were made with that much or "
        "more."
    )
    assert sentence(made.reward(stated=True)).endswith("as the parameter file says.")


def test_the_share_with_a_reward_comes_first_then_what_it_took() -> None:
    found = sentence(made.speed())
    # Choudhury's bounds of 60 in 100.
    assert found.startswith("60.0% of members hold a reward they can use, 300 points, within a year of joining (49.")
    assert "Half of those who got there needed 2 orders or fewer, and 100 days or less." in found
    assert "By then the average of them had brought $120 of gross profit" in found
    assert "too slow" not in found


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (30, "That is too slow: fewer than half ever see what the points are for."),
        (50, "Whether that is more or fewer than half cannot be told yet."),
    ],
)
def test_too_slow_is_said_of_fewer_than_half(there: int, says: str) -> None:
    assert sentence(made.speed(there)).endswith(says)


def test_rewards_without_an_order_are_called_gifts() -> None:
    found = sentence(made.speed(orders=0))
    assert "Of those who got there, 100% had not ordered once since joining: gifts of points brought them" in found


def test_a_young_programme_and_nobody_there_are_said() -> None:
    assert "within half a year of joining (49." in sentence(made.speed(horizon=182))
    assert sentence(made.speed(horizon=182)).count("for a year the programme is too young") == 1
    assert sentence(made.nobody_there()).startswith("0.0% of members")
    assert "gross profit" not in sentence(made.unpriced())


def test_proposals_are_told_by_buying_alone_with_their_cost() -> None:
    assert sentence(made.proposals()) == (
        "Buying alone would bring 20.0% of members to a reward within 365 days, at today's 5 points for 100 of sales; "
        "gifts of points make it 60.0%. The median member earns 100 points in the 180 days that they last: they expire "
        "before the 300 that a reward takes. At one rate for everybody, 5 points would bring 25.0% there and 10 points "
        "45.0%. The latter costs up to $250 more a year in points."
    )


def test_proposals_where_buying_does_most() -> None:
    assert "with gifts of points it is 60.0%" in sentence(made.alone(0.6))


@pytest.mark.parametrize(
    ("points", "valid", "says"),
    [
        (0.0, 180, "The median member buys nothing in the 180 days that points last"),
        (450.0, 180, "The median member earns 450 points in the 180 days that they last, enough for the 300"),
    ],
)
def test_the_median_member_is_told(points: float, valid: int, says: str) -> None:
    assert says in sentence(made.proposals(typical_points=points, valid_days=valid))
    assert "median" not in sentence(made.proposals(typical_points=points, valid_days=None))


def test_a_rate_without_a_known_cost_or_with_a_lower_one_is_told() -> None:
    unknown = made.proposals(value=NotEnough("point_value_known", 0, 1))
    assert sentence(unknown).endswith("there and 10 points 45.0%.")
    assert action(unknown, WORDS) is None
    assert "The latter costs $250 less a year." in sentence(made.cheaper())
    assert action(made.cheaper(), WORDS) is None


def test_a_higher_rate_is_to_be_tried_on_a_half_drawn_by_chance() -> None:
    found = action(made.proposals(), WORDS)
    assert found is not None
    assert said(found.title) == "Before paying 10 points for 100 of sales, give them to a random half of new members"
    assert {name: said(text) for name, text in found.facts} == {
        "At a reward by buying alone": "25.0% of members at today's mean rate, 45.0% then",
        "Cost if for all": "up to $250 more a year",
        "Pays": "if members buy 7.1% more, every point being used",
    }
    assert found.tested is False
    assert action(made.proposals(proposed=False), WORDS) is None  # nobody asked for another rate
    never = action(made.proposals(value=4.0), WORDS)
    assert never is not None
    assert "never" in dict(never.facts)["Pays"]


def test_a_replay_that_misses_what_was_is_an_alert_and_no_action() -> None:
    right, wrong = alert(made.proposals(), WORDS), alert(made.apart(), WORDS)
    assert (right.level, wrong.level) == ("ok", "warn")
    assert "to within 2.0 percentage points" in said(right.sentence)
    assert "by 9.0 percentage points, more than 5" in said(wrong.sentence)
    assert "not to rely" in sentence(made.apart())
    assert action(made.apart(), WORDS) is None


def test_the_table_of_rates_names_each_way_to_earn() -> None:
    names = shown_table(made.proposals(), WORDS).frame["scheme"].tolist()
    assert names == [
        "5 on average, as now",
        "5 for everybody",
        "10 for everybody",
    ]
    growing = shown_table(made.proposals().growing, WORDS)
    assert growing.frame["scheme"].tolist()[2:] == ["3 to 6, growing with spend (5 on average)"]
    assert growing.folded


def test_gifts_are_told_by_size_life_and_use() -> None:
    # 1,000 of 1,510 points are gifts; of 900 welcome points 45 were used.
    found = sentence(made.grants())
    assert found.startswith(
        "66% of all points are gifts. Of the largest part, “welcome” with 18 points each for 30 days, 5.0% are used."
    )
    assert "Of 40 members who came to a first reward, 12 (30%) would not have had enough" in found
    assert sentence(made.young_grants()) == (
        "66% of all points are gifts. The largest part, “welcome”, is 18 points each; how many of these are used is "
        "not known yet."
    )


def test_neither_generous_nor_quick_is_said_first_and_a_larger_gift_is_tried() -> None:
    assert sentence(made.gift_test()) == (
        "Neither: slow for those who buy, and generous in gifts that are hardly used. Within 365 days of joining 20.0% "
        "of members come to a reward of 300 points by buying. Of the points that are given away 5% are used. The "
        "welcome gift is 200 points for 30 days, where a reward takes 300 and points for buying live 180 days."
    )
    found = action(made.gift_test(), WORDS)
    assert found is not None
    assert said(found.title).startswith(
        "Give a random half of new members a welcome gift of 300 points for 180 days, enough for a reward"
    )
    assert {name: said(text) for name, text in found.facts} == {
        "Now": "200 points for 30 days; 5% are used",
        "For": "200 new members a year: half of those who joined in the last one",
        "Costs at most": "$150 a member, $30,000 a year, if every gift is used",
        "Pays": "if a member with it brings $145 more gross profit than one without, $362 more sales",
    }
    assert found.tested is False


@pytest.mark.parametrize(
    ("slow", "used", "says"),
    [
        (True, 0.5, "Slow for those who buy. "),
        (False, 0.05, "Not slow for those who buy, but generous in gifts that are hardly used."),
        (False, None, "Not slow: half of the members or more can buy their way to a reward."),
    ],
)
def test_other_programmes_are_judged_too(slow: bool, used: float | None, says: str) -> None:
    found = made.gift_test(slow=slow, gifts_used=used)
    assert sentence(found).startswith(says)
    assert (action(found, WORDS) is None) is not slow


def test_a_gift_without_an_end_and_none_at_all_are_told() -> None:
    found = action(made.gift_test(gift=None, valid_days=None, now_each=0.0, margin=None), WORDS)
    assert found is not None
    facts = dict(found.facts)
    assert "for an unlimited time" in said(found.title)
    assert facts["Now"] == "no welcome gift"
    assert said(facts["Pays"]) == "if a member with it brings $150 more gross profit than one without"


def test_the_table_of_reasons_names_them_and_greys_the_few() -> None:
    frame = shown_table(made.grants(), WORDS).frame
    assert frame["name"].tolist() == ["welcome", "purchases", "<b>$x$</b>", "corrections"]
    assert frame["thin"].tolist() == [False, False, False, True]
    assert "so far" in shown_table(made.grants(dated=False), WORDS).caption


def test_recommendations_are_told_with_what_cannot_be_known() -> None:
    found = sentence(made.referral())
    assert found.startswith("Since 2 January 2025, 12 recommendations were rewarded with 600 points, $300")
    assert "brought $20 of gross profit in the first half-year, one who came otherwise $10" in found
    assert "Winning one cost $5, points not counted, and $20 otherwise." in found
    assert (
        "100 new customers came so since the programme began, 10.0% of all, against 10.0% before it: no change" in found
    )
    assert found.endswith("none of this is a gain.")


def test_recommendations_without_rewards_difference_or_channel_are_told() -> None:
    missing = NotEnough("customers_referred", 0, 30)
    assert "the difference may be chance" in sentence(made.by_chance())
    bare = made.referral(rewards=0, profit=missing, share_before=missing, cost=missing)
    assert sentence(bare) == (
        "No recommendation was rewarded with points in the programme. Which newcomer a reward was for is not recorded, "
        "nor who would have come without one: none of this is a gain."
    )
    assert "600 points. A customer" in sentence(made.referral(cost=missing))
    more = Estimate(0.05, low=0.02, high=0.08, level=0.95)
    assert "10.0% of all, against 10.0% before it. Which" in sentence(made.referral(share_change=more))
    assert "Winning one" not in sentence(made.referral(acquisition=missing))
