"""Effects by segment: numbers by hand and against a regression, and what is said where nothing differs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from reports.experiment_uplift_results import ALIKE, BROKEN, BY_INCOME, segment_sums

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.segments import OfferSegments, segment_effects


def effects(sums: pd.DataFrame, **options: object) -> OfferSegments:
    found = segment_effects(sums, control="none", **options)  # type: ignore[arg-type]
    assert isinstance(found, OfferSegments)
    return found


def test_an_effect_is_the_difference_of_means_with_its_interval() -> None:
    """10,000 an arm with standard deviation 200: the error is 200 x sqrt(2 / 10,000) = 2.83."""
    row = effects(segment_sums(BY_INCOME)).table.iloc[0]
    half = 1.959964 * 200 * np.sqrt(2 / 10_000)
    assert (row["base"], row["control_base"], row["control_mean"]) == (10_000, 10_000, pytest.approx(100.0))
    assert (row["effect"], row["low"], row["high"]) == pytest.approx((40.0, 40 - half, 40 + half), rel=1e-6)


def test_a_dimension_that_matters_is_shown_with_its_clear_segment() -> None:
    found = effects(segment_sums({**BY_INCOME, **ALIKE}))
    assert list(found.shown["dimension"]) == ["income"]
    assert "low" in set(found.differ["segment"])
    assert not found.table.loc[found.table["dimension"] == "region", "differs"].any()
    # By hand: means 40, 2, -3, variance 8 each: Q = sum of squares around 13 over 8 = 1106 / 8.
    income = found.dimensions.set_index("dimension").loc["income"]
    assert income["q"] == pytest.approx(1106 / 8, rel=1e-3)


def test_the_more_dimensions_are_tried_the_clearer_one_must_be() -> None:
    small = {("income", "low"): 10.0, ("income", "high"): 0.0}
    assert effects(segment_sums(small)).dimensions["p_adjusted"].iloc[0] == pytest.approx(0.0124, abs=1e-4)
    others = {(f"dimension {place}", name): 0.0 for place in range(4) for name in ("a", "b")}
    assert effects(segment_sums({**small, **others})).shown.empty


def test_what_was_known_before_sharpens_as_a_regression_does() -> None:
    rng = np.random.default_rng(1)
    frames, sums = {}, []
    for segment, effect in (("a", 0.0), ("b", 2.0)):
        before = rng.gamma(2, 5, 800)
        arm = np.repeat([0.0, 1.0], 400)
        frames[segment] = pd.DataFrame(
            {"arm": arm, "before": before, "y": before + effect * arm + rng.normal(0, 3, 800)}
        )
        for code, name in ((0.0, "none"), (1.0, "mail")):
            own = frames[segment][frames[segment]["arm"] == code]
            x, y = own["before"], own["y"]
            told = {"n": len(own), "total": y.sum(), "total_squares": (y**2).sum()}
            told |= {"before_total": x.sum(), "before_squares": (x**2).sum(), "before_product": (x * y).sum()}
            sums.append({"dimension": "d", "segment": segment, "arm": name, "metric": "net_full", **told})
    table = {row["segment"]: row for row in effects(pd.DataFrame(sums)).table.to_dict("records")}
    for segment, frame in frames.items():
        fit = sm.OLS(frame["y"], sm.add_constant(frame[["arm", "before"]])).fit()
        assert table[segment]["effect"] == pytest.approx(fit.params["arm"], rel=1e-6)
        half = (table[segment]["high"] - table[segment]["low"]) / 2 / 1.959964
        assert half == pytest.approx(fit.bse["arm"], rel=0.01)


def test_segments_too_small_are_left_out_and_one_alone_is_none() -> None:
    sums = segment_sums(BY_INCOME)
    sums.loc[sums["segment"].isin(["low", "high"]), "n"] = 199
    found = segment_effects(sums, control="none")
    assert found == NotEnough("segments_measured", 1, 2)


def test_a_broken_test_shows_nothing() -> None:
    found = effects(segment_sums(BY_INCOME), validity=BROKEN)
    assert found.withheld == "sample_ratio_broken"
    assert found.shown.empty
    assert found.differ.empty


def test_a_refusal_is_handed_on() -> None:
    refusal = NotEnough("features_known", 0, 1)
    assert segment_effects(refusal, control="none") is refusal


def test_how_a_metric_is_written_follows_its_values() -> None:
    """Of 0 and 1 the sum is that of the squares: 1,000 of 10,000 left alone, 1,200 of those mailed, in either half."""
    sums = segment_sums({("sex", "female"): 0.0, ("sex", "male"): 0.0})
    assert effects(sums).kind == "money"
    buyers = sums["arm"].map({"none": 1_000.0, "discount": 1_200.0})
    assert effects(sums.assign(total=buyers, total_squares=buyers)).kind == "share"
    orders = effects(sums.assign(metric="orders"), metric="orders")
    assert (orders.kind, orders.metric) == ("count", "orders")
