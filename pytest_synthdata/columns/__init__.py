"""The engine: from (seed, table, column, row) to values. Needs NumPy and PyArrow; SciPy where a law asks for it."""

from pytest_synthdata.columns.stopped_clock import load_libraries

load_libraries()
