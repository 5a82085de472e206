"""Every chart at both widths: drawn whole, the same bytes each time, and with names nobody expected."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

import pandas as pd
import pytest
from reports import accrual_results as rewarded
from reports import actions_judged_results as over
from reports import actions_plan_results as coming
from reports import actions_products_results as goods
from reports import actions_timing_results as timed
from reports import backtest_results as past
from reports import campaign_results as mailed
from reports import cohort_results as won
from reports import effect_results as tested
from reports import experiment_past_results as before
from reports import experiment_plan_results as next_up
from reports import experiment_profit_results as paid
from reports import experiment_uplift_results as moved
from reports import experiment_validity_results as read
from reports import invitation_results as invited
from reports import late_results as delivered
from reports import liability_results as points
from reports import points_results as ledgers
from reports import programme_money_results as earned
from reports import programme_results as joined
from reports import quality_results as checked
from reports import results as made
from reports import risk_results as risks
from reports import tier_results as stepped
from reports import value_results as priced
from reports import vitals_results as signs
from reports import where_results as places
from reports import window_results as gone

from retention_lib.models.campaigns import redemption_rates
from retention_lib.reports.charts import (
    accrual,
    actions_judged,
    actions_offers,
    actions_plan,
    actions_power,
    actions_products,
    actions_steps,
    actions_timing,
    backtest,
    campaign_effects,
    churn,
    cohorts,
    experiment_effects,
    experiment_history,
    experiment_holdout,
    experiment_lasting,
    experiment_looks,
    experiment_plan,
    experiment_profit,
    experiment_uplift,
    invitation,
    late,
    liability,
    loyalty,
    programme_effect,
    programme_money,
    quality,
    risk,
    shape,
    tiers,
    value,
    vitals,
    where,
    window,
    worth,
)
from retention_lib.reports.charts import points as ledger_charts
from retention_lib.reports.safety import safe_svg
from retention_lib.reports.style import ChartTwins, Width, chart_axes, chart_twins, styled
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
WIDTHS: tuple[Width, ...] = ("wide", "narrow")

CHARTS: dict[Callable[..., Any], list[Callable[[], Any]]] = {
    churn.plot_monthly_flows: [
        made.monthly_flows,
        partial(made.monthly_flows, [("2017-12", None, 4, 6)]),  # one month and nobody lost
        partial(made.monthly_flows, [("2017-12", 5, 3, 6)]),  # nobody moved at all
    ],
    actions_products.plot_product_pairs: [
        *(goods.pairs, goods.category_pairs),
        partial(goods.pairs, *((f"a product number {place}", f"another one {place}") for place in range(30))),
    ],
    actions_products.plot_product_intervals: [
        *(goods.intervals, goods.alike_intervals),
        partial(goods.intervals, *(f"a product with a name {place}" for place in range(30))),
    ],
    actions_products.plot_hit_rates: [goods.rates, goods.even_rates, goods.worse_rates],
    actions_judged.plot_last_month: [
        *(over.month, over.month_lost, over.month_even, over.month_of_many, over.month_tiny, over.month_alike)
    ],
    actions_judged.plot_track_record: [over.record, over.record_of_many],
    actions_offers.plot_offer_gains: [
        over.gains,
        over.gains_of_many,
        partial(over.gains, -9.0),
        partial(over.gains, 0.0),
    ],
    actions_plan.plot_lists: [
        *(coming.paying, coming.doubtful, coming.untested, coming.losing, coming.unpriced, coming.of_many),
    ],
    actions_power.plot_list_power: [
        *(coming.power, coming.some_power, coming.small_power, partial(coming.power, 10)),
    ],
    actions_steps.plot_plan_steps: [coming.steps, coming.steps_of_many, coming.no_steps],
    actions_timing.plot_buying_hours: [timed.when, timed.at_night],
    actions_timing.plot_own_hours: [
        *(timed.own_hours, timed.one_hour, timed.few_again, timed.unknown, timed.own_weekdays),
    ],
    actions_timing.plot_stages: [timed.standing, timed.young],
    vitals.plot_second_purchases: [
        signs.second,
        partial(signs.second, months=10),
        partial(signs.second, customers=28, back=9),  # all too few to judge
    ],
    window.plot_returns_by_purchases: [gone.grid, gone.one_class],
    window.plot_definitions: [gone.definitions, partial(gone.definitions, last=55)],
    window.plot_staying: [
        gone.who_stays,
        partial(gone.who_stays, new=40),
        partial(gone.who_stays, months=4, lapse_days=90),
    ],
    churn.plot_lapse_curve: [made.curve],
    where.plot_segment_rates: [
        made.segments,
        partial(made.segments, ("only", 40, 0)),
        partial(made.segments, *((f"department number {place}", 40 + place, place) for place in range(40))),
    ],
    where.plot_where: [
        places.rates,
        partial(places.rates, ("region", "a", 40, 0), ("region", "b", 40, 0)),
        partial(places.rates, *((f"column {n % 7}", f"a segment number {n}", 40 + n, n) for n in range(40))),
    ],
    where.plot_rfm_groups: [places.groups, partial(places.groups, ("new", "new", 40, 0.0, 0.0))],
    where.plot_rfm_migration: [places.migration, partial(places.migration, ("new", "new", 40, 0.0, 0.0))],
    where.plot_contact_fatigue: [
        places.fatigue,
        partial(places.fatigue, withdrawn=None, opened=False),
    ],
    experiment_effects.plot_effects: [
        *(tested.found, tested.lowered, tested.not_shown, tested.too_few, tested.of_nothing),
        partial(tested.found, fails="interim"),
    ],
    experiment_effects.plot_traps: [
        tested.trapped,
        partial(tested.trapped, openers=False),
        partial(tested.trapped, buyers=False),
    ],
    experiment_history.plot_past_tests: [before.past, before.past_unsound, before.past_many],
    experiment_holdout.plot_campaigns_together: [
        *(before.together, before.together_so_far, before.together_open, before.together_reached),
        partial(before.together, gain=-3.0),
        partial(before.together, months=1),
    ],
    experiment_lasting.plot_lasting: [
        *(read.lasting, read.waiting, read.several),
        partial(read.lasting, days=1),
        partial(read.lasting, kind="share", scale=0.01),
        partial(read.lasting, kind="count", scale=0.1),
    ],
    experiment_looks.plot_looks: [read.looks, read.undecided, read.losing, read.one_look, read.drifting],
    experiment_plan.plot_plan: [
        *(next_up.plan, next_up.of_profit, next_up.of_conversion),
        *(next_up.too_few, next_up.hopeless, next_up.filled_later),
    ],
    experiment_profit.plot_profit_per_contact: [
        *(paid.earned, paid.withheld, paid.undated, paid.believed),
        lambda: paid.earned(**{f"an arm of this test {place}": 10.0 * place for place in range(8)}),
    ],
    experiment_profit.plot_profit_parts: [paid.parts, paid.withheld_parts, lambda: paid.undated().parts],
    experiment_profit.plot_subsidy_shares: [
        *(paid.subsidy, paid.few_coupons),
        lambda: paid.subsidy(paid.BROKEN),
    ],
    experiment_uplift.plot_segments: [moved.segments, moved.segments_alike, moved.segments_withheld],
    experiment_uplift.plot_gain_curves: [
        *(moved.curves, moved.curves_flat, moved.curves_of_buyers, moved.curves_withheld),
        partial(moved.curves, "discount"),
    ],
    experiment_uplift.plot_policy: [
        *(moved.policy, moved.single_stays, moved.nothing_stays, moved.policy_withheld),
    ],
    loyalty.plot_event_study: [made.study, partial(made.study, trend=4.0)],
    loyalty.plot_redemption_rates: [made.redemptions],
    campaign_effects.plot_campaign_effects: [
        *(mailed.by_type, mailed.raised, mailed.effects),
        lambda: mailed.effects(*(mailed.effect(f"a campaign of type {place}") for place in range(20))),
    ],
    campaign_effects.plot_gap_and_effect: [mailed.beside, partial(mailed.beside, -4.0, unit="customer")],
    cohorts.plot_cohort_retention: [
        won.cohorts,
        partial(won.cohorts, ("2017-12-01", 0, 40, 40, 400.0)),  # one month of data
        partial(won.cohorts, until=date(2017, 12, 20)),
        lambda: won.of(won.many()),
    ],
    cohorts.plot_cohort_matrix: [won.matrix, partial(won.matrix, "revenue")],
    cohorts.plot_cohort_value: [
        won.earned,
        partial(won.earned, margin=None),
        lambda: won.cohort_value(won.of(won.many())),
        lambda: won.cohort_value(won.old_customers()),
    ],
    cohorts.plot_cohort_calendar: [
        won.calendar,
        lambda: won.calendar(won.many(), until=date(2017, 12, 20)),
        lambda: won.calendar(won.many(), by="week"),
    ],
    cohorts.plot_payback: [won.paid, partial(won.paid, 30.0), partial(won.paid, by="quarter")],
    cohorts.plot_group_values: [
        won.groups,
        partial(won.groups, margin=None),
        won.ranks,
        lambda: won.groups(shop=won.alike("2017-09-01", 40, 5.0, segment="web")),
    ],
    quality.plot_sales_calendar: [
        checked.calendar,
        partial(checked.calendar, gap=None, days=1),
        partial(checked.calendar, gap=None, days=61),
        partial(checked.calendar, gap=None, days=2_500),
    ],
    shape.plot_shop_shape: [
        checked.shape,
        partial(checked.shape, purchases=pd.DataFrame({"purchases": [400], "customers": [5_000_000]})),  # far outside
        partial(checked.shape, purchases=pd.DataFrame({"purchases": [], "customers": []})),  # nobody followed
    ],
    invitation.plot_invitation_effect: [
        *(invited.effect, invited.by_chance, invited.harmful, invited.hardly_taken),
        partial(invited.withheld, "sample_ratio_broken"),
    ],
    ledger_charts.plot_points_ledger: [ledgers.ledger, ledgers.with_gaps, ledgers.undated, ledgers.quiet],
    liability.plot_ultimate_redemption: [
        *(points.redemption, points.young, points.long_past),
        partial(points.redemption, outstanding=0.0),
    ],
    liability.plot_points_owed: [
        points.owed,
        partial(points.owed, point_value=1_000.0),
        lambda: points.owed(points.redemption(outstanding=0.0)),
    ],
    accrual.plot_rate_proposals: [rewarded.proposals, rewarded.many_rates],
    tiers.plot_tier_migration: [
        stepped.moves,
        partial(stepped.moves, down=5, names=("a" * 60, "$silver$", "")),
    ],
    tiers.plot_tier_behaviour: [stepped.behaviour, stepped.unnamed],
    late.plot_late_delivery: [delivered.late, partial(delivered.withheld, "late_support")],
    risk.plot_risk_calibration: [risks.risk, risks.unsure],
    risk.plot_risk_importance: [risks.important, partial(risks.important, ("rhythm", 0.2, 0.01))],
    risk.plot_profit_at_stake: [risks.stakes, partial(risks.stakes, "revenue")],
    backtest.plot_past_forecasts: [
        past.past,
        partial(past.past, half=None, total="revenue"),
        partial(past.past, ratios=(1.0,)),  # the last test alone
    ],
    backtest.plot_frequency_calibration: [past.calibrated, past.ONE_CLASS],
    backtest.plot_seasonal_index: [past.season, partial(past.season, seasonal=False)],
    worth.plot_value_ahead: [priced.base, partial(priced.base, share=None)],
    worth.plot_concentration: [priced.carried],
    worth.plot_value_by: [priced.groups, partial(priced.groups, "cohort"), priced.thin_groups],
    worth.plot_new_customers: [
        priced.newcomers,
        partial(priced.newcomers, costed=False),
        partial(priced.newcomers, size=60),  # too few came back
    ],
    programme_effect.plot_programme_effect: [
        *(joined.effect, joined.harmful, joined.by_chance),
        partial(joined.effect, alone=True),  # one period after joining
    ],
    programme_effect.plot_member_gap: [
        *(joined.beside, joined.without_effect),
        partial(joined.beside, joined.harmful().relative, before=None),
    ],
    programme_effect.plot_segment_effects: [joined.segments, joined.differing, joined.many_segments],
    programme_effect.plot_balance: [joined.twins, joined.unlike],
    programme_money.plot_programme_profit: [
        earned.profit,
        earned.unsure,
        earned.loss,
        lambda: earned.profit(of=earned.costs(in_sales=True, running=None)),
    ],
    programme_money.plot_needed_lift: [
        earned.measured,
        earned.kinds,
        earned.never,
        partial(earned.kinds, discount=0.3),
    ],
    value.plot_tracking: [made.tracked, partial(made.tracked, repeats=0)],
}
CASES = [
    pytest.param(plot, build, id=f"{plot.__name__}-{place}")
    for plot, builds in CHARTS.items()
    for place, build in enumerate(builds)
]


@dataclass(frozen=True)
class Placed:
    """Where the texts of a drawing stand, in hundredths of an inch.

    Attributes:
        frame: The figure's box: left, bottom, right, top.
        texts: Each text that is drawn, with its box.
    """

    frame: tuple[float, ...]
    texts: list[tuple[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Drawing:
    """A chart at both widths, and where its texts stand on each."""

    twins: ChartTwins
    placed: dict[Width, Placed]


def drawing(plot: Callable[..., Any], build: Callable[[], Any]) -> Drawing:
    """A result at both widths, with any warning (a missing glyph, axes without room) an error."""
    result = build()
    placed: dict[Width, Placed] = {}

    def drawn_on(ax: Any) -> None:
        def look(event: Any) -> None:
            placed[width] = texts_placed(ax, event.renderer)  # of several passes the last is what is saved

        width = WIDTHS[len(placed)]
        plot(result, WORDS, ax=ax)
        ax.figure.canvas.mpl_connect("draw_event", look)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = chart_twins(drawn_on, name="chart")
    return Drawing(twins=found, placed=placed)


def texts_placed(ax: Any, renderer: Any) -> Placed:
    """The texts as they have just been drawn."""
    scale = 100 / ax.figure.dpi
    texts = [(text.get_text(), text.get_window_extent(renderer)) for text in written_on(ax)]
    return Placed(
        frame=tuple(scale * ax.figure.bbox.extents),
        texts=[(text, tuple(scale * box.extents)) for text, box in texts],
    )


drawing_of_case = cache(drawing)
"""A case's drawing, which several tests look at, made once."""


