"""What is said of the change of sales between two months."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from reports.results import made, said
from reports.test_charts import WIDTHS, drawn, twins, written_on

from retention_lib.estimates import NotEnough
from retention_lib.models.revenue import RevenueChange, revenue_change
from retention_lib.reports.charts.revenue import plot_revenue_by_kind, plot_revenue_change
from retention_lib.reports.findings import finding
from retention_lib.reports.safety import safe_svg
from retention_lib.reports.shown import table_texts
from retention_lib.reports.style import Width
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="RUB")
COLUMNS = ["kind", "period", "customers", "orders", "items", "sales", "refunds"]
Row = tuple[str, str, int, int, float, float, float]
FELL: tuple[Row, ...] = (
    ("retained", "then", 100, 200, 600, 3_000_000.0, 50_000.0),
    ("retained", "now", 100, 150, 450, 2_250_000.0, 40_000.0),
    ("lapsed", "then", 60, 120, 360, 1_800_000.0, 0.0),
    ("lapsed", "now", 0, 0, 0, 0.0, 90_000.0),
    ("reactivated", "now", 20, 20, 60, 300_000.0, 0.0),
    ("new", "now", 10, 10, 30, 150_000.0, 0.0),
    ("refunded", "then", 0, 0, 0, 0.0, 30_000.0),
)


def moved(*rows: Row, new_from: date = date(2020, 6, 1)) -> RevenueChange:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    dates = {"month": "2020-06", "compared": "2020-05", "data_from": date(2020, 1, 1), "new_from": new_from}
    result = revenue_change(frame, **dates)
    return made(result, RevenueChange)


RISEN = moved(*((kind, "then" if period == "now" else "now", *rest) for kind, period, *rest in FELL))
EMPTY_BEFORE = moved(("new", "now", 5, 6, 7, 80.0, 0.0))
DISAGREE = moved(("retained", "then", 10, 1000, 1000, 1000.0, 0.0), ("retained", "now", 400, 400, 400, 400.0, 0.0))
ALIKE = moved(("retained", "then", 10, 10, 10, 10.0, 0.0), ("retained", "now", 10, 10, 10, 10.0, 0.0))
REFUNDED = moved(("lapsed", "then", 10, 10, 10, 10.0, 90.0), ("lapsed", "now", 0, 0, 0, 0.0, 20.0))
ALL = [moved(*FELL), RISEN, EMPTY_BEFORE, DISAGREE, ALIKE, REFUNDED]


def test_a_fall_is_told_by_what_took_how_much() -> None:
    told = finding(moved(*FELL), WORDS)
    assert said(told.sentence) == (
        "Net sales fell by RUB 2.2M (45.6%) from May 2020 to June 2020: fewer orders a customer took RUB 1.3M and "
        "fewer customers took RUB 757.9K. This is arithmetic, not cause."
    )
    assert "divided by the log-mean method" in said(told.caption)
    assert "June 2020 (30 days) against May 2020 (31 days)" in said(told.caption)


def test_each_kind_of_customer_is_named_with_its_number() -> None:
    told = said(finding(moved(*FELL).kinds, WORDS).sentence)
    assert "those who bought in May 2020 only (60) took RUB 1.9M" in told
    assert "those who bought in both months (100) spent RUB 740K less" in told
    assert "earlier customers who had not bought in May 2020 (20) brought RUB 300K" in told
    assert "new customers (10) brought RUB 150K" in told
    assert told.endswith("Among those who bought in both months, fewer orders a customer took RUB 750K.")


def test_early_in_the_data_nobody_is_called_new() -> None:
    early = moved(*FELL, new_from=date(2020, 6, 2)).kinds
    assert "new customers" not in finding(early, WORDS).sentence
    assert "customers first seen in the month (10)" in said(finding(early, WORDS).sentence)
    assert table_texts(shown_table(early, WORDS), WORDS)["rows"][0][0] == "first seen"


def test_where_methods_differ_or_cannot_be_used_the_page_says_so() -> None:
    assert "The two methods differ on the largest item" in finding(DISAGREE, WORDS).sentence
    assert "Shapley's method divides the change, unchecked" in finding(EMPTY_BEFORE, WORDS).sentence
    assert "methods" not in finding(RISEN, WORDS).sentence


@pytest.mark.parametrize("result", ALL)
def test_every_change_has_its_words_and_its_table(result: RevenueChange) -> None:
    for each in (result, result.kinds):
        told = finding(each, WORDS)
        assert told.alt
        for text in (told.sentence, told.alt, told.caption):
            assert "nan" not in text
            assert "{" not in text
        assert table_texts(shown_table(each, WORDS), WORDS)["rows"]


def test_no_change_is_no_rise() -> None:
    told = finding(ALIKE, WORDS)
    assert said(told.sentence) == "Net sales of June 2020 are exactly those of May 2020, and no part of them moved."
    assert said(told.alt).endswith("of RUB 10 in May 2020 to the same RUB 10 in June 2020, none of which moved.")
    balanced = moved(("retained", "then", 10, 10, 10, 10.0, 0.0), ("retained", "now", 10, 10, 10, 15.0, 5.0))
    assert said(finding(balanced, WORDS).sentence) == (
        "Net sales of June 2020 are exactly those of May 2020: more money an item added RUB 5 and more refunds took "
        "RUB 5. This is arithmetic, not cause."
    )
    assert said(finding(ALIKE.kinds, WORDS).sentence) == "No group of customers changed what it spends."


@pytest.mark.parametrize("result", ALL)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_steps_are_drawn_whole(result: RevenueChange, width: Width) -> None:
    for plot, drawn_of in ((plot_revenue_change, result), (plot_revenue_by_kind, result.kinds)):
        ax = drawn(plot, drawn_of, width)
        frame = ax.figure.bbox
        for text in written_on(ax):
            box = text.get_window_extent()
            assert frame.x0 - 1 <= box.x0, text
            assert box.x1 <= frame.x1 + 1, text
        ticks = [label for label in ax.xaxis.get_majorticklabels() if label.get_text()]
        boxes = [label.get_window_extent() for label in ticks]
        assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_charts_have_the_same_bytes_each_time() -> None:
    for plot, result in ((plot_revenue_change, RISEN), (plot_revenue_by_kind, RISEN.kinds)):
        found = twins(plot, result)
        assert found == twins(plot, result)
        safe_svg(found.wide)
        safe_svg(found.narrow)


@pytest.mark.parametrize("refusal", [NotEnough("month_compared_seen", 0, 31), NotEnough("sales_in_two_months", 0, 1)])
def test_a_refusal_has_a_sentence_of_its_own(refusal: NotEnough) -> None:
    assert "there are" not in finding(refusal, WORDS).sentence
