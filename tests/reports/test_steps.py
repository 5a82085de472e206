"""What is said of the steps of new customers, of the model's word and of contacts, by silence."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.test_alive import histories, model, simulated
from reports.results import made, said
from reports.test_charts import WIDTHS, drawn, twins, written_on

from retention_lib.estimates import NotEnough
from retention_lib.models.alive import AliveBands, alive_bands, band_edges
from retention_lib.models.contact_bands import BreakEvenByBand, break_even_by_band
from retention_lib.models.lapse import ReturnChance, return_chance
from retention_lib.models.steps import StepSurvival, step_survival
from retention_lib.reports.charts.steps import plot_step_survival
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.safety import safe_svg
from retention_lib.reports.shown import table_texts
from retention_lib.reports.style import Width
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
DATES = {"data_from": date(2020, 1, 1), "new_from": date(2020, 5, 1), "end": date(2021, 1, 1)}


def steps(*rows: tuple[int, int, bool, int]) -> StepSurvival:
    frame = pd.DataFrame(rows, columns=["step", "days", "observed", "customers"])
    return made(step_survival(frame, **DATES), StepSurvival)


def leaving(second: int = 300, third: int = 180) -> StepSurvival:
    """Of 1,000 new customers so many buy again on day 10, and of 300 of these so many."""
    return steps(
        (1, 10, True, second), (1, 200, False, 1000 - second), (2, 10, True, third), (2, 200, False, 300 - third)
    )


def test_the_step_at_which_customers_leave_is_named() -> None:
    told = finding(leaving(), WORDS)
    assert said(told.sentence) == (
        "Only 30% (27.3% to 32.9%) of new customers buy a second time within 90 days, but 60% of those who did buy a "
        "third: the second purchase is where they leave. The second order is most likely 8 to 14 days after the first."
    )
    assert said(told.alt).endswith("30% and 60% have bought again by day 90, first step first.")
    assert said(told.caption) == (
        "1,000 customers first seen from 1 May 2020 on, so known to be new; followed to 31 December 2020; bands: 95% "
        "intervals."
    )


@pytest.mark.parametrize(
    ("result", "start"),
    [
        (leaving(550, 270), "55% (51.9% to 58.1%) of new customers buy a second time within 90 days, but 90%"),
        (leaving(600, 180), "Within 90 days 60% (57.0% to 63.0%) of new customers buy a second time, and 60% of those"),
        (leaving(600, 90), "Within 90 days 60% of new customers buy a second time, but only 30% of those with 2"),
        (steps((1, 10, True, 20), (1, 200, False, 80)), "20% (13.4% to 29.3%) of new customers buy a second time"),
        (steps((1, 10, True, 20), (1, 40, False, 80)), "20 of 100 new customers have bought a second time so far"),
    ],
    ids=["more than half", "no difference", "a later step", "one step", "short history"],
)
def test_only_what_the_shares_show_is_said(result: StepSurvival, start: str) -> None:
    told = finding(result, WORDS)
    assert said(told.sentence).startswith(start)
    assert "nan" not in said(told.sentence + told.alt + told.caption)
    assert re.search(r"\d", told.alt)


def test_a_flat_hazard_has_no_peak_and_a_missing_median_is_not_reached() -> None:
    flat = steps(*((1, 7 * week + 4, True, 10) for week in range(13)), (1, 200, False, 870))
    assert said(finding(flat, WORDS).sentence).endswith("No week stands out as the time of the second order.")
    rows = table_texts(shown_table(leaving(), WORDS), WORDS)["rows"]
    assert [said(cell) for cell in rows[0]] == [
        "1 to 2",
        "1,000 / 700",
        *["30.0% (27.3% to 32.9%)"] * 3,
        "not reached",
        "8 to 14",
    ]
    assert said(rows[1][5]) == "10 days"


def test_a_first_week_that_leads_is_said_without_a_range() -> None:
    late = steps((1, 10, True, 10), (1, 88, True, 300), (1, 200, False, 690))
    assert said(finding(late, WORDS).sentence).endswith(
        "The second order is most likely 85 days or more after the first; the chance may still rise beyond the weeks "
        "read."
    )
    assert said(table_texts(shown_table(late, WORDS), WORDS)["rows"][0][6]) == "from 85"
    early = steps((1, 3, True, 300), (1, 200, False, 700))
    assert said(finding(early, WORDS).sentence).endswith("most likely in the first 7 days after the first one.")


@pytest.mark.parametrize(
    "refusal",
    [
        NotEnough("history_for_new_customers", 366, 856),
        NotEnough("customers_known_as_new", 0, 30),
    ],
)
def test_a_short_history_says_how_much_it_takes(refusal: NotEnough) -> None:
    told = said(finding(refusal, WORDS).sentence)
    assert f"{refusal.need:,}" in told
    assert "there are" not in told


FOUR = [
    (step, days, observed, count)
    for step in range(1, 6)
    for days, observed, count in ((5 * step, True, 40), (190 - 30 * step, False, 10))
]


@pytest.mark.parametrize("result", [leaving(), steps(*FOUR), steps((1, 10, True, 20), (1, 40, False, 80))])
def test_the_curves_are_drawn_whole_at_both_widths(result: StepSurvival) -> None:
    found = twins(plot_step_survival, result)
    assert found == twins(plot_step_survival, result)
    for drawing in (found.wide, found.narrow):
        safe_svg(drawing)
        assert "nan" not in drawing.lower()


@pytest.mark.parametrize("width", WIDTHS)
def test_labels_of_curves_neither_touch_nor_leave_the_chart(width: Width) -> None:
    ax = drawn(plot_step_survival, steps(*FOUR), width)
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == 4
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert all(text.get_window_extent().x1 <= ax.figure.bbox.x1 + 1 for text in written_on(ax))


def alive(*, back: bool | None = None) -> AliveBands:
    """Four thousand simulated customers; of those silent beyond 28 days all or none returned, or those who did."""
    truth = model(r=1.2, alpha=8.0, a=0.8, b=2.5)
    frame = histories(simulated(truth, 4000, 90 / 7, np.random.default_rng(6)), band_edges(28))
    if back is not None:
        beyond = frame["silence_above"] >= 28
        frame["returned"] = frame["returned"].where(~beyond, frame["customers"] * back)
    return made(alive_bands(frame, lapse_days=28, cutoff=date(2020, 10, 1)), AliveBands)


def test_the_models_word_stands_beside_what_happened() -> None:
    result = alive()
    assert abs(result.expected_beyond - result.beyond.value) < 0.01  # the customers are of the model's own kind
    told = said(finding(result, WORDS).sentence)
    assert told.startswith(
        "From the days of purchase alone, a model of buying expected 22% of the customers silent for more than 28 "
        "days on 1 October "
    )
    assert "22% (20.6% to 23.5%) did, so its word is about right." in told
    assert alert(result, WORDS).level == "ok"
    texts = table_texts(shown_table(result, WORDS), WORDS)
    assert [row[0] for row in texts["rows"]] == ["1 to 14", "15 to 28", "29 to 42", "43 to 56", "57 to 84", "over 84"]
    assert band_edges(28)[:3] == [0, 14, 28]


def test_a_model_that_is_wrong_of_the_silent_is_called_so() -> None:
    hopeful, gloomy = alive(back=False), alive(back=True)
    assert "0% (0.0% to 0.1%) did, so its word is too hopeful." in said(finding(hopeful, WORDS).sentence)
    assert "too gloomy" in finding(gloomy, WORDS).sentence
    assert alert(hopeful, WORDS).level == alert(gloomy, WORDS).level == "warn"


THEN = pd.DataFrame(
    {"silence_days": [5, 25, 90], "customers": [500, 100, 60], "returned": [450, 50, 6], "spend": [9e4, 5e3, 300.0]}
)
NOW = pd.DataFrame({"silence_days": [21, 400], "customers": [300, 600]})


def needed(*, cost: float = 2.0, then: pd.DataFrame = THEN) -> BreakEvenByBand:
    returns = made(return_chance(then, lapse_days=20, cutoff=date(2020, 10, 1)), ReturnChance)
    found = break_even_by_band(returns, silent_now=NOW, silent_then=then, gross_margin=0.4, contact_cost=cost)
    return made(found, BreakEvenByBand)


def test_the_lift_a_contact_needs_is_said_by_silence() -> None:
    assert said(finding(needed(), WORDS).sentence) == (
        "A contact at $2 pays if it wins 1 more customer in 20 among those silent for 21 to 30 days. 50% of them come "
        "back by themselves, which no contact earns: only a group left alone shows what it adds."
    )
    rows = table_texts(shown_table(needed(), WORDS), WORDS)["rows"]
    assert [said(row[-1]).split()[:3] for row in rows] == [["1", "in", "20"], ["1", "in", "10"]]


def test_contacts_that_are_free_or_cannot_pay() -> None:
    assert "costs nothing" in finding(needed(cost=0.0), WORDS).sentence
    assert said(finding(needed(cost=1000.0), WORDS).sentence) == (
        "At $1,000 a contact cannot pay among those silent for 21 to 30 days; of the others too few came back by "
        "themselves to know."
    )
    many = THEN.assign(customers=[500, 100, 300], returned=[450, 50, 30])
    assert said(finding(needed(cost=1000.0, then=many), WORDS).sentence) == (
        "At $1,000 a contact cannot pay: even bringing back everybody beyond the window would not cover it."
    )
    one = needed(cost=19.0)  # 18 at most is left of those silent longest
    assert said(finding(one, WORDS).sentence).count("1 more customer in") == 1
    unknown = needed(then=THEN.assign(returned=[450, 0, 0], spend=[9e4, 0.0, 0.0]))
    assert said(finding(unknown, WORDS).sentence) == (
        "Whether a contact at $2 pays is not known: too few of those silent beyond the window came back by themselves "
        "to show what one who returns brings."
    )
    assert [said(row[-1]) for row in table_texts(shown_table(unknown, WORDS), WORDS)["rows"]] == ["not known"] * 2
    loss = needed(then=THEN.assign(spend=[0.0, 5e3, -1.0]))
    assert len(table_texts(shown_table(loss, WORDS), WORDS)["rows"]) == 2
