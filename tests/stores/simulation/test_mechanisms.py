"""Each mechanism is visible in the tables, and switches off at size zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import pytest
from stores.simulation import looks_contacts, looks_customers, looks_sales
from stores.simulation.seen import Seen, Tables, tables
from stores.simulation.told import opened, purchases, world

from retention_lib.settings.simulation import Sizes
from retention_lib.stores.simulation.shop import tell_story
from retention_lib.stores.simulation.stage import EFFECT_DAYS, NEVER, PERIOD_DAYS, WINDOW_DAYS
from retention_lib.stores.simulation.truth import Truth, truth

Settings = dict[str, float]


def off(*names: str) -> Settings:
    """These sizes at zero."""
    return dict.fromkeys(names, 0.0)


@dataclass(frozen=True, kw_only=True)
class Look:
    """A look at one mechanism in two stores: one with it, and one without.

    Attributes:
        size: The mechanism's size.
        sees: The number that shows it.
        without: Sizes of the store without it, where they are not the default ones.
        beside: Sizes of the store with it, where they are not the default ones.
        expected: What the size says that the number is; `None` where it is only known to be above zero.
        customers: Of either store (count).
        months: Of either store (count).
    """

    size: str
    sees: Callable[[Tables], Seen]
    without: Settings
    beside: Settings = field(default_factory=dict)
    expected: float | None = None
    customers: int = 12_000
    months: int = 24

    def at(self, sizes: Settings) -> Seen:
        """What is seen in a store of these sizes."""
        return self.sees(tables(customers=self.customers, months=self.months, **sizes))


# The looks at the same two stores stand together, for then their stories are told once.

ROWS = off(
    *("anonymous", "promotions", "refunds", "surveys", "machine_opens", "visits", "service_contacts", "split_ids"),
    *("welcome_points", "birthday_points", "action_points", "price_rise", "stock_out", "pairs", "replenishment"),
    *("weekday", "broken_split", "abandoned_carts"),
)
OF_ROWS = [
    Look(size=size, sees=sees, expected=expected, without=ROWS, beside={"split_ids": 0.10})
    for size, sees, expected in (
        ("anonymous", looks_sales.strangers, 0.06),
        ("promotions", looks_sales.promoted, 0.15),
        ("refunds", looks_sales.sent_back, 0.05),
        ("surveys", looks_customers.surveyed, 0.05),
        ("machine_opens", looks_contacts.opened_at_once, 0.25),
        ("visits", looks_contacts.idle_visits, 1.5),
        ("service_contacts", looks_contacts.questions, 0.03),
        ("service_contacts", looks_contacts.calls, None),
        ("welcome_points", looks_customers.granted("welcome"), 200),
        ("birthday_points", looks_customers.granted("birthday"), 300),
        ("action_points", looks_customers.granted("review", "referral"), 50),
        ("split_ids", looks_contacts.second_ids, 0.10),
        ("price_rise", looks_sales.dearer, 2 * np.log(1.07)),
        ("stock_out", looks_sales.empty_shelves, None),
        ("pairs", looks_sales.bought_together, None),
    )
]

HABITS = off(
    "abandoned_carts", "replenishment", "channel_spread", "weekday", "stock_out", "broken_split", "mailing_selection"
)
OF_HABITS = [
    Look(size=size, sees=sees, expected=expected, without=HABITS, beside={"replenishment": 3.0}, customers=25_000)
    for size, sees, expected in (
        ("abandoned_carts", looks_contacts.left_carts, 0.3),
        ("replenishment", looks_sales.refills, None),
        ("channel_spread", looks_sales.cost_of_search, 550.0),
        ("channel_spread", looks_sales.referred_buy_more, None),
        ("weekday", looks_sales.saturdays, 0.2 * 1.5),
        ("stock_out", looks_sales.fall_without_the_favourite, None),
        ("broken_split", looks_contacts.missing_treated, 0.10),
        ("mailing_selection", looks_contacts.mailed_bought_before, None),
    )
]

FLAT = off("season", "monthly_shock", "price_rise")
RISING = FLAT | {"price_rise": 0.3}
OF_DAYS = [
    Look(
        size="season",
        sees=looks_sales.december,
        without=FLAT,
        beside=off("monthly_shock", "price_rise"),
        customers=25_000,
    ),
    Look(
        size="monthly_shock",
        sees=looks_sales.uneven_months,
        without=FLAT,
        beside=FLAT | {"monthly_shock": 0.2},
        customers=25_000,
    ),
    Look(
        size="price_elasticity",
        sees=looks_sales.fall_at_a_rise,
        expected=1.2 * np.log(1.3),
        without=RISING | off("price_elasticity"),
        beside=RISING,
        customers=25_000,
    ),
]

FAIR = off("late_confounding", "late_harm", "bad_review_harm", "answer_benefit")
HARMLESS = off("late_harm", "bad_review_harm")
HIDDEN = HARMLESS | {"unmeasured_confounder": 2.0}
UNANSWERED = FAIR | {"bad_review_harm": 0.8}
ANSWERED = UNANSWERED | {"answer_benefit": 0.5}
OF_DELIVERIES = [
    Look(size=size, sees=sees, expected=expected, without=without, beside=beside, customers=25_000)
    for size, sees, expected, without, beside in (
        ("late_harm", looks_customers.stay_less, 0.20, FAIR, FAIR | {"late_harm": 0.20}),
        ("bad_review_harm", looks_customers.stay_away, 0.35, FAIR, FAIR | {"bad_review_harm": 0.35}),
        ("late_confounding", looks_customers.later_where(looks_customers.far_away), None, FAIR, HARMLESS),
        ("late_confounding", looks_customers.later_where(looks_customers.by_post), None, FAIR, HARMLESS),
        ("late_confounding", looks_customers.later_where(looks_customers.in_december), None, FAIR, HARMLESS),
        ("late_confounding", looks_customers.later_where(looks_customers.large_basket), None, FAIR, HARMLESS),
        ("unmeasured_confounder", looks_customers.left_after_adjusting, None, HARMLESS, HIDDEN),
        ("answer_benefit", looks_customers.answered_stay, np.log(0.6 / 0.2), UNANSWERED, ANSWERED),
    )
]

CLOSED = off("programme_selection", "programme_effect", "tier_effort", "tier_dip")
TIERS = {"tier_effort": 2.0, "tier_dip": 0.8}
OF_THE_PROGRAMME = [
    Look(size=size, sees=sees, without=CLOSED, beside=beside, customers=25_000)
    for size, sees, beside in (
        ("programme_effect", looks_customers.members_buy_more, CLOSED | {"programme_effect": 0.6}),
        ("programme_selection", looks_customers.eager_join, TIERS),
        ("tier_effort", looks_customers.hurry_before_silver, TIERS),
        ("tier_dip", looks_customers.rest_after_silver, TIERS),
    )
]

# What else makes the arms of a test differ, or the days after it.
PLAIN = off(
    *("replenishment", "tier_effort", "tier_dip", "bad_review_harm", "effect_by_feature", "effect_by_latent"),
    *("carry_over", "pull_forward", "mailing_selection", "broken_split"),
)
IDLE = PLAIN | off("free_delivery_effect", "discount_effect", "letter_effect")
OFFERS = IDLE | {"free_delivery_effect": 0.5, "discount_effect": 0.8, "letter_effect": 1.0}
STRONG = PLAIN | {"free_delivery_effect": 3.0, "discount_effect": 3.0, "letter_effect": 3.0}
CARRIED = np.log(1 + 3 * (0.5 ** (np.arange(21) / 10)).mean())
OF_CAMPAIGNS = [
    Look(size=size, sees=sees, expected=expected, without=without, beside=beside, customers=25_000)
    for size, sees, expected, without, beside in (
        ("free_delivery_effect", looks_contacts.gain_of("free_delivery"), np.log(1.5), IDLE, OFFERS),
        ("discount_effect", looks_contacts.gain_of("discount20"), np.log(1.8), IDLE, OFFERS),
        ("letter_effect", looks_contacts.gain_of_letter, np.log(2.0), IDLE, OFFERS),
        ("effect_by_feature", looks_contacts.low_incomes_answer, None, STRONG, STRONG | {"effect_by_feature": 1.0}),
        ("carry_over", looks_contacts.after_the_offer, CARRIED, STRONG, STRONG | {"carry_over": 1.0}),
        ("pull_forward", looks_contacts.quiet_after_the_offer, None, STRONG, STRONG | {"pull_forward": 1.0}),
        ("household_spill", looks_contacts.neighbours_buy_more, None, STRONG, STRONG | {"household_spill": 1.0}),
    )
] + [
    Look(
        size="effect_by_latent",
        sees=looks_contacts.uneven_answers,
        without=STRONG,
        beside=STRONG | {"effect_by_latent": 1.0},
        customers=40_000,
        months=36,
    )
]

LOOKS = [*OF_ROWS, *OF_HABITS, *OF_DAYS, *OF_DELIVERIES, *OF_THE_PROGRAMME, *OF_CAMPAIGNS]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.size)
def test_mechanism_is_visible_and_switches_off(look: Look) -> None:
    size, none = (Sizes(**sizes).model_dump()[look.size] for sizes in (look.beside, look.without))
    assert size > none == 0
    there, gone = look.at(look.beside), look.at(look.without)
    assert there.value > 4 * there.error, f"not visible at {size}: {there}"
    assert look.expected is None or there.near(look.expected), f"not as large as {size} says, {look.expected}: {there}"
    assert gone.near(0.0), f"still visible at zero: {gone}"


def test_every_mechanism_is_looked_at() -> None:
    assert {look.size for look in LOOKS} == set(Sizes.model_fields)


@cache
def known() -> tuple[Tables, Truth]:
    """The tables of a store with the default sizes, and the truth about it."""
    told = tell_story(opened(customers=40_000), 0, count=40_000)
    return Tables(told), truth(told)


def outcomes(effect: str, *, periods: int) -> pd.DataFrame:
    """What subjects of an effect buy in each arm (rows) in the first periods: share of `buyers`, mean `purchases`."""
    _, of = known()
    rows = of.tables["outcomes"].to_pandas().query("effect == @effect and period < @periods")
    subjects = (of.tables["subjects"].to_pandas()["effect"] == effect).sum()
    of_arm = rows.groupby("arm", observed=True).agg(buyers=("customer_id", "nunique"), purchases=("purchases", "sum"))
    return of_arm / subjects


def test_late_deliveries_look_half_as_harmful_again_as_they_are() -> None:
    seen, _ = known()
    again, late = seen.repeats() > 0, seen.firsts["late"].to_numpy()
    whole = seen.followed()
    raw = again[whole & late].mean() - again[whole & ~late].mean()
    buyers = outcomes("late_first_delivery", periods=EFFECT_DAYS // PERIOD_DAYS)["buyers"]
    true = buyers["late"] - buyers["on_time"]
    assert true < 0
    assert abs(raw - true) >= 0.5 * abs(true)


def test_members_look_half_as_good_again_as_the_programme_makes_them() -> None:
    seen, _ = known()
    start, joined = seen.days - EFFECT_DAYS, seen.event_day("join")
    orders, there = seen.purchases(start, EFFECT_DAYS), (seen.people["acquired"] < start).to_numpy()
    members = there & (joined < start)
    raw = orders[members].mean() - orders[there & (joined == NEVER)].mean()
    never = purchases(seen.told, world(seen.told, "programme", "never"), start=start, days=EFFECT_DAYS)
    true = (orders - never)[members].mean()
    assert true > 0
    assert abs(raw - true) >= 0.5 * true


def test_letters_look_better_than_they_are_by_more_than_half() -> None:
    seen, _ = known()
    letters = [campaign for campaign in seen.told.shop.campaigns if campaign.kind == "letter"]
    assert letters
    for letter in letters:
        orders, mailed = seen.purchases(letter.start, WINDOW_DAYS), seen.letters[letter.start]
        raw = orders[mailed].mean() - orders[looks_contacts.letter_base(seen, letter.start) & ~mailed].mean()
        arms = outcomes(letter.id, periods=WINDOW_DAYS // PERIOD_DAYS)["purchases"]
        true = arms["letter"] - arms["none"]
        assert true > 0
        assert abs(raw - true) > 0.5 * true
