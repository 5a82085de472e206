"""Checks of what happened to the units of a test: reached too early, reached by others, left without a result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retention_lib.models.experiments.split_checks import STOP_P, told
from retention_lib.models.experiments.validity import Check, Level

MOST_EXPOSED = 0.01
"""Share of those reached who were reached before they were drawn, above which chance did not choose them."""

MOST_MISSING = 0.05
"""Share without a result above which a reader should know."""

FEW_BOUGHT, FEW_UNREACHED = 0.01, 0.05
"""Shares up to which purchases just before, and messages that reached nobody, are no concern."""

MOST_WRONG = 0.1
"""Share of those left alone who got the message, above which they are no control."""

LARGE_GAP = 0.05
"""Difference between arms, in the share that another campaign reached, too large to be a consequence of the offer."""

EARLY_GAP = 0.01
"""The same before the test, where there is no offer that could cause it."""


def exposure_check(arms: pd.DataFrame, *, unit: str) -> Check:
    """Units that were reached by the campaign before they were drawn; base = units reached, or in the test."""
    if arms["exposed_before"].isna().any():
        return Check(name="assignment_after_exposure", level="unknown", unit=unit)
    early = float(arms["exposed_before"].sum())
    reached = float(arms["contacted"].sum()) or float(arms["units"].sum())
    level: Level = "stop" if early > MOST_EXPOSED * reached else "warn" if early else "ok"
    return Check(name="assignment_after_exposure", level=level, found=early, base=reached, unit=unit)


def bought_check(arms: pd.DataFrame, *, unit: str) -> Check:
    """Units that bought on the day of their assignment before it; these purchases count as before."""
    if arms["bought_between"].isna().any():
        return Check(name="bought_between", level="unknown", unit=unit)
    found, base = float(arms["bought_between"].sum()), float(arms["units"].sum())
    level: Level = "warn" if found > FEW_BOUGHT * base else "ok"
    return Check(name="bought_between", level=level, found=found, base=base, unit=unit)


def contact_checks(arms: pd.DataFrame, *, control: str, unit: str) -> tuple[Check, ...]:
    """Units left alone that got the campaign's message, and units meant to get it that did not.

    Args:
        arms: Columns arm, units, contacted (NaN where messages are not known).
        control: The arm left alone.
        unit: What is counted.
    """
    alone, treated = arms[arms["arm"] == control], arms[arms["arm"] != control]
    if arms["contacted"].isna().any():
        return tuple(Check(name=name, level="unknown", unit=unit) for name in ("control_contacted", "not_contacted"))
    wrong, base = float(alone["contacted"].sum()), float(alone["units"].sum())
    share = 1 - treated["contacted"] / treated["units"].where(treated["units"] > 0)
    worst = int(share.fillna(0.0).to_numpy().argmax())
    one = treated.iloc[worst]
    missed = float(one["units"] - one["contacted"])
    return (
        Check(
            name="control_contacted",
            level="stop" if wrong > MOST_WRONG * base else "warn" if wrong else "ok",
            found=wrong,
            base=base,
            about=control,
            unit=unit,
        ),
        Check(
            name="not_contacted",
            level="warn" if missed > FEW_UNREACHED * one["units"] else "ok",
            found=missed,
            base=float(one["units"]),
            about=str(one["arm"]),
            unit=unit,
        ),
    )


def missing_check(missing: pd.DataFrame, *, unit: str) -> Check:
    """Whether the arms differ in how many units have no result.

    Args:
        missing: Columns metric, arm, units, missing; empty where nobody can be without a result.
        unit: What is counted.

    Returns:
        The check: found and base are units without a result and units, of the arm and metric where most lack one;
        p = the smallest p-value times the metrics.
    """
    if missing.empty:
        return Check(name="outcomes_missing", level="ok", unit=unit)
    pairs = [(str(metric), part) for metric, part in missing.groupby("metric", sort=False)]
    p_values = [_differing(part["missing"].to_numpy(float), part["units"].to_numpy(float)) for _, part in pairs]
    worst = int(np.argmin(p_values))
    p = min(p_values[worst] * len(pairs), 1.0)
    share = (missing["missing"] / missing["units"].where(missing["units"] > 0)).fillna(0.0)
    level: Level = "stop" if p < STOP_P else "warn" if share.max() > MOST_MISSING else "ok"
    metric, rows = pairs[worst] if level == "stop" else (str(missing["metric"].loc[share.idxmax()]), missing)
    row = rows.loc[share.loc[rows.index].idxmax()]
    return Check(
        name="outcomes_missing",
        level=level,
        found=float(row["missing"]),
        base=float(row["units"]),
        p=p,
        about=metric,
        unit=unit,
    )


def others_check(table: pd.DataFrame, either: pd.DataFrame, *, name: str, kind: str, unit: str) -> Check:
    """Whether other campaigns, or other tests, reached the arms alike.

    What reaches a unit in the window may be a consequence of the offer, as a letter of thanks to who bought; so arms
    that differ there by more than chance stop the test only where they differ by 5 points or more. Before the test
    there is no offer that could cause it, and 1 point is too much.

    Args:
        table: Columns kind, name, arm, units, before, during.
        either: The same of all names of a kind together.
        name: The check's code.
        kind: Rows that it is about: `campaign` or `experiment`.
        unit: What is counted.

    Returns:
        The check: found and base are units reached in the window (by another test: or in as many days before) and
        units, about the name that reached most; where arms differ, found is the largest difference of a share, base 1.
        Messages that reached the arms alike are no concern, another test always is one.
    """
    table, either = table[table["kind"] == kind], either[either["kind"] == kind]
    apart = _widest_gap(table)
    if apart is not None:
        about, gap, p, grave = apart
        level: Level = "stop" if grave else "warn"
        return Check(name=name, level=level, found=gap, base=1.0, p=p, about=about, unit=unit)
    tests = kind == "experiment"
    reached = either[["before", "during"]].max(axis="columns") if tests else either["during"]
    found, base = float(reached.sum()), float(either["units"].sum())
    level = "warn" if tests and found else "ok"
    return Check(name=name, level=level, found=found, base=base, about=_first_name(table), unit=unit)


def _widest_gap(table: pd.DataFrame) -> tuple[str, float, float, bool] | None:
    """The campaign whose reach differs most between arms by more than chance, with gap and corrected p-value."""
    groups = [(str(name), part) for name, part in table.groupby("name", sort=False)]
    found = []
    for name, part in groups:
        units = part["units"].to_numpy(float)
        for column, large in (("before", EARLY_GAP), ("during", LARGE_GAP)):
            reached = part[column].to_numpy(float)
            shares = reached / np.where(units > 0, units, 1.0)
            p = min(_differing(reached, units) * 2 * len(groups), 1.0)
            gap = float(shares.max() - shares.min())
            if told(p) == "stop":
                found.append((name, gap, p, gap >= large))
    return max(found, key=lambda one: (one[3], one[1]), default=None)


def _first_name(table: pd.DataFrame) -> str:
    """The name that reached most; of a test without its arm."""
    if table.empty:
        return ""
    reached = table.assign(reached=table[["before", "during"]].max(axis="columns"))
    own = reached.groupby("name", sort=True)["reached"].sum()
    return str(own.idxmax()).partition("/")[0]


def _differing(counts: np.ndarray, bases: np.ndarray) -> float:
    """P-value of one share being the same in all arms, by Pearson's chi-squared; 1 where too few to say."""
    from scipy.special import chdtrc

    share = counts.sum() / bases.sum() if bases.sum() else 0.0
    expected = np.concatenate([bases * share, bases * (1 - share)])
    if expected.min() < 5:
        return _exact(counts, bases) if 0 < share < 1 else 1.0
    found = np.concatenate([counts, bases - counts])
    return float(chdtrc(len(bases) - 1, ((found - expected) ** 2 / expected).sum()))


def _exact(counts: np.ndarray, bases: np.ndarray) -> float:
    """The same where few are counted: each arm against the others by Fisher's exact test, corrected for the arms."""
    from scipy.stats import fisher_exact

    p_values = []
    for at in range(len(bases)):
        rest, rest_base = counts.sum() - counts[at], bases.sum() - bases[at]
        table = [[counts[at], bases[at] - counts[at]], [rest, rest_base - rest]]
        p_values.append(float(fisher_exact(np.array(table, dtype=int)).pvalue))
    return min(min(p_values) * len(p_values), 1.0)
