"""What speaks for and against the comparison of members with others, one check at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from retention_lib.estimates import NotEnough, figures_frame
from retention_lib.models.impact.joining import AT_PURCHASES, MOST_OUTSIDE, MOST_UNTESTED, passes
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.purchases_compared import FEWEST_MEMBERS

Kind = Literal[
    "who", "before", "placebo", "anticipation", "at_purchases", "scales", "overlap", "drift", "one_day", "tested"
]


@dataclass(frozen=True, kw_only=True, eq=False)
class JoiningCheck:
    """One check of the comparison.

    Attributes:
        kind: What is checked: whom the effect is about ("who"), whether members and others moved alike before joining
            ("before"), whether a made-up date shows an effect ("placebo"), whether members changed just before joining
            ("anticipation"), whether they join with a purchase ("at_purchases"), whether both scales agree ("scales"),
            whether members have their like ("overlap"), how much drift the claim bears ("drift"), whether all joined on
            one day ("one_day"), whether enough members were customers for long enough to test ("tested").
        passed: Whether it speaks for the comparison.
        effect: What is checked.
    """

    kind: Kind
    passed: bool
    effect: ProgrammeEffect

    def to_frame(self) -> pd.DataFrame:
        """The check as one row."""
        return figures_frame(self)


def joining_checks(effect: ProgrammeEffect | NotEnough) -> tuple[JoiningCheck, ...]:
    """The checks of an effect; none where there is no effect to check.

    Args:
        effect: From `models.impact.programme_effect.programme_effect`.
    """
    if isinstance(effect, NotEnough):
        return ()
    facts = effect.facts.iloc[0]
    passed: dict[Kind, bool] = {
        "before": passes(effect.pretrend_p),
        "placebo": passes(effect.placebo.p),
        "anticipation": passes(effect.anticipation.p),
        "at_purchases": bool(facts["on_purchase_day"] <= AT_PURCHASES * facts["settled"]),
        "overlap": effect.outside <= MOST_OUTSIDE,
        "who": True,
    }
    if effect.design is None:
        passed["scales"] = not effect.disagrees
    if effect.relative.claimed:
        passed["drift"] = effect.breakdown >= 1
    if facts["join_days"] == 1:
        passed["one_day"] = False
    if effect.tested < max(MOST_UNTESTED * effect.members, FEWEST_MEMBERS):
        passed["tested"] = False
    return tuple(JoiningCheck(kind=kind, passed=held, effect=effect) for kind, held in passed.items())
