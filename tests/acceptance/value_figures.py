"""What the value report must have recorded, on every store that carries a forecast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# Refused where no cost of winning a customer is known.
OF_A_COST = frozenset({"ltv_cac", "payback_months"})
WITH_INTERVAL = OF_A_COST | {
    *("customer_equity_12m", "expected_value_12m_per_customer", "expected_value_12m_total", "clv_new_customer_12m"),
    *("value_at_stake_12m", "expected_purchases_12m", "forecast_last_month"),
    *("top_decile_share", "gini", "repeat_rate"),
}
COUNTED = {"actual_last_month", "customers", "revenue_total", "holdout_purchases_actual"}
BACKTEST = {"backtest_mae", "backtest_total_error_median", "holdout_total_error", "holdout_purchases_expected"}
PARAMETERS = {
    *("bgnbd_r", "bgnbd_alpha", "bgnbd_a", "bgnbd_b"),
    *("gamma_gamma_p", "gamma_gamma_q", "gamma_gamma_v"),
}
ALL = WITH_INTERVAL | COUNTED | BACKTEST | {"backtest_winner"}
CANDIDATES = {"BG/NBD", "MBG/NBD", "Pareto/NBD", "average of models", "boosting", "average with boosting"}


def value_problems(found: dict[str, dict[str, Any]], *, cost_known: bool = True, sample: bool = False) -> list[str]:
    """What is wrong with the figures of a value report, by id; the published sample's where there is one."""
    asked = ALL | PARAMETERS if sample else ALL
    refused = frozenset() if cost_known else OF_A_COST
    without = {id for id, figure in found.items() if figure["value"] is None}
    problems = [f"{id} is not recorded" for id in sorted(asked - found.keys())]
    problems += [f"{id} is not asked for" for id in sorted(found.keys() - asked)]
    problems += [f"{id} has {'no' if id in without else 'a'} value" for id in sorted(without ^ refused)]
    problems += [f"{id} does not say why it is refused" for id in sorted(without) if not found[id]["reason"]]
    for id in sorted((WITH_INTERVAL & found.keys()) - without):
        figure = found[id]
        if None in (figure["low"], figure["high"]) or not figure["low"] <= figure["value"] <= figure["high"]:
            problems.append(f"{id} does not lie in its interval")
    if found["backtest_winner"]["value"] not in CANDIDATES:
        problems.append("backtest_winner names no candidate")
    return problems


def list_problems(month: Path, report: str, name: str) -> list[str]:
    """What is wrong with a list of whom to contact: ids in clear, once each, half left alone, in the file only."""
    file = month / "actions" / f"{report}_{name}.csv"
    header, *rows = [line.split(",") for line in file.read_text().splitlines()]
    groups = [row[1] for row in rows]
    wrong = {
        "does not begin with id and group": header[:2] != ["customer_id", "group"],
        "has no control half": not groups.count("contact") == groups.count("control") > 50,
        "names a customer twice": len({row[0] for row in rows}) != len(rows),
        "has another group": set(groups) != {"contact", "control"},
        "is in the notebook": "vnd.retention.list" in (month / f"{report}.ipynb").read_text(),
    }
    return [sentence for sentence, holds in wrong.items() if holds]


def read_figures(month: Path, report: str) -> dict[str, dict[str, Any]]:
    """A report's figures by id."""
    return {figure["id"]: figure for figure in json.loads((month / f"{report}.figures.json").read_text())}
