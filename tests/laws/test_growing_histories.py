"""A longer period, more rows and more that is updated change nothing that was there before."""

from typing import Any

import pyarrow as pa

from pytest_synthdata import Categorical, Dataset, ForeignKey, History, Key, Normal, TableFactory, col


def tables(end: str = "2024-12-31", **more: Any) -> Any:
    class ShopFactory(TableFactory):
        class Meta:
            table = "shops"
            history = History("2024-01-01", end, updates={"size": 1.5, **more}, deletes=0.2)

        shop_id = Key("S{:04d}")
        size = Categorical({"small": 0.6, "large": 0.4})
        rent = Normal(100, 10).round(2)

    class SaleFactory(TableFactory):
        class Meta:
            table = "sales"
            history = History("2024-01-01", end, updates={"price": 2.0})

        sale_id = Key("X{:05d}")
        shop = ForeignKey(ShopFactory)
        size_then = col("shop.size")
        price = Normal(5, 1).round(2)

    return ShopFactory, SaleFactory


def changes(factories: Any, shops: int = 100, sales: int = 300, *, table: str = "sales") -> Any:
    dataset = Dataset(dict(zip(factories, (shops, sales), strict=True)), seed=8)
    return dataset[table].changes("2024-01-01", "2024-06-30", format="autocdc").to_arrow()


def test_a_longer_period_changes_nothing_that_was_before() -> None:
    for table in ("shops", "sales"):
        assert changes(tables("2026-03-31"), table=table).equals(changes(tables(), table=table))


def test_more_rows_change_no_other_rows() -> None:
    few, many = changes(tables()), changes(tables(), sales=5_000)
    known = few["sale_id"].to_pylist()
    assert many.filter(pa.compute.is_in(many["sale_id"], pa.array(known))).equals(few)
    few, many = changes(tables(), table="shops"), changes(tables(), 5_000, table="shops")
    assert many.filter(pa.compute.is_in(many["shop_id"], few["shop_id"].combine_chunks())).equals(few)


def test_another_updated_column_leaves_the_others_as_they_were() -> None:
    few, many = (Dataset({tables(**more)[0]: 200}).shops.versions().to_arrow() for more in ({}, {"rent": 3.0}))
    sizes = [(row["shop_id"], row["size"]) for row in few.to_pylist()]
    with_rent = [(row["shop_id"], row["size"]) for row in many.to_pylist()]
    assert [one for n, one in enumerate(with_rent) if n == 0 or one != with_rent[n - 1]] == sizes
    assert len(with_rent) > len(sizes)


def test_other_ranges_and_batches_give_the_same_changes() -> None:
    shop, sale = tables()
    sales = Dataset({shop: 100, sale: 300}, seed=8).sales
    first, second = (
        sales.changes(*span, format="debezium") for span in (("2024-01-01", "2024-04-10"), ("2024-04-11", None))
    )
    whole = sales.changes(format="debezium")
    assert first.num_rows + second.num_rows == whole.num_rows
    assert pa.concat_tables([first.to_arrow(), second.to_arrow()]).equals(whole.to_arrow())
    assert pa.Table.from_batches(whole.batches(size=7)).equals(whole.to_arrow())
