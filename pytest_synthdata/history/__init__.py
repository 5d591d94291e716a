"""Tables that change: rows that are born, updated and deleted, their snapshots, their changes and their versions."""

from pytest_synthdata.history.checking import check_history
from pytest_synthdata.history.declaration import History, Update
from pytest_synthdata.history.instants import last_instant
from pytest_synthdata.history.views import change_view, snapshot_view, snapshots_of, version_view

__all__ = [
    "History",
    "Update",
    "change_view",
    "check_history",
    "last_instant",
    "snapshot_view",
    "snapshots_of",
    "version_view",
]
