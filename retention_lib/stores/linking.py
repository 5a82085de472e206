"""Customer ids that carry the same card, mail address, phone or cookie, as groups of one person each.

Ids and identifiers are the two kinds of nodes of a graph, and a group is a connected component of it. The graph
is reduced to integer codes inside the engine: only the codes of what is shared leave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from retention_lib.stores.engine import keep

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import numpy as np
    from ibis.backends.duckdb import Backend

TOO_LARGE, BIRTH_DATE, SEX = "too_large", "birth_date", "sex"


def identifiers(identities: ir.Table, engine: Backend) -> ir.Table:
    """The identities with their values in the one form that equal ones share, kept in the engine.

    Mail addresses are put in lower case. Phones keep their digits; a Russian number is the same with 8, +7 or
    nothing before the ten digits of a mobile. Fillers are nobody's: a mail without an address, a phone of fewer
    than seven digits or whose last seven are one digit, an empty card.

    Args:
        identities: The store's `identities`.
        engine: The engine that holds it.

    Returns:
        Table of `customer_id`, `kind`, `identifier` (null where the value identifies nobody), a row for each of
        `identities`.
    """
    text = identities.value.strip()
    digits = text.re_replace(r"\D", "").re_replace("^00", "")
    # Each step is kept, since the engine would take the digits out anew wherever they are asked for.
    read = identities.select(
        "customer_id",
        "kind",
        text=(identities.kind == "email").ifelse(text.lower(), text.nullif("")),
        digits=(identities.kind == "phone").ifelse(digits, ibis.null("string")),
    )
    read = keep(engine, "identities_read", read)
    phone = ibis.cases(
        (read.digits.re_search(r"^8\d{10}$"), ibis.literal("7") + read.digits.substr(1)),
        (read.digits.re_search(r"^9\d{9}$"), ibis.literal("7") + read.digits),
        else_=read.digits,
    )
    last = read.digits.right(7)
    filler = (read.digits.length() < 7) | (last.replace(last.left(1), "") == "")
    form = ibis.cases(
        (read.kind == "phone", filler.ifelse(ibis.null("string"), phone)),
        (
            read.kind == "email",
            read.text.re_search(r"^[^@\s]+@[^@\s]+\.[^@\s]+$").ifelse(read.text, ibis.null("string")),
        ),
        else_=read.text,
    )
    return keep(engine, "identifiers", read.select("customer_id", "kind", identifier=form))


def linked_ids(known: ir.Table, engine: Backend) -> ir.Table:
    """Every id that shares an identifier with another one, and the group it belongs to.

    Args:
        known: From `identifiers`.
        engine: The engine that holds it.

    Returns:
        Table of `customer_id`, `group_id` (the smallest id of the group as text) and no id alone.
    """
    import numpy as np
    import pyarrow as pa

    links = shared_links(known, engine)
    codes = links.select(
        id_code=ibis.dense_rank().over(ibis.window(order_by="customer_id")),
        value_code=ibis.dense_rank().over(ibis.window(order_by=["kind", "identifier"])),
    ).to_pyarrow()
    first = smallest_of_group(codes["id_code"].to_numpy(), codes["value_code"].to_numpy())
    ids = links.select("customer_id").distinct()
    coded = keep(engine, "coded_ids", ids.mutate(id_code=ibis.row_number().over(ibis.window(order_by="customer_id"))))
    groups = engine.create_table("group_codes", pa.table({"id_code": np.arange(len(first)), "group_code": first}))
    names = coded.select(group_id="customer_id", group_code="id_code")
    members = coded.inner_join(groups, "id_code").inner_join(names, "group_code")
    return keep(engine, "linked_ids", members.select("customer_id", "group_id"))


def shared_links(known: ir.Table, engine: Backend) -> ir.Table:
    """The pairs of id and identifier whose identifier several ids carry: `customer_id`, `kind`, `identifier`.

    Args:
        known: From `identifiers`.
        engine: The engine that holds it.
    """
    pairs = known.filter(known.identifier.notnull()).distinct()
    carriers = pairs.mutate(carriers=ibis._.count().over(ibis.window(group_by=["kind", "identifier"])))
    return keep(engine, "shared_links", carriers.filter(carriers.carriers > 1).drop("carriers"))


def smallest_of_group(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The smallest left code of each left code's connected component.

    Args:
        left: Codes 0, 1, ... of one kind of nodes, one a link.
        right: Codes 0, 1, ... of the other kind, one a link.

    Returns:
        One entry for each left code in order.
    """
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(left.max(initial=-1)) + 1
    nodes = count + int(right.max(initial=-1)) + 1
    if count == 0:
        return np.empty(0, dtype=np.int64)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, count + right)), shape=(nodes, nodes))
    parts, labels = connected_components(graph.tocsr(), directed=False)
    first = np.full(parts, count, dtype=np.int64)
    np.minimum.at(first, labels[:count], np.arange(count))
    return first[labels[:count]]


def judged_groups(linked: ir.Table, customers: ir.Table | None, *, largest: int) -> ir.Table:
    """The groups with their sizes, and why a group is no person.

    Args:
        linked: From `linked_ids`.
        customers: The store's `customers`; None where it has none, and then nothing contradicts.
        largest: More ids than so many are not believed to be one person.

    Returns:
        Table of `group_id`, `ids` (count), `reason` (`too_large`, `birth_date`, `sex`; null for a person).
    """
    told = linked if customers is None else linked.left_join(customers, "customer_id")
    none = ibis.null("int64")
    groups = told.group_by("group_id").aggregate(
        ids=told.customer_id.nunique(),
        births=told.birth_date.nunique() if "birth_date" in told.columns else none,
        sexes=told.sex.lower().nunique() if "sex" in told.columns else none,
    )
    reason = ibis.cases(
        (groups.ids > largest, TOO_LARGE),
        (groups.births > 1, BIRTH_DATE),
        (groups.sexes > 1, SEX),
        else_=ibis.null("string"),
    )
    return groups.select("group_id", "ids", reason=reason)


def most_shared(links: ir.Table, linked: ir.Table, groups: ir.Table) -> ir.Table:
    """The identifier that most ids of a group carry, for each of some groups, the largest group first.

    Args:
        links: From `shared_links`.
        linked: From `linked_ids`.
        groups: Some of `judged_groups`.

    Returns:
        Table of `group_id`, `ids`, `reason`, `kind`, `identifier`, `carriers` (ids that carry it).
    """
    placed = links.inner_join(linked, "customer_id").semi_join(groups, "group_id")
    counted = placed.group_by("group_id", "kind", "identifier").aggregate(carriers=placed.customer_id.nunique())
    order = [counted.carriers.desc(), counted.kind, counted.identifier]
    ranked = counted.mutate(rank=ibis.row_number().over(ibis.window(group_by="group_id", order_by=order)))
    top = ranked.filter(ranked["rank"] == 0).drop("rank")
    joined = groups.inner_join(top, "group_id")
    return joined.order_by(joined.ids.desc(), joined.group_id)
