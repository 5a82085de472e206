"""Aalen and Johansen's curve: by hand, against lifelines, and how often its interval holds the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter

from retention_lib.models.incidence import cumulative_incidence


def episodes(*rows: tuple[float, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["days", "outcome", "members"])


def curve(rows: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    return cumulative_incidence(rows, outcome="reached", competing="left", level=level)


def test_the_share_by_hand_with_leavers_and_some_still_on_the_way() -> None:
    # Ten members: on day 1 two get there; on day 2 one leaves and one is seen no longer; on day 3 three of six do.
    found = curve(episodes((1, "reached", 2), (2, "left", 1), (2, "open", 1), (3, "reached", 3), (9, "open", 3)))
    assert found["share"].tolist() == pytest.approx([0.2, 0.2, 0.2 + 0.8 * 7 / 8 * 3 / 6, 0.55])
    assert found["competing"].tolist() == pytest.approx([0.0, 0.1, 0.1, 0.1])
    assert found["at_risk"].tolist() == [10, 8, 6, 3]


def test_without_leavers_and_censoring_it_is_the_share_itself() -> None:
    found = curve(episodes((5, "reached", 30), (7, "open", 70)))
    assert found.loc[0, "share"] == pytest.approx(0.3)
    # The variance of a share: 0.3 x 0.7 / 100; the bounds by log(-log), as Choudhury has them.
    width = 1.959964 * np.sqrt(0.3 * 0.7 / 100) / (0.3 * -np.log(0.3))
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([0.3 ** np.exp(width), 0.3 ** np.exp(-width)])


def test_nobody_and_everybody_there_have_no_width() -> None:
    assert curve(episodes((3, "open", 5)))[["share", "low", "high"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]
    assert curve(episodes((3, "reached", 5)))[["share", "low", "high"]].to_numpy().tolist() == [[1.0, 1.0, 1.0]]
    assert curve(episodes()).empty


@pytest.mark.parametrize("days", [-1.0, float("nan")])
def test_an_episode_without_a_length_is_refused(days: float) -> None:
    with pytest.raises(ValueError, match="0 days or more"):
        curve(episodes((days, "open", 1)))


@pytest.mark.parametrize("seed", range(3))
def test_share_and_interval_are_those_of_lifelines(seed: int) -> None:
    # Without ties, of which lifelines knows nothing but to shake them.
    rng = np.random.default_rng(seed)
    days, kind = rng.permutation(300) + 1.0, rng.integers(0, 3, 300)
    fitted = AalenJohansenFitter().fit(days, kind, event_of_interest=1)
    found = curve(episodes(*zip(days, np.array(["open", "reached", "left"])[kind], [1] * 300, strict=True)))
    bounds = fitted.confidence_interval_.iloc[1:].to_numpy()
    inner = ~np.isnan(bounds).any(axis=1)
    assert found["share"].to_numpy() == pytest.approx(fitted.cumulative_density_.iloc[1:, 0].to_numpy())
    wanted = {"low": bounds.min(axis=1), "high": bounds.max(axis=1)}
    for name, bound in wanted.items():
        assert found[name].to_numpy()[inner] == pytest.approx(bound[inner], abs=1e-6)


outcomes = st.sampled_from(["reached", "left", "open"])


@given(st.lists(st.tuples(st.integers(0, 20), outcomes, st.integers(1, 9)), min_size=1, max_size=30))
def test_the_two_shares_rise_and_never_pass_one(rows: list[tuple[int, str, int]]) -> None:
    found = curve(episodes(*rows))
    assert (found["share"].diff().fillna(0) >= -1e-12).all()
    assert (found["share"] + found["competing"] <= 1 + 1e-9).all()
    assert ((found["low"] <= found["share"] + 1e-12) & (found["share"] <= found["high"] + 1e-12)).all()
    whole = pd.DataFrame(rows, columns=["days", "outcome", "members"])
    single = whole.loc[whole.index.repeat(whole["members"])].assign(members=1)
    pd.testing.assert_frame_equal(curve(single), found)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    # Rewards at a rate of 1 and leaving at 0.5 a year, seen for up to two years: by one year 2/3 (1 - exp(-1.5)).
    rng, truth, held = np.random.default_rng(8), 2 / 3 * (1 - np.exp(-1.5)), 0
    for _ in range(1_000):
        times = rng.exponential([1.0, 2.0], (80, 2))
        seen, ends = rng.uniform(0, 2, 80), times.min(axis=1)
        kind = np.where(ends > seen, "open", np.where(times[:, 0] < times[:, 1], "reached", "left"))
        found = curve(pd.DataFrame({"days": np.minimum(ends, seen), "outcome": kind, "members": 1}))
        last = found[found["days"] <= 1].iloc[-1]
        held += last["low"] <= truth <= last["high"]
    # 95 %, less four standard errors of 0.7 %: small samples.
    assert 922 <= held <= 978
