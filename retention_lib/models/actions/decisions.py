"""What to do with each scenario: kept, changed, stopped or tested further, with what all its lists earned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.actions.gains import Gain
from retention_lib.models.actions.judged import Judged
from retention_lib.models.actions.last_month import sum_of
from retention_lib.models.actions.learned import LearnedEffects
from retention_lib.models.actions.list_readings import JudgedList
from retention_lib.models.actions.offers import LearnedOffers, auto_offers
from retention_lib.models.actions.playbook_terms import LEARNED, PlaybookTerms

_ORDER = {"keep": 0, "change": 1, "stop": 2, "keep_testing": 3}
_COLUMNS = (
    *("scenario", "offer", "decision", "because", "better", "lists", "contacts", "profit", "low", "high"),
    *("total", "total_low", "total_high", "chance", "now"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioDecisions:
    """What to do with each scenario that has a list which may be read.

    Attributes:
        table: One row a scenario and offer, what is kept first, then what is changed, stopped, tested further, each by
            what it earned: scenario, offer, decision, because, better (the offer to change to; empty), lists, contacts
            (counts), profit, low, high (net money a contact over all its lists; 95 %), total, total_low, total_high
            (money), chance (that the next lists pay, in [0, 1]), now (what this month does with it: `sent`: goes on,
            `stopped`: no list, `changed`: sent with `better`, `write`: goes on until the parameter file says another
            offer, be it that the file leaves it to the playbook and has no better one, `other`: the scenario has
            another offer already, `off`: it is not in the playbook any more).
        kinds: The kind of each scenario of the playbook, by scenario.
        offers: The offers of the playbook.
        together: Net profit of all of them (money).
        lists: Lists that count (count).
        months: Months they were of (count).
    """

    table: pd.DataFrame
    together: Estimate
    lists: int
    months: int
    kinds: Mapping[str, str]
    offers: tuple[str, ...]

    def scenarios(self, decision: str) -> list[str]:
        """The scenarios of a decision, in the order of the table.

        Args:
            decision: `keep`, `change`, `stop` or `keep_testing`.
        """
        return [str(name) for name in dict.fromkeys(self.table.loc[self.table["decision"] == decision, "scenario"])]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord:
    """What the lists of each scenario earned, month by month.

    Attributes:
        table: One row a list that may be read, by scenario and month: scenario, month (YYYY-MM), contacts, total,
            total_low, total_high (net money; NaN = too few customers to be called alone), standing. Scenarios stand in
            the order of what they earned together.
        scenarios: The scenarios with a list, in that order.
    """

    table: pd.DataFrame
    scenarios: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def scenario_decisions(
    judged: Judged | NotEnough,
    learned: LearnedEffects,
    terms: PlaybookTerms,
    policy: LearnedOffers | NotEnough,
) -> ScenarioDecisions | NotEnough:
    """What to do with each scenario, by the rule of `decision_rule.decided`, and what this month does of it by itself.

    Args:
        judged: The lists.
        learned: What they teach.
        terms: The playbook in numbers.
        policy: What a past test says of offers, as for `offers.auto_offers`.

    Returns:
        The decisions; the refusal that came in, NotAsked("lists") where the store has no list, NotEnough("lists_sound")
        where none may be read.
    """
    if isinstance(judged, NotEnough):
        return judged
    if not judged.lists:
        return NotAsked("lists", 0, 1)
    counted = [one for one in judged.lists if one.counts]
    effects = learned.effects[learned.effects["lists"] > 0]
    if not counted or effects.empty:
        return NotEnough("lists_sound", 0, 1)
    rows = [_row(row, counted) for row in effects.to_dict("records")]
    asked = dict(zip(terms.scenarios["scenario"].astype(str), terms.scenarios["offer"].astype(str), strict=True))
    auto = auto_offers(learned, terms, policy)
    table = pd.DataFrame([row | {"now": _now(row, asked, auto)} for row in rows], columns=list(_COLUMNS))
    place = table["decision"].map(_ORDER)
    ordered = table.assign(place=place).sort_values(["place", "total"], ascending=[True, False], kind="stable")
    gains = [one.gain for one in counted if one.gain is not None]
    return ScenarioDecisions(
        table=ordered.drop(columns="place").reset_index(drop=True),
        together=sum_of(gains, fixed=sum(one.fixed for one in counted), margin_sd=counted[0].margin_sd).total(),
        lists=len(counted),
        months=len({one.month for one in counted}),
        kinds=dict(zip(asked, terms.scenarios["kind"].astype(str), strict=True)),
        offers=tuple(terms.offers["offer"].astype(str)),
    )


def track_record(judged: Judged | NotEnough) -> TrackRecord | NotEnough:
    """What the lists of each scenario earned, month by month.

    Args:
        judged: The lists.

    Returns:
        The record; the refusal that came in, NotAsked("lists") without a list, NotEnough("lists_sound") where none may
        be read.
    """
    if isinstance(judged, NotEnough):
        return judged
    if judged.table.empty:
        return NotAsked("lists", 0, 1)
    sound = judged.table[judged.table["valid"].astype(bool) & judged.table["total"].notna()]
    if sound.empty:
        return NotEnough("lists_sound", 0, 1)
    earned = sound.groupby("scenario")["total"].sum().sort_index().sort_values(ascending=False, kind="stable")
    names = tuple(str(name) for name in earned.index)
    columns = ["scenario", "month", "contacts", "total", "total_low", "total_high", "standing"]
    ordered = sound.assign(place=sound["scenario"].map({name: at for at, name in enumerate(names)}))
    ordered = ordered.sort_values(["place", "month", "test"], kind="stable")
    return TrackRecord(table=ordered[columns].reset_index(drop=True), scenarios=names)


def _row(row: dict[Any, Any], counted: Sequence[JudgedList]) -> dict[str, object]:
    """A scenario with an offer: what it earned, and what to do."""
    own = [one for one in counted if one.scenario == row["scenario"] and row["offer"] in one.parts]
    parts = [one.parts[row["offer"]] for one in own]
    fixed = sum(_fixed(one, part) for one, part in zip(own, parts, strict=True))
    found = sum_of(parts, fixed=fixed, margin_sd=own[0].margin_sd)
    total, each = found.total(), found.per_contact()
    return {
        **{name: row[name] for name in ("scenario", "offer", "decision", "because", "better")},
        "lists": len(own),
        "contacts": found.contacts,
        "profit": each.value,
        "low": math.nan if each.low is None else each.low,
        "high": math.nan if each.high is None else each.high,
        "total": total.value,
        "total_low": math.nan if total.low is None else total.low,
        "total_high": math.nan if total.high is None else total.high,
        "chance": row["chance_pays"],
    }


def _now(row: Mapping[str, object], asked: Mapping[str, str], auto: Mapping[str, str]) -> str:
    """What this month does with a scenario and an offer: as in `ScenarioDecisions.table`."""
    scenario, offer, decision = (str(row[name]) for name in ("scenario", "offer", "decision"))
    if scenario not in asked:
        return "off"
    chosen = asked[scenario] == LEARNED
    present = auto[scenario] if chosen else asked[scenario]
    if chosen and decision == "change" and row["better"] == present != offer:
        return "changed"
    if offer != present:
        return "other"
    return {"stop": "stopped", "change": "write"}.get(decision, "sent")


def _fixed(one: JudgedList, part: Gain) -> float:
    """The part of a list's own cost that falls on the contacts of an offer."""
    return one.fixed * part.contacts / one.gain.contacts if one.gain is not None and one.gain.contacts else 0.0