def twins(plot: Callable[..., Any], result: Any) -> ChartTwins:
    """Both widths, with any warning an error."""
    return drawing(plot, lambda: result).twins


def drawn(plot: Callable[..., Any], result: Any, width: Width) -> Any:
    """The axes after drawing, for a look at what stands on them."""
    with styled(width):
        ax = chart_axes(width)
        plot(result, WORDS, ax=ax)
        ax.figure.draw_without_rendering()
        return ax


def written_on(ax: Any) -> list[Any]:
    """The texts that are drawn: labels, the axes' names, and the ticks inside the view."""
    if not ax.axison:
        return list(ax.texts)
    ticks = [
        label
        for axis in (ax.xaxis, ax.yaxis)
        for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
        if min(axis.get_view_interval()) <= place <= max(axis.get_view_interval())
    ]
    return [text for text in (*ax.texts, ax.xaxis.label, ax.yaxis.label, *ticks) if text.get_text()]


def test_every_chart_has_a_case() -> None:
    modules = (
        accrual,
        actions_judged,
        actions_offers,
        actions_plan,
        actions_power,
        actions_products,
        actions_steps,
        actions_timing,
        backtest,
        campaign_effects,
        churn,
        cohorts,
        experiment_effects,
        experiment_history,
        experiment_holdout,
        experiment_lasting,
        experiment_looks,
        experiment_plan,
        experiment_profit,
        experiment_uplift,
        invitation,
        late,
        ledger_charts,
        liability,
        loyalty,
        programme_effect,
        programme_money,
        quality,
        risk,
        shape,
        tiers,
        value,
        vitals,
        where,
        window,
        worth,
    )
    plots = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("plot_")
    }
    assert plots == set(CHARTS)


