"""Sentences and tables of forecasts that were tried on the past."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from reports import backtest_results as made

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import ParetoNBD
from retention_lib.models.forecasts import CANDIDATES, NAIVE
from retention_lib.reports.blocks import Table, table_html
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
JARGON = re.compile(r"MAE|holdout|BTYD|NBD|boosting|backtest|RMSE|calibration|naive", re.IGNORECASE)


def said(sentence: str) -> str:
    """A sentence as a reader types it."""
    return plain(sentence).replace("\u00a0", " ").replace("\u2212", "-")


def told(result: Any) -> str:
    return said(finding(result, WORDS).sentence)


def cells(result: Any) -> list[list[str]]:
    """The table of a result as texts, header first."""
    table = shown_table(result, WORDS)
    assert isinstance(table, Table)
    rows = re.findall(r"<tr.*?</tr>", table_html(table, WORDS), re.DOTALL)
    parts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(said(re.sub(r"<[^>]+>", " ", part)).split()) for part in row] for row in parts]


def test_a_backtest_says_its_usual_error_and_the_last_test() -> None:
    # 1 / 1.04, .97, .90, 1.02 and .94 are 3.8, 3.1, 11.1, 2.0 and 6.4 % off: the one in the middle is 3.8.
    sentence = told(made.tried())
    assert "Tested on 5 past dates, it was usually 3.8% off in the purchases of all customers." in sentence
    assert "181 days from 1 January 2026 that its choice had not seen, it expected 1,000 purchases and 940" in sentence
    assert sentence.endswith("Carrying each customer's past pace forward would have been 40.0% and 1.19 off.")


def test_a_backtest_that_is_no_better_than_carrying_on_says_so() -> None:
    sentence = told(made.tried(naive_error=0.01))
    assert "That is not better on both counts than carrying each customer's past pace forward" in sentence


@pytest.mark.parametrize("chosen", [name for name in CANDIDATES if name != NAIVE])
def test_sentences_name_no_model_and_the_table_names_all(chosen: Any) -> None:
    result = made.tried(chosen)
    found = (finding(result, WORDS).sentence, alert(result, WORDS).sentence)
    assert not any(JARGON.search(sentence) for sentence in found)
    rows = cells(result)[1:]
    assert [row[0] for row in rows] == [f"{name} (used)" if name == chosen else name for name in CANDIDATES]


def test_no_other_sentence_has_jargon() -> None:
    results = (made.past(), made.calibrated(), made.season(), made.last_month(), made.checks())
    for result in results:
        whole = finding(result, WORDS)
        assert not JARGON.search(whole.sentence + whole.alt + whole.caption)


@pytest.mark.parametrize(
    ("ratios", "level"),
    [(made.RATIOS, "ok"), ((0.85, 0.85, 0.85), "warn"), ((*made.RATIOS[:-1], 0.8), "warn")],
)
def test_a_usual_error_above_a_tenth_or_a_last_test_far_off_is_warned_of(ratios: tuple[float, ...], level: str) -> None:
    found = alert(made.tried(ratios=ratios), WORDS)
    assert (found.level, "as rough" in found.sentence) == (level, level == "warn")


def test_past_forecasts_count_those_inside() -> None:
    # 104, 97, 102 and 94 % lie within 8 % of the forecast, 90 % does not.
    assert told(made.past()).startswith(
        "What came after 5 past dates was between 90% and 104% of the purchases forecast, 4 of 5 times inside"
    )
    assert [row[-1] for row in cells(made.past())[1:]] == ["inside", "inside", "outside", "inside", "inside"]


def test_past_forecasts_without_intervals_claim_none() -> None:
    result = made.past(half=None, total="revenue", ratios=(1.1, 0.9))
    assert told(result) == (
        "What came after 2 past dates was between 90% and 110% of the sales forecast. So few tests say little about "
        "years that differ from the last one."
    )
    assert cells(result)[1] == ["1 January 2025", "90", "$1,000", "$1,100", "10.0%"]


def test_groups_are_named_by_what_customers_had_done() -> None:
    result = made.calibrated(("0", 300, 0.2, 0.25), ("1", 60, 1.1, 0.7), ("2", 50, 2, 2.1), ("7+", 40, 6, 6.5))
    # Off by 300 x .05 = 15, 24, 5 and 20 purchases.
    assert told(result) == (
        "Customers who had never bought again were expected to make 0.20 purchases each and made 0.25. Of those who "
        "had bought again 7 times or more, 6.00 were expected and 6.50 made. Most was missed among the 60 who had "
        "bought again once: 1.10 against 0.70."
    )
    assert "Most was missed" not in told(made.calibrated(("0", 40, 0.2, 0.25), ("7+", 40, 6, 7)))


def test_groups_too_few_to_judge_are_not_said() -> None:
    assert "bought again once, 1.10 were expected and 0.90 made" in told(made.calibrated())
    assert "7 times" not in told(made.calibrated())
    assert cells(made.calibrated())[3][0].endswith("too few to judge")


def test_a_season_names_its_months_and_one_that_is_chance_none() -> None:
    assert told(made.season()).startswith(
        "Known customers buy most in December (160% of the mean month, 144% to 176%) and least in February (70%"
    )
    assert told(made.season(seasonal=False)).endswith("so the forecast treats them alike.")
    assert cells(made.season())[12][:2] == ["December", "160.0% 144.0% to 176.0%"]


@pytest.mark.parametrize(("second_start", "level"), [(1e-8, "ok"), (0.5, "warn")])
def test_a_fit_that_a_second_start_does_not_find_is_warned_of(second_start: float, level: str) -> None:
    assert alert(made.checks(second_start=second_start), WORDS).level == level


def test_fits_show_how_they_ended_and_their_parameters() -> None:
    assert cells(made.checks())[1] == ["BG/NBD", "4,321", "-1,234.5", "7", "3e-9", "2e-2", "1e-8", "2e-10", ""]
    # A variance of .01 of the logarithm: 1.96 x .1 to each side, a factor of 1.2165.
    assert cells(made.parameters())[1] == ["BG/NBD", "r", "0.500 0.411 to 0.608"]


def test_a_pareto_model_says_its_own_parameters() -> None:
    spread = ((0.0,) * 4,) * 4
    parameters = {"r": 0.5532, "alpha": 10.576, "s": 0.6063, "beta": 11.672}
    model = ParetoNBD(**parameters, name="Pareto/NBD", log_likelihood=-9594.976, covariance=spread, customers=2357)
    assert told(model) == (
        "Pareto/NBD, fitted on 2,357 customers: r 0.5532, alpha 10.5760, s 0.6063, beta 11.6720; log-likelihood "
        "-9,595.0."
    )


def test_last_month_says_what_was_forecast_and_what_came() -> None:
    sentence = told(made.last_month())
    assert sentence == (
        "For June 2026 we would have forecast sales of $50K ($45K to $55K) to the 372 customers won before it; "
        "it was $52K, inside the interval. Purchases of those customers in June 2026: 1,000 forecast (900 to 1,100), "
        "980 made, inside the interval."
    )
    assert cells(made.last_month())[1:] == [
        ["Purchases", "1,000", "900 to 1,100", "980"],
        ["Net sales", "$50,000", "$45,000 to $55,000", "$52,000"],
    ]


def test_totals_of_customers_drawn_by_chance_are_said_to_be_scaled_up() -> None:
    for result in (made.tried(), made.last_month()):
        assert "drawn by chance" not in told(result)
        sentence = told(replace(result, drawn=100_000))
        assert sentence.endswith("These totals are those of 100,000 customers drawn by chance, scaled up to all.")


def test_last_month_without_a_forecast_of_sales_speaks_of_purchases() -> None:
    assert told(made.last_month(revenue=None)).startswith("Purchases of those customers in June 2026")
    assert len(cells(made.last_month(revenue=None))) == 2


@pytest.mark.parametrize(
    ("purchases", "revenue", "level", "begins"),
    [
        (980.0, 52_000.0, "ok", "June 2026 brought 2.0% fewer purchases than forecast, which chance explains."),
        (1_020.0, None, "ok", "June 2026 brought 2.0% more"),
        (1_200.0, 52_000.0, "warn", "June 2026 brought 20.0% more"),
        (980.0, 60_000.0, "warn", "June 2026 brought 2.0% fewer purchases than forecast, inside the interval; sales"),
    ],
)
def test_a_month_outside_its_interval_is_warned_of(
    purchases: float, revenue: float | None, level: str, begins: str
) -> None:
    found = alert(made.last_month(purchases=purchases, revenue=revenue), WORDS)
    assert (found.level, said(found.sentence)[: len(begins)]) == (level, begins)


def test_refusals_are_tables_too() -> None:
    refusal = NotEnough("backtest_days", 60, 112)
    assert shown_table(refusal, WORDS) is refusal
