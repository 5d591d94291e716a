"""Checks of nested values, and of keys of several columns."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    ForeignKey,
    Given,
    Key,
    Ordinal,
    Poisson,
    TableFactory,
    assert_matches,
)


class UserFactory(TableFactory):
    user_id = Key("U{:04d}")


class PermissionFactory(TableFactory):
    permission_id = Key("P{:02d}")


class GrantFactory(TableFactory):
    class Meta:
        key = ("user_id", "permission_id")

    user = ForeignKey(UserFactory, per_parent=Poisson(4))
    permission = ForeignKey(PermissionFactory)


class LineFactory(TableFactory):
    class Meta:
        key = ("user_id", "number")

    user = ForeignKey(UserFactory, per_parent=Poisson(4))
    number = Ordinal("user")


@pytest.mark.parametrize(
    "tags",
    [
        Categorical({("a", "b"): 0.5, ("c",): 0.5}),
        Constant(["a"]),
        Constant({"a": 1}),
        ["a", None],
        Constant([]),
        Given("kind", {"a": ["v"], "b": []}),
    ],
    ids=repr,
)
def test_nested_values_are_compared_and_counted(tags: Any) -> None:
    columns = {"kind": Categorical({"a": 0.5, "b": 0.5}), "tags": tags}
    made = type("TaggedFactory", (TableFactory,), {"__module__": __name__, **columns})
    dataset = Dataset({made: 200})
    assert dataset.validate().ok
    broken = dataset.taggeds.to_arrow().to_pylist()
    broken[7]["tags"] = type(broken[7]["tags"])()
    broken[7]["kind"] = "a"
    if tags != Constant([]):
        frame = __import__("pyarrow").Table.from_pylist(broken, dataset.taggeds.schema)
        with pytest.raises(AssertionError, match=r"taggeds\.tags"):
            assert_matches(frame, made)


def test_a_key_of_two_columns_that_comes_twice_is_found() -> None:
    dataset = Dataset({UserFactory: 500, PermissionFactory: 20, GrantFactory: None})
    twice = dataset.grants.to_pandas().duplicated(["user_id", "permission_id"]).sum()
    assert twice > 100
    (failed,) = dataset.validate().failed
    assert (failed.kind, failed.measured, failed.place) == ("duplicates", twice, "grants.user_id, permission_id")


def test_rows_counted_by_their_parents_match_their_factory() -> None:
    dataset = Dataset({UserFactory: 100, LineFactory: None})
    lines = dataset.lines.to_pandas()
    assert_matches(lines, LineFactory, parents=dataset)
    assert_matches(lines, LineFactory)
    lines.loc[5, ["user_id", "number"]] = lines.loc[4, ["user_id", "number"]]
    with pytest.raises(AssertionError, match="duplicates"):
        assert_matches(lines, LineFactory)
