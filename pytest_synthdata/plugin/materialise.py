"""The datasets of a test session: their tables become Spark DataFrames once a session for the same arguments."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pytest_synthdata.dataset import Dataset
from pytest_synthdata.declarations.related import with_children
from pytest_synthdata.defects.views import kinds_by_table
from pytest_synthdata.errors import DeclarationError, SynthDataError
from pytest_synthdata.factories import SHIPPED, TableFactory
from pytest_synthdata.factories.discovery import load_factories
from pytest_synthdata.factories.module_tables import by_table
from pytest_synthdata.plugin.data_in_test import Synth
from pytest_synthdata.plugin.feeds import Saver, feeds_of_marker
from pytest_synthdata.plugin.markers import OPTIONS, merged
from pytest_synthdata.plugin.missing_tables import how_to_add
from pytest_synthdata.plugin.on_demand import OnDemandDataset, scaled_rows, with_parents
from pytest_synthdata.plugin.stand_ins import StandIns

if TYPE_CHECKING:
    from pytest_synthdata.defects.views import Planted
    from pytest_synthdata.plugin.options import Settings
    from pytest_synthdata.table import Table


class Materialiser:
    """Makes each dataset and each DataFrame of a test session once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.datasets: dict[Any, OnDemandDataset] = {}
        self.stand_ins = StandIns()
        self._frames: dict[tuple[int, str], tuple[Any, Any]] = {}
        self._without_defects: dict[int, Dataset] = {}
        self._project_factories: tuple[type[TableFactory], ...] | None = None

    def marked(
        self,
        markers: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]],
        session: Callable[[], Any],
        save: Saver | None = None,
        *,
        seed: int | None = None,
    ) -> Synth:
        """The dataset that markers ask for, the nearest first: what it says goes before what the next says.

        Args:
            markers: their arguments, positional and by name.
            session: gives the Spark session.
            save: saves tables in a Volume.
            seed: the one of ``seeds`` that the test runs on.

        Raises:
            DeclarationError: for arguments that the marker does not take, and for tables that nobody makes.
        """
        arguments = merged(markers)
        if arguments.pop("seeds", None) is not None and seed is None:
            raise DeclarationError(
                "seeds= in the marks of pytest.param, in a parameter, or in a marker that is added after the "
                "collection comes too late: pytest has made its parameters by then; give seed=…"
            )
        if seed is not None:
            arguments["seed"] = seed
        _check_shrink(arguments.pop("shrink", True))
        upload = arguments.pop("upload", False)
        if not isinstance(upload, bool):
            raise DeclarationError(f"upload={upload!r}; it is True or False")
        feeds = feeds_of_marker(arguments.pop("feeds", {}))
        dataset = self._request(**arguments)
        synth = Synth(
            dataset,
            lambda table, spark: self._frame(dataset, table, spark),
            session,
            (lambda tables: save.tables(dataset, tables, not (arguments or self.settings.take))) if save else None,
            (lambda: self._clean(dataset, session)) if dataset.defects else None,
            arguments=arguments,
            stand_ins=self.stand_ins,
            made_once=self._made_once,
            saver=save,
        )
        if upload:
            synth.upload()
        for table, options in feeds.items():
            synth.feed_path(table, **options)
        return synth

    def check_tables(self, markers: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]) -> None:
        """Raise `DeclarationError` where markers name a table that nobody makes, and make nothing."""
        arguments = merged(markers)
        _require(set(arguments).difference(OPTIONS), self._factories(arguments.get("factories", ())))

    def next_test(self) -> None:
        """From here on, what is read and asked for is another test's."""
        self.stand_ins.start_reading()
        for dataset in (*self.datasets.values(), *self._without_defects.values()):
            if isinstance(dataset, OnDemandDataset):
                dataset.next_test()

    def release(self, seed: int) -> None:
        """Let go of what was made for a seed: the DataFrames, and the datasets where no report needs them."""
        done = {id(dataset): key for key, dataset in self.datasets.items() if dataset.seed == seed}
        clean = {id(self._without_defects.pop(one)) for one in done if one in self._without_defects}
        self._frames = {key: frame for key, frame in self._frames.items() if key[0] not in {*done, *clean}}
        if not (self.settings.summary or self.settings.report or self.settings.upload):
            for key in done.values():
                del self.datasets[key]

    def _request(
        self,
        *,
        seed: int | None = None,
        scale: float | None = None,
        factories: Sequence[type[TableFactory]] = (),
        at: str | dt.date | None = None,
        take: Mapping[str, Iterable[int]] | None = None,
        defects: Mapping[Any, Sequence[Planted]] | None = None,
        **rows: int,
    ) -> OnDemandDataset:
        """The marker's arguments, as its signature."""
        dataset = self._whole(seed, scale, factories, defects, rows)
        if at is not None:
            dataset.require_history(f"at={str(at)!r}")
            dataset = self.datasets.setdefault(("at", id(dataset), str(at)), cast("OnDemandDataset", dataset.at(at)))
        if self.settings.take:
            try:
                return self._taken(dataset, self.settings.take)
            except SynthDataError as error:
                raise DeclarationError(f"--synth-take: {error}") from None
        return dataset if take is None else self._taken(dataset, take)

    def _taken(self, dataset: OnDemandDataset, take: Mapping[str, Iterable[int]]) -> OnDemandDataset:
        """Some rows of a dataset; the same ones are taken once."""
        if not isinstance(take, Mapping) or not all(isinstance(table, str) for table in take):
            raise DeclarationError(f"take={take!r}; give row numbers by table, such as take={{'orders': [17, 403]}}")
        with self.stand_ins.not_reading():
            taken = dataset.take(**take)
        key = ("taken", id(dataset), *((table.name, table.row_numbers.tobytes()) for table in taken))
        return self.datasets.setdefault(key, taken)

    def _whole(
        self,
        seed: int | None,
        scale: float | None,
        factories: Sequence[type[TableFactory]],
        defects: Mapping[Any, Sequence[Planted]] | None,
        rows: Mapping[str, int],
    ) -> OnDemandDataset:
        factor = self.settings.scale if scale is None else _positive(scale)
        by_table = self._factories(factories)
        _require(rows, by_table)
        number = self.settings.seed if seed is None else seed
        # What is stated, but is usual anyway, makes no other dataset.
        stated = {
            factory: rows[table] if table in rows and rows[table] != scaled_rows(factory, factor) else None
            for table, factory in by_table.items()
        }
        planted = kinds_by_table(defects or {}, by_table)
        read = self.stand_ins.read
        make = partial(OnDemandDataset, stated, seed=number, scale=factor, defects=planted, on_read=read)
        try:
            key = (number, factor, tuple(planted.items()), *stated.items())
            if key not in self.datasets:
                self.datasets[key] = make()
            dataset = self.datasets[key]
        except TypeError:  # an unhashable seed or count, which Dataset explains, or what a defect holds
            dataset = make()
        with self.stand_ins.not_reading():
            for table in (*rows, *planted, *(factory._meta.table for factory in factories)):
                _ = dataset[table]  # what a marker names is asked for, and not yet read
        return dataset

    def _clean(self, dataset: Dataset, session: Callable[[], Any]) -> Synth:
        """A dataset, or what stands in for it, without its defects, made once."""
        clean = self.stand_ins.clean(dataset) or self._without_defects.setdefault(id(dataset), dataset.clean)
        return Synth(clean, lambda table, spark: self._frame(clean, table, spark), session)

    def used(self) -> list[Dataset]:
        """The datasets whose tables tests have asked for, with these tables only."""
        return [used for dataset in self.datasets.values() if (used := dataset.used()).tables]

    def project_factories(self) -> tuple[type[TableFactory], ...]:
        """The factories that the settings name."""
        if self._project_factories is None:
            self._project_factories = tuple(load_factories(self.settings.factories))
        return self._project_factories

    def _factories(self, more: Sequence[type[TableFactory]]) -> dict[str, type[TableFactory]]:
        if not isinstance(more, (list, tuple)) or not all(
            isinstance(factory, type) and issubclass(factory, TableFactory) for factory in more
        ):
            raise DeclarationError(f"factories={more!r}; give a list of TableFactory classes")
        by_table("factories", more)  # refuses two of one table
        shipped = SHIPPED if self.settings.shipped else ()
        found = with_parents((*shipped, *self.project_factories(), *more))
        return with_parents(with_children(found.values()).values())

    def _frame(self, dataset: Dataset, table: str, spark: Any) -> Any:
        current = self.stand_ins.current(dataset)
        return self._made_once(current, table, spark, lambda: current[table])

    def _made_once(self, dataset: Dataset, name: str, spark: Any, table: Callable[[], Table]) -> Any:
        """What belongs to a dataset under a name as a DataFrame, made once."""
        frames = self.stand_ins.frames if self.stand_ins.is_one(dataset) else self._frames
        key = (id(dataset), name)
        owner, frame = frames.get(key, (None, None))
        if owner is not spark:
            frame = table().to_spark(spark)
            frames[key] = (spark, frame)
        return frame


def _require(tables: Iterable[str], known: Mapping[str, Any]) -> None:
    for table in tables:
        if table not in known:
            raise DeclarationError(f"there is no table {table!r}: {how_to_add(table, known, OPTIONS)}")


def _check_shrink(shrink: Any) -> None:
    """Whether a failure is shrunk is for others to read in the marker."""
    if not isinstance(shrink, bool):
        raise DeclarationError(f"shrink={shrink!r}; it is True or False")


def _positive(scale: Any) -> float:
    if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale < math.inf:
        raise DeclarationError(f"scale={scale!r}; the scale is a positive number")
    return float(scale)
