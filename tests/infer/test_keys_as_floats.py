"""Whole numbers some of which are missing are floats in pandas, and `12.0` in its CSV: they are keys nevertheless."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, ForeignKey, TableFactory
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.references.whole_floats import as_keys
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import Sample, sample_of

STAFF, CLIENTS = 60, 2_000


def shop(folder: Path, name: str = "support_employee_id") -> dict[str, Sample]:
    """Employees with managers, and customers of whom a quarter have nobody, as pandas writes them."""
    draw = np.random.default_rng(7)
    managers = ["", *(f"{draw.integers(1, number)}.0" for number in range(2, STAFF + 1))]
    lines = [f"{number},{draw.uniform(20, 65):.1f},{managers[number - 1]}" for number in range(1, STAFF + 1)]
    (folder / "employees.csv").write_text("\n".join(["EmployeeId,Age,ReportsTo", *lines]) + "\n")
    of = [f"{one}.0" if draw.uniform() < 0.75 else "" for one in draw.integers(1, STAFF + 1, CLIENTS)]
    lines = [f"{number},{of[number - 1]},{draw.normal(9, 2):.2f}" for number in range(1, CLIENTS + 1)]
    (folder / "customers.csv").write_text("\n".join([f"customer_id,{name},spent", *lines]) + "\n")
    return {one: sample_of(folder / f"{one}.csv", "a test") for one in ("employees", "customers")}


@pytest.mark.parametrize("name", ["support_employee_id", "Support Employee-ID"])
def test_they_are_found_with_their_nulls_and_come_out_as_floats(tmp_path: Path, name: str) -> None:
    samples = shop(tmp_path, name)
    inferred = list(infer_tables(samples, base=TableFactory))
    found = {
        one.table: [key for key in one.declarations.values() if isinstance(key, ForeignKey)] for one, _ in inferred
    }
    assert [(key.parent, key.null_share > 0) for key in found["employees"]] == [("self", True)]
    assert [(key.parent, key.null_share) for key in found["customers"]] == [
        (inferred[0][1], pytest.approx(0.25, abs=0.04))
    ]
    scope: dict[str, Any] = {}
    exec(module_source([one for one, _ in inferred], "Shop."), scope)
    made = Dataset({scope["EmployeeFactory"]: STAFF, scope["CustomerFactory"]: CLIENTS})
    employees, customers = made.employees.to_arrow(), made.customers.to_arrow()
    assert employees.schema.field("ReportsTo").type == customers.schema.field(name).type == pa.float64()
    assert customers.column_names == samples["customers"].schema.names
    keys = set(employees["EmployeeId"].to_pylist())
    for values in (employees["ReportsTo"], customers[name]):
        assert set(values.drop_null().to_pylist()) <= keys
    # 25 % of 2,000 rows, with a standard deviation of 1 % for those of the source and for ours.
    assert customers[name].null_count / CLIENTS == pytest.approx(0.25, abs=0.06)


def test_orphans_among_them_are_found(tmp_path: Path) -> None:
    made = [factory for _, factory in infer_tables(shop(tmp_path), base=TableFactory)]
    dataset = Dataset(dict(zip(made, (STAFF, CLIENTS), strict=True)))
    assert dataset.validate().ok
    customers = dataset.customers.to_arrow()
    cells = customers["support_employee_id"].to_pylist()
    cells[5], cells[6] = 99.0, 1.5
    changed = customers.set_column(1, customers.schema.field(1), pa.array(cells, pa.float64()))
    found = [
        one for one in dataset.validate({"customers": changed, "employees": dataset.employees}) if one.kind == "orphans"
    ]
    assert [one.examples for one in found if one.measured] == [(5, 6)]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1.0, None, 3.0], pa.int64()),
        ([1.5, 2.0], pa.float64()),
        ([float("nan")], pa.float64()),
        ([2.0**60], pa.float64()),
    ],
)
def test_only_whole_numbers_are_keys(values: list[float | None], type_: pa.DataType) -> None:
    assert as_keys(pa.field("a", pa.float64()), pa.array(values, pa.float64()))[0].type == type_


def test_only_references_that_are_floats_become_floats() -> None:
    draw = np.random.default_rng(7)
    people = draw.integers(1, 41, 600).astype(np.float64)
    people[::4] = np.nan
    tables = {
        "sites": pa.table({"site_id": range(1, 31), "size": draw.normal(9, 2, 30)}),
        "people": pa.table({"person_id": range(1, 41), "age": draw.uniform(20, 65, 40)}),
        "visits": pa.table(
            {
                "site_id": draw.integers(1, 31, 600),
                "spent": draw.normal(9, 2, 600),
                "person_id": pa.array(people, from_pandas=True),
            }
        ),
    }
    samples = {name: Sample(rows.schema, rows, is_whole=True) for name, rows in tables.items()}
    made = dict(zip(tables, (factory for _, factory in infer_tables(samples, base=TableFactory)), strict=True))
    visits = Dataset(dict.fromkeys(made.values(), 40)).visits
    assert set(made["visits"]._meta.references) == {"site", "person"}
    assert [visits.schema.field(name).type for name in ("site_id", "person_id")] == [pa.int64(), pa.float64()]
