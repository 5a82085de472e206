"""Tables of what a campaign test earned."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.arm_profit import Profit
from retention_lib.models.experiments.profit import ProfitParts, Profits
from retention_lib.models.experiments.subsidy import SubsidyShares
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.experiment_profit import PART_NAMES, amount, between, chance
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import DASH, N_, Words

_PLACES = {"sales": 0, "goods": 1, "gross_profit": 1, "coupon": 2, "sending": 3, "campaign": 4, "left": 5}

_RANGED = ("profit", "orders", "order_cost", "base")


@shown_table.register
def _(result: Profits, words: Words) -> Table:
    buyers = result.terms.columns.counted == "buyer"
    headers = {
        "arm": N_("Arm"),
        "contacts": N_("Contacts"),
        "profit": N_("Profit a contact"),
        "chance": N_("Chance that it pays"),
        "orders": N_("Extra buyers") if buyers else N_("Extra orders"),
        "order_cost": N_("Cost of one of them"),
        "base": N_("Sent to everybody"),
    }
    lines = [_line(one, words) for one in result.arms]
    shown = [name for name in headers if any(line[name] != DASH for line in lines)]
    columns = tuple(
        Column(
            name=name,
            header=words.say(headers[name]),
            kind="text" if name == "arm" else "written",
            under=f"{name}_range" if name in _RANGED else None,
        )
        for name in shown
    )
    ranges = [f"{name}_range" for name in shown if name in _RANGED]
    caption = words.say(
        N_("What each arm earned, with 95% intervals, against {control}"), control=clean_value(result.control)
    )
    return Table(columns=columns, frame=_told(pd.DataFrame(lines)[[*shown, *ranges]], result.withheld), caption=caption)


def _told(frame: pd.DataFrame, withheld: str | None) -> pd.DataFrame:
    """The rows; none of a test that may not be called, whose numbers would be taken for effects."""
    return frame if withheld is None else frame.head(0)


def _line(one: Profit, words: Words) -> dict[str, str]:
    """An arm in words."""
    orders, cost, base = one.incremental_orders, one.cost_per_incremental_order, one.on_base
    return {
        "arm": clean_value(one.arm),
        "contacts": words.number(one.contacts),
        "profit": amount(one.per_contact, words),
        "profit_range": between(one.per_contact, words),
        "chance": chance(one.probability, words),
        "orders": DASH if isinstance(orders, NotEnough) else words.number(orders.value),
        "orders_range": "" if isinstance(orders, NotEnough) else words.interval(orders.low, orders.high, "count"),
        "order_cost": DASH if isinstance(cost, NotEnough) else amount(cost, words),
        "order_cost_range": "" if isinstance(cost, NotEnough) else between(cost, words),
        "base": DASH if isinstance(base, NotEnough) else words.money(base.value, compact=True),
        "base_range": "" if isinstance(base, NotEnough) else words.interval(base.low, base.high, "money", compact=True),
    }


@shown_table.register
def _(result: ProfitParts, words: Words) -> Table:
    parts = sorted(set(result.table["part"]), key=lambda name: _PLACES[name])
    frame = result.table.pivot_table(index="arm", columns="part", values="amount", sort=False).reset_index()
    left = result.table[result.table["part"] == "left"].set_index("arm")
    frame = frame.assign(left_low=frame["arm"].map(left["low"]), left_high=frame["arm"].map(left["high"]))
    headers = {name: words.say(PART_NAMES[name]).capitalize() for name in parts}
    columns = [Column(name="arm", header=words.say(N_("Arm")))]
    columns += [
        Column(
            name=name,
            header=headers[name],
            kind="money",
            low="left_low" if name == "left" else None,
            high="left_high" if name == "left" else None,
        )
        for name in parts
    ]
    caption = words.say(N_("From the extra sales of a contact to what is left of them (money a contact)"))
    return Table(columns=tuple(columns), frame=_told(frame, result.withheld), caption=caption)


@shown_table.register
def _(result: SubsidyShares, words: Words) -> Table:
    columns = (
        Column(name="arm", header=words.say(N_("Arm"))),
        Column(name="coupon_orders", header=words.say(N_("Orders with its coupon")), kind="integer"),
        Column(name="incremental_orders", header=words.say(N_("Extra orders")), kind="integer"),
        Column(name="share", header=words.say(N_("Came anyway")), kind="share", low="low", high="high"),
    )
    caption = words.say(N_("Orders made with a coupon, and how many of them would have come anyway"))
    return Table(columns=columns, frame=_told(result.table, result.withheld), caption=caption)
