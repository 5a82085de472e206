"""Sentence and table about the shape of a shop: each measure beside those of known shops."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.shape import PUBLISHED, ShopShape
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words
from retention_lib.stores.public import PUBLIC

LABELS = {
    "one_time": N_("Bought once"),
    "purchases_mean": N_("Purchases"),
    "purchases_p90": N_("Frequent buyers"),
    "gap_p25": N_("Short gaps"),
    "gap_p50": N_("Median gap"),
    "gap_p75": N_("Long gaps"),
    "products_mean": N_("Products"),
    "pieces_median": N_("Pieces"),
    "order_spread": N_("Large orders"),
    "peak_month": N_("Best month"),
    "peak_weekday": N_("Best weekday"),
    "refunded": N_("Refunds"),
}
"""What the chart calls the measures."""

NAMES = {
    "one_time": N_("Bought once: customers without a second purchase in {days}"),
    "purchases_mean": N_("Purchases: mean of a customer in {days}"),
    "purchases_p90": N_("Frequent buyers: 90th percentile of purchases in {days}"),
    "gap_p25": N_("Short gaps: 25th percentile of the days between purchases"),
    "gap_p50": N_("Median gap: median of the days between purchases"),
    "gap_p75": N_("Long gaps: 75th percentile of the days between purchases"),
    "products_mean": N_("Products: mean of different products in an order"),
    "pieces_median": N_("Pieces: median of pieces in an order"),
    "order_spread": N_("Large orders: 90th percentile of order values over the median"),
    "peak_month": N_("Best month: sales over those of an average month, growth taken out"),
    "peak_weekday": N_("Best weekday: share of the week's sales"),
    "refunded": N_("Refunds: share of the money taken"),
}
"""The same in full."""

PLACES = {"inside": N_("inside"), "below": N_("below"), "above": N_("above"), "unknown": N_("not compared")}

SOURCES = {
    "census_food": N_("U.S. Census Bureau: food stores"),
    "census_hobby": N_("U.S. Census Bureau: hobby, book and music stores"),
    "windsor_circle": N_("Windsor Circle: shops on the internet"),
    "appriss": N_("Appriss Retail: drug stores"),
    "nrf": N_("National Retail Federation: sales on the internet"),
}
"""Who published a figure, and about which shops; dates and addresses stand in the notebook's method notes."""


@finding.register
def _(result: ShopShape, words: Words) -> Finding:
    outside = [_outside(row, result, words) for row in rows(result.outside)]
    judged = len(result.judged)
    counts = {"inside": judged - len(outside), "judged": judged}
    said = words.say(
        N_(
            "**{inside} of {judged}** measures of this simulated shop lie between the lowest and the highest value "
            "known of real ones."
        ),
        **counts,
    )
    told = [said, *([words.say(N_("Outside: {list}."), list=words.listed(outside))] if outside else [])]
    alt = words.say(
        N_(
            "Each measure as a dot on the range from the lowest to the highest known value: {inside} of {judged} are "
            "inside."
        ),
        **counts,
    )
    caption = words.say(
        N_("{n} customers followed for {days} from their first purchase; beside them {peers} and published figures."),
        n=result.customers,
        days=words.days(result.window_days),
        peers=words.listed([_title(peer) for peer in result.peers]),
    )
    return Finding(sentence=" ".join([*told, *_once(result, words)]), alt=alt, caption=caption)


@shown_table.register
def _(result: ShopShape, words: Words) -> Table:
    columns = (
        Column(name="measure", header=words.say(N_("Measure"))),
        Column(name="shop", header=words.say(N_("This shop")), kind="written"),
        *(Column(name=peer, header=_title(peer), kind="written") for peer in result.peers),
        Column(name="published", header=words.say(N_("Published"))),
        Column(name="place", header=words.say(N_("In the range"))),
    )
    frame = result.table
    written = frame.assign(
        measure=[_name(measure, result, words) for measure in frame["measure"]],
        published=[
            _published(measure, unit, words) for measure, unit in zip(frame["measure"], frame["unit"], strict=True)
        ],
        place=[words.say(PLACES[place]) for place in frame["place"]],
        matters=frame["place"].isin(["below", "above"]),
        **{
            name: [value_text(value, unit, words) for value, unit in zip(frame[name], frame["unit"], strict=True)]
            for name in ("shop", *result.peers)
        },
    )
    caption = words.say(N_("The shop's measures beside those of public data sets and published figures"))
    return Table(columns=columns, frame=written, caption=caption, brief="matters")


def value_text(value: float, unit: str, words: Words) -> str:
    """A measure's value as the reader sees it; a dash where it is not known."""
    if math.isnan(value):
        return DASH
    if unit in {"share", "days"}:
        return words.value(value, unit)
    return words.number(value, 0 if value == round(value) and unit == "number" else 2 if value < 10 else 1)


def _once(result: ShopShape, words: Words) -> list[str]:
    """What share bought once, here and elsewhere; nothing where it is not known."""
    row = next(row for row in rows(result.table) if row.measure == "one_time")
    if math.isnan(row.shop):
        return []
    elsewhere = [
        words.say(N_("{shop} {share}"), shop=_title(peer), share=words.percent(getattr(row, peer)))
        for peer in result.peers
    ]
    message = N_("{share} of its customers bought once in {days} ({list}).")
    days = words.days(result.window_days)
    return [words.say(message, share=words.percent(row.shop), days=days, list=words.listed(elsewhere))]


def _outside(row: Any, result: ShopShape, words: Words) -> str:
    """A measure that lies outside, with its value and the range."""
    return words.say(
        N_("{measure} at {value} (known: {low} to {high})"),
        measure=words.say(LABELS[row.measure]),
        value=value_text(row.shop, row.unit, words),
        low=value_text(row.low, row.unit, words),
        high=value_text(row.high, row.unit, words),
    )


def _name(measure: str, result: ShopShape, words: Words) -> str:
    return words.say(NAMES[measure], days=words.days(result.window_days))


def _published(measure: str, unit: str, words: Words) -> str:
    """The published figures about a measure, each with who published it."""
    figures = [
        words.say(
            N_("{value} ({source})"), value=value_text(one.value, unit, words), source=words.say(SOURCES[one.source])
        )
        for one in PUBLISHED
        if one.measure == measure
    ]
    return "; ".join(figures) or DASH


def _title(peer: str) -> str:
    """What pages call a public data set."""
    return {str(name): dataset.title for name, dataset in PUBLIC.items()}.get(peer, peer)
