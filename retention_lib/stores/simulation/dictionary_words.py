"""What the tables of a simulated store mean, column by column, and how each mechanism can be seen in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TableWords:
    """The meaning of a table.

    Attributes:
        row: What one row is.
        columns: What each column is.
    """

    row: str
    columns: Mapping[str, str]


_ID = "the customer, under the id known at the time"

TABLES: Mapping[str, TableWords] = {
    "transactions": TableWords(
        "A line of an order; a line that came back, with the opposite signs; or a line the till sold to a stranger.",
        {
            "customer_id": "the customer, under the id known at the time; empty for strangers at the till",
            "ordered_at": "when the order was made; for a line that came back, when it came back",
            "amount": "what the goods cost the customer: promotion and discount coupon taken off, points used not "
            "(they are a means of payment); without the fee for delivery",
            "order_id": "the order; a line that came back has the id of its order",
            "line_id": "number of the row within its order, from 1 (text)",
            "quantity": "pieces; negative for a line that came back",
            "product_id": "one of some sixty products",
            "category": "one of eight categories",
            "discount": "what promotion and discount coupon took off together",
            "cost": "what the goods cost the shop; a line that came back takes it back in full",
            "channel": "site, app or shop",
            "promised_at": "the end of the promised day, beyond the window too; empty in a shop and for returned lines",
            "delivered_at": "when it was delivered; empty in a shop, and where that lies beyond the window",
            "coupon_id": "the coupon used for the order, of either kind; empty for lines that came back",
            "carrier": "who delivered it: express, standard or post; empty in a shop and for lines that came back",
        },
    ),
    "customers": TableWords(
        "A customer id. Everybody has ordered at least once, though perhaps never under a second id: who never buys is "
        "not known to the shop.",
        {
            "customer_id": "the id",
            "acquired_at": "the first order; for a second id the day from which it is used",
            "acquisition_channel": "what brought the customer; empty for a second id",
            "acquisition_cost": "what winning the customer cost; empty for a second id",
            "birth_date": "as told on registration, and true",
            "sex": "female or male",
            "age_band": "by the age at the first order; it is not moved on",
            "income_band": "as told; about one in seven did not",
            "region": "one of six; siberia and far_east are far from the stock",
            "household_id": "who lives together, and known without error",
            "email_consent": "whether e-mails may be sent, never withdrawn",
            "sms_consent": "whether SMS may be sent, never withdrawn",
            "messenger_consent": "whether messages may be sent; the shop sends none",
        },
    ),
    "identities": TableWords(
        "An identifier of a customer id. All are invented and reach nobody.",
        {
            "customer_id": "the id",
            "kind": "card (members), email and phone (all), cookie (who ordered on the site)",
            "value": "the identifier; the two ids of one person share e-mail or phone",
        },
    ),
    "service": TableWords(
        "A contact with service about an order.",
        {
            "customer_id": _ID,
            "opened_at": "when the customer called or wrote",
            "kind": "delivery (late ones), quality (bad reviews), refund (goods that came back), question (any order)",
            "closed_at": "when it was settled: mostly within days, some after weeks, some never or beyond the window",
            "order_id": "the order it is about",
        },
    ),
    "loyalty_events": TableWords(
        "An entry of the programme's ledger. The points of a customer add up to the balance, those of a lot to what is "
        "left of it.",
        {
            "customer_id": "the id under which the customer joined",
            "occurred_at": "when",
            "event": "join, tier, earn, grant, redeem, reverse (goods came back), adjust (a mistake), expire, forfeit "
            "(on leaving), leave",
            "points": "positive where credited, negative where they go; empty for join, tier and leave",
            "tier": "the tier reached: bronze on joining, silver and gold by orders since",
            "reason": "why they were credited: purchase, welcome, review, referral, birthday, promotion",
            "earned_at": "when the lot was credited, which names it within the customer; used first in, first out",
            "expires_at": "when what is left of a lot credited here will expire; may lie beyond the window",
            "value": "money that redeemed points paid",
        },
    ),
    "contacts": TableWords(
        "A message: newsletters, SMS, and what campaigns send to those not left alone.",
        {
            "customer_id": _ID,
            "campaign_id": "the newsletter's, SMS's or campaign's name",
            "channel": "email or sms",
            "sent_at": "when; all arrive",
            "opened_at": "when it was opened: by the customer, or within seconds by a mail program that opens all",
            "clicked_at": "when a link was followed; only people click",
            "offer": "the arm of the campaign; of a list the offer; empty for newsletters, SMS and a list's messages "
            "without one",
            "cost": "what sending it cost",
        },
    ),
    "assignments": TableWords(
        "A customer in a test or in a list. Letters have none: they go to whom the shop chose.",
        {
            "customer_id": _ID,
            "experiment_id": "the test: offer_1, ...; overlap_1 falls into the offer before it; broken_1 has lost "
            "rows; or the list: welcome_2026_06, ...",
            "variant": "the arm; none is left alone; of a list treatment or control",
            "assigned_at": "minutes after midnight of the day the test starts; of a list the planned time of sending",
            "stratum": "purchases before the start: 0-1, 2-4, 5+",
        },
    ),
    "redemptions": TableWords(
        "A coupon used.",
        {
            "customer_id": _ID,
            "coupon_id": "the kind of coupon",
            "campaign_id": "the test or the list that gave it",
            "redeemed_at": "the time of the order",
            "order_id": "the order",
            "value": "20 % of the goods, or the fee for delivery that the shop paid (290 roubles)",
        },
    ),
    "outcomes": TableWords(
        "What a customer in a test did in the 28 days from its start; of tests that end within the window, no lists.",
        {
            "customer_id": _ID,
            "experiment_id": "the test",
            "visit": "1 if seen on the site or bought",
            "conversion": "1 if something ordered was kept",
            "orders": "orders of which something was kept",
            "spend": "net money of these orders; refunds taken off whenever they came",
            "gross_profit": "the same less what the goods cost and the deliveries that coupons made free",
        },
    ),
    "web_events": TableWords(
        "An event on the site or in the app.",
        {
            "occurred_at": "when",
            "event": "visit, view, cart_add, checkout, purchase",
            "customer_id": "the customer; empty where nobody signed in, as in one in ten visits without an order",
            "session_id": "the visit",
            "product_id": "what is looked at or put into the cart",
            "value": "money of the order for a purchase, before anything came back",
        },
    ),
    "feedback": TableWords(
        "A review or an answer to a survey.",
        {
            "customer_id": _ID,
            "given_at": "when",
            "score": "1 to 5 for a review (1 and 2 are bad), 0 to 10 for a survey",
            "scale": "the best score: 5 or 10",
            "kind": "review or survey",
            "order_id": "the order it is about",
            "answered_at": "when the shop answered; within two days is quick",
        },
    ),
    "costs": TableWords(
        "A month.",
        {
            "month": "the month",
            "acquisition": "what winning the customers of the month cost: the sum of their acquisition_cost",
            "retention": "messages sent, and deliveries that coupons made free; a discount is missing from the revenue "
            "already",
            "loyalty_running": "points that paid, at face value, and from the programme's start two roubles for every "
            "customer so far",
        },
    ),
}
"""The shop's tables."""

