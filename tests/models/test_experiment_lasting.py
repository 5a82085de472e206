"""What becomes of a gain: by hand, against the sums of all units, and where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.lasting import Lasting, lasting
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.validity import Check, Validity

UNITS = 400


@dataclass(frozen=True, kw_only=True)
class Reading:
    window_days: int = 2
    after_days: int = 2


@dataclass(frozen=True, kw_only=True)
class Schedule:
    dated: bool = True
    window_closed: bool = True
    after_closed: bool = True
    after_ends: date | None = date(2026, 3, 1)
    reading: Reading = field(default_factory=Reading)


def story(
    window: float, after: float, *, units: int = UNITS, seed: int = 1, noise: float = 1.0
) -> tuple[pd.DataFrame, Moments]:
    """Four days of spending by units of two arms: the mailed spend so much more in the window, and after it."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(2.0, 2.0, 2 * units)
    arm = np.repeat(["none", "mail"], units)
    spent = level[:, None] + rng.normal(0, noise, (2 * units, 4))
    spent[arm == "mail"] += np.array([window / 2, window / 2, after / 2, after / 2])
    before = level * 4 + rng.normal(0, noise, 2 * units)
    frame = pd.DataFrame(
        {
            "arm": arm,
            "revenue": spent[:, :2].sum(axis=1),
            "revenue_after": spent[:, 2:].sum(axis=1),
            "revenue_before": before,
        }
    )
    return ages(arm, spent.cumsum(axis=1), before), moments_of(frame)


def ages(arm: np.ndarray, so_far: np.ndarray, before: np.ndarray) -> pd.DataFrame:
    """The measure's rows: sums over the units by arm and day, with those of what was known before."""
    rows = []
    for name in dict.fromkeys(arm):
        own = arm == name
        for age in range(so_far.shape[1]):
            x, b = so_far[own, age], before[own]
            sums = {"total": x.sum(), "total_squares": x @ x}
            known = {"before_total": b.sum(), "before_squares": b @ b, "before_product": b @ x}
            rows.append({"arm": name, "age": age, "units": int(own.sum()), **sums, **known})
    return pd.DataFrame(rows)


def told(
    window: float, after: float, schedule: Schedule = Schedule(), *, adjusted: bool = True, **options: Any
) -> Lasting:
    by_age, moments = story(window, after, **options)
    if not adjusted:
        by_age = by_age[["arm", "age", "units", "total", "total_squares"]]
    found = lasting(by_age, moments, control="none", metric="revenue", schedule=schedule)
    assert isinstance(found, Lasting)
    return found


def test_the_path_by_hand() -> None:
    rows = [("none", 40, 40.0, 80.0), ("mail", 50, 150.0, 550.0)]
    frame = pd.DataFrame([{"arm": a, "age": 0, "units": n, "total": t, "total_squares": s} for a, n, t, s in rows])
    units = pd.DataFrame({"arm": ["none"] * 40 + ["mail"] * 50, "revenue": [0.0, 2.0] * 45, "revenue_after": 1.0})
    found = lasting(frame, moments_of(units), control="none", metric="revenue", schedule=Schedule())
    assert isinstance(found, Lasting)
    day = found.path.iloc[0]
    # Means 1 and 3; variances (80 - 40) / 39 and (550 - 450) / 49.
    error = (40 / 39 / 40 + 100 / 49 / 50) ** 0.5
    assert (day["base"], day["control_base"], day["effect"]) == (50, 40, 2.0)
    assert day["high"] - day["effect"] == pytest.approx(1.959964 * error)
    assert not found.adjusted


@pytest.mark.parametrize("adjusted", [True, False])
def test_the_last_day_of_the_path_is_the_effect_of_all_days(adjusted: bool) -> None:
    found = told(4.0, -1.0, adjusted=adjusted)
    full, last = found.full("mail"), found.path.iloc[-1]
    assert isinstance(full, Estimate)
    assert full.value == pytest.approx(last["effect"])
    assert full.low == pytest.approx(last["low"], rel=5e-3)  # Student's quantile against the normal one
    window, after = found.in_window("mail"), found.after("mail")
    assert isinstance(window, Estimate)
    assert isinstance(after, Estimate)
    assert window.value + after.value == pytest.approx(full.value)
    assert window.value == pytest.approx(found.path["effect"].iloc[1])


