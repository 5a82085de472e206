from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass
from datetime import date

import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotAsked, NotEnough, figures_frame, first_asked, first_refusal


def test_estimate_refuses_nan_in_any_field() -> None:
    with pytest.raises(ValueError, match=r"Estimate\.value is NaN"):
        Estimate(float("nan"))
    with pytest.raises(ValueError, match=r"Estimate\.low is NaN"):
        Estimate(0.5, low=float("nan"))


def test_estimate_refuses_bounds_in_the_wrong_order() -> None:
    with pytest.raises(ValueError, match="wrong order"):
        Estimate(-1.0, low=-0.5, high=-2.0)


def test_estimate_is_frozen() -> None:
    estimate = Estimate(0.5)
    with pytest.raises(FrozenInstanceError):
        estimate.value = 1.0  # type: ignore[misc]


def test_estimate_frame_has_one_row_with_every_field() -> None:
    frame = Estimate(0.5, low=0.4, high=0.6, level=0.95, n=100).to_frame()
    assert frame.shape == (1, 9)
    assert frame.loc[0, "value"] == 0.5


def test_not_enough_frame_says_reason_have_and_need() -> None:
    frame = NotEnough("customers_with_three_gaps", 12, 30).to_frame()
    assert frame.to_dict("records") == [{"reason": "customers_with_three_gaps", "have": 12, "need": 30}]


def test_figures_frame_takes_estimates_refusals_and_scalars_and_leaves_tables() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Result:
        share: Estimate
        other: NotEnough
        cutoff: date
        customers: int
        table: pd.DataFrame

    frame = figures_frame(
        Result(
            share=Estimate(0.5, low=0.4, high=0.6),
            other=NotEnough("arms", 1, 2),
            cutoff=date(2017, 9, 30),
            customers=7,
            table=pd.DataFrame(),
        )
    )
    assert list(frame["figure"]) == ["share", "other", "cutoff", "customers"]
    assert frame.loc[0, "low"] == 0.4
    assert frame.loc[1, "reason"] == "arms"
    assert pd.isna(frame.loc[1, "value"])
    assert frame.loc[3, "value"] == 7


def test_a_figure_of_a_refusal_is_the_refusal() -> None:
    refusal = NotEnough("episodes", 3, 30)
    assert refusal.lapse_rate is refusal
    assert refusal.lapsed_in_month.value is refusal
    assert (refusal.reason, refusal.have, refusal.need) == ("episodes", 3, 30)


@pytest.mark.parametrize("name", ["_repr_html_", "__deepcopy__", "__array__", "_private"])
def test_a_refusal_has_no_names_of_pythons_protocols(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(NotEnough("episodes", 3, 30), name)


def test_a_refusal_can_be_copied_pickled_and_compared() -> None:
    refusal = NotEnough("episodes", 3, 30)
    for twin in (copy.copy(refusal), copy.deepcopy(refusal), pickle.loads(pickle.dumps(refusal))):
        assert isinstance(twin, NotEnough)
        assert twin == refusal
        assert hash(twin) == hash(refusal)
    assert repr(refusal) == "NotEnough(reason='episodes', have=3, need=30)"


def test_a_refusal_stays_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        NotEnough("episodes", 3, 30).have = 30  # type: ignore[misc]


NOT_ASKED, REFUSED, FOUND = NotAsked("loyalty_events", 0, 1), NotEnough("households_treated", 3, 30), Estimate(0.5)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((FOUND, REFUSED), FOUND),
        ((NOT_ASKED, FOUND), FOUND),
        ((NOT_ASKED, NOT_ASKED, FOUND, REFUSED), FOUND),
        ((REFUSED, FOUND), REFUSED),  # the question was put, and its answer is that there is too little
        ((NOT_ASKED, REFUSED), REFUSED),
        ((NOT_ASKED, NotAsked("contacts", 0, 1)), NotAsked("contacts", 0, 1)),
        ((NOT_ASKED,), NOT_ASKED),
        ((0.0,), 0.0),
    ],
)
def test_the_first_answer_to_a_question_that_is_put_is_taken(results: tuple[object, ...], expected: object) -> None:
    found = first_asked(*results)
    assert (found, type(found)) == (expected, type(expected))


def test_a_figure_of_what_is_not_asked_is_not_asked_either() -> None:
    assert isinstance(NOT_ASKED.programme_profit.value, NotAsked)
    assert first_asked(NOT_ASKED.weekly, FOUND) is FOUND
    assert first_refusal(FOUND, NOT_ASKED, REFUSED) is NOT_ASKED
