"""What is said of inferred factories whose own source does not pass for theirs."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_synthdata import TableFactory
from pytest_synthdata.cli.own_rows import with_own_rows
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of


def source(**tables: dict[str, Any]) -> str:
    samples = {name: sample_of(columns, "test") for name, columns in tables.items()}
    return module_source(list(with_own_rows(list(infer_tables(samples, base=TableFactory)), samples)), "x")


def test_nothing_is_said_of_rows_that_pass() -> None:
    rng = np.random.default_rng(5)
    printed = source(people={"height": rng.normal(170, 9, 2_000).round(1).tolist(), "left": [True, False] * 1_000})
    assert "#" not in printed.replace("# fmt: skip", "")


def test_what_does_not_hold_is_named() -> None:
    parents = {"customer_id": list(range(1, 501)), "size": [float(one % 7) for one in range(500)]}
    children = {"order_id": list(range(1, 1_001)), "customer_id": [*range(1, 501), *[9_999] * 60, *range(1, 441)]}
    printed = source(customers=parents, orders=children)
    assert "some references have no parent (customer)" in " ".join(printed.replace("\n    #", "").split())


def test_a_table_may_refer_to_itself() -> None:
    numbers = list(range(200))
    columns = {
        "employee_id": [f"E{one:04d}" for one in numbers],
        "boss_id": [f"E{one // 7:04d}" if one % 9 else None for one in numbers],
        "site": ["north", "south"] * 100,
    }
    assert "boss = ForeignKey('self')" in source(employees=columns).replace('"', "'")


def test_a_comment_stays_a_comment() -> None:
    printed = source(t={"a\nimport os\n": [1, 2, 3] * 20, "b\r\x0bprint(1)": ["x", "y", "z"] * 20})
    compile(printed, "inferred", "exec")
    assert not any(line.startswith(("import os", "print")) for line in printed.splitlines())
