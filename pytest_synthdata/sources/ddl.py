"""Tables as `CREATE TABLE` declares them: columns, and what is said of them. sqlglot reads the SQL."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from pytest_synthdata.errors import DeclarationError, SynthDataError
from pytest_synthdata.sources.field_rules import FieldRule
from pytest_synthdata.sources.spark_types import spark_type

_SPECIAL = re.compile(
    r"(?i)\bcreate\b|\bnot\s+null\b|\bprimary\b|\bforeign\b|\bconstraint\b|\bdefault\b|\bcheck\b|\bunique\b|\bgenerated\b|"
    r"\breferences\b|\bcollate\b|\binterval\b|\btime\b|\bvariant\b|\b(?:var)?char\s*\(|--|/\*"
)  # fmt: skip


_DIALECTS = ("databricks", "", "postgres", "mysql", "tsql")  # the second is sqlglot's own, with most of all others


@dataclass(frozen=True)
class Definition:
    """A table as its `CREATE TABLE` declares it.

    Args:
        table: its name; empty for columns without one.
        schema: its columns.
        not_null: columns that are never null.
        unique: columns of which no two rows have the same value.
        key: the columns of its primary key.
        lengths: the most letters of texts, and whether all have as many.
        references: the table and column that columns refer to; no column where it is that table's key.
        pairs: references of several columns: these, the table, and its columns; none where they are that table's key.
        defaults: what columns hold if nobody says, as SQL.
        computed: what columns are computed by, as sqlglot's expressions.
        identities: where the numbers of columns start that are counted by the database, and by how much they grow.
        checks: the conditions of rows, as sqlglot's expressions.
        rules: what schemas in JSON say of columns.
        comments: what people say of columns; of the table under an empty name.
    """

    table: str
    schema: pa.Schema
    not_null: frozenset[str] = frozenset()
    unique: frozenset[str] = frozenset()
    key: tuple[str, ...] = ()
    lengths: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    references: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    pairs: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    computed: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Any, ...] = ()
    rules: Mapping[str, FieldRule] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    identities: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def not_null_in(self, column: str) -> frozenset[str]:
        """The paths in a column of what is never null."""
        return paths_in(self.not_null, column)


def paths_in(paths: Iterable[str], part: str) -> frozenset[str]:
    """The paths among some that lead into a part, from there on."""
    return frozenset(one.removeprefix(f"{part}.") for one in paths if one.startswith(f"{part}."))


def is_special(text: str) -> bool:
    """Whether there is more in a schema than names and types of columns."""
    return _SPECIAL.search(text) is not None


def definitions(text: str) -> list[Definition]:
    """The tables of some SQL; one without a name for columns alone.

    Args:
        text: `CREATE TABLE` statements, or the columns of a table as they stand in one.

    Raises:
        SynthDataError: where sqlglot is not installed, and for what it cannot read.
    """
    try:
        import sqlglot
        from sqlglot import exp
    except ImportError:
        raise SynthDataError(
            "constraints, defaults and CREATE TABLE are read by sqlglot: pip install 'pytest-synthdata[schema]'"
        ) from None
    is_statement = re.search(r"(?i)^\s*(?:--[^\n]*\n\s*)*create\b", text) is not None
    sql = text if is_statement else f"CREATE TABLE columns_alone (\n{text}\n)"
    logger = logging.getLogger("sqlglot")
    was, logger.disabled = logger.disabled, True  # which tells of statements without columns, such as CREATE CATALOG
    failed: list[DeclarationError] = []
    try:
        for dialect in _DIALECTS:
            try:
                return _definitions(sqlglot.parse(sql, read=dialect), exp)
            except sqlglot.errors.SqlglotError as error:  # noqa: PERF203 - one dialect after the other
                said = re.sub(r"\x1b\[\d*m", "", str(error).partition("\n")[0])
                failed.append(DeclarationError(f"cannot read the schema {text[:80]!r}: {said}; is a comma missing?"))
            except DeclarationError as error:  # a word of another dialect was read as a column or its type
                failed.append(error)
    finally:
        logger.disabled = was
    raise failed[0]


def _definitions(statements: Sequence[Any], exp: Any) -> list[Definition]:
    tables = [one for one in statements if isinstance(one, exp.Create) and isinstance(one.this, exp.Schema)]
    if not tables:
        raise DeclarationError("there is no CREATE TABLE with columns in the schema")
    later = [one for one in statements if isinstance(one, exp.Comment) and one.expression is not None]
    changes = [one for one in statements if isinstance(one, exp.Alter) and isinstance(one.this, exp.Table)]
    return [_with_comments(_definition(one, changes, exp), later, exp) for one in tables]


def _with_comments(said: Definition, later: Iterable[Any], exp: Any) -> Definition:
    """A definition with what `COMMENT ON` says after it."""
    found = dict(said.comments)
    for one in later:
        is_column = isinstance(one.this, exp.Column)
        table = one.this.table if is_column else one.this.name
        if table.lower() == said.table.lower() and (is_column or isinstance(one.this, exp.Table)):
            found[one.this.name if is_column else ""] = one.expression.name
    return replace(said, comments=found)


def _definition(create: Any, changes: Iterable[Any], exp: Any) -> Definition:
    name = create.this.this.name
    found = _Found("" if name == "columns_alone" else name, exp)
    for item in create.this.expressions:
        found.add(item)
    properties = create.args.get("properties")
    for one in properties.expressions if properties is not None else ():
        if isinstance(one, exp.SchemaCommentProperty):
            found.comments[""] = one.this.name
    for change in changes:
        if change.this.name.lower() == name.lower():
            found.alter(change)
    return found.definition()


class _Found:
    """What a statement says, piece by piece."""

    def __init__(self, table: str, exp: Any) -> None:
        self.table, self.exp = table, exp
        self.fields: list[pa.Field] = []
        self.not_null: set[str] = set()
        self.unique: set[str] = set()
        self.key: tuple[str, ...] = ()
        self.lengths: dict[str, tuple[int, bool]] = {}
        self.references: dict[str, tuple[str, str | None]] = {}
        self.pairs: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = []
        self.defaults: dict[str, str] = {}
        self.computed: dict[str, Any] = {}
        self.identities: dict[str, tuple[int, int]] = {}
        self.checks: list[Any] = []
        self.comments: dict[str, str] = {}

    def definition(self) -> Definition:
        names = [one.name for one in self.fields]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SynthDataError(f"two columns have one name, {twice!r}: rename one of them")
        return Definition(
            self.table,
            pa.schema(self.fields),
            frozenset(self.not_null | set(self.key)),
            frozenset(self.unique),
            self.key,
            self.lengths,
            self.references,
            tuple(self.pairs),
            self.defaults,
            self.computed,
            tuple(self.checks),
            comments=self.comments,
            identities=self.identities,
        )

    def alter(self, change: Any) -> None:
        """Columns and constraints that are added later; other changes are told in the table's comment."""
        exp = self.exp
        for action in change.args.get("actions") or ():
            if isinstance(action, (exp.AddConstraint, exp.Schema)):
                for one in action.expressions:
                    self.add(one)
            elif isinstance(action, exp.ColumnDef):
                self.add(action)
            elif isinstance(action, exp.AlterColumn) and action.args.get("allow_null") is False:
                self.not_null.add(action.name)
            else:
                said = f"Not kept: ALTER TABLE {self.table} {action.sql('databricks')}"
                self.comments[""] = f"{self.comments['']}; {said}" if "" in self.comments else said

    def add(self, item: Any) -> None:
        exp = self.exp
        if isinstance(item, exp.ColumnDef):
            self._column(item)
        elif isinstance(item, exp.Constraint):
            for one in item.expressions:
                self.add(one)
        elif isinstance(item, exp.PrimaryKey):
            self.key = tuple(_names(item.expressions))
        elif isinstance(item, exp.UniqueColumnConstraint) and item.this is not None:
            names = _names(item.this.expressions)
            self.unique |= set(names) if len(names) == 1 else set()
        elif isinstance(item, exp.CheckColumnConstraint):
            self.checks.append(item.this)
        elif isinstance(item, exp.ForeignKey):
            columns, target = _names(item.expressions), item.args["reference"].this
            if len(columns) == 1:
                self.references[columns[0]] = _target(target, exp)
            else:
                there = tuple(_names(target.expressions)) if isinstance(target, exp.Schema) else ()
                self.pairs.append((tuple(columns), _target(target, exp)[0], there))

    def _column(self, item: Any) -> None:
        exp, name, kind = self.exp, item.name, item.args.get("kind")
        if kind is None:
            raise DeclarationError(f"{self.table or 'the schema'}: the column {name!r} has no type")
        self.fields.append(pa.field(name, _type(kind, name)))
        if kind.this in (exp.DataType.Type.CHAR, exp.DataType.Type.VARCHAR) and kind.expressions:
            self.lengths[name] = int(kind.expressions[0].name), kind.this == exp.DataType.Type.CHAR
        for constraint in item.args.get("constraints") or ():
            said = constraint.args.get("kind")
            if isinstance(said, exp.CommentColumnConstraint):
                self.comments[name] = said.this.name
            else:
                self._constraint(name, said)

    def _constraint(self, name: str, kind: Any) -> None:
        exp = self.exp
        if isinstance(kind, exp.NotNullColumnConstraint):
            self.not_null |= set() if kind.args.get("allow_null") else {name}
        elif isinstance(kind, exp.PrimaryKeyColumnConstraint):
            self.key = (name,)
        elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint):
            if kind.args.get("expression") is not None:
                self.computed[name] = kind.args["expression"]
            else:
                self.unique.add(name)
                start, step = (kind.args.get(one) for one in ("start", "increment"))
                self.identities[name] = _whole(start), _whole(step)
        elif isinstance(kind, (exp.UniqueColumnConstraint, exp.AutoIncrementColumnConstraint)):
            self.unique.add(name)
        elif isinstance(kind, exp.DefaultColumnConstraint):
            self.defaults[name] = kind.this.sql("databricks")
        elif isinstance(kind, exp.ComputedColumnConstraint):
            self.computed[name] = kind.this
        elif isinstance(kind, exp.CheckColumnConstraint):
            self.checks.append(kind.this)
        elif isinstance(kind, exp.Reference):
            self.references[name] = _target(kind.this, exp)


