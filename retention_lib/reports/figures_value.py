"""The figures of customer value and of its forecast.

A formula with `{cutoffs}` or another name takes that from the result that the figure is about:
`report.figure("backtest_mae", backtest.mean_absolute_error, about=backtest)`.
"""

from __future__ import annotations

from retention_lib.reports.figure_specs import FigureSpec, one
from retention_lib.reports.words import N_

_FITTED = N_("maximum likelihood on every customer's frequency, recency and age")
_FITTED_SPEND = N_("maximum likelihood on the mean spend of repeat customers")


def _parameters(model: str, label: str, letters: tuple[str, ...], formula: str) -> tuple[FigureSpec, ...]:
    return tuple(
        FigureSpec(id=f"{model}_{letter}", label=label, unit="parameter", formula=formula, name=letter)
        for letter in letters
    )


_PARAMETERS = (
    *_parameters("bgnbd", N_("BG/NBD {name}"), ("r", "alpha", "a", "b"), _FITTED),
    *_parameters("mbgnbd", N_("MBG/NBD {name}"), ("r", "alpha", "a", "b"), _FITTED),
    *_parameters("pnbd", N_("Pareto/NBD {name}"), ("r", "alpha", "s", "beta"), _FITTED),
    *_parameters("gamma_gamma", N_("Gamma-Gamma {name}"), ("p", "q", "v"), _FITTED_SPEND),
)

_BASE = (
    one(
        "customer_equity_*m",
        N_("Value of today's customers, {name} months"),
        "money",
        N_(
            "sum over all known customers of expected purchases x expected gross profit a purchase, net of refunds, "
            "discounted, over the next {name} months; nothing of what they brought before, no customers yet to be won; "
            "revenue where no margin is known"
        ),
        "up",
    ),
    one(
        "expected_value_*m_per_customer",
        N_("Value of a customer, {name} months"),
        "money_per_customer",
        N_("expected purchases a month x expected spend x margin, discounted, over {name} months, / customers"),
        "up",
    ),
    one(
        "expected_value_*m_total",
        N_("Value of all customers, {name} months"),
        "money",
        N_("sum over customers of expected purchases x expected spend x margin, discounted, over {name} months"),
        "up",
    ),
    one(
        "expected_purchases_*m",
        N_("Purchases ahead, {name} months"),
        "count",
        N_("sum over all known customers of expected purchases in the next {name} calendar months"),
        "up",
    ),
    one(
        "value_at_stake_*m",
        N_("Profit at stake, {name} months"),
        "money",
        N_(
            "sum over all known customers of discounted profit in the next {name} months if the customer has not left "
            "x chance of no purchase in these months"
        ),
    ),
    one(
        "top_decile_share",
        N_("Carried by the top tenth"),
        "share",
        N_("expected value of the tenth of customers with the highest / expected value of all"),
    ),
    one(
        "gini",
        N_("Concentration of value (Gini)"),
        "ratio",
        N_("Gini coefficient of the expected value a customer: 0 = all equal, 1 = one customer has all"),
    ),
    one("repeat_rate", N_("Bought again"), "share", N_("customers with a second purchase / customers"), "up"),
    one("customers", N_("Customers"), "count", N_("customers with at least one purchase"), "up"),
)

_NEW = (
    one(
        "clv_new_customer_*m",
        N_("Value of a new customer, {name} months"),
        "money_per_customer",
        N_(
            "profit of the first order + expected repeat purchases in {name} months x profit a repeat purchase, "
            "discounted; before the cost of winning and keeping the customer"
        ),
        "up",
    ),
    one(
        "ltv_cac",
        N_("New customer's value against cost"),
        "ratio",
        N_(
            "discounted gross profit of a new customer over {months} months, before acquisition and retention cost, "
            "first order and customers who never return included, / cost of winning a customer"
        ),
        "up",
    ),
    one(
        "payback_months",
        N_("Months until a customer is paid back"),
        "number",
        N_(
            "first month in which the cumulative gross profit of an acquired customer reaches the cost of winning one; "
            "'not yet' is a value"
        ),
        "down",
    ),
)

_BACKTEST = (
    one(
        "forecast_last_month",
        N_("Forecast for last month"),
        "money",
        N_(
            "net sales to customers known before {month} in that month, as forecast from the data before it; customers "
            "who came new in the month are not in it"
        ),
    ),
    one(
        "actual_last_month",
        N_("What last month brought"),
        "money",
        N_(
            "net sales to customers known before {month} in that month, as they were; above 100,000 customers those of "
            "as many drawn by chance, scaled up"
        ),
    ),
    one(
        "backtest_winner",
        N_("Forecast used"),
        "text",
        N_(
            "of all candidates whose mean absolute error, later days weighing more, is within 0.25% of the lowest, "
            "the one with the smallest median error of the total, at the past days {cutoffs}, each with "
            "{horizon_days} days ahead; chosen before the last test from {last_cutoff}"
        ),
    ),
    one(
        "backtest_mae",
        N_("Miss for the average customer"),
        "number",
        N_(
            "mean over customers of |expected - actual purchases| in the {last_horizon_days} days from {last_cutoff}, "
            "which the choice of the forecast had not seen"
        ),
        "down",
    ),
    one(
        "backtest_total_error_median",
        N_("Usual error of the forecast"),
        "share",
        N_(
            "median of |expected / actual purchases of all customers - 1| at the past days {cutoffs}, each with "
            "{horizon_days} days ahead, and in the last test: {last_cutoff}, {last_horizon_days} days ahead"
        ),
        "down",
    ),
    one(
        "holdout_purchases_actual",
        N_("Purchases that happened"),
        "count",
        N_(
            "repeat purchases in the weeks the model did not see; above 100,000 customers those of as many drawn by "
            "chance, scaled up"
        ),
    ),
    one(
        "holdout_purchases_expected",
        N_("Purchases the model expected"),
        "count",
        N_("sum of expected purchases in the weeks the model did not see"),
    ),
    one(
        "holdout_total_error",
        N_("Error of the forecast"),
        "share",
        N_("(expected - actual) / actual purchases in the weeks the model did not see"),
    ),
)

VALUE = (*_PARAMETERS, *_BASE, *_NEW, *_BACKTEST)
