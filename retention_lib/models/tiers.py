"""The tiers of a programme side by side, how members moved between them, and who is one order short of the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile, wilson
from retention_lib.models.margins import Margin
from retention_lib.models.tier_rules import TierRule, TierRules

_POWER = 2.8016
"""Standard errors that a difference must have to be shown at 5 % in 80 of 100 tests (1.9600 + .8416)."""

FEW = 30
"""Members (count) below which a tier is not judged."""

JOINED, LEFT = "joined", "left"
"""Where members stand who joined in between, and who have left."""

DAYS_IN_MONTH = 365.25 / 12
_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class TierTable:
    """What members of each tier buy, and what they are given; it tells who is in a tier, not what the tier does.

    Attributes:
        table: One row a tier, lowest first: `tier` (empty: none yet), `rank`, `unit` ("orders", "spend" or empty) and
            `threshold` (with how many it is reached, or how much money; NaN where not known), `members` (now; count),
            `share` (of all members), `member_months`, and for each month of a member: `orders`, `revenue` (money) with
            `orders_low`, `orders_high`, `revenue_low`, `revenue_high` (95 %, over members), `gross_profit` (money; NaN
            without a margin), `credited` (points), `rewards` (money that points paid; NaN where it is not known);
            `rewards_share` (rewards as a share of revenue), `thin` (fewer than 30 members were ever in it).
        members: Members now (count).
        start: First day of the time looked at.
        until: First day after it.
    """

    table: pd.DataFrame
    members: int
    start: date
    until: date

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class TierMigration:
    """Members by their tier on two days.

    Attributes:
        up, down, stayed, left: Shares of the members of the earlier day (Wilson).
        joined: Members who joined in between (count); of them, `joined_left` have left again.
        joined_left: See there.
        months: Months between the two days.
        since: The earlier day.
        until: The later one.
        order: The tiers, lowest first; empty text for none yet.
        table: One row a combination: `before` (a tier, or `joined`), `now` (a tier, or `left`), `members` (count),
            `share` (of the row's, in [0, 1]), `base` (members of the row), `move` ("up", "down", "stayed", "left",
            "joined"), `thin` (the row has fewer than 30).
    """

    up: Estimate
    down: Estimate
    stayed: Estimate
    left: Estimate
    joined: int
    joined_left: int
    months: int
    since: date
    until: date
    order: tuple[str, ...]
    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class NextTier:
    """Members who are one order short of their next tier, and what a reminder must bring to pay.

    Attributes:
        members: All of them (count).
        recent: Of them, those who ordered in the last 90 days (count).
        contact_cost: Cost of a reminder (money); None where not known.
        order_profit: Gross profit of an order of such members (money); None without a margin.
        one_in: One further order pays for so many reminders; None where either is not known or nothing is earned.
        effort: How much faster they buy by themselves, relative.
        table: One row a tier that can be reached: `tier`, `unit`, `threshold`, `members`, `recent`, `order_profit`
            (money; NaN where not known).
    """

    members: int
    recent: int
    contact_cost: float | None
    order_profit: float | None
    one_in: float | None
    effort: Estimate | NotEnough
    table: pd.DataFrame

    @property
    def shown_from(self) -> float:
        """Difference in the share who order, between halves, shown in 80 of 100 tests (of shares of one half)."""
        return _POWER / math.sqrt(max(self.members, 1))

    @staticmethod
    def members_for(difference: float) -> int:
        """Members, both halves together, with which a difference is shown in 80 of 100 tests.

        Args:
            difference: Of the share who order, in (0, 1].
        """
        return math.ceil((_POWER / difference) ** 2)

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def tier_table(
    activity: pd.DataFrame | NotEnough,
    margin: Margin | NotEnough,
    rules: TierRules | NotEnough,
    *,
    start: date,
    until: date,
) -> TierTable | NotEnough:
    """The tiers side by side, for each month of a member.

    Args:
        activity: From `measures.tiers.tier_activity`, from `start` on.
        margin: From `margins.profit_margin`.
        rules: From `tier_rules.tier_rules`.
        start: First day of the time looked at.
        until: First day after it.

    Returns:
        The table; NotEnough("tiers_known") below two tiers.
    """
    if isinstance(activity, NotEnough):
        return activity
    if len(activity) < 2:
        return NotEnough("tiers_known", len(activity), 2)
    months = activity["member_days"] / DAYS_IN_MONTH
    known = [None if isinstance(rules, NotEnough) else rules.of(int(rank)) for rank in activity["rank"]]
    members = int(activity["members"].sum())
    table = pd.DataFrame(
        {
            "tier": activity["tier"],
            "rank": activity["rank"],
            "unit": ["" if rule is None else str(rule.unit) for rule in known],
            "threshold": [math.nan if rule is None else rule.threshold for rule in known],
            "members": activity["members"].astype(int),
            "share": activity["members"] / max(members, 1),
            "member_months": months,
        }
    )
    for name, squares in (("orders", "order"), ("revenue", "revenue")):
        table = table.join(_a_month(activity, name, squares))
    table["gross_profit"] = _profit(activity, margin) / months
    table["credited"] = activity["credited"] / months
    paid = _paid(activity)
    table["rewards"], table["rewards_share"] = paid / months, paid / activity["revenue"].where(activity["revenue"] > 0)
    table["thin"] = activity["seen"] < FEW
    return TierTable(table=table, members=members, start=start, until=until)


def _a_month(activity: pd.DataFrame, name: str, squares: str) -> pd.DataFrame:
    """A sum for each month of a member, with the interval of a ratio of sums over members (delta method)."""
    days, total, n = activity["member_days"], activity[name], activity["seen"]
    rate = total / days.where(days > 0)
    spread = activity[f"{squares}_squares"] - 2 * rate * activity[f"{squares}_days"] + rate**2 * activity["day_squares"]
    sd = np.sqrt((spread * n / (n - 1).where(n > 1)).clip(lower=0)) / days.where(days > 0)
    half = normal_quantile(_LEVEL) * sd
    columns = {name: rate, f"{name}_low": rate - half, f"{name}_high": rate + half}
    return pd.DataFrame(columns) * DAYS_IN_MONTH


def _profit(activity: pd.DataFrame, margin: Margin | NotEnough) -> pd.Series:
    """Gross profit of each tier; NaN without a margin."""
    if isinstance(margin, NotEnough) or margin.overall is None:
        return pd.Series(math.nan, index=activity.index)
    if margin.source == "settings":
        return activity["revenue"] * margin.overall.value
    of_others = margin.overall.value if margin.stated is None else margin.stated
    return activity["known_profit"] + activity["unpriced"] * of_others


def _paid(activity: pd.DataFrame) -> pd.Series:
    """What points paid in each tier; those of which it is not known paid as much each as the others."""
    valued, redeemed = activity["valued"], activity["redeemed"]
    if valued.sum() <= 0:
        return pd.Series(0.0 if redeemed.sum() <= 0 else math.nan, index=activity.index)
    each = activity["paid"].sum() / valued.sum()
    return activity["paid"] + (redeemed - valued) * each


def tier_migration(
    moves: pd.DataFrame | NotEnough, names: tuple[str, ...], *, since: date, until: date, months: int
) -> TierMigration | NotEnough:
    """How many members went up, down or left between two days.

    Args:
        moves: `table` of `measures.tiers.tier_moves`.
        names: The tiers, lowest first.
        since: The earlier day.
        until: The later one.
        months: Months between them.

    Returns:
        The moves; NotEnough("tiers_known") below two tiers, NotEnough("members_then") where the programme had fewer
        than 30 members on the earlier day.
    """
    if isinstance(moves, NotEnough):
        return moves
    if len(names) < 2:
        return NotEnough("tiers_known", len(names), 2)
    then = moves[moves["before"] >= 0]
    base = int(then["members"].sum())
    if base < FEW:
        return NotEnough("members_then", base, FEW)
    table = _moved(moves, names)
    counts = table.groupby("move")["members"].sum()
    shares = {move: _share(int(counts.get(move, 0)), base) for move in ("up", "down", "stayed", "left")}
    came = table[table["move"] == JOINED]
    return TierMigration(
        **shares,
        joined=int(came["members"].sum()),
        joined_left=int(came.loc[came["now"] == LEFT, "members"].sum()),
        months=months,
        since=since,
        until=until,
        order=names,
        table=table,
    )


def _share(count: int, base: int) -> Estimate:
    found = wilson(count, base)
    if isinstance(found, NotEnough):
        raise ValueError("a share of members needs members")
    return found


def _moved(moves: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """The moves by name, lowest tier first, those who joined last."""
    before, now = moves["before"].to_numpy(), moves["now"].to_numpy()
    base = moves.groupby("before")["members"].transform("sum")
    move = np.select([before < 0, now < 0, now > before, now < before], [JOINED, LEFT, "up", "down"], "stayed")
    table = pd.DataFrame(
        {
            "before": [names[rank] if rank >= 0 else JOINED for rank in before],
            "now": [names[rank] if rank >= 0 else LEFT for rank in now],
            "members": moves["members"].astype(int),
            "share": moves["members"] / base,
            "base": base.astype(int),
            "move": move,
            "thin": base < FEW,
        }
    )
    last = len(names)
    order = np.lexsort([np.where(now < 0, last, now), np.where(before < 0, last, before)])
    return table.iloc[order].reset_index(drop=True)


def next_tier(
    standing: pd.DataFrame | NotEnough,
    tiers: TierTable | NotEnough,
    rules: TierRules | NotEnough,
    *,
    contact_cost: float | None,
    effort: Estimate | NotEnough,
) -> NextTier | NotEnough:
    """Members who reach their next tier with one order more, by the rules that the data show.

    Where a tier comes with a number of orders, they have one fewer; where it comes with money spent, they lack no more
    than an average order of the tier below.

    Args:
        standing: From `measures.tiers.standing`.
        tiers: From `tier_table`.
        rules: From `tier_rules.tier_rules`.
        contact_cost: Cost of a reminder (money); None where not known.
        effort: From `tier_behaviour.tier_behaviour`.

    Returns:
        Who they are, counted; NotEnough("tier_rules_known") where no tier's rule is known, NotEnough("members_short")
        where nobody is so near.
    """
    if isinstance(standing, NotEnough):
        return standing
    if isinstance(tiers, NotEnough):
        return tiers
    if isinstance(rules, NotEnough):
        return rules
    known = [rule for rule in rules.rules if rule.unit is not None]
    if not known:
        return NotEnough("tier_rules_known", 0, 1)
    table = pd.DataFrame([_short(standing, rule, _below(tiers.table, rule.rank)) for rule in known])
    near = table[table["members"] > 0]
    if near.empty:
        return NotEnough("members_short", 0, 1)
    profit = float(np.average(near["order_profit"], weights=near["members"]))
    pays = profit > 0 and contact_cost is not None and contact_cost > 0
    return NextTier(
        members=int(near["members"].sum()),
        recent=int(near["recent"].sum()),
        contact_cost=contact_cost,
        order_profit=None if math.isnan(profit) else profit,
        one_in=profit / contact_cost if pays and contact_cost else None,
        effort=effort,
        table=table,
    )


def _below(table: pd.DataFrame, rank: int) -> pd.Series:
    """What an order of the tiers below one brings: `revenue` and `gross_profit` (money; NaN without an order)."""
    lower = table[table["rank"] < rank]
    sums = lower[["orders", "revenue", "gross_profit"]].mul(lower["member_months"], axis=0).sum(skipna=False)
    return sums / (sums["orders"] if sums["orders"] > 0 else math.nan)


def _short(standing: pd.DataFrame, rule: TierRule, order: pd.Series) -> dict[str, object]:
    """Members below a tier who reach it with one order more."""
    lower = standing[standing["rank"] < rule.rank]
    if rule.unit == "orders":
        near = lower[lower["orders"] == rule.threshold - 1]
    else:
        near = lower[(lower["spend"] < rule.threshold) & (lower["spend"] >= rule.threshold - order["revenue"])]
    return {
        "tier": rule.tier,
        "unit": rule.unit,
        "threshold": rule.threshold,
        "members": int(near["members"].sum()),
        "recent": int(near["recent"].sum()),
        "order_profit": float(order["gross_profit"]),
    }
