"""What defects change in the schemas of tables, as a file beside the labels of the other defects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset


def schema_changes(dataset: Dataset) -> dict[str, str]:
    """The contents of the file, by the name of the table of labels; nothing for tables that keep their schemas."""
    found = {f"{name}_defects": changes.to_pylist() for name, changes in dataset.defects.schema.items() if len(changes)}
    return {name: json.dumps(changes, indent=1) + "\n" for name, changes in found.items()}


__all__ = ["schema_changes"]
