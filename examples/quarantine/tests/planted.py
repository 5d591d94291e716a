"""What arrives on a bad day."""

from pytest_synthdata import Duplicates, Missing, Orphans, OutOfRange, Typos

BAD_DAY = {
    "orders": [
        Missing("amount", 0.01),
        OutOfRange("amount", 0.01),
        Typos("status", 0.01),
        Orphans("customer", 0.01),
        Duplicates(0.01),
    ]
}
