"""Columns that `keeps=` names have, at any time, the value of the row's birth."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    ForeignKey,
    History,
    Integers,
    Key,
    Lifecycle,
    TableFactory,
    Times,
    col,
)

MONTH = "2024-03-01", "2024-03-31"


class ParcelFactory(TableFactory):
    class Meta:
        table = "parcels"
        history = History(*MONTH, births="created_at", lives="life", updates={"zone": 200}, deletes=2, keeps="first")

    parcel_id = Key("P{:03d}")
    created_at = Times("2024-03-01", "2024-03-15")
    zone = Categorical(list("abcdef"))
    life = Lifecycle(
        "new", {"new": {"sent": 1.0}, "sent": {"done": 1.0}}, start="created_at", after={"sent": 100.0, "done": 100.0}
    )
    status = col("life.state")
    first = col("status")


THEN = ("zone_then", "status_then")


def claims(*kept: str, condition: Any = None) -> Any:
    class ClaimFactory(TableFactory):
        class Meta:
            table = "claims"
            history = History(*MONTH, births="filed_at", keeps=kept, on_parent_delete="move", updates={"weight": 50})
            where = condition

        claim_id = Key("C{:03d}")
        parcel = ForeignKey(ParcelFactory, where=col("parcel.created_at") < col("filed_at"))
        filed_at = Times("2024-03-02", "2024-03-31")
        zone_then = col("parcel.zone")
        status_then = col("parcel.status")
        again = col("zone_then")
        weight = Integers(1, 9)

    return ClaimFactory


@pytest.mark.parametrize("condition", [None, (col("weight") > 4) | (col("zone_then") > "c")])
@pytest.mark.parametrize("kept", [(), ("zone_then",), ("status_then",), THEN])
def test_what_a_parent_said_is_that_of_the_birth(kept: tuple[str, ...], condition: Any) -> None:
    dataset = Dataset({ParcelFactory: 100, claims(*kept, condition=condition): 300})
    parcels: dict[str, list[dict[str, Any]]] = {}
    for row in dataset.parcels.versions().to_arrow().to_pylist():
        parcels.setdefault(row["parcel_id"], []).append(row)
    born: dict[str, dict[str, Any]] = {}
    for row in dataset.claims.versions().to_arrow().to_pylist():
        first = born.setdefault(row["claim_id"], row)
        if first is row:
            when = row["valid_from"]
            parcel = next(
                one
                for one in parcels[row["parcel_id"]]
                if one["valid_from"] <= when and (one["valid_to"] is None or when < one["valid_to"])
            )
            assert (row["zone_then"], row["status_then"]) == (parcel["zone"], parcel["status"])
        assert all(row[name] == first[name] for name in kept)
        assert row["again"] == row["zone_then"]
        assert condition is None or row["weight"] > 4 or row["zone_then"] > "c"
    assert len(born) > 200


def test_the_state_of_a_life_at_birth_is_its_first() -> None:
    versions = Dataset({ParcelFactory: 50}).parcels.versions().to_arrow()
    assert set(versions["status"].to_pylist()) == {"new", "sent", "done"}
    assert set(versions["first"].to_pylist()) == {"new"}


def test_others_read_what_is_kept() -> None:
    claim_factory = claims("zone_then")

    class NoteFactory(TableFactory):
        class Meta:
            table = "notes"

        claim = ForeignKey(claim_factory)
        zone_noted = col("claim.zone_then")

    now = Dataset({ParcelFactory: 100, claim_factory: 300, NoteFactory: 300}).at(MONTH[1])
    zones = {row["claim_id"]: row["zone_then"] for row in now.claims.to_arrow().to_pylist()}
    notes = now.notes.to_arrow().to_pylist()
    assert notes
    assert all(note["zone_noted"] == zones[note["claim_id"]] for note in notes)
