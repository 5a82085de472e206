"""Sentences about products: what goes together, what is bought again when, and whether a list of such products hits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retention_lib.models.actions.hits import HitRates
from retention_lib.models.actions.intervals import ProductIntervals
from retention_lib.models.actions.pairs import ProductPairs
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

SHOWN = 12
"""Pairs and products on a chart."""

_NAME_LETTERS = 28


def product_label(product: str, category: str, *, limit: int = _NAME_LETTERS) -> str:
    """What a product is called on a page: its name in the sales, with the category where that says more.

    Args:
        product: Its id.
        category: Its category; empty where not known.
        limit: Letters of each of the two.
    """
    name = clean_value(product, limit=limit)
    return name if category in ("", product) else f"{name} ({clean_value(category, limit=limit)})"


@finding.register
def _(result: ProductPairs, words: Words) -> Finding:
    best = result.strongest(1).iloc[0]
    shown = _pair(best, words)
    told = [
        words.say(
            N_(
                "**{pairs}** of {looked} pairs of products go together: the second is bought with the first or within "
                "{days} after it oftener than chance would have it."
            ),
            pairs=words.number(result.passed),
            looked=words.number(result.looked_at),
            days=words.days(result.within_days),
        )
        if result.by == "product_id"
        else words.say(
            N_(
                "**{pairs}** of {looked} pairs of categories go together: the second is bought with the first or "
                "within {days} after it oftener than chance would have it."
            ),
            pairs=words.number(result.passed),
            looked=words.number(result.looked_at),
            days=words.days(result.within_days),
        ),
        words.say(
            N_(
                "The closest: of {customers} customers who bought {first}, {share} bought {then} as well, **{lift} "
                "times** ({range}) what baskets of that size hold by chance."
            ),
            **shown,
        ),
    ]
    alt = words.say(
        N_("Pairs by how many times oftener than by chance they are bought; {first} and {then} lead with {lift}."),
        **shown,
    )
    return Finding(sentence=" ".join(told), alt=alt, caption=_pairs_base(result, words))


def _pair(best: Any, words: Words) -> dict[str, Any]:
    """A pair as sentences have it."""
    return {
        "first": product_label(best["first"], best["first_category"]),
        "then": product_label(best["then"], best["then_category"]),
        "customers": words.number(int(best["customers"])),
        "share": words.percent(best["confidence"], 0),
        "lift": words.number(best["lift"], 1),
        "range": _times_range(best["low"], best["high"], words),
    }


def _times_range(low: float, high: float, words: Words) -> str:
    return words.say(N_("{low} to {high}"), low=words.number(low, 1), high=words.number(high, 1))


def _pairs_base(result: ProductPairs, words: Words) -> str:
    """Where was looked, and how."""
    shown = {
        "customers": _customers(result, words),
        "items": words.number(result.items),
        "all": words.number(result.of_items),
        "support": words.number(result.support),
        "level": words.percent(result.level, 0),
    }
    if result.by == "category":
        base = words.say(N_("{customers} and {items} categories in a year."), **shown)
    elif result.items < result.of_items:
        base = words.say(N_("{customers} and the {items} commonest of {all} products in a year."), **shown)
    else:
        base = words.say(N_("{customers} and {items} products in a year."), **shown)
    message = N_(
        "At least {support} bought both; one-sided binomial test, Holm's correction over all pairs ({level} for even "
        "one false pair); interval 95%."
    )
    return f"{base} {words.say(message, **shown)}"


def _customers(result: ProductPairs | ProductIntervals, words: Words) -> str:
    """How many customers were looked at, and of how many."""
    if result.customers == result.of_customers:
        return words.count("{n} customer", "{n} customers", result.customers)
    return words.say(
        N_("{some} of {all} customers, drawn by chance,"),
        some=words.number(result.customers),
        all=words.number(result.of_customers),
    )


@finding.register
def _(result: ProductIntervals, words: Words) -> Finding:
    table = result.table
    top = table.iloc[0]
    shown = {
        "product": product_label(top["product"], top["category"]),
        "middle": words.days(round(top["days_50"])),
        "early": words.number(round(top["days_25"])),
        "late": words.number(round(top["days_75"])),
        "n": words.number(int(top["gaps"])),
        "products": words.number(len(table)),
    }
    told = [
        words.say(
            N_(
                "{products} products are bought again often enough to know when. The one bought again most often, "
                "{product}, is bought again after **{middle}**, in every second case after {early} to {late} "
                "({n} intervals)."
            ),
            **shown,
        )
    ]
    needed = float(top["own_gaps_needed"])
    if needed < 100:
        told.append(
            words.say(
                N_("A customer's own pace counts as much as the product's from {own} intervals of the customer on."),
                own=words.number(max(1, round(needed))),
            )
        )
    alt = words.say(
        N_("Days until products are bought again, from the 25th to the 75th percentile; {product}: {middle} in half."),
        **shown,
    )
    caption = words.say(
        N_(
            "Line: from the day on which a quarter have bought again to that of three quarters; dot: half. {customers} "
            "in {days}; intervals above half of these are left out."
        ),
        customers=_customers(result, words),
        days=words.days(result.period_days),
    )
    return Finding(sentence=" ".join(told), alt=alt, caption=caption)


@finding.register
def _(result: HitRates, words: Words) -> Finding:
    shown = _rates(result, words)
    sentence = words.say(
        N_(
            "**{own}** ({own_range}) of the customers bought at least one of ten products named by what they buy "
            "again; of the ten best sellers {popular} ({popular_range}) bought one: {gain} ({gain_range})."
        ),
        **shown,
    )
    alt = words.say(N_("Hit rate at ten products: {own} by own purchases, {popular} by popularity."), **shown)
    caption = words.say(
        N_(
            "{n} customers who bought in the 90 days before and in the 30 days from {cut} to {last}, on which it is "
            "judged; the ranking was learned on the 30 days before; interval 95%."
        ),
        **shown,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _rates(result: HitRates, words: Words) -> dict[str, Any]:
    """The rates as sentences have them."""
    own, popular, gain = result.replenishment, result.popularity, result.gain
    more = words.say(N_("{share} more hits"), share=words.percent(gain.value, 0))
    fewer = words.say(N_("{share} fewer hits"), share=words.percent(-gain.value, 0))
    return {
        "own": words.percent(own.value),
        "own_range": words.interval(own.low, own.high, "share"),
        "popular": words.percent(popular.value),
        "popular_range": words.interval(popular.low, popular.high, "share"),
        "gain": more if gain.value >= 0 else fewer,
        "gain_range": words.interval(gain.low, gain.high, "share"),
        "own_ten": words.number(result.replenishment_precision * result.named, 1),
        "popular_ten": words.number(result.popularity_precision * result.named, 1),
        "coverage": words.percent(result.coverage.value),
        "catalogue": words.percent(result.catalogue),
        "n": words.number(int(own.n or 0)),
        "cut": words.date(result.cut),
        "last": words.date(result.until - timedelta(days=1)),
    }


@alert.register
def _(result: HitRates, words: Words) -> Alert:
    shown = _rates(result, words)
    beaten = (result.gain.low or 0.0) > 0
    told = words.say(
        N_(
            "Of ten products named by own purchases {own_ten} are bought within 30 days, of ten best sellers "
            "{popular_ten}. A product can be named to {coverage} of the active customers; {catalogue} of all products "
            "are named to somebody."
        ),
        **shown,
    )
    if not beaten:
        told = f"{words.say(N_('Naming the best sellers to everybody would do as well.'))} {told}"
    return check_alert(found=not beaten, title=words.say(N_("Products named.")), sentence=told)


@shown_table.register
def _(result: ProductPairs, words: Words) -> Table:
    columns = (
        Column(name="pair", header=words.say(N_("After"))),
        Column(name="next", header=words.say(N_("Comes"))),
        Column(name="customers", header=words.say(N_("Bought the first")), kind="integer"),
        Column(name="together", header=words.say(N_("And the second")), kind="integer"),
        Column(name="confidence", header=words.say(N_("Share")), kind="share"),
        Column(name="times", header=words.say(N_("Times chance")), kind="written", under="range"),
        Column(name="day_share", header=words.say(N_("Same day")), kind="share"),
    )
    rows = result.strongest(40)
    frame = rows.assign(
        pair=[product_label(*one) for one in zip(rows["first"], rows["first_category"], strict=True)],
        next=[product_label(*one) for one in zip(rows["then"], rows["then_category"], strict=True)],
        times=[words.number(value, 1) for value in rows["lift"]],
        range=[_times_range(low, high, words) for low, high in zip(rows["low"], rows["high"], strict=True)],
        day_share=rows["same_day"] / rows["together"],
    )
    caption = words.say(
        N_("Pairs of products within {days}, the closest first; {pairs} of {looked} ordered pairs hold"),
        days=words.days(result.within_days),
        pairs=words.number(result.passed),
        looked=words.number(result.looked_at),
    )
    if result.by == "category":
        caption = words.say(
            N_("Pairs of categories within {days}, the closest first; {pairs} of {looked} ordered pairs hold"),
            days=words.days(result.within_days),
            pairs=words.number(result.passed),
            looked=words.number(result.looked_at),
        )
    return Table(columns=columns, frame=frame, caption=caption, folded=True)


@shown_table.register
def _(result: ProductIntervals, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Product"))),
        Column(name="customers", header=words.say(N_("Bought it again")), kind="integer"),
        Column(name="gaps", header=words.say(N_("Intervals")), kind="integer"),
        Column(name="early", header=words.say(N_("25th, days")), kind="integer"),
        Column(name="middle", header=words.say(N_("Median, days")), kind="integer"),
        Column(name="late", header=words.say(N_("75th, days")), kind="integer"),
    )
    rows = result.top(40)
    frame = rows.assign(
        name=[product_label(*one) for one in zip(rows["product"], rows["category"], strict=True)],
        early=rows["days_25"].round(),
        middle=rows["days_50"].round(),
        late=rows["days_75"].round(),
    )
    caption = words.say(
        N_("Days until a product is bought again by the same customer; {products} products with {least} intervals"),
        products=words.number(len(result.table)),
        least=words.number(result.least),
    )
    return Table(columns=columns, frame=frame, caption=caption, folded=True)
