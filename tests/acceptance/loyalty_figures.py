"""What the loyalty report must have recorded, on stores with a programme and on stores with campaigns only."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

EFFECT = {"naive_difference", "did_effect", "did_effect_relative"}
CHECKS = {"pretrend_p", "placebo_p", "sensitivity_breakdown"}
CAMPAIGNS = {"households_treated", "households_control"}
MONEY = {"incremental_gross_profit", "reward_cost", "programme_profit", "probability_profit"}
POINTS = {
    *("points_outstanding", "points_liability", "ultimate_redemption_rate"),
    *("orders_to_first_reward", "share_reaching_reward"),
}
PROGRAMME = MONEY | POINTS | {"members"}
SHARES = {"pretrend_p", "placebo_p", "probability_profit", "ultimate_redemption_rate", "share_reaching_reward"}
WITH_INTERVAL = EFFECT | (MONEY - {"probability_profit"}) | (POINTS - {"points_outstanding"})

LEDGER_IN = ["opening", "earned", "granted", "adjusted"]
LEDGER_OUT = ["burned", "reversed", "expired", "forfeited", "outstanding"]


def loyalty_problems(found: Mapping[str, Mapping[str, Any]], *, programme: bool, campaigns: bool) -> list[str]:
    """What is wrong with the figures of a loyalty report, by id.

    Args:
        found: The figures.
        programme: Whether the store has a programme.
        campaigns: Whether it has campaigns.
    """
    asked = EFFECT | CHECKS | (PROGRAMME if programme else set()) | (CAMPAIGNS if campaigns else set())
    problems = [f"{id} is not recorded" for id in sorted(asked - found.keys())]
    problems += [f"{id} is not asked for" for id in sorted(found.keys() - asked)]
    known = {id: figure for id, figure in found.items() if figure["value"] is not None}
    problems += [f"{id} has no value" for id in sorted(found.keys() - known.keys())]
    for id in sorted(WITH_INTERVAL & known.keys()):
        figure = known[id]
        if None in (figure["low"], figure["high"]) or not figure["low"] <= figure["value"] <= figure["high"]:
            problems.append(f"{id} does not lie in its interval")
    problems += [f"{id} is no share" for id in sorted(SHARES & known.keys()) if not 0 <= known[id]["value"] <= 1]
    if "naive_difference" in known and known["naive_difference"]["claimed"] is not False:
        problems.append("naive_difference is claimed")
    return problems


def ledger_problems(ledger: pd.DataFrame) -> list[str]:
    """Where a ledger of points, one row a month, does not balance to the point."""
    differs = ledger[ledger[LEDGER_IN].sum(axis=1) != ledger[LEDGER_OUT].sum(axis=1)]
    problems = [f"{month} does not balance" for month in differs["month"]]
    begins = ledger["opening"].iloc[1:].to_numpy() == ledger["outstanding"].iloc[:-1].to_numpy()
    problems += [
        f"{month} does not begin with what the month before left"
        for month, held in zip(ledger["month"].iloc[1:], begins, strict=True)
        if not held
    ]
    return problems


def read_verdict(notebook: Path) -> tuple[str, str]:
    """Status and plain sentence of a report's verdict, as its executed notebook holds them."""
    for cell in json.loads(notebook.read_text())["cells"]:
        for output in cell.get("outputs", ()):
            told = output.get("data", {}).get("application/vnd.retention.verdict+json")
            if told is not None:
                return told["status"], re.sub(r"[\s\u00a0\u2060]+", " ", html.unescape(told["sentence"]))
    raise LookupError(f"{notebook.name} has no verdict")
