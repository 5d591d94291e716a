"""What a report needs that is not always installed. Imports nothing heavy, for runs ask at their start."""

from __future__ import annotations


def missing_packages() -> str:
    """What is to be installed before a report can be written, as a sentence; empty where nothing is missing."""
    try:
        import jinja2  # noqa: F401
    except ImportError:
        return "the report needs jinja2, which is not installed: pip install 'pytest-synthdata[report]'"
    return ""


__all__ = ["missing_packages"]