@pytest.mark.parametrize(("plot", "build"), CASES)
def test_a_chart_draws_at_both_widths(plot: Callable[..., Any], build: Callable[[], Any]) -> None:
    found = drawing_of_case(plot, build).twins
    for svg in (found.wide, found.narrow):
        safe_svg(svg)
        assert "nan" not in svg.lower()
    assert found.wide != found.narrow


@pytest.mark.parametrize("plot", CHARTS)
def test_a_chart_has_the_same_bytes_each_time(plot: Callable[..., Any]) -> None:
    build = CHARTS[plot][0]
    assert twins(plot, build()) == drawing_of_case(plot, build).twins


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("plot", "build"), CASES)
def test_no_text_of_a_chart_is_cut_off(plot: Callable[..., Any], build: Callable[[], Any], width: Width) -> None:
    found = drawing_of_case(plot, build).placed[width]
    left, bottom, right, top = found.frame
    for text, (x0, y0, x1, y1) in found.texts:
        assert left - 1 <= x0, text
        assert right + 1 >= x1, text
        assert bottom - 1 <= y0, text
        assert top + 1 >= y1, text


@pytest.mark.parametrize("plot", CHARTS)
def test_a_chart_without_axes_makes_its_own(plot: Callable[..., Any]) -> None:
    ax = plot(CHARTS[plot][0](), WORDS)
    assert ax.figure.get_size_inches()[0] == pytest.approx(7.6)
    assert ax.has_data()


