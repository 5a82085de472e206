"""Last month's forecast against what happened: the sentence, the alert and the table."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.last_month import LastMonthForecast
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.backtest import scaled_up
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: LastMonthForecast, words: Words) -> Finding:
    said = [_sales(result, result.revenue, words)] if isinstance(result.revenue, Estimate) else []
    return Finding(sentence=" ".join([*said, _purchases(result, words), *scaled_up(result.drawn, words)]))


def _sales(result: LastMonthForecast, forecast: Estimate, words: Words) -> str:
    message = {
        True: N_(
            "For {month} we would have forecast sales of **{value}** ({interval}) to the {n} customers won before it; "
            "it was **{actual}**, inside the interval."
        ),
        False: N_(
            "For {month} we would have forecast sales of **{value}** ({interval}) to the {n} customers won before it; "
            "it was **{actual}**, outside the interval."
        ),
    }
    return words.say(
        message[bool(result.revenue_inside)],
        month=words.month(result.month),
        value=words.money(forecast.value, compact=True),
        interval=words.interval(forecast.low, forecast.high, "money", compact=True),
        n=result.customers,
        actual=words.money(result.actual_revenue, compact=True),
    )


def _purchases(result: LastMonthForecast, words: Words) -> str:
    message = {
        True: N_(
            "Purchases of those customers in {month}: {value} forecast ({interval}), **{actual}** made, inside the "
            "interval."
        ),
        False: N_(
            "Purchases of those customers in {month}: {value} forecast ({interval}), **{actual}** made, outside the "
            "interval."
        ),
    }
    return words.say(
        message[result.inside],
        month=words.month(result.month),
        value=words.number(result.purchases.value),
        interval=words.interval(result.purchases.low, result.purchases.high, "count"),
        actual=words.number(result.actual_purchases),
    )


@alert.register
def _(result: LastMonthForecast, words: Words) -> Alert:
    error = result.actual_purchases / result.purchases.value - 1 if result.purchases.value > 0 else 0.0
    fewer = {
        (True, True): N_("{month} brought {error} fewer purchases than forecast, which chance explains."),
        (True, False): N_("{month} brought {error} fewer purchases than forecast, inside the interval; sales left it."),
        (False, True): N_("{month} brought {error} fewer purchases than forecast, outside the interval."),
        (False, False): N_("{month} brought {error} fewer purchases than forecast; it and sales left the interval."),
    }
    more = {
        (True, True): N_("{month} brought {error} more purchases than forecast, which chance explains."),
        (True, False): N_("{month} brought {error} more purchases than forecast, inside the interval; sales left it."),
        (False, True): N_("{month} brought {error} more purchases than forecast, outside the interval."),
        (False, False): N_("{month} brought {error} more purchases than forecast; it and sales left the interval."),
    }
    within = (result.inside, result.revenue_inside is not False)
    return check_alert(
        found=not all(within),
        title=words.say(N_("Last month.")),
        sentence=words.say(
            (more if error >= 0 else fewer)[within], month=words.month(result.month), error=words.percent(abs(error))
        ),
    )


@shown_table.register
def _(result: LastMonthForecast, words: Words) -> Table:
    level = words.percent(result.purchases.level, 0)
    columns = (
        Column(name="what", header=words.say(N_("Of customers won before"))),
        Column(name="forecast", header=words.say(N_("Forecast")), kind="written"),
        Column(name="interval", header=words.say(N_("{level} interval"), level=level), kind="written"),
        Column(name="actual", header=words.say(N_("Actual")), kind="written"),
    )
    cells = [_cells(words.say(N_("Purchases")), result.purchases, result.actual_purchases, "count", words)]
    if isinstance(result.revenue, Estimate):
        cells.append(_cells(words.say(N_("Net sales")), result.revenue, result.actual_revenue, "money", words))
    caption = words.say(
        N_("What we would have forecast for {month}, and what happened"), month=words.month(result.month)
    )
    return Table(
        columns=columns, frame=pd.DataFrame(cells, columns=[column.name for column in columns]), caption=caption
    )


def _cells(what: str, forecast: Estimate, actual: float, unit: str, words: Words) -> list[str]:
    interval = words.interval(forecast.low, forecast.high, unit)
    return [what, words.value(forecast.value, unit), interval, words.value(actual, unit)]
