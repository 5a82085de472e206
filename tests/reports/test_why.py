from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reports.results import made, said

from retention_lib.estimates import NotEnough
from retention_lib.models.first_experience import FirstOrderExperience, first_order_experience
from retention_lib.models.funnel import Funnel, checkout_funnel
from retention_lib.models.leaving import ReasonsToLeave, reasons_to_leave
from retention_lib.reports.blocks import Action, Table
from retention_lib.reports.charts import why
from retention_lib.reports.findings import action, finding
from retention_lib.reports.safety import safe_svg
from retention_lib.reports.style import Width, chart_axes, chart_twins, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, Words

WORDS = Words(currency="USD")
COLUMNS = ["reason", "silence_from", "year_from", "recent_from", "exposed", "customers", "quiet"]


def orders(late: int = 20, *, size: int = 100) -> pd.DataFrame:
    """Late ones of whom some came back, and three times as many on time of whom 40 % did."""
    parts = []
    for back, count, days in ((late, size, 2.0), (size * 6 // 5, size * 3, -1.0)):
        second = [30.0] * back + [np.nan] * (count - back)
        parts.append(pd.DataFrame({"second_days": second, "late_days": days}))
    return pd.concat(parts, ignore_index=True).assign(seen_days=200.0, lines=1, amount=10.0)


def experience(frame: pd.DataFrame | None = None) -> FirstOrderExperience:
    return made(first_order_experience(orders() if frame is None else frame), FirstOrderExperience)


def varied() -> FirstOrderExperience:
    """Every feature, names nobody expected among the levels."""
    rng, count = np.random.default_rng(1), 2000
    frame = pd.DataFrame(
        {
            "seen_days": 200.0,
            "second_days": np.where(rng.random(count) < 0.4, 20.0, np.nan),
            "lines": rng.integers(1, 6, count),
            "amount": rng.uniform(1, 100, count),
            "delivered_days": rng.integers(0, 12, count).astype(float),
            "late_days": rng.integers(-3, 3, count).astype(float),
            "discount_share": rng.choice([0.0, 0.1], count),
            "channel": rng.choice(["$5 $6", "a channel with a very long name indeed", "x"], count),
            "category": rng.choice(["<b>", "frozen foods and other departments"], count),
        }
    )
    return experience(frame)


def reasons(*rows: tuple[str, int, int, int, int], horizon_days: int = 90) -> ReasonsToLeave:
    """Reasons of (name, customers, quiet, compared with, quiet of these), all in one class."""
    flat = [
        (name, 0, 1, 1, exposed, customers, quiet)
        for name, n1, a, n0, b in rows
        for exposed, customers, quiet in ((True, n1, a), (False, n0, b))
    ]
    frame = pd.DataFrame(flat, columns=COLUMNS)
    result = reasons_to_leave(frame, active=1000, cutoff=date(2026, 4, 1), horizon_days=horizon_days)
    return made(result, ReasonsToLeave)


BAD = ("bad_review_unanswered", 100, 60, 500, 200)
ALIKE = ("price_rise", 200, 80, 500, 200)
THIN = ("contact: a kind with a very long name $1 $2", 20, 19, 500, 200)


def funnel(
    bought: int = 300, before: int = 360, *, carts: int = 40, minutes: tuple[float, float] | None = (5.0, 4.0)
) -> Funnel:
    """1,000 visits each month, 400 of them with a cart."""
    columns = ["visit_now", "visit_before", "cart_add_now", "cart_add_before", "purchase_now", "purchase_before"]
    now = [(1, 1, 1, bought), (1, 1, 0, 400 - bought), (1, 0, 0, 600)]
    rows = [(v, 0, a, 0, p, 0, n) for v, a, p, n in now]
    if before:
        rows += [(0, 1, 0, 1, 0, 1, before), (0, 1, 0, 1, 0, 0, 400 - before), (0, 1, 0, 0, 0, 0, 600)]
    visitors = pd.DataFrame(rows, columns=[*columns, "visitors"])
    took = [("cart_add", this, minute, 50) for this, minute in zip((True, False), minutes or (), strict=False)]
    result = checkout_funnel(
        visitors,
        minutes=pd.DataFrame(took, columns=["leg", "this_month", "minutes", "sessions"]),
        carts=pd.DataFrame({"customers": [carts], "bought": [carts // 4]}),
        month="2026-06",
    )
    return made(result, Funnel)


# Sentences


def test_the_largest_difference_of_first_orders_is_a_raw_one() -> None:
    told = finding(experience(), WORDS)
    assert said(told.sentence) == (
        "First order delivered late: 20.0% of 100 new customers bought again within 90 days, against 40.0% of the "
        "others. This is the largest difference; a raw comparison, not a cause: lateness is looked at more closely "
        "below."
    )
    assert "35.0%" in said(told.alt)
    assert said(told.caption).startswith("400 new customers, followed for 90 days")


def test_first_orders_without_a_difference_say_so() -> None:
    told = said(finding(experience(orders(40)), WORDS).sentence)
    assert told.startswith("40.0% of new customers bought again within 90 days, and nothing known of the first order")


def test_a_store_without_deliveries_promises_no_look_at_lateness() -> None:
    frame = orders().rename(columns={"late_days": "x"}).assign(lines=[1] * 100 + [2] * 300)
    told = said(finding(experience(frame), WORDS).sentence)
    assert "late" not in told
    assert told.startswith("First order of one line: 20.0% of 100")
    assert told.endswith("a raw comparison, not a cause.")


def test_a_reason_to_leave_is_said_among_customers_alike() -> None:
    told = finding(reasons(BAD, ALIKE, THIN), WORDS)
    assert said(told.sentence) == (
        "Customers with a bad review that was not answered quickly: 60% of 100 bought nothing in the next 90 days, "
        "against 40% among customers alike in silence and number of purchases, 20 points more (9 to 31). If it is the "
        "cause, it cost about 20 customers (9 to 31); the comparison is no proof."
    )
    assert "20 points (9 to 31), bad review, no answer" in said(told.alt)
    assert said(told.caption).endswith("The store knows nothing of: products out of stock and categories.")


def test_customers_without_anybody_alike_are_not_counted() -> None:
    rows = [("bad_review", 0, 1, 1, True, 100, 60), ("bad_review", 0, 1, 1, False, 500, 200)]
    frame = pd.DataFrame([*rows, ("bad_review", 7, 1, 1, True, 25, 9)], columns=COLUMNS)
    result = made(reasons_to_leave(frame, active=1000, cutoff=date(2026, 4, 1), horizon_days=90), ReasonsToLeave)
    assert said(finding(result, WORDS).sentence).endswith(
        "If it is the cause, it cost about 20 customers (9 to 31) of the 80% who have customers alike; the comparison "
        "is no proof."
    )
    proposed = made(action(result, WORDS), Action)
    assert "of 100 with customers alike about 20 more went quiet than of these" in said(proposed.title)
    assert said(proposed.facts[1][1]) == "9 to 31"


def test_a_reason_that_cost_nobody_by_class_is_no_action() -> None:
    # Of most who have it fewer went quiet; the weights of the overlap lie on the others.
    frame = pd.DataFrame(
        [
            ("bad_review", 0, 1, 1, True, 200, 150),
            ("bad_review", 0, 1, 1, False, 900, 450),
            ("bad_review", 7, 1, 1, True, 900, 300),
            ("bad_review", 7, 1, 1, False, 50, 20),
        ],
        columns=COLUMNS,
    )
    result = made(reasons_to_leave(frame, active=3000, cutoff=date(2026, 4, 1), horizon_days=90), ReasonsToLeave)
    assert result.worst == "bad_review"
    assert said(finding(result, WORDS).sentence).endswith("The comparison is no proof.")
    assert action(result, WORDS) is None


def test_reasons_that_mark_nobody() -> None:
    told = said(finding(reasons(ALIKE, ("lost_category", 100, 41, 100, 40)), WORDS).sentence)
    assert told.startswith("None of 2 possible reasons marks those who left by more than chance")
    alone = said(finding(reasons(ALIKE), WORDS).sentence)
    assert alone.startswith("The one possible reason that can be judged does not mark those who left")


def test_reasons_too_thin_to_judge() -> None:
    told = finding(reasons(THIN), WORDS)
    assert said(told.sentence).endswith("fewer than 30 each.")
    assert said(told.alt)


def test_the_way_to_the_checkout() -> None:
    told = finding(funnel(), WORDS)
    assert said(told.sentence) == (
        '30.0% of 1,000 visits ended in a purchase. Most are lost on the way from "visit" to "filled the cart": 40% go '
        'on. Worse than the month before by more than chance: the way to "bought", 75.0% after 90.0%. 25% of 40 '
        "customers who left a cart bought within a week anyway."
    )
    assert "30.0%" in said(told.alt)
    assert "5.0 minutes, 4.0 the month before" in said(told.caption)


def test_the_way_to_the_checkout_without_a_month_before() -> None:
    told = finding(funnel(before=0, carts=0, minutes=(5.0,)), WORDS)  # type: ignore[arg-type]
    assert said(told.sentence).endswith("40% go on.")
    assert "month before (" not in said(told.caption)
    assert "No step got worse" in said(finding(funnel(before=300, minutes=None), WORDS).sentence)


@pytest.mark.parametrize(
    "reason",
    [
        *(
            "abandoned_carts",
            "customers_active_past",
            "customers_alike",
            "customers_with_reasons",
            "first_order_features",
            "funnel_steps",
        ),
        *("new_customers_followed", "reasons_known", "sessions"),
    ],
)
def test_every_refusal_has_a_sentence_of_its_own(reason: str) -> None:
    told = said(finding(NotEnough(reason, 3, 30), WORDS).sentence)
    assert told
    assert not told.startswith("There is not enough data for this answer")


# Tables


def test_the_table_of_reasons_holds_raw_and_alike() -> None:
    table = shown_table(reasons(BAD, THIN), WORDS)
    assert isinstance(table, Table)
    assert list(table.frame["reason"]) == ["bad review, no answer", "service: a kind with a very long name $1 $2"]
    assert {"difference", "raw_difference"} <= {column.name for column in table.columns}
    assert table.thin == "thin"
    assert [said(cell) for cell in table.frame["behind"]] == ["20 (9 to 31)", DASH]


def test_the_tables_of_first_orders_and_steps() -> None:
    first, steps = shown_table(experience(), WORDS), shown_table(funnel(), WORDS)
    assert isinstance(first, Table)
    assert isinstance(steps, Table)
    assert list(first.frame["level"]) == ["late", "on time"]
    assert list(steps.frame["step"]) == ["visit", "filled the cart", "bought"]


# Charts

CHARTS: dict[Callable[..., Any], list[Callable[[], Any]]] = {
    why.plot_first_order_experience: [experience, varied, partial(experience, orders(2, size=20))],
    why.plot_reasons_to_leave: [
        partial(reasons, BAD, ALIKE, THIN),
        partial(reasons, THIN),
        partial(reasons, *((f"contact: kind number {place}", 100, place, 500, 200) for place in range(1, 20))),
    ],
    why.plot_funnel: [funnel, partial(funnel, before=0), partial(funnel, bought=0, before=0)],
}
CASES = [
    pytest.param(plot, build, id=f"{plot.__name__}-{place}")
    for plot, builds in CHARTS.items()
    for place, build in enumerate(builds)
]


def test_every_chart_has_a_case() -> None:
    plots = {one for name, one in inspect.getmembers(why, inspect.isfunction) if name.startswith("plot_")}
    assert plots == set(CHARTS)


@pytest.mark.parametrize(("plot", "build"), CASES)
def test_a_chart_draws_at_both_widths_and_alike_each_time(plot: Callable[..., Any], build: Callable[[], Any]) -> None:
    result = build()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (chart_twins(lambda ax: plot(result, WORDS, ax=ax), name="chart") for _ in range(2))
    assert first == second
    assert first.wide != first.narrow
    for drawing in (first.wide, first.narrow):
        safe_svg(drawing)
        assert "nan" not in drawing.lower()


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize(("plot", "build"), CASES)
def test_no_text_of_a_chart_is_cut_off(plot: Callable[..., Any], build: Callable[[], Any], width: Width) -> None:
    with styled(width):
        ax: Any = chart_axes(width)
        plot(build(), WORDS, ax=ax)
        ax.figure.draw_without_rendering()
    frame = ax.figure.bbox
    for text in (*ax.texts, ax.xaxis.label, *ax.get_yticklabels()):
        box = text.get_window_extent()
        assert frame.x0 - 1 <= box.x0, text
        assert frame.x1 + 1 >= box.x1, text
        assert frame.y0 - 1 <= box.y0, text
        assert frame.y1 + 1 >= box.y1, text


def test_dots_of_reasons_are_points_and_thin_ones_grey() -> None:
    ax: Any = why.plot_reasons_to_leave(reasons(BAD, THIN), WORDS)
    points, _ = ax.collections[1].get_offsets().T
    assert [round(float(point)) for point in points] == [20, 55]
    colours = [tuple(colour) for colour in ax.collections[1].get_facecolors()]
    assert colours[0] != colours[1]


def test_bars_of_the_funnel_are_its_shares() -> None:
    ax: Any = why.plot_funnel(funnel(), WORDS)
    assert [round(bar.get_width(), 3) for bar in ax.patches] == [1, 0.4, 0.3]
    assert len(ax.collections[0].get_segments()) == 3
