"""References whose row is that of another reference's row: the parts of a key of several columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Dataset,
    DeclarationError,
    ForeignKey,
    Key,
    Orphans,
    TableFactory,
    Uniform,
    col,
)


class PartFactory(TableFactory):
    class Meta:
        table = "parts"
        rows = 50

    part_id = Key("P{:03d}")
    price = Uniform(1, 9).round(2)


class SupplierFactory(TableFactory):
    class Meta:
        table = "suppliers"
        rows = 20

    supplier_id = Key("S{:02d}")


class OfferFactory(TableFactory):
    class Meta:
        table = "offers"
        key = ("part_id", "supplier_id")

    part = ForeignKey(PartFactory, per_parent=4)
    supplier = ForeignKey(SupplierFactory, distinct_within="part")


class LineFactory(TableFactory):
    class Meta:
        table = "lines"
        rows = 500

    part = ForeignKey(PartFactory, through="offer.part")
    supplier = ForeignKey(SupplierFactory, through="offer.supplier")
    offer = ForeignKey(OfferFactory, column=("part_id", "supplier_id")).nulls(0.02)
    price = col("part.price")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset({LineFactory: 500}, seed=3)


def pairs(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(table["part_id"].to_pylist(), table["supplier_id"].to_pylist(), strict=True))


def test_each_pair_is_one_that_is_there_and_its_parts_are_the_parents(dataset: Dataset) -> None:
    lines, prices = dataset.lines.to_arrow(), dict(zip(*dataset.parts.to_arrow().to_pydict().values(), strict=True))
    assert lines.column_names == ["part_id", "supplier_id", "price"]
    held = set(pairs(lines))
    assert held - {(None, None)} <= set(pairs(dataset.offers.to_arrow()))
    assert (None, None) in held
    assert len(held) > 150  # of 200 offers, of which e^-2.5 are expected to be picked by none
    assert [prices.get(part) for part in lines["part_id"].to_pylist()] == lines["price"].to_pylist()


def test_a_subset_has_the_rows_of_the_whole_way(dataset: Dataset) -> None:
    few = dataset.take(lines=[17])
    assert {table.name: table.num_rows for table in few} == {"parts": 1, "suppliers": 1, "offers": 1, "lines": 1}
    assert few.lines.to_arrow().equals(dataset.lines.to_arrow(17, 18))


def test_validation_looks_up_pairs_and_parts(dataset: Dataset) -> None:
    assert not dataset.validate().failed
    tables = {table.name: table.to_arrow() for table in dataset}
    lines = tables["lines"]
    other = pa.array(
        [None if one is None else f"S{(int(one[1:]) + 1) % 20:02d}" for one in lines["supplier_id"].to_pylist()]
    )
    failed = dataset.validate({**tables, "lines": lines.set_column(1, "supplier_id", other)}).failed
    # Each supplier is there; offers of them are not.
    assert {(check.column, check.kind) for check in failed} >= {("offer", "orphans")}
    assert ("supplier", "orphans") not in {(check.column, check.kind) for check in failed}
    unknown = lines.set_column(0, "part_id", pa.array(["P999"] * len(lines)))
    failed = dataset.validate({**tables, "lines": unknown}).failed
    assert {("offer", "orphans"), ("part", "orphans")} <= {(check.column, check.kind) for check in failed}


def test_orphans_of_a_part_and_of_the_pair() -> None:
    for name in ("part", "offer"):
        dirty = Dataset({LineFactory: 500}, seed=3, defects={LineFactory: [Orphans(name, 0.02)]})
        found = dirty.defects["lines"].to_arrow()
        assert set(found["column"].to_pylist()) == {"part_id"}


def test_built_rows_are_the_same_object() -> None:
    line = LineFactory.build()
    assert line.part is line.offer.part
    assert line.part_id == line.offer.part_id == line.part.part_id
    other = LineFactory.build(offer__part__price=3.5)
    assert other.part.price == other.price == 3.5
    with pytest.raises(DeclarationError, match="write offer__part__price in place of part__price"):
        LineFactory.build(part__price=3.5)


def test_explained() -> None:
    said = str(Dataset({LineFactory: 500}, seed=3).lines.explain(17, "price"))
    assert "which offer.part is" in said


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"through": "offer.parts"}, "'offers' has no column 'parts': did you mean 'part'"),
        ({"through": "offer.part_id"}, "'offers' has no ForeignKey 'part_id': did you mean 'part'"),
        ({"through": "offer.supplier"}, "leads to 'suppliers'"),
        ({"through": "offer"}, "leads to 'offers'"),
        ({"through": "offer.part", "weights": Uniform(1, 2)}, "weights cannot choose one"),
    ],
)
def test_ways_that_lead_nowhere(declared: dict[str, Any], said: str) -> None:
    class OddFactory(TableFactory):
        offer = ForeignKey(OfferFactory)
        part = ForeignKey(PartFactory, **declared)

    with pytest.raises(DeclarationError, match=said):
        Dataset({OddFactory: 1})
