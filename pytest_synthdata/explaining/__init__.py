"""Where a value comes from: what was read and drawn for one cell, step by step."""

from pytest_synthdata.explaining.explanation import Explanation, explain
from pytest_synthdata.explaining.named_rows import row_number

__all__ = ["Explanation", "explain", "row_number"]
