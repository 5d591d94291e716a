"""`Meta.rows = Rows([…])`: a factory whose rows are listed has a column for each of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_synthdata.columns.generators.listed import Rows


def with_listed(attributes: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """The attributes of a class body with the listed columns before its own."""
    stated = attributes["Meta"]
    options = {"rows": len(rows), "reference_weights": rows.weights}
    if getattr(stated, "key", None) is None and rows.key is not None:
        options["key"] = rows.key
    return {**rows.columns(), **attributes, "Meta": type("Meta", (stated,), options)}


__all__ = ["with_listed"]