def test_what_was_known_before_sharpens_the_path() -> None:
    wide, narrow = (told(4.0, -1.0, adjusted=adjusted).path.iloc[-1] for adjusted in (False, True))
    assert narrow["high"] - narrow["low"] < 0.3 * (wide["high"] - wide["low"])


@pytest.mark.parametrize(
    ("window", "after", "course"),
    [
        (4.0, 0.0, "lasts"),
        (4.0, -2.0, "part_lost"),
        (4.0, -4.4, "all_lost"),
        (4.0, 2.0, "grows"),
        (0.0, 0.0, "no_gain"),
        (-4.0, 2.0, "no_gain"),
    ],
)
def test_what_became_of_a_gain(window: float, after: float, course: str) -> None:
    assert told(window, after).verdict("mail") == course


def test_weeks_after_too_noisy_to_judge_cannot_be_told() -> None:
    assert told(4.0, -1.0, noise=7.0, units=300, seed=3).verdict("mail") == "cannot_tell"


def test_the_share_lost_covers_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        lost = told(4.0, -2.0, seed=seed, noise=4.0).lost("mail")
        assert isinstance(lost, Estimate)
        assert lost.low is not None
        assert lost.high is not None
        held += lost.low <= 0.5 <= lost.high
    # 95 % of 200 within two standard errors
    assert 184 <= held <= 197


def test_weeks_after_that_run_are_waited_for() -> None:
    found = told(4.0, -2.0, Schedule(after_closed=False))
    assert (found.verdict("mail"), found.after_closed, found.after_ends) == ("waiting", False, date(2026, 3, 1))
    assert isinstance(found.in_window("mail"), Estimate)
    assert found.full("mail") == NotEnough("test_weeks_after", 0, 1)
    early = told(4.0, -2.0, Schedule(after_closed=False, window_closed=False))
    assert isinstance(early.in_window("mail"), NotEnough)


def test_a_gain_that_is_none_has_no_share_to_lose() -> None:
    assert told(-4.0, 0.0).lost("mail") == NotEnough("gain_to_lose", 0, 1)
    with pytest.raises(KeyError, match="no arm 'sms'; arms: mail"):
        told(4.0, 0.0).verdict("sms")


def test_nothing_is_said_of_a_test_that_may_not_be_read() -> None:
    by_age, moments = story(4.0, -2.0)
    checks = {
        "withheld": Validity(checks=(Check(name="sample_ratio_broken", level="stop"),)),
        "waiting": Validity(checks=(Check(name="interim", level="interim"),)),
    }
    for course, validity in checks.items():
        options = {"control": "none", "metric": "revenue", "schedule": Schedule()}
        found = lasting(by_age, moments, validity=validity, **options)  # type: ignore[arg-type]
        assert isinstance(found, Lasting)
        assert found.verdict("mail") == course


def test_refusals() -> None:
    by_age, moments = story(4.0, -2.0)
    refusal = NotEnough("sales_by_day", 0, 1)
    options: dict[str, Any] = {"control": "none", "metric": "revenue"}
    assert lasting(refusal, moments, schedule=Schedule(), **options) is refusal
    assert lasting(by_age, refusal, schedule=Schedule(), **options) is refusal
    assert lasting(by_age, moments, schedule=refusal, **options) is refusal
    assert lasting(by_age, moments, control="none", metric=refusal, schedule=Schedule()) is refusal
    for schedule in (Schedule(dated=False), Schedule(reading=Reading(after_days=0))):
        assert isinstance(lasting(by_age, moments, schedule=schedule, **options), NotAsked)
    few, sums = story(4.0, -2.0, units=20)
    assert lasting(few, sums, schedule=Schedule(), **options) == NotEnough("customers_per_arm", 20, 30)
