"""Tables of what points will still be used, and of what is owed for them."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.liability import PointsLiability
from retention_lib.models.redemption import Redemption
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: Redemption, words: Words) -> Table:
    columns = (
        Column(name="month", header=words.say(N_("Credited in")), kind="month"),
        Column(name="credited", header=words.say(N_("Points")), kind="integer"),
        Column(name="redeemed", header=words.say(N_("Used so far")), kind="integer"),
        Column(name="outstanding", header=words.say(N_("Outstanding")), kind="integer"),
        Column(name="expected", header=words.say(N_("Still to be used")), kind="integer"),
        Column(name="rate", header=words.say(N_("Used in the end")), kind="share", low="low", high="high"),
    )
    caption = words.say(
        N_("Points by the month in which they were credited, newest first, with {level} intervals"),
        level=words.percent(result.level, 0),
    )
    newest = result.cohorts.iloc[::-1].reset_index(drop=True)
    return Table(columns=columns, frame=newest, caption=caption, thin="thin", folded=True)


@shown_table.register
def _(result: PointsLiability, words: Words) -> Table:
    points = result.redemption
    rows = [
        _row(words.say(N_("Outstanding, if all were used")), points.outstanding, result.most),
        _row(words.say(N_("Never used, as far as can be told")), points.unused, result.unused),
        _row(words.say(N_("Still to be used: owed at face value")), points.expected.value, result.face),
        _row(words.say(N_("The same at the cost of the goods")), points.expected.value, result.at_cost),
    ]
    columns = (
        Column(name="what", header=words.say(N_("What"))),
        Column(name="points", header=words.say(N_("Points")), kind="integer"),
        Column(name="money", header=words.say(N_("Money")), kind="money", low="low", high="high"),
    )
    caption = words.say(
        N_("Points credited before {day}: what is outstanding and what is owed, with {level} intervals"),
        day=points.until,
        level=words.percent(points.level, 0),
    )
    return Table(columns=columns, frame=pd.DataFrame(rows), caption=caption)


def _row(what: str, points: float, money: float | Estimate | NotEnough) -> dict[str, object]:
    """A row: points, and money with its interval where it has one; missing where it is not known."""
    if isinstance(money, Estimate):
        return {"what": what, "points": points, "money": money.value, "low": money.low, "high": money.high}
    value = float("nan") if isinstance(money, NotEnough) else money
    return {"what": what, "points": points, "money": value, "low": float("nan"), "high": float("nan")}
