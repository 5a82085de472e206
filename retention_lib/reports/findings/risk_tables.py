"""Tables of the churn risk and of what is at stake."""

from __future__ import annotations

from retention_lib.estimates import Estimate
from retention_lib.models.discrimination import Calibration
from retention_lib.models.risk import ChurnRisk
from retention_lib.models.risk_importance import Importance
from retention_lib.models.risk_stages import Choice
from retention_lib.models.stakes import ProfitAtStake
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.risk import SCORES, SUBJECTS
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

_FIGURES = (
    ("auc", N_("Pairs sorted right by the score"), "share"),
    ("auc_palive", N_("... by the purchase model alone"), "share"),
    ("auc_recency", N_("... by days of silence alone"), "share"),
    ("average_precision", N_("Average precision"), "share"),
    ("lift_top_decile", N_("Silent in the tenth with the highest risk, times the mean"), "ratio"),
    ("calibration_error", N_("Mean distance of risk and what happened, by tenths"), "points"),
    ("calibration_slope", N_("Calibration slope (1 is right)"), "ratio"),
)


@shown_table.register
def _(result: ChurnRisk, words: Words) -> Table:
    columns = (
        Column(name="figure", header=words.say(N_("On the last window"))),
        Column(name="value", header=words.say(N_("Value"))),
        Column(name="interval", header=words.say(N_("95% interval"))),
    )
    cells = []
    for name, label, unit in _FIGURES:
        known = getattr(result, name)
        if isinstance(known, Estimate):
            cells.append(
                (words.say(label), words.value(known.value, unit), words.interval(known.low, known.high, unit))
            )
    frame = type(result.choice.table)(cells, columns=["figure", "value", "interval"])
    return Table(
        columns=columns, frame=frame, caption=words.say(N_("How well the risk score sorts and how right it is"))
    )


@shown_table.register
def _(result: Calibration, words: Words) -> Table:
    columns = (
        Column(name="bin", header=words.say(N_("Tenth by risk, lowest first")), kind="integer"),
        Column(name="n", header=words.say(N_("Customers")), kind="integer"),
        Column(name="predicted", header=words.say(N_("Risk given before")), kind="share"),
        Column(name="actual", header=words.say(N_("Stayed silent")), kind="share", low="low", high="high"),
    )
    return Table(columns=columns, frame=result.table, caption=words.say(N_("What the score said and what happened")))


@shown_table.register
def _(result: Choice, words: Words) -> Table:
    columns = (
        Column(name="score", header=words.say(N_("Score made of"))),
        Column(name="auc", header=words.say(N_("Pairs sorted right")), kind="share", low="low", high="high"),
        Column(name="loss", header=words.say(N_("Log loss"))),
        Column(name="taken", header=words.say(N_("Chosen"))),
    )
    table = result.table
    frame = table.assign(
        score=[words.say(SCORES[name]) for name in table["name"]],
        loss=[words.number(loss, 4) for loss in table["log_loss"]],
        taken=[words.say(N_("chosen")) if chosen else "" for chosen in table["chosen"]],
    )
    caption = words.say(
        N_("The candidates on the window of the choice, from {cutoff}, n = {n}"),
        cutoff=words.date(result.cutoff),
        n=result.customers,
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: Importance, words: Words) -> Table:
    columns = (
        Column(name="subject", header=words.say(N_("What is known"))),
        Column(
            name="drop",
            header=words.say(N_("Fewer pairs sorted right without it")),
            kind="share",
            low="low",
            high="high",
        ),
    )
    frame = result.table.assign(subject=[words.say(SUBJECTS[name]) for name in result.table["subject"]])
    return Table(columns=columns, frame=frame, caption=words.say(N_("What the risk score lives on")))


@shown_table.register
def _(result: ProfitAtStake, words: Words) -> Table:
    money = N_("Sales if it stays") if result.measure == "revenue" else N_("Gross profit if it stays")
    columns = (
        Column(name="decile", header=words.say(N_("Tenth by risk")), kind="integer"),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="risk", header=words.say(N_("Risk, mean")), kind="share"),
        Column(name="profit_if_stays", header=words.say(money), kind="money"),
        Column(name="at_stake", header=words.say(N_("At stake")), kind="money"),
    )
    caption = words.say(
        N_("Tenths of the customers by risk, the highest first; money expected in the next {days}"),
        days=words.days(result.horizon_days),
    )
    return Table(columns=columns, frame=result.deciles, caption=caption)
