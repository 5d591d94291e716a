"""Text: Faker's providers at full speed, and texts made of a row's other columns."""

from pytest_synthdata.columns.text.fake import Fake
from pytest_synthdata.columns.text.place import Place
from pytest_synthdata.columns.text.template import Email, Template

__all__ = ["Email", "Fake", "Place", "Template"]
