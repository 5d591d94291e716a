"""Declared against measured: any data, checked against what factories declare."""

from pytest_synthdata.validation.results import FALSE_ALARMS, Check, Days, TableResult, Validation
from pytest_synthdata.validation.run import validate

__all__ = ["FALSE_ALARMS", "Check", "Days", "TableResult", "Validation", "validate"]
