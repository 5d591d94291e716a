"""Tables as pydantic models describe their rows, by the JSON Schema that pydantic makes of them."""

from __future__ import annotations

from typing import Any

from pytest_synthdata.columns.arrow.types import MONEY
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.json_schema import json_schema_definition


def is_pydantic(source: Any) -> bool:
    """Whether something is a class of pydantic's models."""
    return isinstance(source, type) and hasattr(source, "model_json_schema")


def pydantic_definition(model: Any) -> Definition:
    """The table of a model's instances as they are serialised: by their aliases, with what has a default.

    Args:
        model: the class.

    Raises:
        SynthDataError: for a field that has no JSON Schema, or no type that a column can have.
    """
    from pydantic.errors import PydanticInvalidForJsonSchema
    from pydantic.json_schema import GenerateJsonSchema

    class OfColumns(GenerateJsonSchema):
        """JSON Schema with decimals as such, which JSON lacks, and with every field, as instances have it."""

        def field_is_required(self, *_: Any, **__: Any) -> bool:
            return True

        def decimal_schema(self, schema: Any) -> dict[str, Any]:
            scale = schema.get("decimal_places", MONEY.scale)
            digits = max(schema.get("max_digits", MONEY.precision), scale)
            found = {"type": "number", "format": "decimal", "digits": (digits, scale)}
            names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
            bounds = {names[key]: float(schema[key]) for key in names if schema.get(key) is not None}
            step = {"multipleOf": float(schema["multiple_of"])} if schema.get("multiple_of") is not None else {}
            return {**found, **bounds, **step}

    try:
        schema = model.model_json_schema(mode="serialization", schema_generator=OfColumns)
    except PydanticInvalidForJsonSchema as error:
        said = str(error).partition("\n")[0]
        raise SynthDataError(f"{model.__name__}: {said}; leave that field out, and declare it in a subclass") from None
    return json_schema_definition({"title": model.__name__, **schema})


__all__ = ["is_pydantic", "pydantic_definition"]
