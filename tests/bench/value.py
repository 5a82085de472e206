"""What the expected value of customers takes, against lifetimes, and how it grows with the customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.apart import run_timed, timed
from bench.measured import Measured
from bench.pareto_orders import UNTIL, orders_file

if TYPE_CHECKING:
    from retention_lib.models.customer_values import CustomerValues
    from retention_lib.models.forecasts import Candidate, Forecast, Known
    from retention_lib.models.margins import Margin
    from retention_lib.models.spend import SpendForecast

MONTHS, DISCOUNT_ANNUAL = 12, 0.10
_WEEK_DAYS = 7
_NEAR = 0.03
"""How far the sum over the customers may be from that of lifetimes, whose months end at 4.345 weeks each and whose
customers are not rounded to weeks."""


def value_12m(*, customers: int) -> Measured:
    """The discounted value of each customer over 12 months, by one BG/NBD and one Gamma-Gamma model.

    The seconds are those of the valuation alone: the customers' histories and the models are there, and the same for
    both. Ours counts calendar months, and above 50,000 customers rounds histories to weeks, as the report does.

    Raises:
        RuntimeError: The sums over all customers differ by more than 3 %.
    """
    path = str(orders_file(customers))
    ours = run_timed("bench.value:valued", path=path)
    peer = run_timed("bench.value:by_lifetimes", path=path, models=ours.result)
    if abs(ours.result["value"] / peer.result - 1) > _NEAR:
        raise RuntimeError(f"another value than lifetimes': {ours.result['value']}, {peer.result}")
    return Measured.of("value_12m", ours, "lifetimes.GammaGammaFitter.customer_lifetime_value", peer)


def growth_10x(*, customers: int) -> Measured:
    """How many times as long ten times the customers take, from a file of orders to the value of each customer.

    The seconds are those of reading, of the summary, of fitting all three models of purchases and that of spend, and of
    the value; here `ratio` is the time of ten times the customers over ours, and the peak is theirs.
    """
    one, ten = (run_timed("bench.value:from_orders", path=str(orders_file(n))) for n in (customers, 10 * customers))
    return Measured.of("growth_10x", replace(one, peak_mib=ten.peak_mib), "the same for ten times the customers", ten)


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What is known of a file's customers, and the models of them."""

    today: Known
    forecast: Forecast
    spend: SpendForecast
    margin: Margin


def fitted(path: str, candidate: Candidate) -> Fitted:
    """The customers of a file of orders, with their models."""
    from retention_lib.measures.histories import present_histories
    from retention_lib.measures.margins import kept_revenue, order_profits
    from retention_lib.measures.purchases import purchase_days
    from retention_lib.measures.sales import daily_sales
    from retention_lib.models.forecasts import known, learn
    from retention_lib.models.gamma_gamma import fit_gamma_gamma
    from retention_lib.models.margins import profit_margin
    from retention_lib.models.season import Clock
    from retention_lib.models.spend import SpendForecast
    from retention_lib.stores.engine import connect

    transactions = connect().read_parquet(path)
    sales = daily_sales(transactions, purchase_days(transactions, until=UNTIL), until=UNTIL)
    today = known(present_histories(sales), UNTIL, Clock(unit_days=_WEEK_DAYS))
    amounts = fit_gamma_gamma(today.rows[["frequency", "monetary_value"]].assign(customers=1))
    profits = order_profits(sales)
    kept = kept_revenue(sales)
    return Fitted(
        today=today,
        forecast=learn(candidate, today),
        spend=SpendForecast(kind="gamma_gamma", gamma_gamma=amounts, relative=amounts),
        margin=profit_margin(profits, kept, gross_margin=None),
    )


def value_of(known: Fitted) -> CustomerValues:
    """The value of each customer over the months ahead."""
    from retention_lib.models.customer_values import customer_values
    from retention_lib.models.horizon import months_horizon

    clock = known.today.clock
    horizon = months_horizon(UNTIL, months=MONTHS, clock=clock, discount_rate_annual=DISCOUNT_ANNUAL)
    return customer_values(known.today, known.forecast, known.spend, known.margin, horizon=horizon)


def valued(*, path: str) -> list[Any]:
    """Ours; the sum over the customers, and the models that it rests on."""
    known = fitted(path, "BG/NBD")
    seconds, found = timed(lambda: value_of(known))
    spend = known.spend.gamma_gamma
    amounts = {"p": spend.p, "q": spend.q, "v": spend.v}
    purchases = known.forecast.members[0].parameters
    return [seconds, {"value": float(found.value.sum()), "purchases": purchases, "spend": amounts}]


def from_orders(*, path: str) -> list[Any]:
    """All of it; the sum over the customers."""
    seconds, found = timed(lambda: value_of(fitted(path, "average of models")))
    return [seconds, float(found.value.sum())]


def by_lifetimes(*, path: str, models: dict[str, Any]) -> list[Any]:
    """The value by lifetimes with the same models; the sum over the customers."""
    import pandas as pd
    from bench.summary import customer_rows
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    counts = customer_rows(path)
    rows = counts.loc[counts.index.repeat(counts["customers"])].reset_index(drop=True)
    history = [rows["frequency"], rows["recency"] / _WEEK_DAYS, rows["T"] / _WEEK_DAYS, rows["monetary_value"]]
    purchases, amounts = BetaGeoFitter(), GammaGammaFitter()
    purchases.params_, amounts.params_ = pd.Series(models["purchases"]), pd.Series(models["spend"])
    purchases.predict = purchases.conditional_expected_number_of_purchases_up_to_time
    ahead = {"time": MONTHS, "discount_rate": (1 + DISCOUNT_ANNUAL) ** (1 / 12) - 1, "freq": "W"}
    seconds, values = timed(lambda: amounts.customer_lifetime_value(purchases, *history, **ahead))
    return [seconds, float(values.sum())]
