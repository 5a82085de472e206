"""Tables for the person who loads the lists of a month: the files, and what stands in each column of them."""

from __future__ import annotations

import pandas as pd

from retention_lib.measures.actions.lists import ActionLists
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.scenario_names import channel_name, scenario_name
from retention_lib.reports.words import N_, Words

_COLUMNS = {
    "customer_id": N_("whom the row is about, as in your own tables"),
    "household_id": N_("the household, all of which is treated alike; empty where none is known"),
    "channel": N_("by which channel to send; empty for those left alone"),
    "send_at": N_("when to send, in the time zone of the store; empty for those left alone"),
    "offer": N_("the offer, by its name in the parameter file; none: no offer; empty for those left alone"),
    "variant": N_("control is never to be contacted; treatment, or after_2h and the like, gets the message"),
    "expected_value": N_("profit expected of this message, after its cost; empty where nothing has measured it"),
    "about": N_("the product, the category or the day that the message is about; empty for those left alone"),
    "experiment_id": N_("the name of the list as a test; give it to the messages as their campaign_id"),
}


def files_table(result: ActionLists, words: Words, *, file: str) -> Table:
    """The files to load: whom each still sends to, whom it leaves alone, by what and when.

    Args:
        result: The lists.
        words: The reader's language.
        file: Path of the files, with `*` for the scenario.
    """
    counts = result.counts[result.counts["contacts"] > 0].sort_values("contacts", ascending=False, kind="stable")
    gone = int(counts["withdrawn"].sum())
    frame = counts.assign(
        name=[scenario_name(str(name), words) for name in counts["scenario"]],
        file=[file.replace("*", str(name)).rpartition("/")[2] for name in counts["scenario"]],
        contacts=counts["contacts"] - counts["withdrawn"],
        by=[_channels(str(names), words) for names in counts["channels"]],
    )
    columns = (
        Column(name="name", header=words.say(N_("File")), under="file"),
        Column(name="contacts", header=words.say(N_("Contact")), kind="integer"),
        Column(name="control", header=words.say(N_("Leave alone")), kind="integer"),
        Column(name="by", header=words.say(N_("By"))),
        Column(name="first_send", header=words.say(N_("Send from")), kind="date"),
        Column(name="last_send", header=words.say(N_("Send to")), kind="date"),
    )
    caption = words.say(
        N_("The files to load, in the folder actions: whom each contacts, whom it leaves alone, by what and when")
    )
    if gone:
        without = words.count(
            "without {n} who may not be contacted any more, to whom the file sends nothing",
            "without {n} who may not be contacted any more, to whom the files send nothing",
            gone,
        )
        caption = f"{caption}; {without}"
    return Table(columns=columns, frame=frame, caption=caption, whole=True)


def _channels(names: str, words: Words) -> str:
    """The channels of a list as pages call them, in the order of its counts: the most used first."""
    return ", ".join(channel_name(name, words) for name in names.split(", "))


def columns_table(words: Words) -> Table:
    """What stands in each column of a list.

    Args:
        words: The reader's language.
    """
    frame = pd.DataFrame({"name": list(_COLUMNS), "meaning": [words.say(text) for text in _COLUMNS.values()]})
    columns = (
        Column(name="name", header=words.say(N_("Column"))),
        Column(name="meaning", header=words.say(N_("What it holds"))),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("What the columns of each file mean")), folded=True)
