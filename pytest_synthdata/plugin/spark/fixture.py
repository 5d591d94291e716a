"""Which Spark session a test gets: the project's own fixture's, or ours."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.plugin.stash import SETTINGS

_USUAL_NAMES = ("spark", "spark_session")
_OURS = "_synth_own_spark"


def session_of(request: pytest.FixtureRequest) -> Any:
    """The session for a test or for a session-scoped fixture.

    Raises:
        SynthDataError: where the project's fixture lives shorter than what asks for it, and where it gives no session
            that works.
    """
    session = _session_of(request)
    interrupts: Any = request.config.pluginmanager.get_plugin("synthdata-interrupts")
    interrupts.watch()
    return session


def _session_of(request: pytest.FixtureRequest) -> Any:
    name = _fixture_name(request._pyfuncitem)
    try:
        found = request.getfixturevalue(name)
        if name == _OURS:
            return found()
    except pytest.FixtureLookupError as error:
        if "ScopeMismatch" not in str(error.formatrepr()):
            raise
    except pytest.fail.Exception as error:
        if "ScopeMismatch" not in str(error):
            raise
    else:
        if not hasattr(found, "createDataFrame"):
            raise SynthDataError(
                f"the fixture {name!r} gives {found!r:.100}, not a Spark session: return or yield one, or name the "
                "fixture that does: synth_spark_fixture in the ini file"
            )
        _require_jvm(found, name)
        return found
    raise SynthDataError(
        f"the fixture {name!r} has a shorter life than the session, so synth_session cannot hold its frames: "
        f"use `synth`, or give {name!r} scope='session'"
    )


def _require_jvm(spark: Any, fixture: str) -> None:
    """Raise `SynthDataError` where the JVM of a project's session is gone; pyspark may then start another."""
    from pytest_synthdata.spark.local.jvm import forget_jvm, jvm_has_ended

    if hasattr(spark, "_jvm") and jvm_has_ended(spark):
        forget_jvm()
        raise SynthDataError(
            f"the JVM of the session that the fixture {fixture!r} gives has ended: was it killed, or out of memory? "
            "Where the fixture has a test's scope, the next test gets a new one"
        )


def is_ours(item: pytest.Item) -> bool:
    """Whether a test's session is ours with the settings of the ini file alone: no fixture of the project has a say."""
    manager: Any = item.session._fixturemanager
    return _fixture_name(item) == _OURS and len(manager.getfixturedefs("synth_spark_conf", item) or ()) == 1


def _fixture_name(item: pytest.Item) -> str:
    chosen = item.config.stash[SETTINGS].spark_fixture
    if chosen is not None:
        return chosen
    manager: Any = item.session._fixturemanager
    installed = _installed_plugins(item.config)
    for name in _USUAL_NAMES:
        # The last definition is the one that this test sees.
        for definition in reversed(manager.getfixturedefs(name, item) or ()):
            package = definition.func.__module__.partition(".")[0]
            if package not in installed and not _leads_to_us(name, item):
                return name
            break
    return _OURS


def _installed_plugins(config: pytest.Config) -> set[str]:
    """The packages of plugins that are merely installed: their `spark` was nobody's choice."""
    plugins = (plugin for plugin, _ in config.pluginmanager.list_plugin_distinfo())
    return {str(getattr(plugin, "__name__", "")).partition(".")[0] for plugin in plugins}


def _leads_to_us(name: str, item: pytest.Item) -> bool:
    """Whether a project's `spark` is made of our fixture: asking it would go round in a circle."""
    manager: Any = item.session._fixturemanager
    pending, seen = [name], set[str]()
    while pending:
        current = pending.pop()
        if current in ("synth_spark", "synth_session", "synth", _OURS):
            return True
        if current not in seen:
            seen.add(current)
            for definition in manager.getfixturedefs(current, item) or ():
                pending.extend(definition.argnames)
    return False
