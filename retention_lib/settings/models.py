"""What a parameter file says, as strict typed models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, SecretStr

from retention_lib.settings import rules, table_rules
from retention_lib.settings.amounts import Cost, Rate, Share, Text, Words
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.problems import nearest_name
from retention_lib.settings.simulation import Simulation
from retention_lib.settings.strict import Broken, IsoDate, IsoMonth, StrictModel

Dataset = Literal["complete_journey", "cdnow", "cdnow_sample", "hillstrom"]

CHECK_NOTEBOOK = "data_check"
"""The notebook that checks a store's data."""

CHECK_FOLDER = "check"
"""Where a set's data checks are published, beside its months."""

_BESIDE = {
    "dataset": frozenset({"dataset", "simulation", "title", "economics"}),
    "simulation": frozenset({"simulation", "title", "economics", "as_of", "completeness_days"}),
}
"""What may stand beside the keys that bring a store's tables with them."""


class Economics(StrictModel):
    """The money facts that sales do not hold.

    Attributes:
        gross_margin: Gross profit per unit of revenue, in [0, 1]; None when not known.
        acquisition_cost: Cost of winning one new customer, in the store's currency; None when not known.
        discount_rate_annual: Annual rate at which later money is worth less, in [0, 1].
        contact_cost: Cost of one message to one customer, in the store's currency; None when not known.
        assumptions: Names of the keys above whose values are assumed, not known.
    """

    gross_margin: Share | None = None
    acquisition_cost: Cost | None = None
    discount_rate_annual: Share = 0.10
    contact_cost: Cost | None = None
    assumptions: list[str] = Field(default_factory=list)

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """Assumptions name keys of this mapping, once, which have a value."""
        known = [name for name in cls.model_fields if name != "assumptions"]
        assumed = raw.get("assumptions")
        listed = [name for name in assumed if isinstance(name, str)] if isinstance(assumed, list) else []
        for name in listed:
            if name not in known:
                yield Broken(("assumptions", name), "is not known", nearest=nearest_name(name, known))
            elif raw.get(name) is None and name != "discount_rate_annual":
                yield Broken(("assumptions", name), "is assumed and has no value here")
            elif listed.count(name) > 1:
                yield Broken(("assumptions", name), "is listed twice")

    def over(self, base: Economics) -> Economics:
        """These facts where they are stated, and those of `base` elsewhere."""
        stated = self.model_fields_set - {"assumptions"}
        inherited = [name for name in base.assumptions if name not in stated]
        values = {name: getattr(self, name) for name in stated}
        return base.model_copy(update={**values, "assumptions": [*inherited, *self.assumptions]})


class CsvFormat(StrictModel):
    """How a text table is written.

    Attributes:
        delimiter: The character between columns.
        encoding: The text encoding, as Python names it.
        decimal: The decimal mark, `.` or `,`.
        thousands: The mark between thousands; None when there is none.
        dates: The strptime format of dates; None when they are ISO (2024-02-29, 2024-02-29 18:30).
    """

    delimiter: Annotated[str, AfterValidator(rules.delimiter)] = ","
    encoding: Annotated[str, AfterValidator(rules.encoding)] = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, AfterValidator(rules.thousands)] | None = None
    dates: Annotated[str, AfterValidator(rules.date_format)] | None = None

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """The two marks inside a number differ."""
        if raw.get("thousands") is not None and raw["thousands"] == raw.get("decimal", "."):
            yield Broken(("thousands",), "must differ from the decimal mark", raw["thousands"])


