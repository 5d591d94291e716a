"""Statements on a SQL warehouse that ask about tables, and read none of them."""

from __future__ import annotations

import json
import re
from typing import Any

from pytest_synthdata.databricks.catalog.table_names import TableName, identifier
from pytest_synthdata.databricks.client import WorkspaceError, explained
from pytest_synthdata.databricks.polling import poll_until, state_name

_SECONDS = 300  # a warehouse that is stopped takes its time to start
_WAITING = ("PENDING", "RUNNING")


class UnknownStatementError(WorkspaceError):
    """What a warehouse of an older runtime cannot parse."""


class Warehouse:
    """A SQL warehouse.

    Args:
        client: a ``WorkspaceClient``.
        warehouse_id: its id, as its page shows it.
    """

    def __init__(self, client: Any, warehouse_id: str) -> None:
        self._client, self._id = client, warehouse_id

    def statistics(self, table: TableName) -> dict[str, Any] | None:
        """What ``SHOW STATISTICS … AS JSON`` says; None where the runtime has no such statement."""
        try:
            rows = self._rows(f"SHOW STATISTICS FROM {table.quoted} FOR ALL COLUMNS AS JSON", table)
        except UnknownStatementError:
            return None
        return _object(rows, table)

    def description(self, table: TableName) -> dict[str, Any]:
        """What ``DESCRIBE TABLE EXTENDED … AS JSON`` says; nothing where the runtime has it not as JSON."""
        try:
            return _object(self._rows(f"DESCRIBE TABLE EXTENDED {table.quoted} AS JSON", table), table)
        except UnknownStatementError:
            return {}

    def column(self, table: TableName, column: str) -> dict[str, str]:
        """What ``DESCRIBE TABLE EXTENDED`` says of a column: texts by names such as ``num_nulls``."""
        rows = self._rows(f"DESCRIBE TABLE EXTENDED {table.quoted} {identifier(column)}", table)
        pairs = [(row[0], row[1]) for row in rows if len(row) > 1]
        return {name: value for name, value in pairs if name and value not in (None, "NULL")}

    def _rows(self, statement: str, table: TableName) -> list[list[Any]]:
        from databricks.sdk.service.sql import Disposition, ExecuteStatementRequestOnWaitTimeout, Format

        api = self._client.statement_execution
        with explained(f"asking the SQL warehouse {self._id} about {table}", self._client):
            answer = api.execute_statement(
                statement,
                self._id,
                disposition=Disposition.INLINE,
                format=Format.JSON_ARRAY,
                on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CONTINUE,
                wait_timeout="30s",
            )
            if _state(answer) in _WAITING:
                statement_id = answer.statement_id
                answer = poll_until(
                    self._client,
                    lambda: api.get_statement(statement_id),
                    lambda one: _state(one) not in _WAITING,
                    _SECONDS,
                )
                if answer is None:
                    api.cancel_execution(statement_id)
                    raise WorkspaceError(
                        f"the SQL warehouse {self._id} told nothing of {table} within {_SECONDS} s: is it starting?"
                    )
            state = _state(answer)
            if state != "SUCCEEDED":
                raise _refusal(state, answer, self._id, table)
            return (answer.result.data_array if answer.result is not None else None) or []


def _state(answer: Any) -> str:
    return state_name(answer.status.state if answer.status is not None else None)


def _refusal(state: str, answer: Any, warehouse: str, table: TableName) -> WorkspaceError:
    error = answer.status.error if answer.status is not None else None
    said = str(error.message if error is not None and error.message else state)
    first = re.split(r"\n|\s+== SQL ==", said)[0].strip()
    kind = UnknownStatementError if "PARSE_SYNTAX_ERROR" in said else WorkspaceError
    return kind(f"asking the SQL warehouse {warehouse} about {table}: {first}")


def _object(rows: list[list[Any]], table: TableName) -> dict[str, Any]:
    """The JSON object that is the only cell of an answer."""
    try:
        found = json.loads(rows[0][0])
    except (IndexError, TypeError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise WorkspaceError(f"{table}: the warehouse's answer is not the JSON that was asked for")
    return found


__all__ = ["UnknownStatementError", "Warehouse"]