# What is on a chart is what the result holds


def test_bars_of_flows_are_the_counts() -> None:
    heights = [round(bar.get_height()) for bar in drawn(churn.plot_monthly_flows, made.monthly_flows(), "wide").patches]
    assert heights == [192, 185, 11, 6, -194, -214]


def test_dots_of_segments_are_the_shares_highest_on_top() -> None:
    ax = drawn(where.plot_segment_rates, made.segments(), "wide")
    shares, places = ax.collections[1].get_offsets().T
    labels = {
        round(place): label.get_text() for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    }
    found = {labels[round(place)]: round(float(share), 3) for share, place in zip(shares, places, strict=True)}
    assert found == {"south": 0.2, "not stated": 0.15, "north": 0.1, "moon": 0.75}
    assert list(places) == [3, 2, 1, 0]  # moon has 12 customers and comes last


def test_a_claimed_effect_is_coloured_and_another_grey() -> None:
    ax = drawn(experiment_effects.plot_effects, tested.found(), "wide")
    # A heading and two arms of the spend, of which one is not shown; then the same of visits, of which both are.
    _, mail, push, _, *visits = (tuple(colour) for colour in ax.collections[1].get_facecolors())
    assert {mail, *visits} == {mail}
    assert push != mail


def test_a_campaign_without_an_offer_has_no_empty_brackets() -> None:
    ax = drawn(loyalty.plot_redemption_rates, made.redemptions(), "wide")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["8 (TypeA)", "13"]


