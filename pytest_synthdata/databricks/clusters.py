"""Clusters: which one is meant, and that it runs."""

from __future__ import annotations

from typing import Any

from pytest_synthdata.databricks.client import WorkspaceError, connect, explained
from pytest_synthdata.databricks.polling import OnStatus, poll_until
from pytest_synthdata.errors import advise, argument

START_SECONDS = 1200
_SHOWN = 10  # clusters in a hint
_READY = ("RUNNING", "RESIZING")


class ClusterNotRunningError(WorkspaceError):
    """A cluster that is stopped, or none that was named."""


def running(
    cluster_id: str | None, client: Any, *, start: bool, start_timeout: float, on_status: OnStatus
) -> tuple[str, Any]:
    """A cluster that runs, and a client that has reached it.

    Args:
        cluster_id: the cluster; defaults to ``DATABRICKS_CLUSTER_ID``.
        client: a ``WorkspaceClient``; defaults to one with the SDK's own settings.
        start: start it if it is stopped, and wait for it.
        start_timeout: how long to wait, in seconds.
        on_status: is called with the cluster's states.

    Raises:
        ClusterNotRunningError: where it is stopped and shall not be started, or does not start in time.
        WorkspaceError: for what the workspace refuses.
    """
    found: list[tuple[str, Any]] = []

    def look(reached: Any) -> None:
        name = cluster_id or reached.config.cluster_id
        if not name:
            raise ClusterNotRunningError(
                f"no cluster is named: give {argument(cluster_id='0101-…')}, or set DATABRICKS_CLUSTER_ID; "
                f"{_choices(reached)}"
            )
        found[:] = [(name, reached.clusters.get(name))]

    client = connect(look, f"the cluster {cluster_id or ''}".strip(), client)
    ((name, cluster),) = found
    on_status(f"cluster {name}: {_state(cluster)}")
    if _state(cluster) in _READY:
        return name, client
    if not start:
        raise ClusterNotRunningError(
            f"the cluster {cluster.cluster_name or name} ({name}) is {_state(cluster)}. Start "
            f"it{advise(': {}', start=True)}; or {_choices(client)}"
        )
    with explained(f"starting the cluster {name}", client):
        _start(name, client, start_timeout, on_status)
    return name, client


def _start(name: str, client: Any, limit: float, on_status: OnStatus) -> None:
    started = False

    def ask() -> Any:
        nonlocal started
        cluster = client.clusters.get(name)
        if _state(cluster) == "TERMINATED" and not started:
            client.clusters.start(name)  # gives something to wait with; the loop here waits
            started = True
            cluster = client.clusters.get(name)
        on_status(f"cluster {name}: {_state(cluster)}")
        return cluster

    def done(cluster: Any) -> bool:
        return _state(cluster) in (*_READY, "TERMINATED", "ERROR")

    cluster = poll_until(client, ask, done, limit)
    if cluster is None:
        raise ClusterNotRunningError(
            f"the cluster {name} did not start within {limit:g} s; it goes on starting. Give it longer: start_timeout=…"
        )
    if _state(cluster) not in _READY:
        raise ClusterNotRunningError(f"the cluster {name} did not start: {cluster.state_message or _state(cluster)}")


def _state(cluster: Any) -> str:
    return str(cluster.state.value) if cluster.state is not None else "UNKNOWN"


def _choices(client: Any) -> str:
    """What else there is to run on."""
    from itertools import islice

    ready = (cluster for cluster in client.clusters.list() if _state(cluster) in _READY)
    names = [f"{cluster.cluster_name} ({cluster.cluster_id})" for cluster in islice(ready, _SHOWN)]
    names += ["…"] if next(ready, None) is not None else []
    others = f"take one that runs: {', '.join(names)}; or " if names else ""
    return f"{others}run without a cluster: run_on_serverless, --serverless"


__all__ = ["START_SECONDS", "ClusterNotRunningError", "running"]
