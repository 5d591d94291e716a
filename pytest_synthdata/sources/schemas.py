"""Schemas: Avro's and JSON Schema, in files or as Python has them; and classes: pydantic's, dataclasses, protobuf's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError, describe
from pytest_synthdata.sources.annotated_classes import annotated_definition, is_annotated_class
from pytest_synthdata.sources.avro import avro_definitions, is_avro
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.json_schema import is_json_schema, json_schema_definition
from pytest_synthdata.sources.protobuf import (
    DESCRIPTOR_SETS,
    descriptor_set_definitions,
    is_message,
    message_definition,
    refuse_source,
)
from pytest_synthdata.sources.pydantic_models import is_pydantic, pydantic_definition
from pytest_synthdata.sources.spark_types import fields_of_json, is_spark_json

_LARGEST = 4 << 20  # bytes of a schema


def schema_definitions(source: Any) -> list[Definition] | None:
    """The tables of a schema in JSON, or of a class; None for what is neither.

    Args:
        source: a pydantic model, a dataclass, a TypedDict or a class of protobuf's messages; JSON Schema, Avro's or
            Spark's as a dict, a text or the path of a file; the path of protobuf's descriptors.

    Raises:
        SynthDataError: for fields that no column can hold.
    """
    if is_pydantic(source):
        return [pydantic_definition(source)]
    if is_annotated_class(source):
        return [annotated_definition(source)]
    if is_message(source):
        return [message_definition(source.DESCRIPTOR)]
    if isinstance(source, (str, Path)) and (found := _of_protobuf(Path(source))) is not None:
        return found
    content = source
    if isinstance(source, (str, Path)):
        content = _read(source)
    if is_avro(content):
        return avro_definitions(content)
    if is_spark_json(content):
        return [_of_spark_json(content)]
    return [json_schema_definition(content)] if is_json_schema(content) else None


def _of_spark_json(content: Any) -> Definition:
    try:
        return Definition("", pa.schema(list(fields_of_json(content))))
    except (KeyError, TypeError) as error:
        raise SynthDataError(
            f"a Spark schema as JSON cannot be read: {describe(error)}; "
            "give what StructType.jsonValue() or .json() gives"
        ) from None


def _of_protobuf(file: Path) -> list[Definition] | None:
    if file.suffix not in (*DESCRIPTOR_SETS, ".proto") or not file.is_file():
        return None
    if file.suffix == ".proto":
        refuse_source(file)
    return descriptor_set_definitions(file)


def _read(source: str | Path) -> Any:
    """What a text or a file of JSON holds; None where it is something else."""
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return _loaded(source)
    if Path(source).suffix not in (".avsc", ".json"):
        return None
    path = Path(source)
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    content = _loaded(path.read_text("utf-8", errors="replace"))
    if path.suffix == ".avsc" and not is_avro(content):
        raise SynthDataError(
            f"{path}: this is not an Avro schema of a record; give one such as it stands in .avsc files"
        )
    return content if isinstance(content, dict) or path.suffix == ".avsc" else None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


__all__ = ["schema_definitions"]