_FIRST_ID = "the first of the customer's ids"

TRUTH: Mapping[str, TableWords] = {
    "customers": TableWords(
        "A customer: what about a person never changes, and how it went.",
        {
            "customer_id": _FIRST_ID,
            "second_id": "the second id, where there is one",
            "second_id_from": "the day from which it is used",
            "household": "number of the household",
            "region": "the region",
            "favourite": "the favourite category",
            "acquired_at": "the day of the first order",
            "rate": "purchases a neutral day while the relation lasts, beyond the first order",
            "level": "logarithm of the gamma-distributed part of the rate, standardised",
            "hazard": "leaving a day while the relation lasts",
            "left_at": "the end of the relation; empty while it lasts",
            "left_by": "own accord, late first delivery or bad review",
            "joined_at": "the day of joining the programme",
            "quit_at": "the day of leaving it",
            "accepts": "whether an invitation into the programme would be accepted",
            "invited": "whether in the invited arm, where the programme is by invitation",
            "late_chance": "the chance that the first delivery is late",
            "late": "whether it was",
            "late_leaves": "whether a late one would end the relation with the promised day",
            "trait": "the unmeasured confounder, standard normal",
            "response": "the latent part of how the customer answers to offers, standard normal within [-2, 2]",
            "interval": "days after which the customer has used up the product bought again and again",
            "machine_opens": "whether the mail program opens every message",
            "expected_programme": "purchases expected in days as a member, had membership no effect",
            "expected_tier_effort": "the same for days one order short of the next tier",
            "expected_tier_dip": "the same for days after reaching a tier",
            "expected_replenishment": "the same for days with the product used up",
            "expected_stock_out": "the same for days with the favourite category out of stock",
        },
    ),
    "orders": TableWords(
        "An order of a customer.",
        {
            "order_id": "the order",
            "customer_id": _FIRST_ID,
            "ordered_on": "the day",
            "rank": "0 for the customer's first",
            "member": "whether made as a member",
            "effort": "whether one order short of the next tier",
            "dip": "whether in the month after reaching a tier",
            "due": "whether the product had been used up",
            "used_up": "whether it is in the basket",
            "late": "whether the delivery was late",
            "bad_review": "whether it brought a bad review",
            "answered": "whether the shop answered that quickly",
            "campaign": "whose coupon was used",
        },
    ),
    "subjects": TableWords(
        "A customer on whom an effect is measured: late_first_delivery, bad_review, programme, a campaign or a list.",
        {
            "effect": "the effect",
            "customer_id": _FIRST_ID,
            "started_at": "the first day followed",
            "arm": "the arm the customer was in",
            "followed_days": "days followed",
        },
    ),
    "outcomes": TableWords(
        "What a subject buys in 28 days of one arm, whichever arm happened; no row where nothing is bought.",
        {
            "effect": "the effect",
            "customer_id": _FIRST_ID,
            "arm": "the arm in which this happens",
            "period": "the period of 28 days, from 0",
            "purchases": "purchases",
            "revenue": "net money, discount coupon taken off, refunds not",
            "gross_profit": "the same less what the goods cost",
            "offer_cost": "deliveries that coupons made free",
        },
    ),
    "effects": TableWords(
        "The mean outcome of an arm over all subjects, or the difference of two.",
        {
            "effect": "the effect",
            "among": "all: every subject; an arm's name: those who were in it",
            "days": "days followed, at most",
            "arm": "the arm",
            "other": "the arm it is compared with; empty for a mean outcome",
            "measure": "purchases, buyers, revenue, gross_profit, net_profit (of the offer's cost)",
            "unit": "count, share or money",
            "subjects": "subjects",
            "mean": "the mean",
            "standard_error": "over customers",
            "relative": "the difference as a share of the other arm's mean",
        },
    ),
    "days": TableWords(
        "A day: what it does to all customers alike.",
        {
            "day": "the day",
            "season": "factor of the yearly season on buying",
            "weekday": "factor of the weekday",
            "shock": "factor that all share in a month",
            "price": "factor of the price rises",
            "price_index": "prices in multiples of the first",
            "out_of_stock": "the category that is out of stock",
            "first_orders": "first orders",
            "purchases": "orders beyond first ones",
            "expected_neutral": "orders expected beyond first ones, had all factors of the day been 1",
            "expected": "orders expected with them",
        },
    ),
}
"""The tables of `truth/`, which no shop has."""

