"""The group of `synthdata`'s subcommands: how it reads what is written, and tells what is wrong. Nothing heavy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

import click
from click.exceptions import Exit

from pytest_synthdata.errors import ArgumentError, SynthDataError, Wording, worded

INTERRUPTED = 130  # 128 and the signal's number, as shells have it
_JSON, _INTERRUPTION = f"{__name__}.json", f"{__name__}.interruption"
# What the command has for methods of tables that messages name.
_INSTEAD_OF: Mapping[str, str] = {"to_volume": "`synthdata upload`"}


class WrongUsage(click.ClickException):
    """What was written wrongly in the command, as the library tells it."""

    exit_code = 2


class CommandWording(Wording):
    """How a subcommand's user writes arguments: by its own options.

    >>> @click.command
    ... @click.option("--overwrite", is_flag=True)
    ... @click.option("--from", "start")
    ... def save(**options): ...
    >>> CommandWording(save).argument("overwrite", True), CommandWording(save).argument("start", "2024-01-01")
    ('--overwrite', '--from 2024-01-01')
    >>> CommandWording(save).argument("column", "at") is None
    True
    """

    def __init__(self, command: click.Command) -> None:
        self.command = command

    def argument(self, name: str, value: object) -> str | None:
        """The option of that name, or of one whose value the library calls so; None where there is none."""
        flag = f"--{name.replace('_', '-')}"
        options = [
            one for one in self.command.params if isinstance(one, click.Option) and one.is_flag is (value is True)
        ]
        own = [one for one in options if name == one.name] or [one for one in options if flag in one.opts]
        if not own:
            return None
        return own[0].opts[0] if value is True else f"{own[0].opts[0]} {shlex.quote(str(value))}"

    def call(self, name: str) -> str | None:
        """The command that does the same as a method; None where there is none."""
        return _INSTEAD_OF.get(name)


class Commands(click.Group):
    """Subcommands of this module and of others.

    Args:
        modules: those that hold a list COMMANDS of more.
        settings: of a group.
    """

    def __init__(self, *, modules: Iterable[str] = (), **settings: Any) -> None:
        super().__init__(**settings)
        self.modules = tuple(modules)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._more()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or self._more().get(cmd_name)

    def _more(self) -> dict[str, click.Command]:
        return {
            str(command.name): command for module in map(import_module, self.modules) for command in module.COMMANDS
        }

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        options = args[: args.index("--")] if "--" in args else args
        ctx.meta[_JSON] = "--json" in options
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            ctx.with_resource(worded(CommandWording(command)))
            _require_no_empty_text(click.Context(command, info_name=name, parent=ctx), rest)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand. With ``--json``, whatever is wrong is printed as ``{"error": …}``."""
        try:
            try:
                return super().invoke(ctx)
            except BrokenPipeError:
                raise
            except ArgumentError as error:
                raise WrongUsage(str(error)) from error
            except (SynthDataError, OSError) as error:
                raise click.ClickException(str(error)) from error
        except click.ClickException as error:
            if not ctx.meta.get(_JSON):
                raise
            click.echo(json.dumps({"error": error.format_message()}))
            raise Exit(error.exit_code) from None
        except KeyboardInterrupt:
            click.echo(f"Interrupted{ctx.meta.get(_INTERRUPTION, str)()}.", err=True)
            raise Exit(INTERRUPTED) from None


def when_interrupted(advice: Callable[[], str]) -> None:
    """Have the running command say, should it be interrupted, what is left and how to go on."""
    click.get_current_context().meta[_INTERRUPTION] = lambda: f": {advice()}"


def _require_no_empty_text(context: click.Context, args: list[str]) -> None:
    """Raise `UsageError` for an empty text, which mostly comes of a shell's variable that is not set.

    Args:
        context: of the command.
        args: what is written after its name.
    """
    given, _, _ = context.command.make_parser(context).parse_args(list(args))
    for one in context.command.get_params(context):
        value = given.get(str(one.name))
        if one.type is not click.UNPROCESSED and (value == "" or (isinstance(value, (list, tuple)) and "" in value)):
            hint = one.get_error_hint(context)
            raise click.UsageError(f"{hint} is an empty text; is a variable of the shell not set?", context)


__all__ = ["INTERRUPTED", "CommandWording", "Commands", "WrongUsage", "when_interrupted"]
