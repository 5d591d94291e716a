"""The tables of a workspace on this machine, as Unity Catalog's API and the statements of a SQL warehouse tell of them.

As strict as those: unknown fields, wrong types and settings, other names and other statements are refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

WAREHOUSE = "0123456789abcdef"
_NAME = r"`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`"
_SHOW = re.compile(rf"SHOW STATISTICS FROM {_NAME} FOR ALL COLUMNS AS JSON")
_JSON = re.compile(rf"DESCRIBE TABLE EXTENDED {_NAME} AS JSON")
_COLUMN = re.compile(rf"DESCRIBE TABLE EXTENDED {_NAME} `((?:[^`]|``)+)`")
_FIELDS = {
    **dict.fromkeys(("statement", "warehouse_id", "wait_timeout", "catalog", "schema"), str),
    **dict.fromkeys(("disposition", "format", "on_wait_timeout"), str),
    **dict.fromkeys(("byte_limit", "row_limit"), int),
    "parameters": list,
}
_ONE_OF = {
    "disposition": ("INLINE", "EXTERNAL_LINKS"),
    "format": ("JSON_ARRAY", "ARROW_STREAM", "CSV"),
    "on_wait_timeout": ("CONTINUE", "CANCEL"),
}
_OF_TABLES = {"catalog_name", "schema_name", "max_results", "omit_columns", "omit_properties", "page_token"}


class Refusal(Exception):  # noqa: N818 - a workspace refuses
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class TableCatalog:
    """What Unity Catalog and a warehouse know of tables.

    Args:
        tables: what ``tables.get`` answers, by full name.
        kept: what the warehouse's statements say of a table's statistics, by full name.
        runtime: the newest of the statements that the warehouse has: "show", "json" or "text".
        waiting: states that each statement goes through before its end.
        forbidden: full names that the warehouse lets nobody read.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    runtime: str = "show"
    waiting: list[str] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    statements: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def add(self, full_name: str, *columns: dict[str, Any], **more: Any) -> None:
        """Put a table in."""
        catalog, schema, name = full_name.split(".")
        for position, column in enumerate(columns):
            column["position"] = position
        self.tables[full_name] = {
            "catalog_name": catalog, "schema_name": schema, "name": name, "full_name": full_name,
            "table_type": "MANAGED", "data_source_format": "DELTA", "columns": list(columns), "properties": {}, **more,
        }  # fmt: skip

    def get_table(self, name: str, query: dict[str, str]) -> Any:
        if set(query) - {"include_browse", "include_delta_metadata", "include_manifest_capabilities"}:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"unknown parameters {sorted(query)}")
        if len(name.split(".")) != 3:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"{name} is not a valid name")
        if name.lower() not in self.tables:
            raise Refusal(404, "TABLE_DOES_NOT_EXIST", f"Table '{name}' does not exist.")
        return self.tables[name.lower()]

    def list_tables(self, query: dict[str, str]) -> Any:
        if set(query) - _OF_TABLES or not {"catalog_name", "schema_name"} <= set(query):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"wrong parameters {sorted(query)}")
        start = f"{query['catalog_name']}.{query['schema_name']}."
        found = [one for name, one in self.tables.items() if name.startswith(start)]
        return {"tables": [{"name": one["name"], "table_type": one["table_type"]} for one in found]}

    def execute(self, body: Any) -> Any:
        for name, value in body.items():
            if type(value) is not _FIELDS.get(name):
                raise Refusal(400, "INVALID_PARAMETER_VALUE", f"could not parse {name}: {value!r}")
            if value not in _ONE_OF.get(name, (value,)):
                raise Refusal(400, "INVALID_PARAMETER_VALUE", f"{name} is one of {_ONE_OF[name]}")
        if not {"statement", "warehouse_id"} <= set(body):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "statement and warehouse_id are required")
        seconds = re.fullmatch(r"(\d+)s", body.get("wait_timeout", "10s"))
        if seconds is None or not (seconds[1] == "0" or 5 <= int(seconds[1]) <= 50):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "wait_timeout must be 0s, or 5s to 50s")
        if not re.fullmatch("[0-9a-f]{16}", body["warehouse_id"]):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"{body['warehouse_id']} is not a valid endpoint id.")
        if body["warehouse_id"] != WAREHOUSE:
            raise Refusal(404, "NOT_FOUND", f"SQL warehouse {body['warehouse_id']} does not exist")
        self.asked.append(body["statement"])
        statement = f"01f0-{len(self.statements)}"
        states = [{"status": {"state": state}} for state in self.waiting]
        self.statements[statement] = [*states, self._answer(body["statement"])]
        return self.get_statement(statement, {})

    def get_statement(self, statement: str, query: dict[str, str]) -> Any:
        if statement not in self.statements or query:
            raise Refusal(404, "NOT_FOUND", f"The statement {statement} was not found.")
        return {"statement_id": statement, **next_of(self.statements[statement])}

    def cancel(self, statement: str, body: Any) -> Any:
        if statement not in self.statements or set(body) - {"statement_id"}:
            raise Refusal(404, "NOT_FOUND", f"The statement {statement} was not found.")
        self.cancelled.append(statement)
        return {}

    def _answer(self, statement: str) -> dict[str, Any]:
        try:
            rows = self._rows(statement)
        except LookupError as error:
            failure = {"error_code": "BAD_REQUEST", "message": f"{error.args[0]}\n\n== SQL ==\n{statement}"}
            return {"status": {"state": "FAILED", "error": failure}}
        result = {"chunk_index": 0, "row_count": len(rows), "row_offset": 0, "data_array": rows}
        return {"status": {"state": "SUCCEEDED"}, "result": result}

    def _rows(self, statement: str) -> list[list[Any]]:
        if self.runtime == "show" and (match := _SHOW.fullmatch(statement)):
            table, name = self._table(match)
            return [[json.dumps({"table_name": table["name"], "statistics": self.kept.get(name, {})})]]
        if self.runtime != "text" and (match := _JSON.fullmatch(statement)):
            table, name = self._table(match)
            kept = {key: value for key, value in self.kept.get(name, {}).items() if key != "column_statistics"}
            columns = [{"name": one["name"], "type": {"name": "string"}} for one in table["columns"]]
            return [[json.dumps({"table_name": table["name"], "columns": columns, "statistics": kept})]]
        if match := _COLUMN.fullmatch(statement):
            table, name = self._table(match)
            column = match[4].replace("``", "`")
            if column not in [one["name"] for one in table["columns"]]:
                raise LookupError(f"[COLUMN_NOT_FOUND] The column `{column}` cannot be found.")
            kept = self.kept.get(name, {}).get("column_statistics", {}).get(column, {})
            shown = {
                "col_name": column, "data_type": "string", "comment": None, "min": kept.get("min"),
                "max": kept.get("max"), "num_nulls": kept.get("null_count"), "distinct_count": None,
                "avg_col_len": None, "max_col_len": None, "histogram": None,
            }  # fmt: skip
            return [[key, "NULL" if value is None else str(value)] for key, value in shown.items()]
        raise LookupError(f"[PARSE_SYNTAX_ERROR] Syntax error at or near {statement.split()[1]!r}. SQLSTATE: 42601")

    def _table(self, match: re.Match[str]) -> tuple[dict[str, Any], str]:
        name = ".".join(match[part].replace("``", "`") for part in (1, 2, 3)).lower()
        if name in self.forbidden:
            raise LookupError(f"[INSUFFICIENT_PERMISSIONS] User does not have SELECT on Table '{name}'.")
        if name not in self.tables:
            raise LookupError(f"[TABLE_OR_VIEW_NOT_FOUND] The table or view {name} cannot be found.")
        return self.tables[name], name


def column(name: str, type_: Any, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A column as the catalog has it, with Spark's JSON of it."""
    metadata = more.pop("metadata", {})
    said = {"name": name, "type": type_, "nullable": more.get("nullable", True), "metadata": metadata}
    return {"name": name, "type_text": text or str(type_), "type_json": json.dumps(said), **more}


def next_of(states: list[Any]) -> Any:
    """The states one after the other; the last one stays."""
    return states.pop(0) if len(states) > 1 else states[0]
