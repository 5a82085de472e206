"""The plain gap between members and others, by hand and against statsmodels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from models.impact.joining_panels import People, World

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.member_gap import GapBeside, MemberGap, gap_beside, member_gap


def known(people: People) -> MemberGap:
    found = member_gap(people.panel())
    assert isinstance(found, MemberGap)
    return found


def few() -> People:
    """A member who joined in step 4 of 7 after a past, one who joined in step 2 without, and two others."""
    bought = np.zeros((4, 7))
    bought[0] = [9, 2, 2, 2, 9, 3, 3]  # of joining itself nothing is told
    bought[1] = [9, 0, 9, 1, 1, 1, 1]
    bought[2] = [9, 1, 1, 1, 1, 1, 1]
    return People(
        started=np.array([0, 0, 0, 0]),
        joined=np.array([4, 2, 7, 7]),
        outcomes={"purchases": bought, "revenue": 10 * bought},
        cluster=np.arange(4),
    )


def test_means_gap_and_what_was_before_by_hand() -> None:
    gap = known(few())
    # Members: 3 + 3 in two periods and 1 x 4 in four; others in the same steps 3 to 6: 4 of one and none of the other.
    assert gap.member_mean == pytest.approx(10 * 10 / 6)
    assert gap.other_mean == pytest.approx(10 * 4 / 8)
    assert gap.relative == pytest.approx((10 / 6) / 0.5 - 1)
    assert gap.purchases_relative == pytest.approx((10 / 6) / 0.5 - 1)
    # Before: 2 a period of the member with a past, against half of one in the steps 1 to 3.
    assert gap.before == pytest.approx(2 / 0.5 - 1)
    assert (gap.members, gap.others) == (2, 2)
    assert gap.weekly.value == pytest.approx(gap.difference.value / 4)
    assert (gap.difference.claimed, gap.difference.reason) == (False, "selection")


def test_the_interval_is_that_of_a_regression_with_errors_by_customer() -> None:
    import statsmodels.api as sm

    people = World(customers=800).people(1)
    gap = known(people)
    step = np.arange(people.steps)
    member = people.known & (step > people.joined[:, None])
    other = people.known & (people.joined == people.steps)[:, None] & member.any(axis=0)
    row, at = np.nonzero(member | other)
    design = sm.add_constant(member[row, at].astype(float))
    fit = sm.OLS(people.outcomes["revenue"][row, at], design).fit(
        cov_type="cluster", cov_kwds={"groups": row, "use_correction": False}
    )
    low, high = fit.conf_int()[1]
    assert gap.difference.value == pytest.approx(fit.params[1])
    assert (gap.difference.low, gap.difference.high) == pytest.approx((low, high))


def test_the_gap_of_members_who_always_bought_more_is_no_effect() -> None:
    gap = known(World(gap=1.0).people(2))
    assert gap.purchases_relative == pytest.approx(1.0, abs=0.15)
    assert gap.before == pytest.approx(1.0, abs=0.15)


def test_without_members_or_without_others_there_is_no_gap() -> None:
    people = few()
    nobody, everybody = (replace(people, joined=np.full(4, joined)) for joined in (7, 2))
    for one in (nobody, everybody):
        assert member_gap(one.panel()) == NotEnough("member_gap", 0, 1)
    refusal = NotEnough("loyalty_events", 0, 1)
    assert member_gap(refusal) is refusal


def test_the_gap_stands_alone_where_no_effect_may_be_told() -> None:
    gap = known(few())
    found = gap_beside(gap, NotEnough("pretrend_rejected", 0, 1))
    assert isinstance(found, GapBeside)
    assert found.effect is None
    assert list(found.to_frame()["what"]) == ["gap", "before"]
    assert found.to_frame()["low"].isna().all()
    told = gap_beside(gap, Estimate(0.1, low=0.0, high=0.2))
    assert isinstance(told, GapBeside)
    assert told.to_frame().iloc[-1].to_dict() == {"what": "effect", "value": 0.1, "low": 0.0, "high": 0.2}
    assert gap_beside(NotEnough("member_gap", 0, 1), Estimate(0.1)) == NotEnough("member_gap", 0, 1)
