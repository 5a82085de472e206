"""The untreated course and its influence, against regressions on customers, the jackknife and finite differences."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.impact.joining_panels import People, World

from retention_lib.models.impact.comparisons import Compared, compared
from retention_lib.models.impact.counterfactual import Scale, counterfactual
from retention_lib.models.impact.panel import Bools, Floats, Panel

SCALES: tuple[Scale, ...] = ("multiplicative", "additive")


def few(seed: int = 3, *, customers: int = 160, steps: int = 9, households: int = 2) -> People:
    """Customers in households, started in three steps; those who join do so in the steps 5 and 7."""
    rng = np.random.default_rng(seed)
    started = rng.integers(-1, 2, customers)
    joined = rng.choice([5, 7, steps], size=customers, p=[0.2, 0.2, 0.6])
    level = rng.gamma(1.5, 0.8, customers) * np.where(joined < steps, 1.5, 1.0)
    step = np.arange(steps)
    mean = level[:, None] * np.exp(0.3 * np.sin(step)) * (1 + 0.3 * (step > joined[:, None]))
    bought = rng.poisson(mean).astype(float)
    return People(
        started=started,
        joined=joined,
        outcomes={"purchases": bought, "revenue": bought * rng.gamma(3.0, 4.0, bought.shape)},
        cluster=np.arange(customers) // households,
    )


def untreated(panel: Panel) -> Bools:
    step = np.arange(panel.steps)
    return (step > panel.started[:, None]) & (step < panel.joined[:, None])


def treated(panel: Panel) -> Bools:
    """Cells since the step of joining of groups that are seen before it."""
    step = np.arange(panel.steps)
    known = (step > panel.started[:, None]) & (step >= panel.joined[:, None])
    return np.asarray(known & untreated(panel).any(axis=1)[:, None])


def long_frame(people: People) -> pd.DataFrame:
    """One row a customer and step that is looked at."""
    row, step = np.nonzero(people.known)
    return pd.DataFrame(
        {
            "customer": row,
            "step": step,
            "age": step - people.started[row],
            "joined": people.joined[row],
            "started": people.started[row],
            "cluster": people.cluster[row],
            "treated": step >= people.joined[row],
            "y": people.outcomes["purchases"][row, step],
        }
    )


def saturated(frame: pd.DataFrame) -> pd.DataFrame:
    """A number for each treated group and step; 0 for all that is untreated."""
    cells = frame.groupby(["started", "joined", "step"], sort=True).ngroup() + 1
    return frame.assign(cell=np.where(frame["treated"], cells, 0))


def regression(people: People, scale: Scale) -> pd.DataFrame:
    """pyfixest on customers: fixed effects of customers, steps and ages, a dummy for every treated group and step."""
    import pyfixest

    frame = saturated(long_frame(people))
    formula = "y ~ i(cell, ref=0) | customer + step + age"
    fit = {"multiplicative": pyfixest.fepois, "additive": pyfixest.feols}[scale]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fit(formula, frame, vcov={"CRV1": "cluster"}, ssc=pyfixest.ssc(k_adj=False, G_adj=True))
    told = found.tidy().reset_index()
    told["cell"] = told["Coefficient"].str.extract(r"(\d+)\]?$").astype(int)
    keys = frame[frame["cell"] > 0].drop_duplicates("cell")[["cell", "started", "joined", "step"]]
    return told.merge(keys, on="cell")


def singles(panel: Panel, cells: Bools) -> Bools:
    """Each of the cells as a set of its own."""
    flat = np.flatnonzero(cells.ravel())
    sets = np.zeros((cells.size, len(flat)), dtype=bool)
    sets[flat, np.arange(len(flat))] = True
    return sets.reshape(*cells.shape, -1)


@pytest.mark.parametrize("scale", SCALES)
def test_saturated_cells_are_the_coefficients_of_a_regression_on_customers(scale: Scale) -> None:
    people = few()
    panel = people.panel()
    fit = counterfactual(panel, "purchases", untreated=untreated(panel), scale=scale)
    observed = panel.sums("purchases")
    group = {key: place for place, key in enumerate(zip(panel.started, panel.joined, strict=True))}
    table = regression(people, scale)
    assert len(table) == 3 * (4 + 2)  # starts by steps since joining in 5 and in 7
    for row in table.itertuples():
        at = group[row.started, row.joined], row.step
        if scale == "multiplicative":
            found = np.log(observed[at] / fit.expected[at])
        else:
            found = (observed[at] - fit.expected[at]) / panel.customers[at[0]]
        assert found == pytest.approx(row.Estimate, abs=1e-5)


def test_expected_sums_are_those_of_statsmodels_to_six_digits() -> None:
    """A Poisson regression on the untreated rows of customers with dummies for everything, told for treated rows."""
    import statsmodels.api as sm

    people = few(customers=60)
    frame = long_frame(people)
    bought = frame[~frame["treated"]].groupby("customer")["y"].transform("sum")
    known = frame[frame["customer"].isin(frame[~frame["treated"]]["customer"][bought > 0])]
    design = pd.get_dummies(known[["customer", "step", "age"]].astype(str), drop_first=True, dtype=float)
    design = sm.add_constant(design)
    fitted = sm.GLM(known["y"][~known["treated"]], design[~known["treated"]], family=sm.families.Poisson())
    told = fitted.fit(tol=1e-12, maxiter=200).predict(design)
    expected = known.assign(told=told).groupby(["started", "joined", "step"])["told"].sum()
    panel = people.panel()
    fit = counterfactual(panel, "purchases", untreated=untreated(panel))
    for place, key in enumerate(zip(panel.started, panel.joined, strict=True)):
        for step in np.flatnonzero(treated(panel)[place]):
            if np.isfinite(fit.expected[place, step]) and (*key, step) in expected.index:
                assert fit.expected[place, step] == pytest.approx(expected[(*key, step)], rel=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_errors_of_single_cells_are_those_clustered_in_the_regression(scale: Scale) -> None:
    """CRV1 with G / (G - 1); on the additive scale what a group is off its course is chance too."""
    people = few(customers=600)
    panel = people.panel()
    sets = singles(panel, treated(panel))
    fit = counterfactual(panel, "purchases", untreated=untreated(panel), scale=scale)
    found = compared(panel, "purchases", fit, sets)
    flat = np.flatnonzero(treated(panel).ravel())
    kind = found.ratio_covariance if scale == "multiplicative" else found.difference_covariance
    errors = dict(zip(flat, np.sqrt(np.diag(kind)), strict=True))
    group = {key: place for place, key in enumerate(zip(panel.started, panel.joined, strict=True))}
    ratios = []
    for row in regression(people, scale).itertuples():
        place = group[row.started, row.joined]
        size = 1.0 if scale == "multiplicative" else panel.customers[place]
        ratios.append(errors[place * panel.steps + row.step] / size / row._asdict()["_3"])
    if scale == "multiplicative":
        assert ratios == pytest.approx(np.ones(len(ratios)), rel=0.002)
    else:
        assert np.min(ratios) > 0.98
        assert np.mean(ratios) < 1.2


def jackknife(people: People, scale: Scale) -> tuple[float, float]:
    """Standard errors of the log ratio and of the difference over all treated cells, leaving out one household each."""
    whole, households = people.panel(), np.unique(people.cluster)
    results = []
    for household in households:
        kept = people.cluster != household
        part = replace(
            people,
            started=people.started[kept],
            joined=people.joined[kept],
            cluster=people.cluster[kept],
            outcomes={name: values[kept] for name, values in people.outcomes.items()},
        )
        panel = part.panel()
        told = overall(panel, scale)
        results.append([told.logs()[0], told.observed[0] - told.expected[0]])
    assert whole.customers.sum() == len(people.started)
    spread = np.array(results) - np.mean(results, axis=0)
    count = len(households)
    log, difference = np.sqrt((spread**2).sum(axis=0) * (count - 1) / count)
    return float(log), float(difference)


def overall(panel: Panel, scale: Scale) -> Compared:
    fit = counterfactual(panel, "purchases", untreated=untreated(panel), scale=scale)
    return compared(panel, "purchases", fit, treated(panel)[..., None])


@pytest.mark.parametrize("scale", SCALES)
def test_the_error_of_an_average_is_that_of_the_jackknife_over_households(scale: Scale) -> None:
    people = few(customers=300, households=3)
    found = overall(people.panel(), scale)
    log, difference = jackknife(people, scale)
    if scale == "multiplicative":
        assert np.sqrt(found.ratio_covariance[0, 0]) == pytest.approx(log, rel=0.06)
    # What members differ from others on average counts as chance in a sum over them, so it is a little wider.
    assert 0.95 < np.sqrt(found.difference_covariance[0, 0]) / difference < 1.15


def changed(panel: Panel, cell: int, by: float) -> Panel:
    """The panel with more in one cell."""
    outcomes = {"purchases": np.append(panel.outcomes["purchases"], by)}
    return replace(panel, row=np.append(panel.row, 0), cell=np.append(panel.cell, cell), outcomes=outcomes)


def with_oddities() -> Panel:
    """A panel with a group that bought nothing before joining, and one whose sum is below zero."""
    panel = few(customers=120).panel()
    bought = panel.outcomes["purchases"].copy()
    group = panel.cell // panel.steps
    silent, owing = np.flatnonzero(panel.joined < panel.steps)[:2]
    bought[group == silent] = 0.0
    bought[group == owing] *= -0.2
    return replace(panel, outcomes={"purchases": bought})


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("odd", [False, True], ids=["plain", "odd"])
def test_influence_is_the_derivative_by_finite_differences(scale: Scale, odd: bool) -> None:
    panel = with_oddities() if odd else few(customers=120).panel()
    cells = treated(panel)
    sets = np.stack([cells, cells & (np.arange(panel.steps) == panel.steps - 1)], axis=-1)

    def expected(one: Panel) -> Floats:
        fit = counterfactual(one, "purchases", untreated=untreated(one), scale=scale)
        return sets.reshape(-1, 2).T @ np.nan_to_num(fit.expected).ravel()

    fit = counterfactual(panel, "purchases", untreated=untreated(panel), scale=scale)
    slopes = fit.influence(sets & np.isfinite(fit.expected)[..., None])
    totals = panel.sums("purchases")
    step, compared_cells = 1e-3, 0
    for cell in range(slopes.shape[0]):
        group = cell // panel.steps
        # The fit has a kink where a group's purchases pass zero.
        if scale == "multiplicative" and abs((totals * untreated(panel))[group].sum()) < 2 * step:
            continue
        told = (expected(changed(panel, cell, step)) - expected(changed(panel, cell, -step))) / (2 * step)
        np.testing.assert_allclose(slopes[cell], told, atol=2e-6, rtol=2e-6)
        compared_cells += 1
    assert compared_cells > 60


def test_a_group_that_bought_nothing_is_expected_to_buy_nothing() -> None:
    panel = with_oddities()
    silent = int(np.flatnonzero(panel.joined < panel.steps)[0])
    fit = counterfactual(panel, "purchases", untreated=untreated(panel))
    assert np.nan_to_num(fit.expected[silent]).sum() == 0
    assert np.isfinite(fit.influence(treated(panel))).all()


FACTORS = st.floats(0.2, 5.0)


@settings(max_examples=25, deadline=None)
@given(
    by_step=st.lists(FACTORS, min_size=9, max_size=9),
    by_age=st.lists(FACTORS, min_size=10, max_size=10),
    by_group=st.lists(FACTORS, min_size=9, max_size=9),
    effect=st.floats(-0.5, 2.0),
)
def test_seasons_ages_and_levels_leave_the_relative_effect_as_it_is(
    by_step: list[float], by_age: list[float], by_group: list[float], effect: float
) -> None:
    """Sales of steps, ages and groups multiplied by whatever: without chance the effect is found to the digit."""
    started, joined = (axis.ravel() for axis in np.meshgrid([-1, 0, 1], [5, 7, 9]))
    step = np.arange(9)
    age = np.maximum(step - started[:, None], 0)
    mean = np.array(by_group)[:, None] * np.array(by_step) * np.array(by_age)[age]
    bought = mean * (1 + effect * (step >= joined[:, None]))
    people = People(started=started, joined=joined, outcomes={"purchases": bought}, cluster=np.arange(9))
    logs = compared_singly(people.panel()).logs()
    assert len(logs) == 18
    np.testing.assert_allclose(np.expm1(logs), effect, atol=1e-5)


def compared_singly(panel: Panel) -> Compared:
    fit = counterfactual(panel, "purchases", untreated=untreated(panel))
    return compared(panel, "purchases", fit, singles(panel, treated(panel)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1_000), factor=FACTORS)
def test_the_unit_of_sales_leaves_the_relative_effect_as_it_is(seed: int, factor: float) -> None:
    panel = few(seed, customers=80).panel()
    other = replace(panel, outcomes={"purchases": panel.outcomes["purchases"] * factor})
    plain, scaled = compared_singly(panel), compared_singly(other)
    np.testing.assert_allclose(plain.logs(), scaled.logs(), atol=1e-5)
    np.testing.assert_allclose(plain.ratio_covariance, scaled.ratio_covariance, rtol=1e-4, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), by=st.floats(0.5, 50.0))
def test_what_happens_after_joining_changes_no_expectation(seed: int, by: float) -> None:
    panel = few(seed, customers=80).panel()
    group, step = np.divmod(panel.cell, panel.steps)
    later = step >= panel.joined[group]
    bought = np.where(later, panel.outcomes["purchases"] * by, panel.outcomes["purchases"])
    other = replace(panel, outcomes={"purchases": bought})
    for scale in SCALES:
        told = [counterfactual(one, "purchases", untreated=untreated(one), scale=scale) for one in (panel, other)]
        np.testing.assert_array_equal(told[0].expected, told[1].expected)


def test_a_factor_of_all_members_since_joining_is_the_effect() -> None:
    people = World(customers=400).people(1)
    panel = people.panel()
    group, step = np.divmod(panel.cell, panel.steps)
    later = step >= panel.joined[group]
    other = replace(panel, outcomes={"purchases": panel.outcomes["purchases"] * np.where(later, 1.7, 1.0)})
    plain, raised = (overall(one, "multiplicative").logs()[0] for one in (panel, other))
    assert raised - plain == pytest.approx(np.log(1.7))
    assert panel.sums("purchases").sum() == people.outcomes["purchases"][people.known].sum()


def test_a_fit_does_not_run_away_from_a_step_with_a_surprise() -> None:
    """Weights that make a rare age heavy once sent Newton's steps out of bounds: nothing was left to compare."""
    panel = World(customers=800, rate=0.05).people(4).panel()
    rng = np.random.default_rng(0)
    weights = rng.lognormal(0, 3, len(panel.cluster))
    heavy = replace(panel, outcomes={"purchases": panel.outcomes["purchases"] * weights[panel.row]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = counterfactual(heavy, "purchases", untreated=untreated(heavy))
    cells = untreated(heavy) & np.isfinite(fit.expected)
    observed, expected = (values[cells].sum() for values in (heavy.sums("purchases"), fit.expected))
    assert expected == pytest.approx(observed, rel=1e-6)
