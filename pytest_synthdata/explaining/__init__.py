"""Where a value comes from: what was read and drawn for one cell, step by step."""

from pytest_synthdata.explaining.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
