"""Which test a report is about, and which of its arms was left alone."""

from __future__ import annotations

from datetime import date
from typing import NoReturn

import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_names import called_left_alone, control_named, experiment_named

DAYS = {"window_days": 10, "after_days": 20}


def arms(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    """Tests with their arms and the day of all their assignments."""
    frame = pd.DataFrame(rows, columns=["experiment", "arm", "first"]).assign(rows=100)
    frame["first"] = pd.to_datetime(frame["first"]).astype("datetime64[ns]")
    return frame.assign(last=frame["first"])


def two(name: str, day: str | None) -> tuple[tuple[str, str, str | None], ...]:
    return (name, "mail", day), (name, "none", day)


def never() -> NoReturn:
    raise AssertionError("the contacts were asked")


@pytest.mark.parametrize(
    ("until", "found"),
    [
        ("2026-03-03", "early"),  # the 30 days of early are over on 3 March
        ("2026-04-15", "late"),  # the 30 days of late are over on 31 March
        ("2026-02-12", "early"),  # no 30 days are over, but the ten of early's window
        ("2026-02-05", "early"),  # not even those
    ],
)
def test_auto_takes_the_test_whose_days_closed_last(until: str, found: str) -> None:
    known = arms(*two("late", "2026-03-01"), *two("early", "2026-02-01"))
    seen = known[known["first"] < pd.Timestamp(until)]
    assert experiment_named(seen, "auto", **DAYS, until=date.fromisoformat(until)) == found


def test_auto_takes_a_test_of_one_arm_only_where_there_is_no_other() -> None:
    one = ("lone", "mail", "2026-02-20")
    assert experiment_named(arms(one, *two("both", "2026-02-01")), "auto", **DAYS, until=date(2026, 5, 1)) == "both"
    assert experiment_named(arms(one), "auto", **DAYS, until=date(2026, 5, 1)) == "lone"


def test_a_test_without_dates_is_found_too() -> None:
    assert experiment_named(arms(*two("hillstrom", None)), "auto", **DAYS, until=date(2026, 5, 1)) == "hillstrom"


def test_an_unknown_test_is_refused_with_the_names_that_there_are() -> None:
    known = arms(*two("offer_1", "2026-02-01"), *two("spring", "2026-02-01"), ("ann", "mail", "2026-02-01"))
    known.loc[known["experiment"] == "ann", "rows"] = 4
    with pytest.raises(ValueError, match=r"no experiment 'offer'; the nearest is 'offer_1'; known: offer_1, spring$"):
        experiment_named(known, "offer", **DAYS, until=date(2026, 5, 1))


@pytest.mark.parametrize(
    "name", ["none", "Control", "HOLDOUT", "hold_out", "ctrl", "left_alone", "no_mail", "No E-Mail"]
)
def test_an_arm_is_known_by_its_name(name: str) -> None:
    assert called_left_alone(name)
    assert control_named(arms(("x", "a", None), ("x", name, None)), "auto", never) == name


@pytest.mark.parametrize("name", ["nonetheless", "notice", "discount20", "uncontrolled"])
def test_other_names_say_nothing(name: str) -> None:
    assert not called_left_alone(name)


def test_else_the_arm_is_the_only_one_that_got_no_message() -> None:
    known = arms(("x", "a", None), ("x", "b", None), ("x", "c", None))
    assert control_named(known, "auto", lambda: ["a", "c"]) == "b"
    for reached in ([], ["a"], ["a", "b", "c"]):
        assert control_named(known, "auto", lambda reached=reached: reached) == NotEnough("control_named", 0, 1)


def test_two_arms_that_could_both_be_it_are_not_guessed_at() -> None:
    known = arms(("x", "none", None), ("x", "control", None))
    assert control_named(known, "auto", list) == NotEnough("control_named", 2, 1)


def test_a_named_arm_must_be_one() -> None:
    known = arms(*two("x", None))
    assert control_named(known, "mail", never) == "mail"
    with pytest.raises(ValueError, match=r"x: there is no arm 'non'; the nearest is 'none'; known: mail, none$"):
        control_named(known, "non", never)
