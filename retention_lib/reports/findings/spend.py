"""What a purchase is expected to bring, and what of it is left: the spend model used, and where the margin is from."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.margins import Margin
from retention_lib.models.spend import SpendForecast
from retention_lib.reports.blocks import Alert, Column, Level, Table
from retention_lib.reports.findings.base import Finding, alert, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

_APART = 0.02  # a stated margin that far from the sales' own is worth a look
_WHOLE = 0.9995


@finding.register
def _(result: SpendForecast, words: Words) -> Finding:
    if result.kind == "alike":
        message = N_(
            "A repeat purchase brings **{mean}** on average, and customers differ in that by no more than chance: as "
            "much is expected of everybody."
        )
        return Finding(sentence=words.say(message, mean=words.money(float(result.expected_spend(0, 0.0)), digits=2)))
    if result.curve is None:
        message = N_(
            "A repeat purchase brings **{mean}** on average, and no more or less where a customer buys often; a "
            "customer's own purchases count for more the more there are of them."
        )
        mean = words.money(float(result.expected_spend(0, 0.0)), digits=2)
        return Finding(sentence=words.say(message, mean=mean))
    curve = result.curve
    few, many = float(curve.spend(curve.seldom)), float(curve.spend(curve.often))
    if many >= few:
        message = N_(
            "Who buys often spends more a purchase: **{many}** on average after {often} repeat purchases against {few} "
            "after {seldom}; the forecast takes that into account, and a customer's own purchases count for more the "
            "more there are of them."
        )
    else:
        message = N_(
            "Who buys often spends less a purchase: **{many}** on average after {often} repeat purchases against {few} "
            "after {seldom}; the forecast takes that into account, and a customer's own purchases count for more the "
            "more there are of them."
        )
    shown = {"few": words.money(few, digits=2), "many": words.money(many, digits=2)}
    return Finding(sentence=words.say(message, often=curve.often, seldom=curve.seldom, **shown))


@alert.register
def _(result: SpendForecast, words: Words) -> Alert:
    told = result.dependence
    if result.kind == "alike":
        message = N_(
            "{n} repeat buyers spend alike: what they pay differs by no more than chance, so the mean of all their "
            "purchases is expected of everybody."
        )
    elif result.curve is None:
        message = N_(
            "Spend does not depend on frequency among {n} repeat buyers (correlation {r}, p {p}), as the spend model "
            "supposes (Gamma-Gamma)."
        )
    else:
        message = N_(
            "Spend depends on frequency among {n} repeat buyers (correlation {r}, p {p}), which the Gamma-Gamma model "
            "supposes it does not; used instead: spend by frequency, which on simulated shops errs less on each "
            "customer and no more in all."
        )
    return Alert(
        level="ok",
        title=words.say(N_("Spend.")),
        sentence=words.say(message, n=result.customers, r=words.number(told.value, 3), p=words.p_value(told.p)),
    )


@finding.register
def _(result: Margin, words: Words) -> Finding:
    if result.source is None:
        return Finding(sentence=_source(result, words))
    if result.source == "settings":
        return Finding(sentence=" ".join([_source(result, words), *_kept(result, words)]))
    message = N_("A first order leaves **{first}** of its revenue as gross profit, later ones **{repeat}**.")
    said = words.say(message, first=words.percent(result.of_first), repeat=words.percent(result.of_repeats))
    return Finding(sentence=" ".join([said, *_kept(result, words)]))


@alert.register
def _(result: Margin, words: Words) -> Alert:
    sentences = [_source(result, words)]
    level: Level = "ok" if result.source in ("cost", "settings") else "warn"
    own = result.overall
    if result.stated is not None and own is not None and result.source != "settings":
        apart = abs(result.stated - own.value) > _APART
        level = "warn" if apart else level
        if apart:
            said = N_("The parameter file says {stated}: look which is right.")
            sentences.append(words.say(said, stated=words.percent(result.stated)))
    sentences += _kept(result, words)
    return Alert(level=level, title=words.say(N_("Margin.")), sentence=" ".join(sentences))


@shown_table.register
def _(result: Margin, words: Words) -> Table | NotEnough:
    if result.source is None:
        return NotEnough("margin_known", 0, 1)
    columns = (
        Column(name="group", header=words.say(N_("Customers won"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="first", header=words.say(N_("First orders")), kind="share", low="first_low", high="first_high"),
        Column(name="repeat", header=words.say(N_("Later ones")), kind="share", low="repeat_low", high="repeat_high"),
    )
    named = [
        words.say(
            N_("{split}: {segment}"),
            split=split_name(row.dimension, words),
            segment=segment_of(row.dimension, row.segment, words),
        )
        for row in rows(result.groups)
    ]
    groups = result.groups.assign(group=named)
    everybody = {"group": words.say(N_("all")), "customers": result.customers, **_bounds(result)}
    frame = type(groups)([everybody, *groups.to_dict("records")])
    caption = words.say(N_("Gross profit of revenue, refunds taken off, by how customers were won"))
    return Table(columns=columns, frame=frame, caption=caption)


def _bounds(result: Margin) -> dict[str, float | None]:
    """The margins of all customers with their intervals, in the columns of the groups."""
    bounds: dict[str, float | None] = {}
    for name, told in (("first", result.first), ("repeat", result.repeat)):
        known = told or Estimate(1.0)
        bounds |= {name: known.value, f"{name}_low": known.low, f"{name}_high": known.high}
    return bounds


def _source(result: Margin, words: Words) -> str:
    """Where the margin is from."""
    own = result.overall
    if result.source is None or own is None:
        return words.say(
            N_("No margin is known, neither from the sales nor from the parameter file: values are revenue.")
        )
    if result.source == "settings":
        message = N_("Gross profit is {margin} of revenue, as the parameter file says; the sales name no cost.")
        return words.say(message, margin=words.percent(own.value))
    shown = {"margin": words.percent(own.value), "interval": words.interval(own.low, own.high, "share")}
    if result.source == "cost":
        message = N_("Gross profit is what sales leave after their own cost, refunds included: {margin} ({interval}).")
        return words.say(message, **shown)
    share = words.percent(result.costed_share)
    if result.stated is None:
        message = N_(
            "Gross profit is {margin} of revenue ({interval}): {share} of revenue names its cost, and the rest is "
            "taken to leave as much."
        )
        return words.say(message, share=share, **shown)
    message = N_(
        "Gross profit is {margin} of revenue ({interval}): {share} of revenue names its cost, and the rest leaves "
        "{stated}, as the parameter file says."
    )
    return words.say(message, share=share, stated=words.percent(result.stated), **shown)


def _kept(result: Margin, words: Words) -> list[str]:
    """What refunds without an order take, and who kept nothing."""
    said = []
    if result.kept_share < _WHOLE:
        message = N_("Refunds that name no order take {share} of what was bought; values are net of them.")
        said.append(words.say(message, share=words.percent(1 - result.kept_share)))
    if result.customers_without_net:
        said.append(
            words.count(
                "{n} customer sent back all that was bought: the next purchase is expected to bring what is usual.",
                "{n} customers sent back all that was bought: their next purchase is expected to bring what is usual.",
                result.customers_without_net,
            )
        )
    return said