# Names from data

HOSTILE = [
    "<script>$x$ \u202e evil",
    "$5-$10 coupon",
    r"$\frac{1}{0}$ $\badcommand$",
    r"50% \$off $",
    "a_b^c {curly} $$",
    "line\nbreak\ttab",
    "&amp; & < > \" '",
    "\u05e9\u05dc\u05d5\u05dd",
    "x" * 500,
    "\x00\x1b[31mred",
    "\ue000strong\ue001",
]


def of_segments(*names: str) -> Any:
    return made.segments(*((name, 1000 + place, 100 + place) for place, name in enumerate(names)))


def of_campaigns(*names: str) -> Any:
    """The names as campaigns and as the offer of the one before."""
    table = pd.DataFrame({"campaign": names, "offer": ["", *names[:-1]]})
    return redemption_rates(table.assign(sent_on="2020-01-01", mailed=200, redeemed=50))


NAMED = [
    pytest.param(where.plot_segment_rates, partial(of_segments, *HOSTILE), id="segments"),
    pytest.param(loyalty.plot_redemption_rates, partial(of_campaigns, *HOSTILE), id="campaigns"),
    pytest.param(
        campaign_effects.plot_campaign_effects,
        lambda: mailed.effects(*(mailed.effect(name) for name in HOSTILE)),
        id="campaign types",
    ),
    *(
        pytest.param(plot, partial(build, name), id=f"{plot.__name__}-{name!a:.20}")
        for plot, build in (
            (experiment_effects.plot_effects, tested.of_names),
            (experiment_effects.plot_traps, tested.trapped_names),
            (experiment_lasting.plot_lasting, read.of_names),
            (experiment_looks.plot_looks, read.looks_of),
            (experiment_history.plot_past_tests, before.past_named),
            (experiment_profit.plot_profit_per_contact, paid.named),
            (experiment_profit.plot_profit_parts, paid.named_parts),
            (experiment_profit.plot_subsidy_shares, paid.named_coupons),
            (experiment_uplift.plot_segments, lambda name: moved.segments(arm=name)),
            (experiment_uplift.plot_gain_curves, moved.curves_of),
            (experiment_uplift.plot_policy, moved.policy_of),
        )
        for name in HOSTILE
    ),
]


