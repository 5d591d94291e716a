"""Keys that are written as floats: pandas makes floats of whole numbers some of which are missing, such as ``12.0``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.arrow.types import sql_name
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.naming import attribute_name
from pytest_synthdata.sources.samples import Sample


def as_keys(column: pa.Field, values: pa.Array | None) -> tuple[pa.Field, pa.Array | None]:
    """A column of floats that are whole numbers, as integers; any other as it is.

    Args:
        column: its name and type.
        values: what it holds, if that is known.
    """
    if values is None or not pa.types.is_floating(column.type):
        return column, values
    numbers = to_numpy(values.drop_null()).astype(np.float64)
    if not len(numbers) or not ((np.abs(numbers) <= TOLD_APART) & (numbers == np.rint(numbers))).all():
        return column, values
    return column.with_type(pa.int64()), values.cast(pa.int64())


def in_own_type(inferred: Inferred, sample: Sample, own_key: str | None) -> Inferred:
    """A factory whose references have the types of the source's columns, where these are floats.

    Args:
        inferred: the factory.
        sample: the table.
        own_key: the attribute that references to rows of the table itself hold.
    """
    declarations, rename = dict[str, Any](), dict(inferred.rename)
    for name, declared in inferred.declarations.items():
        declarations[name] = declared
        if type(declared) is not ForeignKey or not isinstance(declared.column or "", str):
            continue
        column = str(declared.column or f"{name}_id")
        key = own_key if declared.parent == "self" else declared.parent._meta.key_column()
        if column not in sample.schema.names or key is None:
            continue
        type_ = sample.schema.field(column).type
        if not pa.types.is_floating(type_):
            continue
        attribute = attribute_name(column, {*dir(inferred.base), *inferred.declarations, "Meta", "Params"})
        if attribute != column:
            rename[attribute] = column
            reference = declared.nulls(declared.null_share)
            reference.column = attribute
            declarations[name] = reference
        declarations[attribute] = col(f"{name}.{key}").cast(sql_name(type_) or type_)
    return replace(inferred, declarations=declarations, rename=rename)


__all__ = ["as_keys", "in_own_type"]
