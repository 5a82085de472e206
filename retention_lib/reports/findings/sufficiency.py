"""Sentences about what the data can carry: what each report needs, has, and does not claim without."""

from __future__ import annotations

import pandas as pd

from retention_lib.models.quality import DataQuality
from retention_lib.models.sufficiency import ForecastHorizon, ReportSufficiency, Requirement, Sufficiency
from retention_lib.reports.blocks import Action, Alert, Column, Status, Table, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding, verdict
from retention_lib.reports.findings.quality import CHECKS
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

REPORTS = {
    "churn_diagnosis": N_("Customers who go quiet"),
    "cohort_ltv": N_("Value of customers"),
    "loyalty_impact": N_("Loyalty programme and campaigns"),
    "ab_campaign": N_("Test of a campaign"),
    "campaign_plan": N_("Plan of a test"),
    "retention_playbook": N_("Lists of customers to contact"),
}

# What is needed, with {have} and {need}, or {age} for days gone by; a table has no number.
NEEDED = {
    "sales_known": N_("the table transactions"),
    "treatment_known": N_("the table loyalty_events or contacts"),
    "assignments_known": N_("the table assignments"),
    "results_known": N_("the table outcomes or transactions"),
    "buyers": N_("{need} customers who bought (there are {have})"),
    "churn_history_days": N_("{need} days of history (there are {have})"),
    "return_history_days": N_("{need} days of history (there are {have})"),
    "buyers_four_times": N_("{need} customers with four purchases in a year (there are {have})"),
    "forecast_buyers": N_("{need} customers who bought (there are {have})"),
    "forecast_history_days": N_("{need} days of history (there are {have})"),
    "forecast_recent_days": N_("a purchase in the last {need} days (the last was {age} ago)"),
    "forecast_third_purchases": N_("customers with three purchases or more, at least {need} (there are {have})"),
    "customers_treated": N_("{need} members of a programme, or customers who got a message (there are {have})"),
    "customers_untreated": N_("{need} other buyers (there are {have})"),
    "impact_history_days": N_("{need} days of history (there are {have})"),
    "plan_buyers": N_("{need} customers who bought (there are {have})"),
    "plan_history_days": N_("{need} days of history (there are {have})"),
    "playbook_buyers": N_("{need} customers who bought (there are {have})"),
    "playbook_history_days": N_("{need} days of history (there are {have})"),
    "arms": N_("{need} arms (there are {have})"),
    "smallest_arm": N_("{need} customers in each arm (the smallest has {have})"),
}

UNCLAIMED = {
    "sales_known": N_("the report is left out"),
    "treatment_known": N_("the report is left out"),
    "assignments_known": N_("the report is left out"),
    "results_known": N_("the report is left out"),
    "buyers": N_("no share of customers is judged"),
    "churn_history_days": N_("no month can be read"),
    "return_history_days": N_("how many of the quiet come back is not said"),
    "buyers_four_times": N_("the usual window stands for the shop's own"),
    "forecast_buyers": N_("no value is forecast"),
    "forecast_history_days": N_("no value is forecast"),
    "forecast_recent_days": N_("no value is forecast"),
    "forecast_third_purchases": N_("no value is forecast"),
    "customers_treated": N_("no effect is shown"),
    "customers_untreated": N_("no effect is shown"),
    "impact_history_days": N_("there may be too few weeks before or after the start to compare"),
    "plan_buyers": N_("no test is planned"),
    "plan_history_days": N_("no test is planned"),
    "playbook_buyers": N_("no list is made"),
    "playbook_history_days": N_("no list is made"),
    "arms": N_("no effect is claimed"),
    "smallest_arm": N_("no effect is claimed"),
}


@verdict.register
def _(result: Sufficiency, words: Words, *, quality: DataQuality) -> Verdict:
    parts = [_carried(result, words)]
    if quality.refused:
        names = words.listed([refused.table for refused in quality.refused])
        parts.append(words.say(N_("Left out, for they cannot be read or trusted: {tables}."), tables=names))
    found = [words.say(CHECKS[check.check]) for check in quality.checks if check.found]
    if found:
        parts.append(words.say(N_("To look at: {checks}."), checks=words.listed(found)))
    return Verdict(status=_status(result, quality), sentence=" ".join(parts))


