"""Tables of the forecasts that were tried on the past, and of the fits behind them."""

from __future__ import annotations

from retention_lib.models.backtest import Backtest
from retention_lib.models.backtest_views import FrequencyCalibration, PastForecasts
from retention_lib.models.fit_checks import FitChecks, FittedParameters
from retention_lib.models.season import SeasonalIndex
from retention_lib.reports.blocks import Column, Kind, Table
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: Backtest, words: Words) -> Table:
    columns = (
        Column(name="named", header=words.say(N_("Forecast"))),
        Column(name="mae_ratio", header=words.say(N_("Miss a customer, times the best")), kind="written"),
        Column(name="total_error_median", header=words.say(N_("Usual error in total")), kind="share"),
        Column(name="total_error", header=words.say(N_("Last test: error in total")), kind="share"),
        Column(name="mean_absolute_error", header=words.say(N_("Mean miss a customer")), kind="written"),
        Column(name="root_mean_squared_error", header=words.say(N_("Root mean square")), kind="written"),
        Column(name="rank_correlation", header=words.say(N_("Rank correlation")), kind="written"),
        Column(name="expected", header=words.say(N_("Expected purchases")), kind="integer"),
    )
    told = ("mae_ratio", "mean_absolute_error", "root_mean_squared_error", "rank_correlation")
    written = {name: [words.number(value, 3) for value in result.table[name]] for name in told}
    named = [
        words.say(N_("{name} (used)"), name=row.candidate) if row.chosen else row.candidate
        for row in result.table.itertuples()
    ]
    frame = result.table.assign(named=named, **written)
    caption = words.say(
        N_(
            "Forecasts on {n} past days of {days}, on which the choice rests, and in the last test: {last_days} from "
            "{cutoff}, in which {customers} customers made {actual} purchases"
        ),
        actual=result.actual,
        n=len(result.cutoffs),
        days=words.days(result.horizon_days),
        last_days=words.days(result.last_horizon_days),
        cutoff=result.last_cutoff,
        customers=result.customers,
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: PastForecasts, words: Words) -> Table:
    purchases = result.total == "purchases"
    kind: Kind = "integer" if purchases else "money"
    expected = N_("Expected purchases") if purchases else N_("Expected sales")
    columns = [
        Column(name="cutoff", header=words.say(N_("Forecast made for")), kind="date"),
        Column(name="horizon_days", header=words.say(N_("Days")), kind="integer"),
        Column(name="expected", header=words.say(expected), kind=kind),
        Column(name="actual", header=words.say(N_("Actual")), kind=kind),
        Column(name="error", header=words.say(N_("Actual against expected")), kind="share", low="low", high="high"),
    ]
    inside = {True: words.say(N_("inside")), False: words.say(N_("outside"))}
    frame = result.table.assign(
        lies=[inside.get(lies, "") for lies in result.table["inside"]],
        expected=result.table["expected"].round() if purchases else result.table["expected"],
    )
    if result.level is None:
        columns[-1] = Column(name="error", header=columns[-1].header, kind="share")
    else:
        columns.append(Column(name="lies", header=words.say(N_("Of the interval"))))
    caption = words.say(
        N_("Purchases forecast on past days and what happened, with the interval they would have carried")
        if purchases
        else N_("Sales forecast on past days and what happened, with the interval they would have carried")
    )
    return Table(columns=tuple(columns), frame=frame, caption=caption)


@shown_table.register
def _(result: FrequencyCalibration, words: Words) -> Table:
    columns = (
        Column(name="frequency", header=words.say(N_("Bought again before"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="said", header=words.say(N_("Expected each")), kind="written"),
        Column(name="done", header=words.say(N_("Bought each")), kind="written"),
    )
    frame = result.table.assign(
        said=[words.number(value, 3) for value in result.table["expected"]],
        done=[words.number(value, 3) for value in result.table["actual"]],
    )
    caption = words.say(
        N_("Purchases in the {days} from {cutoff}, by how often customers had bought again"),
        days=words.days(result.horizon_days),
        cutoff=result.cutoff,
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption)


@shown_table.register
def _(result: SeasonalIndex, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Month"))),
        Column(name="factor", header=words.say(N_("Of the mean month")), kind="share", low="low", high="high"),
        Column(name="seen", header=words.say(N_("Times seen")), kind="written"),
    )
    frame = result.to_frame()
    named = frame.assign(
        name=[words.month(f"2001-{month:02d}", year=False) for month in frame["month"]],
        seen=[words.number(years, 1) for years in frame["years"]],
    )
    return Table(
        columns=columns, frame=named, caption=words.say(N_("How much known customers buy by month of the year"))
    )


@shown_table.register
def _(result: FitChecks, words: Words) -> Table:
    columns = (
        Column(name="model", header=words.say(N_("Model"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="likelihood", header=words.say(N_("Log-likelihood")), kind="written"),
        Column(name="steps", header=words.say(N_("Steps")), kind="integer"),
        Column(name="slope", header=words.say(N_("Largest slope left")), kind="written"),
        Column(name="bend", header=words.say(N_("Smallest curvature")), kind="written"),
        Column(name="again", header=words.say(N_("Second start differs by")), kind="written"),
        Column(name="check", header=words.say(N_("Differs from lifetimes by")), kind="written"),
        Column(name="held", header=words.say(N_("Held at the edge"))),
    )
    told = list(rows(result.table))
    frame = result.table.assign(
        likelihood=[words.number(fit.log_likelihood, 1) for fit in told],
        slope=[_small(fit.gradient) for fit in told],
        bend=[_small(fit.curvature) for fit in told],
        again=[_small(fit.second_start) for fit in told],
        check=[_small(fit.reference) for fit in told],
    )
    caption = words.say(
        N_(
            "How each fit ended: slope and curvature of the mean log-likelihood a customer by the logarithms of the "
            "parameters, and how far these are from a second start"
        )
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: FittedParameters, words: Words) -> Table:
    columns = (
        Column(name="model", header=words.say(N_("Model"))),
        Column(name="parameter", header=words.say(N_("Parameter"))),
        Column(name="value", header=words.say(N_("Value")), kind="parameter", low="low", high="high"),
    )
    caption = words.say(N_("Parameters of the fits, with their 95% intervals"))
    return Table(columns=columns, frame=result.table, caption=caption)


def _small(value: float | None) -> str:
    """A number near zero with its order of magnitude, as in "3e-9"."""
    return "" if value is None or value != value else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e+")  # noqa: PLR0124 - NaN