def _whole(said: Any) -> int:
    """A whole number as sqlglot has it; 1 where nobody says."""
    return 1 if said is None else int(said.sql().replace(" ", ""))


def _names(items: Any) -> list[str]:
    return [item.name for item in items]


def _target(target: Any, exp: Any) -> tuple[str, str | None]:
    if isinstance(target, exp.Schema):
        names = _names(target.expressions)
        return target.this.name, names[0] if len(names) == 1 else None
    return target.name, None


def _type(kind: Any, name: str) -> pa.DataType:
    try:
        return _of_tree(kind)
    except DeclarationError as error:
        raise DeclarationError(f"{name}: {error}") from None


def _of_tree(kind: Any) -> pa.DataType:
    """The type that sqlglot has read, by what is within it."""
    word, inner = getattr(kind.this, "name", ""), kind.expressions
    if word in ("ARRAY", "LIST") and len(inner) == 1:
        return pa.list_(_of_tree(inner[0]))
    if word == "MAP" and len(inner) == 2:  # noqa: PLR2004 - of keys and of values
        return pa.map_(*map(_of_tree, inner))
    if word == "STRUCT" and all(one.args.get("kind") is not None for one in inner):
        return pa.struct([pa.field(one.name, _of_tree(one.args["kind"]), nullable=_may_be_null(one)) for one in inner])
    # Time zones aside, sqlglot writes times of day as timestamps, which Spark has had before it had these.
    return spark_type("time" if word in ("TIME", "TIMETZ") else kind.sql("spark"))


def _may_be_null(field: Any) -> bool:
    said = [one.args["kind"] for one in field.args.get("constraints") or ()]
    return not any(type(one).__name__ == "NotNullColumnConstraint" and not one.args.get("allow_null") for one in said)


def conditions(texts: Iterable[str]) -> list[Any]:
    """Expressions that stand alone, such as those of checks, as sqlglot's; none where it is not installed.

    Args:
        texts: such as ``amount > 0``; what cannot be read is left out.
    """
    try:
        import sqlglot
    except ImportError:
        return []
    found = []
    for text in texts:
        with suppress(sqlglot.errors.SqlglotError):
            found.append(sqlglot.parse_one(text, read="databricks"))
    return found


def checked_columns(check: Any) -> Iterator[str]:
    """The columns that a condition reads."""
    from sqlglot import exp

    yield from (column.name for column in check.find_all(exp.Column))


__all__ = ["Definition", "checked_columns", "conditions", "definitions", "is_special"]