@pytest.mark.parametrize(("plot", "build"), NAMED)
def test_hostile_names_are_drawn_and_stay_inside(plot: Callable[..., Any], build: Callable[[], Any]) -> None:
    found = drawing(plot, build)
    for width, svg in zip(WIDTHS, (found.twins.wide, found.twins.narrow), strict=True):
        safe_svg(svg)
        assert "script" not in svg
        for text, (x0, _, x1, _) in found.placed[width].texts:
            assert -1 <= x0 < x1 <= found.placed[width].frame[2] + 1, text
            assert not {"\u202e", "\x00", "\ue000"} & set(text)


@pytest.mark.parametrize(
    ("plot", "build"),
    [
        (where.plot_segment_rates, of_segments),
        (loyalty.plot_redemption_rates, of_campaigns),
        (experiment_effects.plot_effects, tested.of_names),
        (experiment_effects.plot_traps, tested.trapped_names),
        (experiment_looks.plot_looks, read.looks_of),
    ],
)
def test_dollars_in_a_name_are_drawn_as_dollars(plot: Callable[..., Any], build: Callable[[str], Any]) -> None:
    def glyphs(name: str) -> list[set[str]]:
        found = twins(plot, build(name))
        return [set(re.findall(r"DejaVu\w+-\w+", svg)) for svg in (found.wide, found.narrow)]

    # One dollar alone never begins a formula; two do, which would draw no dollar but letters in italics.
    assert glyphs("$5-$10 coupon") == glyphs("$5-10 coupon") != glyphs("5-10 coupon")


def test_names_are_cut_to_the_room_there_is() -> None:
    for width, limit in (("wide", 28), ("narrow", 16)):
        ax = drawn(where.plot_segment_rates, of_segments("x" * 500), width)
        assert max(len(label.get_text()) for label in ax.get_yticklabels()) == limit


def test_an_interval_that_was_refused_is_no_row_of_the_chart() -> None:
    ax = drawn(experiment_effects.plot_effects, tested.nobody_visits(), "wide")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["", "mail"]
    assert "spend per customer" in [text.get_text() for text in ax.texts]


def test_months_without_sales_and_months_seen_in_part_are_marked() -> None:
    """1 January to 16 September 2024 without May: a red band over the fifth month, the ninth bar hatched."""
    ax = drawn(quality.plot_sales_calendar, checked.calendar(), "wide")
    hatched = [bar for bar in ax.patches if bar.get_hatch()]
    assert [round(bar.get_x() + bar.get_width() / 2) for bar in hatched] == [8]
    bands = [bar for bar in ax.patches if bar.get_alpha()]
    assert {round(band.get_x() + band.get_width() / 2) for band in bands} == {4}


def test_measures_of_a_shop_stand_on_the_range_and_arrows_at_its_edge() -> None:
    result = checked.shape(purchases=pd.DataFrame({"purchases": [400], "customers": [500]}))
    ax = drawn(shape.plot_shop_shape, result, "wide")
    dots = {round(dot.get_offsets()[0][1]): dot.get_offsets()[0][0] for dot in ax.collections[1:]}
    places = dict(zip([label.get_text() for label in ax.get_yticklabels()], ax.get_yticks(), strict=True))
    # 400 purchases lie far above; the gaps' median of 10 is the nearer peer's, the other's is 2.5.
    assert dots[places["Purchases"]] == pytest.approx(1.15)
    assert dots[places["Median gap"]] == pytest.approx(1.0)
    assert [text.get_text() for text in ax.texts][1] == "400"
