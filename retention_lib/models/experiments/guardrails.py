"""Whether an arm made worse what it must not: refunds, discounts, unsubscribed customers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.effects import GUARDRAIL, Effects
from retention_lib.models.intervals import share_difference

Verdict = Literal["held", "broken", "not_shown"]
_WORST: tuple[Verdict, ...] = ("broken", "not_shown", "held")
_LEAST = {"unsubscribed": 0.005}
_LEAST_OF_SALES = 0.001
"""What is allowed at least, in share: a tenth of a share near nothing would allow nothing. Every message makes some
unsubscribe, up to one in two hundred by the usual standards of senders."""

_COLUMNS = ("metric", "arm", "base", "control_base", "control_mean", "arm_mean", "effect", "low", "high")


@dataclass(frozen=True, kw_only=True, eq=False)
class Guardrails:
    """Whether each arm kept within what is allowed; more is worse in every guardrail.

    Attributes:
        table: One row a guardrail and arm: metric (`refund_share` of what was sold, `discount_share` of the full price,
            `unsubscribed`), arm, base, control_base (units), control_mean, arm_mean, effect, low, high (shares),
            allowed (largest rise that is no harm), verdict (`held`: the interval lies below what is allowed; `broken`:
            above it; else `not_shown`), worse (the interval lies above 0), reason (why it cannot be judged).
        margin: What is allowed, as a share of the control's.
        control: Name of the control arm.
        level: Confidence level of the intervals.
        unit: What was counted: `customer` or `household`.
    """

    table: pd.DataFrame
    margin: float
    control: str
    level: float
    unit: str

    @property
    def broken(self) -> tuple[str, ...]:
        """The arms that broke one."""
        return tuple(dict.fromkeys(self.table.loc[self.table["verdict"] == "broken", "arm"]))

    def of(self, arm: str) -> Verdict:
        """The worst verdict of an arm.

        Raises:
            KeyError: There is no such arm.
        """
        found = set(self.table.loc[self.table["arm"] == arm, "verdict"])
        if not found:
            msg = f"no guardrail of arm {arm!r}; arms: {', '.join(dict.fromkeys(self.table['arm']))}"
            raise KeyError(msg)
        return next(verdict for verdict in _WORST if verdict in found)

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def guardrails(effects: Effects | NotEnough, *, margin: float = 0.1) -> Guardrails | NotEnough:
    """Whether the arms kept within what is allowed, guardrail by guardrail.

    A test of non-inferiority: a guardrail holds when the upper bound of the interval of its rise lies below what is
    allowed. Nothing is corrected for several: an arm must hold all of them, so testing more makes no false pass.

    Args:
        effects: Of the test.
        margin: Largest rise that is no harm, as a share of the control's; never less than 0.1 percentage points.

    Returns:
        The verdicts; NotAsked("guardrails") where the store tells none of them.

    Raises:
        ValueError: The margin is not positive.

    References:
        Piaggio, Elbourne, Pocock, Evans and Altman (2012), Reporting of noninferiority and equivalence randomized
        trials, JAMA 308, figure 1.
    """
    if isinstance(effects, NotEnough):
        return effects
    if not margin > 0:
        msg = f"guardrail_margin must be above 0, not {margin}"
        raise ValueError(msg)
    rows = effects.table[effects.table["role"] == GUARDRAIL].to_dict("records")
    if not rows:
        return NotAsked("guardrails", 0, 1)
    table = pd.DataFrame([_judged(row, margin, effects) for row in rows])
    return Guardrails(table=table, margin=margin, control=effects.control, level=effects.level, unit=effects.unit)


def _judged(row: dict[Any, Any], margin: float, effects: Effects) -> dict[str, Any]:
    """One guardrail of one arm."""
    low, high = _bounds(row, effects.level)
    allowed = max(margin * row["control_mean"], _LEAST.get(row["metric"], _LEAST_OF_SALES))
    known = effects.status == "valid" and not math.isnan(high)
    verdict: Verdict = "not_shown"
    if known and high < allowed:
        verdict = "held"
    elif known and low > allowed:
        verdict = "broken"
    told = {name: row[name] for name in _COLUMNS} | {"low": low, "high": high, "allowed": allowed}
    return told | {"verdict": verdict, "worse": known and low > 0, "reason": None if known else row["reason"]}


def _bounds(row: dict[Any, Any], level: float) -> tuple[float, float]:
    """The bounds of the rise; Newcombe's where a 0/1 guardrail is too rare for Welch's."""
    if row["metric"] == "unsubscribed" and math.isnan(row["low"]) and min(row["base"], row["control_base"]) >= 10:
        counts = [row[name] * row[base] for name, base in (("arm_mean", "base"), ("control_mean", "control_base"))]
        found = share_difference(counts[0], row["base"], counts[1], row["control_base"], level=level)
        if isinstance(found, Estimate) and found.low is not None and found.high is not None:
            return found.low, found.high
    return float(row["low"]), float(row["high"])
