"""A marker that is pasted has the names of the test's module, or says what to import."""

from __future__ import annotations

import datetime as dt
import types
from typing import Any

import pytest

import pytest_synthdata
from pytest_synthdata import Defect, Duplicates, Key, Late, Missing, TableFactory, col
from pytest_synthdata import functions as F
from pytest_synthdata.plugin.shrinking.marker_text import marker


class SeatFactory(TableFactory):
    class Meta:
        table = "seats"

    seat_id = Key("S{}")


class Shop:
    class RowFactory(TableFactory):
        class Meta:
            table = "rows"

        row_id = Key("R{}")


def doubled(price: Any) -> Any:
    return price * 2


def module(**names: Any) -> types.ModuleType:
    made = types.ModuleType("test_shop")
    vars(made).update(names)
    return made


def own(**names: Any) -> types.ModuleType:
    """A module that factories are taken from."""
    found = module(**names)
    found.__name__ = "fac"
    return found


DEFECTS = {"seats": [Missing("price", 0.2, where=col("discount").is_null()), Duplicates(0.05)]}


@pytest.mark.parametrize(
    ("names", "arguments", "written", "needs"),
    [
        ({"SeatFactory": SeatFactory}, {"factories": [SeatFactory]}, "factories=[SeatFactory]", ""),
        ({"Seats": SeatFactory}, {"factories": [SeatFactory]}, "factories=[Seats]", ""),
        ({"fac": own(SeatFactory=SeatFactory)}, {"factories": [SeatFactory]}, "factories=[fac.SeatFactory]", ""),
        ({"Shop": Shop}, {"factories": [Shop.RowFactory]}, "factories=[Shop.RowFactory]", ""),
        ({}, {"factories": [Shop.RowFactory]}, "factories=[Shop.RowFactory]", f"from {__name__} import Shop"),
        (
            {"SeatFactory": Shop.RowFactory},
            {"factories": [SeatFactory]},
            "factories=[SeatFactory_]",
            f"from {__name__} import SeatFactory as SeatFactory_",
        ),
        (
            {"sd": pytest_synthdata, "Missing": Missing, "c": col},
            {"defects": DEFECTS},
            "defects={\"seats\": [Missing('price', 0.2, where=c('discount').is_null()), sd.Duplicates(0.05)]}",
            "",
        ),
        (
            {"Missing": Missing, "Duplicates": Duplicates},
            {"defects": DEFECTS},
            "defects={\"seats\": [Missing('price', 0.2, where=col('discount').is_null()), Duplicates(0.05)]}",
            "from pytest_synthdata import col",
        ),
        (
            {"Late": Late, "dt": dt, "datetime": dt.datetime},
            {"defects": {"seats": [Late("sold", 0.1, by=dt.timedelta(days=3))]}},
            "defects={\"seats\": [Late('sold', 0.1, (dt.timedelta(days=3), dt.timedelta(days=3)))]}",
            "",
        ),
        (
            {"Missing": Missing, "col": col},
            {"defects": {"seats": [Missing("ä", 0.1, where=F.lower(col("ä")) == "é")]}},
            "defects={\"seats\": [Missing('ä', 0.1, where=(F.lower(col('ä')) == 'é'))]}",
            "from pytest_synthdata import functions as F",
        ),
        (
            {"Defect": Defect, "changed": doubled},
            {"defects": {"seats": [Defect("odd", doubled, "price", 0.1)]}},
            "defects={\"seats\": [Defect('odd', changed, 'price', 0.1)]}",
            "",
        ),
    ],
)
def test_the_marker_has_the_modules_names(names: Any, arguments: Any, written: str, needs: str) -> None:
    text = marker(arguments, 7, 1, {"seats": [3]}, module(pytest=pytest, **names))
    assert text is not None
    head, comment, found = text.partition("  # needs: ")
    assert written in head
    assert head.startswith("@pytest.mark.synth(")
    assert (bool(comment), found) == (bool(needs), needs)
    # What is imported makes the marker one that can be read.
    scope = {"pytest": pytest, **names}
    exec(found, scope)
    eval(head.removeprefix("@"), scope)


def test_pytest_may_have_another_name_or_none() -> None:
    assert str(marker({}, 7, 1, {}, module(pt=pytest))).startswith("@pt.mark.synth(seed=7")
    assert str(marker({}, 7, 1, {}, module())).endswith("  # needs: import pytest")
