"""Text: Faker's providers at full speed, and texts made of a row's other columns."""

from pytest_synthdata.columns.text.fake import Fake

__all__ = ["Fake"]