SEEN: Mapping[str, str] = {
    "channel_spread": "`customers.acquisition_cost` by channel, and repeat orders of the channels",
    "season": "repeat orders by month of the year; `truth/days.season`",
    "weekday": "repeat orders by weekday; `truth/days.weekday`",
    "monthly_shock": "`purchases` over `expected_neutral` by month in `truth/days`",
    "price_rise": "`amount` + `discount` a piece of a product, before and after; `truth/days.price_index`",
    "price_elasticity": "`truth/days.price` against `price_index`",
    "stock_out": "no line of a category for two weeks; orders of those who favour it over `expected_stock_out`",
    "replenishment": "gaps between orders of a customer's coffee or pet food; orders with `due` over "
    "`expected_replenishment`",
    "pairs": "coffee and filters in one basket oftener than by chance",
    "anonymous": "`transactions` without `customer_id`",
    "promotions": "`discount` where no coupon was used",
    "refunds": "lines with a negative `amount`; textiles come back most",
    "late_harm": "share who order again after the promised day of a late first delivery, among customers alike; "
    "`late_first_delivery` in `truth/effects`",
    "late_confounding": "late first deliveries by region, carrier, December and lines",
    "unmeasured_confounder": "`late` by `trait` in `truth/customers`, and by nothing in the shop's tables",
    "bad_review_harm": "silence after a bad review; `bad_review` in `truth/effects`",
    "answer_benefit": "the same with and without a quick answer",
    "surveys": "surveys in `feedback` for each order",
    "programme_effect": "orders as a `member` over `expected_programme`; `programme` in `truth/effects`",
    "programme_selection": "`joined_at` by `level` in `truth/customers`; members bought more before joining",
    "tier_effort": "orders with `effort` over `expected_tier_effort`",
    "tier_dip": "orders with `dip` over `expected_tier_dip`",
    "welcome_points": "grants for welcome in `loyalty_events`",
    "birthday_points": "grants for birthday, a week ahead of it",
    "action_points": "grants for review and referral",
    "free_delivery_effect": "the arms of an offer in `outcomes`; the offer in `truth/effects`",
    "discount_effect": "the same",
    "letter_effect": "the letter in `truth/effects`; not the difference of those mailed and not",
    "effect_by_feature": "the effect of free delivery in far regions, of 20 % off among low incomes",
    "effect_by_latent": "the effect in `truth/outcomes` by `response`",
    "carry_over": "periods after the first in `truth/outcomes`, among those without a purchase in it",
    "pull_forward": "the same, among those who used the offer",
    "mailing_selection": "purchases before among those mailed and not",
    "broken_split": "the arms of broken_1 in `assignments` are not of one size; `truth/subjects` has all",
    "household_spill": "orders of those left alone by the arm of others in the household",
    "machine_opens": "`opened_at` within seconds of `sent_at`",
    "visits": "visits without a purchase for each with one, in `web_events`",
    "abandoned_carts": "such visits with a cart_add",
    "service_contacts": "`service` for each order; late deliveries bring six times as many",
    "split_ids": "ids that begin with D; `truth/customers.second_id`",
}
"""How each mechanism of `Sizes` shows."""