@finding.register
def _(result: Sufficiency, words: Words) -> Finding:
    lacking = [_lacking(report, words) for report in result.reports if report.missing]
    return Finding(sentence=" ".join([_carried(result, words), *lacking]))


@alert.register
def _(result: ReportSufficiency, words: Words) -> Alert:
    title = words.say(N_("Enough data."))
    if not result.missing:
        sentence = words.say(N_("All {n} things this report needs are there."), n=len(result.requirements))
        return Alert(level="ok", title=title, sentence=sentence)
    return Alert(
        level="warn" if result.carried else "stop",
        title=words.say(N_("Not enough data.")),
        sentence=" ".join(_unmet(item, words) for item in result.missing),
    )


@alert.register
def _(result: ForecastHorizon, words: Words) -> Alert:
    message = (
        N_(
            "It looks {months} months ahead and not the {wanted} asked for: the sales reach back {days}, and no "
            "forecast is made for longer than that."
        )
        if result.found
        else N_("The forecast looks {months} months ahead; the sales reach back {days}.")
    )
    return check_alert(
        found=result.found,
        title=words.say(N_("Length of the forecast.")),
        sentence=words.say(message, wanted=result.wanted, months=result.months, days=words.days(result.history_days)),
    )


@action.register
def _(result: ReportSufficiency, words: Words) -> Action:
    return Action(
        title=words.say(N_("To answer **{report}**, bring what it lacks"), report=_name(result, words)),
        tested=None,
        facts=tuple((words.say(N_("Needed")), _needed(item, words)) for item in result.missing if item.essential),
    )


@shown_table.register
def _(result: Sufficiency, words: Words) -> Table:
    columns = (
        Column(name="report", header=words.say(N_("Report"))),
        Column(name="needed", header=words.say(N_("Needs"))),
        Column(name="met", header=words.say(N_("There"))),
        Column(name="unclaimed", header=words.say(N_("Without it"))),
    )
    texts = [
        {
            "report": _name(report, words),
            "needed": _needed(item, words),
            "met": words.say(N_("yes")) if item.met else words.say(N_("no")),
            "unclaimed": words.say(UNCLAIMED[item.requirement]),
            "unmet": not item.met,
        }
        for report in result.reports
        for item in report.requirements
    ]
    caption = words.say(N_("What each report needs, whether it is there, and what the report does without it"))
    names = [*(column.name for column in columns), "unmet"]
    return Table(columns=columns, frame=pd.DataFrame(texts, columns=names), caption=caption, brief="unmet")


def _carried(result: Sufficiency, words: Words) -> str:
    """How many of the reports asked for the data can carry."""
    asked, carried = len(result.reports), result.carried
    if not asked:
        return words.say(N_("**The parameter file asks for no report about these data.**"))
    message = N_("**The data can carry {carried} of {n} reports.**")
    if asked == 1:
        message = N_("**The data can carry the report.**") if carried else N_("**The data cannot carry the report.**")
    return words.say(message, carried=carried, n=asked)


def _status(result: Sufficiency, quality: DataQuality) -> Status:
    if quality.refused or (result.reports and not result.carried):
        return "act"
    return "watch" if result.not_carried or quality.to_mend else "good"


def _lacking(report: ReportSufficiency, words: Words) -> str:
    """What a report lacks, as a sentence."""
    return words.say(
        N_("**{report}** needs {list}."),
        report=_name(report, words),
        list=words.listed([_needed(item, words) for item in report.missing]),
    )


def _unmet(item: Requirement, words: Words) -> str:
    return words.say(
        N_("It needs {needed}; without it, {unclaimed}."),
        needed=_needed(item, words),
        unclaimed=words.say(UNCLAIMED[item.requirement]),
    )


def _needed(item: Requirement, words: Words) -> str:
    have, age = words.number(item.have), words.days(item.have)
    return words.say(NEEDED[item.requirement], have=have, need=words.number(item.need), age=age)


def _name(report: ReportSufficiency, words: Words) -> str:
    return words.say(REPORTS[report.report])
