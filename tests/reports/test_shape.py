"""What is said of a simulated shop's shape, from results whose numbers are known by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from reports import quality_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.shape import MEASURES, PUBLISHED
from retention_lib.reports.blocks import table_html
from retention_lib.reports.findings import finding
from retention_lib.reports.findings.shape import LABELS, NAMES, PLACES, SOURCES, value_text
from retention_lib.reports.shown import table_texts
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, Words

WORDS = Words(currency="RUB")
LIKE_CDNOW = pd.DataFrame({"purchases": [1, 9], "customers": [70, 30]})


def test_the_finding_counts_what_is_inside_and_names_what_is_not() -> None:
    assert said(finding(made.shape(), WORDS).sentence) == (
        "9 of 11 measures of this simulated shop lie between the lowest and the highest value known of real ones. "
        "Outside: Purchases at 1.80 (known: 3.40 to 40.2) and Frequent buyers at 2.40 (known: 9 to 50). 60.0% of its "
        "customers bought once in 270 days (CDNOW 70.0% and The Complete Journey 20.0%)."
    )


def test_a_shop_with_all_inside_has_nothing_outside() -> None:
    told = finding(made.shape(purchases=LIKE_CDNOW), WORDS)
    assert said(told.sentence).startswith("11 of 11 measures")
    assert "Outside" not in told.sentence
    assert said(told.alt).endswith("11 of 11 are inside.")
    assert said(told.caption) == (
        "100 customers followed for 270 days from their first purchase; beside them CDNOW and The Complete Journey "
        "and published figures."
    )


def test_where_nobody_is_followed_the_rest_is_said() -> None:
    told = said(finding(made.shape(purchases=LIKE_CDNOW.iloc[:0]), WORDS).sentence)
    assert told == (
        "5 of 5 measures of this simulated shop lie between the lowest and the highest value known of real ones."
    )


def test_the_table_names_who_published_a_figure() -> None:
    texts = table_texts(shown_table(made.shape(), WORDS), WORDS)
    assert texts["header"] == ["Measure", "This shop", "CDNOW", "The Complete Journey", "Published", "In the range"]
    rows = {row[0].partition(":")[0]: [said(cell) for cell in row[1:]] for row in texts["rows"]}
    assert rows["Bought once"] == ["60.0%", "70.0%", "20.0%", DASH, "inside"]
    assert rows["Purchases"] == ["1.80", "3.40", "40.2", DASH, "below"]
    assert rows["Median gap"] == ["10 days", "10 days", "2 days", DASH, "inside"]
    assert rows["Refunds"][3] == (
        "2.1% (Appriss Retail: drug stores); 17.6% (National Retail Federation: sales on the internet)"
    )
    assert rows["Best month"] == [DASH, DASH, DASH, rows["Best month"][3], "not compared"]
    # The screen shows those outside alone.
    assert [list(rows)[place] for place in texts["brief"]] == ["Purchases", "Frequent buyers"]
    assert "Appriss Retail" in table_html(shown_table(made.shape(), WORDS), WORDS)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0214, "share", "2.1%"),
        (29.0, "days", "29 days"),
        (4.0, "number", "4"),
        (2.1749, "number", "2.17"),
        (41.6, "number", "41.6"),
        (2.0, "ratio", "2.00"),
        (float("nan"), "share", DASH),
    ],
)
def test_values_are_written_in_their_unit(value: float, unit: str, text: str) -> None:
    assert said(value_text(value, unit, WORDS)) == text


def test_every_measure_place_and_source_has_words() -> None:
    assert set(LABELS) == set(NAMES) == set(MEASURES)
    assert {figure.source for figure in PUBLISHED} == set(SOURCES)
    assert set(made.shape().table["place"]) <= set(PLACES)
    assert all(name.startswith(f"{LABELS[measure]}:") for measure, name in NAMES.items())


def test_a_refusal_is_said() -> None:
    told = finding(NotEnough("customers_followed", 7, 100), WORDS).sentence
    assert said(told).startswith("Only 7 customers are seen long enough")
