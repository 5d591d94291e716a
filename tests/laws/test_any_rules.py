"""The laws hold for rules across tables, whatever is declared: families of tables drawn at random, from fixed seeds."""

from __future__ import annotations

import pickle
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Count,
    Dataset,
    Dates,
    Exponential,
    ForeignKey,
    Given,
    Key,
    Lifecycle,
    LogNormal,
    Max,
    Mean,
    Min,
    Normal,
    Ordinal,
    Pareto,
    Place,
    Poisson,
    Previous,
    Readings,
    ReadingTime,
    RunningSum,
    Series,
    Share,
    Step,
    Steps,
    Sum,
    TableFactory,
    Times,
    col,
)

PARENTS = 40


class GoodsFactory(TableFactory):
    class Meta:
        table = "goods"
        rows = 30

    goods_id = Key("G{}")
    price = LogNormal(2, 1).cast("decimal(10,2)")
    since = Dates("2020-01-01", "2020-12-31")


class Family:
    """Draws a parent, its lines, the events of its life and its readings."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one_of(self, *makers: Callable[[], Any]) -> Any:
        return self.random.choice(makers)()

    def factories(self) -> list[type[TableFactory]]:
        parent = self.table("ParentFactory", "parents", self.parent())
        lines = self.table("LineFactory", "lines", self.lines(parent))
        steps = {"parent": ForeignKey(parent, per_parent=Steps("life")), "step": Step("parent.life")}
        events = self.table("EventFactory", "events", {**steps, "state": col("step.state")})
        readings = self.table("ReadingFactory", "readings", self.readings(parent))
        return [parent, lines, events, readings]

    def table(self, name: str, table: str, columns: dict[str, Any]) -> type[TableFactory]:
        meta = type("Meta", (), {"table": table})
        return type(name, (TableFactory,), {"__module__": __name__, "Meta": meta, **columns})

    def parent(self) -> dict[str, Any]:
        where = self.one_of(lambda: None, lambda: col("number") > 1, lambda: col("parent.kind") == "a")
        total = self.random.choice(["plain", "rounded", "money", "whole"])
        return {
            "parent_id": Key("P{}"),
            "kind": Categorical({"a": 0.5, "b": 0.5}),
            "began": self.one_of(
                lambda: Times("2024-01-01", "2024-03-31"), lambda: Dates("2024-01-01", "2024-03-31").nulls(0.2)
            ),
            "budget": self.one_of(
                lambda: LogNormal(4, 1).round(2), lambda: LogNormal(4, 1).cast("decimal(12,2)"), lambda: Poisson(50)
            ),
            "life": self.life(),
            "state": col("life.state"),
            "last": col("life.at"),
            "place": Place(self.random.choice(["en_US", "de_DE", "fr_FR", "ja_JP", "pt_BR"])),
            "north": col("place.latitude"),
            "total": Sum(f"lines.{total}", where=where),
            "spent": Sum("lines.part"),
            "count": Count("lines", where=where),
            "first": Min(f"lines.{self.random.choice(['plain', 'name', 'goods.since'])}"),
            "most": Max("lines.money"),
            "mean": Mean("lines.rounded", where=where),
            "twice": col("total") * 2,
            "closing": Max("lines.so_far"),
        }

    def life(self) -> Lifecycle:
        share = self.random.uniform(0, 1)
        return Lifecycle(
            "x",
            {
                "x": self.one_of(
                    lambda: {"y": share, "z": 1 - share},
                    lambda: Given("kind", {"a": {"y": 1.0}}, default=Categorical({"y": 0.5, "z": 0.5})),
                    lambda: {"y": Given("kind", {"a": share}, default=0.1)},
                ),
                "y": {"x": 0.5, "z": 0.3},
            },
            start="began",
            after={
                "y": self.one_of(lambda: Exponential(3), lambda: 5.0, lambda: Given("kind", {"a": 1.0}, default=2)),
                ("y", "x"): Exponential(1.0),
            },
            unit=self.random.choice(["hours", "days"]),
            until=self.random.choice([None, "2024-02-15"]),
            at_most=self.random.choice([1, 2, 4]),
        )

    def lines(self, parent: type[TableFactory]) -> dict[str, Any]:
        return {
            "parent": ForeignKey(
                parent,
                per_parent=self.one_of(
                    lambda: 3, lambda: Poisson(2), lambda: Given("kind", {"a": 0}, default=Poisson(4)).cast("bigint")
                ),
            ),
            "number": Ordinal("parent"),
            "goods": ForeignKey(
                GoodsFactory,
                distinct_within=self.random.choice([None, "parent"]),
                weights=self.one_of(lambda: None, lambda: Pareto(1.5)),
            ),
            "plain": self.one_of(
                lambda: Normal(0, 5).nulls(0.2), lambda: Given("parent.kind", {"a": 1.5}, default=Exponential(3))
            ),
            "rounded": LogNormal(3, 1).round(2),
            "money": col("goods.price"),
            "whole": Poisson(9),
            "name": Categorical({"q": 0.3, "r": 0.7}),
            "so_far": self.one_of(
                lambda: RunningSum(self.random.choice(["plain", "rounded", "money", "whole"])),
                lambda: RunningSum(col("goods.price") * 2) + 1,
                lambda: RunningSum(Normal(0, 1)).round(3),
            ),
            "before": Previous(self.random.choice(["plain", "money", "name", "so_far"])),
            "part": Share("parent.budget", weights=self.one_of(Exponential, lambda: Pareto(3.0))),
            **self.one_of(dict, lambda: {"at": Times("2024-01-01", "2024-02-01")}),
        }

    def readings(self, parent: type[TableFactory]) -> dict[str, Any]:
        return {
            "parent": ForeignKey(
                parent,
                per_parent=Readings(
                    self.random.choice(["1d", "6h"]),
                    start="began",
                    end="2024-04-10",
                    jitter=self.random.choice([0.0, 0.4]),
                ),
            ),
            "at": ReadingTime(),
            "value": Series(
                self.one_of(lambda: 3.0, lambda: Normal(0, 4), lambda: col("budget").cast("double")),
                daily=self.random.choice([0.0, 2.0]),
                noise=0.3,
                autocorrelation=self.random.choice([0.0, 0.7, 1.0]),
                gaps=self.random.choice([0.0, 0.2]),
            ),
        }


@pytest.mark.parametrize("seed", range(8))
def test_the_laws_hold(seed: int) -> None:
    factories = Family(seed).factories()
    dataset = Dataset({factories[0]: PARENTS, **dict.fromkeys(factories[1:])}, seed=seed)
    more = Dataset({factories[0]: PARENTS + 15, **dict.fromkeys(factories[1:])}, seed=seed)
    for factory in factories:
        name = factory._meta.table
        table = dataset[name]
        whole = table.to_arrow().combine_chunks()
        whole.validate(full=True)
        middle, few = table.num_rows // 2, min(table.num_rows // 2, 20)
        assert table.to_arrow(middle, middle + few).combine_chunks().equals(whole.slice(middle, few))
        assert pa.Table.from_batches(table.batches(size=61), table.schema).combine_chunks().equals(whole)
        again = pickle.loads(pickle.dumps(table.bound))
        assert pa.Table.from_batches(again.batches(0, table.num_rows), table.schema).combine_chunks().equals(whole)
        assert more[name].to_arrow(0, table.num_rows).combine_chunks().equals(whole)
        factory.reset_sequence()
        with dataset.factories():
            built = [dict(factory.build()) for _ in range(min(8, table.num_rows))]
        assert built == whole.slice(0, len(built)).to_pylist()
    rows = {table.name: table.to_arrow().to_pylist() for table in dataset}
    lines: dict[str, list[Any]] = defaultdict(list)
    for line in rows["lines"]:
        lines[line["parent_id"]].append(line)
    for parent in rows["parents"]:
        mine = lines[parent["parent_id"]]
        assert not mine or float(parent["spent"]) == pytest.approx(float(parent["budget"]), abs=1e-9)
        assert parent["most"] == max((line["money"] for line in mine), default=None)
    taken = dataset.take(parents=[3, 17])
    assert taken["lines"].num_rows == sum(len(lines[f"P{number}"]) for number in (3, 17))
    assert not dataset.validate().failed
