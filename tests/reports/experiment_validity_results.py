"""Tests that may be read, and others; looks at them before their end, and what became of their gains."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from retention_lib.models.experiments.lasting import Lasting
from retention_lib.models.experiments.look_rules import LookRule
from retention_lib.models.experiments.metrics import Kind
from retention_lib.models.experiments.sample_ratio import sample_ratio
from retention_lib.models.experiments.sequential import Sequential, sequential
from retention_lib.models.experiments.validity import Check, Validity

OVER = Check(name="interim", level="ok")
RUNNING = Check(name="interim", level="interim", found=16, on=date(2026, 5, 6))
BROKEN = Check(name="sample_ratio_broken", level="stop", found=0.024, base=9_520, p=3e-6, about="mail")
STRATUM = Check(name="sample_ratio_strata", level="stop", found=1, base=3, p=1e-8, about="0-1")
HOUSEHOLDS = Check(name="households_split", level="warn", found=141)


def check(name: str = "households_split", level: str = "warn", *, unit: str = "customer") -> Check:
    """One check with numbers in all its places."""
    return Check(name=name, level=level, found=12, base=300, p=0.004, about="mail", on=date(2026, 5, 6), unit=unit)  # type: ignore[arg-type]


def validity(*more: Check, end: Check = OVER, unit: str = "customer") -> Validity:
    """A test with an even split and whatever else was found."""
    split = Check(name="sample_ratio_broken", level="ok", found=0.002, base=9_520, p=0.64, about="mail", unit=unit)
    unknown = Check(name="other_tests", level="unknown", unit=unit)
    first = (split,) if BROKEN not in more else ()
    ratio = sample_ratio({"none": 4_750, "mail": 4_770})
    return Validity(checks=(*first, *more, unknown, end), split=ratio, verdict_on=end.on, experiment="spring")


def warned() -> Validity:
    return validity(HOUSEHOLDS)


def broken() -> Validity:
    return validity(BROKEN, STRATUM, HOUSEHOLDS)


def interim() -> Validity:
    return validity(HOUSEHOLDS, end=RUNNING)


RULE = LookRule(
    declared=date(2025, 12, 15),
    first_day=date(2026, 1, 1),
    until=date(2026, 3, 1),
    window_days=28,
    comparisons=1,
    planned=12_000,
)


def looks(
    *, bought: float = 30.0, spent: float = 10.0, arm: str = "mail", rule: LookRule = RULE, days: int = 30
) -> Sequential:
    """Twenty days of looks at 200 customers a day and arm: 20 buyers of the control and so many of the other."""
    rows = []
    for day in range(days):
        for name, buyers in (("none", 20.0), (arm, bought)):
            wave = 2 if day % 2 else -2
            one = {"day": date(2026, 1, 1) + timedelta(days=day), "arm": name, "n": 200}
            rows.append({**one, "metric": "conversion", "total": buyers + wave, "total_squares": buyers + wave})
            total = spent * (buyers + wave)
            rows.append({**one, "metric": "revenue", "total": total, "total_squares": total * spent * 1.5})
    found = sequential(pd.DataFrame(rows), control="none", metric="revenue", rule=rule)
    assert isinstance(found, Sequential)
    return found


def undecided() -> Sequential:
    return looks(bought=21.0)


def losing() -> Sequential:
    return looks(bought=11.0)


def one_look() -> Sequential:
    return looks(rule=LookRule(**{**vars(RULE), "until": date(2026, 2, 4)}), bought=35.0)


def drifting() -> Sequential:
    """A gain in the first half of the days, which the second half contradicts."""
    found = looks()
    late = found.looks["age"] > 45
    table = found.looks.assign(low=found.looks["low"].where(~late, 1.0), high=found.looks["high"].where(~late, 0.5))
    return Sequential(looks=table, rule=RULE, metric="revenue", control="none", level=0.95)


WINDOW, AFTER, FULL = (2.0, 1.0, 3.0), (-0.8, -1.6, 0.0), (1.2, -0.2, 2.6)
LOST = (0.4, 0.1, 0.9)


def lasting(
    course: str = "part_lost",
    *arms: str,
    lost: tuple[float, float, float] = LOST,
    closed: bool = True,
    days: int = 84,
    kind: Kind = "money",
    scale: float = 1.0,
) -> Lasting:
    """An effect that rises over the window of 28 days and falls a little in the weeks after."""
    names = arms or ("mail",)
    unknown = (float("nan"),) * 3
    spans = {"window": WINDOW, "after": AFTER if closed else unknown, "full": FULL if closed else unknown}
    row = {f"{name}{end}": value * scale for name, one in spans.items() for end, value in zip(_ENDS, one, strict=True)}
    row |= {f"lost{end}": value for end, value in zip(_ENDS, lost if closed else unknown, strict=True)}
    summary = [{"arm": arm, **row, "base": 4_000, "control_base": 4_100, "course": course} for arm in names]
    path = [
        {"arm": arm, "age": age, "base": 4_000, "control_base": 4_100, "effect": effect, "low": effect - wide}
        | {"high": effect + wide}
        for place, arm in enumerate(names)
        for age in range(days)
        for effect in [scale * (2.0 * min(age, 27) / 27 - 0.8 * max(0, age - 27) / 56 + 0.3 * place)]
        for wide in [scale * (0.2 + age / 60)]
    ]
    return Lasting(
        path=pd.DataFrame(path),
        summary=pd.DataFrame(summary),
        metric={"money": "gross_profit", "share": "conversion", "count": "orders"}.get(kind, "revenue"),
        control="none",
        level=0.95,
        window_days=28,
        after_days=56,
        after_ends=date(2026, 7, 1),
        after_closed=closed,
        adjusted=True,
        kind=kind,
    )


_ENDS = ("", "_low", "_high")


def waiting() -> Lasting:
    return lasting("waiting", closed=False, days=42)


def several() -> Lasting:
    return lasting("lasts", "discount", "free delivery", "letter", "gift", lost=(0.05, -0.3, 0.4))


def of_names(name: str) -> Lasting:
    """Orders, so that nothing but the name brings a dollar."""
    return lasting("part_lost", name, kind="count")


def looks_of(name: str) -> Sequential:
    """The same."""
    return replace(looks(arm=name), kind="count")