class TableSource(StrictModel):
    """Where one table of a store is and how its columns are called there.

    Attributes:
        path: The file, from the project's folder or absolute; `*` stands for any characters. None where the
            table is read from a database.
        table: The table in the store's database, with its schema if need be (`crm.orders`); None for files.
        sheet: The sheet of a workbook; None where it has one sheet with data.
        header_row: The line of a text file or the row of a sheet that names the columns, counted from 1; what
            stands above it is not read.
        csv: How values in text are written; None for Parquet, databases and plain CSV.
        columns: Names of our columns to the names in the file; a column not named here keeps its name.
        joined: Names of our columns of dates to several names in the file, whose values are joined by a blank
            (a day and its time).
        values: For columns with a fixed list of words: our word to theirs, one or several.
        only: Names of columns in the file to values: rows with any other value are left out.
        without: Names of columns in the file to values: rows with one of them are left out.
        refunds: Names of columns in the file to values: rows with one of them are refunds, whose money is
            negative however it is written.
        anonymous: Customer ids that name nobody (an anonymous till); such rows have no customer.
        duplicates: Whether rows repeated exactly are merged (only where a row carries an order or line id), only
            those that stand in several files (as often as in the file that has most of them), or none.
        order_numbers: Whether an order's number is its own for ever, or begins anew every day.
        repeated_orders: What several rows of one order without line ids are: its lines, which are summed, or
            a conflict where they differ.
        variants: For `assignments`: short names to the variants' names in the data.
        metrics: For `outcomes`: the names of the measured columns.
    """

    path: Annotated[str, AfterValidator(rules.table_path)] | None = None
    table: Annotated[str, AfterValidator(rules.database_table)] | None = None
    sheet: Text | None = None
    header_row: Annotated[int, AfterValidator(rules.between(1, 1000))] = 1
    csv: CsvFormat | None = None
    columns: dict[str, Text] = Field(default_factory=dict)
    joined: dict[str, list[Text]] = Field(default_factory=dict)
    values: dict[str, dict[str, Words]] = Field(default_factory=dict)
    only: dict[str, list[Text]] = Field(default_factory=dict)
    without: dict[str, list[Text]] = Field(default_factory=dict)
    refunds: dict[str, list[Text]] = Field(default_factory=dict)
    anonymous: list[Text] = Field(default_factory=list)
    duplicates: Literal["merge", "across_files", "keep"] = "merge"
    order_numbers: Literal["unique", "daily"] = "unique"
    repeated_orders: Literal["sum", "conflict"] = "sum"
    variants: dict[str, Text] | None = None
    metrics: list[str] | None = None

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """A table is a file or stands in a database; keys of a kind of file belong to that kind."""
        yield from table_rules.broken_place(raw)
        yield from table_rules.broken_variants(raw.get("variants"))
        yield from table_rules.broken_metrics(raw.get("metrics"))


class StoreSettings(StrictModel):
    """One store: a public data set by name, a simulated one, or tables of the user's own.

    Attributes:
        title: What pages call the store; None for its name.
        dataset: A public data set that comes with the toolkit; None for own tables.
        simulation: What a simulated store is made of; None for a real one.
        connection: The engine that reads the tables; `${NAME}` is taken from the environment.
        timezone: The store's time zone (Europe/Moscow); None only where a data set or a simulation knows its own.
        currency: The store's currency (RUB); None only where a data set or a simulation knows its own.
        as_of: The last day of the data, when it is pinned; pages then ignore the month.
        completeness_days: A month is complete when there is a sale in its last so many days plus one.
        zero_amount_is_purchase: Whether a purchase of nothing counts as a purchase.
        anonymous_limit: The share of rows without a customer, in [0, 1], above which a table is refused.
        largest_person: More customer ids than so many under one person are left unmerged (`identities`).
        exchange_rates: What one unit of another currency is worth in the store's own, by ISO code.
        assumptions: Names of keys of the store that are assumed, not known; `dates` is the order of day and month.
        tables: Where each table is.
        economics: Facts that replace those of the set for this store.
    """

    title: Text | None = None
    dataset: Dataset | None = None
    simulation: Simulation | None = None
    connection: Annotated[SecretStr, BeforeValidator(rules.connection)] = SecretStr("duckdb://")
    timezone: Annotated[str, AfterValidator(rules.timezone)] | None = None
    currency: Annotated[str, AfterValidator(rules.currency)] | None = None
    as_of: IsoDate | None = None
    completeness_days: Annotated[int, AfterValidator(rules.between(0, 31))] = 1
    zero_amount_is_purchase: bool = False
    anonymous_limit: Share = 0.8
    largest_person: Annotated[int, AfterValidator(rules.between(2, 1000))] = 10
    exchange_rates: dict[str, Rate] = Field(default_factory=dict)
    assumptions: list[Literal["timezone", "currency", "dates"]] = Field(default_factory=list)
    tables: dict[str, TableSource] = Field(default_factory=dict)
    economics: Economics | None = None

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """A data set or a simulation and nothing of one's own, or tables with their zone and currency."""
        if raw.get("dataset") is not None and raw.get("simulation") is not None:
            yield Broken(("simulation",), "cannot stand beside dataset; keep one of the two")
        for bringing, allowed in _BESIDE.items():
            if raw.get(bringing) is not None:
                for key in raw:
                    if key in cls.model_fields and key not in allowed:
                        yield Broken((key,), f"cannot be set beside {bringing}, which brings its own")
                return
        for key, example in (("timezone", "Europe/Moscow"), ("currency", "RUB")):
            if raw.get(key) is None:
                yield Broken((key,), f"is missing; write it like {example}")
        if not raw.get("tables"):
            yield Broken(("tables",), "is missing; name at least transactions, or a public data set by dataset")
        yield from table_rules.broken_rates(raw.get("exchange_rates"), raw.get("currency"))
        yield from table_rules.broken_tables(raw.get("tables"))
        yield from table_rules.broken_connection(raw)


