"""Arrow arrays made without pandas are what PyArrow makes; and what a first use of the package imports."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata.columns.arrow.arrays import (
    arrow_array,
    arrow_scalar,
    concatenated,
    null_of,
    numpy_of,
    python_of,
    without_nulls,
)

DAY = dt.date(2024, 2, 29)
NOON = dt.datetime(1969, 12, 31, 12, 0, 0, 7)  # noqa: DTZ001
LISTS = (
    [],
    [None, None],
    ["a", None, "", "Zürich 🙂"],
    [True, None, False],
    [1, None, -(2**63)],
    [1.5, None, float("inf"), -0.0],
    [1, 2.5],
    [DAY, None, dt.date.min, dt.date.max],
    [NOON, None, dt.datetime(9999, 12, 31)],  # noqa: DTZ001
    [NOON.replace(tzinfo=dt.timezone.utc), None],
    [NOON.replace(tzinfo=ZoneInfo("Europe/Berlin"))],
    [NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=2)))],
    [dt.timedelta(-1, 5, 7), None],
    [Decimal("1.25"), None, Decimal("-1E+3"), Decimal("0.0001")],
    [b"x", None, b"", b"\xff"],
    [["a"], None],
    [{"x": 1}, None, {"y": "b"}, {"x": None}],
    [{"x": [Decimal("1.5")], "y": {"z": NOON}}],
    [np.float64(1.5), None],
    [np.int8(1), np.int8(2)],
    [np.str_("x")],
)
LISTS_OF_LISTS = (
    [["a"], None, [], ["b", None]],
    [[[NOON], []], [None]],
    [[{"x": 1}], [{"y": b"b"}, None]],
)
ARRAYS = (
    np.arange(5, dtype=np.uint8),
    np.arange(10, dtype=np.int32)[::3],
    np.array([], np.float64),
    np.array([1.5, np.nan, -0.0]),
    np.array([1, 2], np.float32),
    np.array([True, False, True] * 5),
    np.array(["2024-02-29", "NaT", "0001-01-01"], "M8[D]"),
    np.array(["2024-02-29T01:02:03.000004", "NaT"], "M8[us]"),
    np.array(["2024-02-29", "9999-12-31"], "M8[D]"),
    np.array(["2024-02-29T01:02"], "M8[m]").astype("M8[s]"),
    np.array(["x", "yz"]),
    np.array(["x", None], object),
    np.array([1.5, None, np.nan], object),
    np.array([1, 2], ">i8").astype("<i8"),
)


@pytest.mark.parametrize("values", [*LISTS, *LISTS_OF_LISTS], ids=repr)
def test_lists(values: list[object]) -> None:
    expected = pa.array(values)
    assert arrow_array(values).equals(expected)
    assert arrow_array(values).type == expected.type
    assert arrow_array(tuple(values), expected.type).equals(expected)
    assert [arrow_scalar(value) for value in values] == [pa.scalar(value) for value in values]


@pytest.mark.parametrize("values", ARRAYS, ids=repr)
@pytest.mark.parametrize("masked", [False, True])
def test_numpys(values: np.ndarray, masked: bool) -> None:
    mask = np.arange(len(values)) % 2 == 1 if masked else None
    made, expected = arrow_array(values, mask=mask), pa.array(values, mask=mask)
    made.validate(full=True)
    assert made.type == expected.type
    # Not-a-number is not equal to itself: by their texts.
    assert str(made.to_pylist()) == str(expected.to_pylist())
    assert made.null_count == expected.null_count


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, None, 300], pa.int16()),
        (["a", None], pa.large_string()),
        ([1, 2], pa.float64()),
        (np.arange(3), pa.int8()),
        ([None], pa.decimal128(5, 2)),
        ([0, None], pa.decimal128(5, 2)),
        ([Decimal("1.500"), Decimal(-7)], pa.decimal128(38, 2)),
        ([0, None], pa.date32()),
        ([0], pa.timestamp("s", "UTC")),
        ([1.1, None], pa.float32()),
        ([dt.datetime(2024, 1, 1)], pa.timestamp("s", "Europe/Berlin")),  # noqa: DTZ001
        ([NOON, NOON.replace(tzinfo=dt.timezone.utc), None], pa.timestamp("us", "UTC")),
        ([[1], []], pa.list_(pa.int16())),
        ([{"y": 1}, None], pa.struct([("x", pa.string()), ("y", pa.decimal128(3, 1))])),
        (["1.5"], pa.string()),
    ],
    ids=repr,
)
def test_types_that_are_asked_for(values: list[object], type_: pa.DataType) -> None:
    assert arrow_array(values, type_).equals(pa.array(values, type_))


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([300], pa.int8()),
        (["x"], pa.int64()),
        ([Decimal("1.25")], pa.decimal128(3, 1)),
        ([b"\xff"], pa.string()),
        ([2**53 + 1], pa.float64()),
    ],
)
def test_what_does_not_fit_is_an_error(values: list[object], type_: pa.DataType) -> None:
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError)):
        arrow_array(values, type_)


@pytest.mark.parametrize("values", [*LISTS, *ARRAYS], ids=repr)
def test_back_to_numpy(values: object) -> None:
    whole = pa.array(values)
    for array in (whole, whole.slice(1), pa.concat_arrays([whole, whole]).slice(len(whole), 1)):
        made, expected = numpy_of(array), array.to_numpy(zero_copy_only=False)
        assert made.dtype == expected.dtype
        np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("values", [[1.5, float("nan"), None], ["a", float("nan")], [Decimal("NaN"), 1]], ids=repr)
def test_not_a_number_is_null_for_pandas(values: list[object]) -> None:
    for form in (values, np.array(values, object)):
        assert arrow_array(form, from_pandas=True).equals(pa.array(form, from_pandas=True))
    assert arrow_array(np.array([1, np.nan]), from_pandas=True).to_pylist() == [1, None]


ZONED = pa.timestamp("us", "Europe/Berlin")


@pytest.mark.parametrize(
    "type_",
    [
        ZONED,
        pa.timestamp("s", "UTC"),
        pa.timestamp("us", "+02:00"),
        pa.list_(ZONED),
        pa.struct([("x", ZONED), ("y", pa.list_(pa.struct([("z", ZONED)])))]),
    ],
    ids=str,
)
def test_back_to_python(type_: pa.DataType) -> None:
    cells: dict[bool, object] = {True: [0, None], False: {"x": 10**15, "y": [{"z": None}, {"z": 1}, None]}}
    first = cells[pa.types.is_list(type_)] if pa.types.is_nested(type_) else 10**9
    whole = pa.array([first, None, first], type_)
    for array in (whole, whole.slice(1), pa.chunked_array([whole, whole])):
        made, expected = python_of(array), array.to_pylist()
        assert made == expected
        assert repr(made) == repr(expected)
    table = pa.table({"a": whole, "b": [1, 2, None]})
    assert python_of(table) == table.to_pylist()
    assert python_of(table.select([])) == table.select([]).to_pylist()


def test_nulls_and_joined_texts() -> None:
    assert null_of(pa.int8()) == pa.scalar(None, pa.int8())
    assert without_nulls(pa.array(["a", None]), "").to_pylist() == ["a", ""]
    assert concatenated("<", pa.array(["a", None]), ">").to_pylist() == ["<a>", None]


SHOP = """
import sys
from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
for table in Dataset({CustomerFactory: 25, OrderFactory: 250, TicketFactory: 80}):
    table.to_arrow()
    table.fingerprint()
own = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(name for name in own if not name.startswith("_") and sys.modules[name] is not None))
print(sorted({".".join(name.split(".")[1:3]) for name in sys.modules if name.startswith("pytest_synthdata.")}))
print(sorted(name for name in sys.modules if name.startswith("scipy.") and name.count(".") == 1 and "._" not in name))
"""


def test_what_the_shipped_tables_import() -> None:
    """NumPy, Arrow, SciPy's special functions, and the two libraries that factories stand on; no pandas.

    Of this package, no room that only some datasets need.
    """
    done = subprocess.run([sys.executable, "-c", SHOP], capture_output=True, text=True, check=True)
    libraries, rooms, of_scipy = done.stdout.splitlines()
    known = {"charset_normalizer", "cloudpickle", "cython_runtime", "factory", "faker", "numpy", "pyarrow", "scipy"}
    assert set(eval(libraries)) <= {*known, "pytest_synthdata"}
    used = {name.partition(".")[0] for name in eval(rooms)}
    assert used.isdisjoint(
        {"cli", "databricks", "defects", "explaining", "files", "infer", "plugin", "report", "spark"}
    )
    assert {name for name in eval(rooms) if name.startswith("history.")} <= {
        "history.checking",
        "history.declaration",
        "history.instants",
    }
    assert set(eval(of_scipy)) <= {"scipy.version"}  # of scipy.special, the functions alone


SPECIAL = """
import sys
from pytest_synthdata.columns.special_functions import ndtri, xlogy
assert "scipy.special" not in sys.modules
import scipy.special, scipy.stats
assert scipy.special.ndtri is ndtri and scipy.special._ufuncs.xlogy is xlogy
assert scipy.special.factorial(5) == 120 and scipy.stats.norm.ppf(0.5) == 0
"""


def test_the_whole_of_scipy_special_is_there_for_others() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", SPECIAL], check=True)
