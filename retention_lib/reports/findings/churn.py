"""Sentences of the churn diagnosis."""

from __future__ import annotations

from retention_lib.models.retention import MonthlyFlows
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: MonthlyFlows, words: Words) -> Finding:
    last = result.table.iloc[-1]
    change = int(last["end"] - last["start"])
    moved = (
        # Where the data begin with the month, a base that grew from nothing would be no growth.
        N_("nobody was active when it began and {end} when it ended")
        if not last["start"]
        else N_("the active base grew by {change}, from {start} to {end}")
        if change > 0
        else N_("the active base shrank by {change}, from {start} to {end}")
        if change < 0
        else N_("the active base stayed at {end}")
    )
    base = words.say(moved, change=abs(change), start=int(last["start"]), end=int(last["end"]))
    sentence = words.say(
        N_(
            "In {month} **{lapsed} went quiet, {back} came back and {new} were new**: {base}. {passed} more came and "
            "went inside the month."
        )
        if last["passed_through"]
        else N_("In {month} **{lapsed} went quiet, {back} came back and {new} were new**: {base}."),
        month=words.month(str(last["month"])),
        lapsed=int(last["lapsed"]),
        back=int(last["reactivated"]),
        new=int(last["new"]),
        base=base,
        passed=int(last["passed_through"]),
    )
    alt = words.say(
        N_(
            "Bars by month: between {low} and {high} customers went quiet each month; in the last one {lapsed} went "
            "quiet, {back} came back and {new} were new."
        ),
        low=int(result.table["lapsed"].min()),
        high=int(result.table["lapsed"].max()),
        lapsed=int(last["lapsed"]),
        back=int(last["reactivated"]),
        new=int(last["new"]),
    )
    return Finding(sentence=sentence, alt=alt, caption=_flows_caption(result, words))


def _flows_caption(result: MonthlyFlows, words: Words) -> str:
    """Period and window, and what hatched months are."""
    table = result.table
    parts = [
        words.say(
            N_("Customers by month, {first} to {last}; active = bought in the last {days}."),
            first=words.month(str(table["month"].iloc[0])),
            last=words.month(str(table["month"].iloc[-1])),
            days=words.days(result.lapse_days),
        )
    ]
    unsettled, running = table.loc[~table["settled"], "month"], table.loc[~table["whole"], "month"]
    if len(unsettled):
        parts.append(
            words.say(
                N_('Hatched up to {month}: the data begin too late to know who is new, so "new" means unseen before.'),
                month=words.month(str(unsettled.iloc[-1])),
            )
        )
    if len(running):
        parts.append(
            words.say(N_("{month} is hatched because it is not over."), month=words.month(str(running.iloc[-1])))
        )
    return " ".join(parts)
