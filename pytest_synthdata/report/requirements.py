"""What a report needs that is not always installed. Imports nothing heavy, for runs ask at their start."""

from __future__ import annotations

from importlib.util import find_spec


def missing_packages() -> str:
    """What is to be installed before a report can be written, as a sentence; empty where nothing is missing."""
    missing = [
        name for name, is_there in (("jinja2", _has_jinja2()), ("matplotlib", _has("matplotlib"))) if not is_there
    ]
    if not missing:
        return ""
    are = "which are" if len(missing) > 1 else "which is"
    return f"the report needs {' and '.join(missing)}, {are} not installed: pip install 'pytest-synthdata[report]'"


def _has_jinja2() -> bool:
    try:
        import jinja2  # noqa: F401
    except ImportError:
        return False
    return True


def _has(package: str) -> bool:
    """Whether a package is installed, without the time that its import takes."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False


__all__ = ["missing_packages"]