class ReportSettings(StrictModel):
    """One report of a set.

    Attributes:
        id: Its name on the pages' addresses.
        notebook: The notebook in `notebooks/`, without its ending.
        store: The store it is about; None where the set has one only.
        parameters: Values for the notebook's own parameters, checked against its cell by `load_set`.
    """

    id: str
    notebook: str
    store: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


class SetSettings(StrictModel):
    """One parameter file: the stores, the reports about them and the money facts.

    Attributes:
        title: What pages call the set.
        month: The month every report speaks about; None for the last complete one in the data.
        language: The language of the pages.
        store: The only store as the file gives it; after loading it stands in `stores`, and this is None.
        stores: The stores by name.
        economics: Money facts of every store that does not state its own.
        playbook: Whom to contact when and with what: the scenarios, offers and channels of the retention playbook.
        reports: The reports by id, in the file's order.
    """

    title: Text
    month: IsoMonth = None
    language: Annotated[str, AfterValidator(rules.language)] = "en"
    store: StoreSettings | None = None
    stores: dict[str, StoreSettings] = Field(default_factory=dict)
    economics: Economics = Field(default_factory=Economics)
    playbook: Playbook = Field(default_factory=Playbook)
    reports: dict[str, ReportSettings]
    _file: Path = PrivateAttr(default=Path("parameters/unnamed.yml"))

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """One store or several; every report has a usable name and a store of the set."""
        yield from rules.broken_stores(raw)
        yield from rules.broken_reports(raw)

    @property
    def file(self) -> Path:
        """The parameter file, absolute."""
        return self._file

    @property
    def name(self) -> str:
        """The set's name: its file's without the ending."""
        return self._file.stem

    @property
    def root(self) -> Path:
        """The project's folder, which holds `parameters/` and `notebooks/`."""
        return self._file.parent.parent

    def read_from(self, file: Path) -> Self:
        """The same settings, knowing their file; a single store takes the set's name."""
        placed = self
        if self.store is not None:
            placed = self.model_copy(update={"stores": {file.stem: self.store}, "store": None})
        placed._file = file.absolute()
        return placed

    def store_settings(self, report_id: str) -> tuple[str, StoreSettings]:
        """The name and the settings of the store a report is about.

        Raises:
            KeyError: When the set has no such report.
        """
        name = self.reports[report_id].store or next(iter(self.stores))
        return name, self.stores[name]

    def store_title(self, name: str, known: str) -> str:
        """What pages call a store: the title it is known by, or the set's for an only store that states none."""
        store = self.stores[name]
        untitled = len(self.stores) == 1 and store.title is None and store.dataset is None
        return self.title if untitled else known

    def data_checks(self) -> Self:
        """The same set with one report for each store: its data check, under the store's name."""
        reports = {name: ReportSettings(id=name, notebook=CHECK_NOTEBOOK, store=name) for name in self.stores}
        return self.model_copy(update={"reports": reports})

    def economics_for(self, report_id: str) -> Economics:
        """The money facts of the store a report is about.

        Raises:
            KeyError: When the set has no such report.
        """
        _, store = self.store_settings(report_id)
        return self.economics if store.economics is None else store.economics.over(self.economics)


DATASETS: tuple[str, ...] = get_args(Dataset)
"""The names of the public data sets that come with the toolkit."""