HONEST = (
    "The window opens with the shop: there are no customers from before, and everybody's first order is in the data.",
    "Every first order is made on the day the customer is won; the rates of buying are about the later ones.",
    "Buying follows a Pareto/NBD model (gamma rates, gamma hazards) with everything below on top, so that BTYD models "
    "are nearly right here; real shops are less kind.",
    "`amount` is what the goods cost, points used included; customers pay the fee for delivery beside it.",
    "Opens of messages count machines; clicks do not.",
    "The letters went to those who bought much and lately: comparing those mailed with those not says nothing about "
    "the letter.",
    "The test broken_1 has lost the least active of its treated, from `assignments`, `contacts` and `outcomes`; its "
    "difference is wrong, and its split shows it.",
    "The test overlap_1 reaches customers while the coupon of the offer before it is still valid.",
    "Money is DECIMAL, stamps are without a time zone; no first order is made in the shop.",
    "How customers come to the bonus programme is a key of its own, `programme`: `level` by the fixed level of buying, "
    "whatever happens near the day; `momentum` at a purchase; `invited` by a random invitation, in which alone "
    "`invited` and `accepts` of the truth have a part.",
    "A customer lost to the first order, by a late delivery or a bad review, orders nothing more after the promised "
    "day; one lost to the bad review of a later order nothing more from that order on, though the review comes days "
    "later.",
    "`lists: 3` adds the lists of the last three months, sent on the first seven days of each: `welcome_2026_06` (free "
    "delivery, to those whose only order is at most 31 days old), `reactivation_2026_06` (20 % off, to those silent "
    "for 32 to 120 days) and `abandoned_cart_2026_06` (no offer). Chance sends to four in five; the others are the "
    "control.",
    "The carts of the site are told after the buying: the list of abandoned carts goes to customers chosen by chance "
    "among those with several orders, the last at most 31 days old.",
    "What a list sends before noon works from that day on, for 14 days, what it sends later from the next day on; its "
    "effect does not spill over to others of the household.",
    "In the truth about a list, those of one arm are compared with themselves in a world in which all lists of its "
    "month go to those they left alone, and to nobody else.",
    "A coupon is valid from the morning of its first day, hours before most mails are read.",
    "In the world `level` customers join whether or not they still buy: more than half of the members have left "
    "already.",
    "Effects in `truth/` count orders before refunds; `outcomes` takes refunds off.",
    "With spill-over inside households the truth compares everybody in one arm with everybody in another; the arms of "
    "the test differ by less.",
    "What happens after the last day (deliveries, refunds, answers, reviews) is not in the tables: the last weeks look "
    "better than they were.",
    "A relation ends without a word: nothing in the shop's tables says when.",
    "Household, birth date and sex are without error; consents and the fee for delivery never change.",
    "Nothing in `truth/` may be read by what is graded on it.",
)
"""What is well to know before believing an analysis of these tables."""
