"""Daily looks at a test for 60 days: how often they find what is not there, and how often what was planned to be found.

A case is two tests read as the notebook reads them, look after look: in one the arms differ by nothing but chance, in
the other by the effect that the test was planned for, which one look at the planned end finds in 80 of 100 tests. Some
hundred customers come to each arm every day; 95 of 100 spend nothing, and some of the others very much.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.random import Generator
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.look_rules import LookRule
from retention_lib.models.experiments.sequential import Sequential, sequential

CASES = 4_000
DAYS, A_DAY, WINDOW_DAYS = 60, 100, 7
"""Days of looking, customers who come to an arm on each of them, and days of their window (counts)."""

FIGURES = {"sequential_false_rate": "called_of_nothing", "sequential_power": "called_of_planned"}
"""What a case says, by the figure that is its share of cases."""

BUYING, LOG_MEAN, LOG_SD = 0.05, 3.5, 0.8
_POWER_QUANTILE = 2.8015852181129683  # 1.959964 + .841621: found in 80 of 100 tests of level 5 %
_START = date(2026, 1, 1)
_FIRST_SEED = 26_000
_CHUNK = 250


def looked(number: int) -> Result:
    """Whether daily looks call an effect, where there is none and where there is the planned one.

    Args:
        number: The number of the case.
    """
    rng = np.random.default_rng(_FIRST_SEED + number)
    nothing, planned = (judged(days(rng, lift=lift)) for lift in (0.0, planned_lift()))
    return {
        "called_of_nothing": nothing.first_crossing is not None,
        "called_of_planned": planned.winner is not None,
        "age": None if planned.first_crossing is None else (planned.first_crossing - _START).days,
    }


def planned_lift() -> float:
    """How many more buy, in share, where the test was planned for 80 % power on revenue."""
    spent, squares = math.exp(LOG_MEAN + LOG_SD**2 / 2), math.exp(2 * LOG_MEAN + 2 * LOG_SD**2)
    lift = 0.0
    for _ in range(50):
        variances = [buying * squares - (buying * spent) ** 2 for buying in (BUYING, BUYING + lift)]
        lift = _POWER_QUANTILE * math.sqrt(sum(variances) / (DAYS * A_DAY)) / spent
    return lift


def days(rng: Generator, *, lift: float) -> pd.DataFrame:
    """Sums by day of assignment, as the measure gives them.

    Args:
        rng: Chance.
        lift: By how much more buy in the mailed arm, in share.
    """
    parts = []
    for arm, buying in (("none", BUYING), ("mail", BUYING + lift)):
        n = rng.poisson(A_DAY, DAYS)
        buyers = rng.binomial(n, buying)
        spent, day = rng.lognormal(LOG_MEAN, LOG_SD, buyers.sum()), np.repeat(np.arange(DAYS), buyers)
        sums = {"conversion": (buyers, buyers), "revenue": tuple(np.bincount(day, w, DAYS) for w in (spent, spent**2))}
        dates = [_START + timedelta(days=place) for place in range(DAYS)]
        for metric, (total, squares) in sums.items():
            one = {"day": dates, "arm": arm, "metric": metric, "n": n, "total": total, "total_squares": squares}
            parts.append(pd.DataFrame(one))
    return pd.concat(parts, ignore_index=True)


def judged(sums: pd.DataFrame) -> Sequential:
    """All looks until the planned end, agreed on before the start.

    Args:
        sums: From `days`.
    """
    rule = LookRule(
        declared=_START - timedelta(days=1),
        first_day=_START,
        until=_START + timedelta(days=DAYS + WINDOW_DAYS),
        window_days=WINDOW_DAYS,
        comparisons=1,
        planned=2 * DAYS * A_DAY,
    )
    found = sequential(sums, control="none", metric="revenue", rule=rule)
    if isinstance(found, NotEnough):
        raise TypeError(f"a simulated test is large enough to be looked at, but: {found}")
    return found


def figures(results: list[Result]) -> list[Found]:
    """The `FIGURES`, each a share of tests called; one that died counts against the looks."""
    died = {"called_of_nothing": True, "called_of_planned": False}
    return [_found(name, [bool(result.get(said, died[said])) for result in results]) for name, said in FIGURES.items()]


def _found(name: str, called: list[bool]) -> Found:
    part = share(sum(called), len(called))
    return Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(called))


def failures(results: list[Result]) -> list[Result]:
    """The tests of nothing in which a look called an effect, and cases that died."""
    return [result for result in results if result.get("called_of_nothing", True)]


STUDY = Study(target="studies.campaign_looks:looked", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
