"""What a workspace on this machine holds and refuses; `strict_server` serves it.

It knows Unity Catalog's catalogs, schemas and Volumes, the Files API with multipart uploads, command execution 1.2,
clusters, workspace files and one-time runs, as far as this package and the SDK use them. A request that real
workspaces refuse is an error here too: an unknown route or body, a missing token, a file in a folder or Volume that
is not there. It is faulty on request.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import Any

from strict_catalog import Refusal, TableCatalog, next_of

TOKEN = "dapi-0123456789abcdef-secret"
CLUSTER = "0101-000000-abcdefgh"
USER = "ada@example.com"
LANGUAGES = ("python", "sql", "scala", "r")
_ROOT = 5  # parts of /Volumes/catalog/schema/volume


@dataclass
class Fault:
    """Something that goes wrong with requests that a pattern matches, so many times.

    Kinds: a status such as 503; "drop before" and "drop after" acting; "lie" about a size; "empty" storage of what
    was sent; "flip" of a stored byte; "stall" without an answer; "gather" until five are sent at once.
    """

    pattern: str
    kind: int | str
    times: int = 1
    skip: int = 0
    seen: int = 0


@dataclass
class Workspace:
    """What the server holds, and what it was asked."""

    volumes: set[str] = field(default_factory=lambda: {"main.sales.raw"})
    schemas: set[str] = field(default_factory=lambda: {"main.sales"})
    catalogs: set[str] = field(default_factory=lambda: {"main"})
    files: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    injected: int = 0
    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)  # of what no client may do
    denied: str | None = None  # a pattern of requests that permission lacks for
    denial: str = "User does not have the privilege"
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts_seen: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    lock: Condition = field(default_factory=Condition)
    stalled: Event = field(default_factory=Event)
    url: str = ""
    tables: TableCatalog = field(default_factory=TableCatalog)
    # Of compute
    cluster: str = "RUNNING"
    start_states: list[str] = field(default_factory=lambda: ["PENDING", "RUNNING"])
    starting: list[str] = field(default_factory=list)
    contexts: dict[str, str] = field(default_factory=dict)
    context_states: list[str] = field(default_factory=lambda: ["Pending", "Running"])
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)  # states that a command goes through
    run_command: Callable[[str], list[dict[str, Any]]] | None = None  # or what really runs it
    destroyed: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    workspace_folders: set[str] = field(default_factory=lambda: {f"/Workspace/Users/{USER}"})
    imported: dict[str, bytes] = field(default_factory=dict)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    run_states: list[dict[str, Any]] = field(default_factory=list)
    run_output: dict[str, Any] = field(default_factory=dict)

    def fail(self, pattern: str, kind: int | str, times: int = 1, skip: int = 0) -> None:
        """Let requests like "PUT .*orders.*" fail."""
        self.faults.append(Fault(pattern, kind, times, skip))

    def wait_for(self, pattern: str, seconds: float = 60) -> None:
        """Wait until a request like this has come."""
        with self.lock:
            came = self.lock.wait_for(lambda: any(re.match(pattern, request) for request in self.requests), seconds)
        assert came, f"no request like {pattern!r} came"

    def fault_for(self, request: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if re.match(fault.pattern, request):
                    fault.seen += 1
                    if fault.skip < fault.seen <= fault.skip + fault.times:
                        self.injected += 1
                        return fault
        return None

    def below(self, folder: str) -> dict[str, bytes]:
        return {path[len(folder) + 1 :]: data for path, data in self.files.items() if path.startswith(f"{folder}/")}

    # Unity Catalog

    def get_volume(self, name: str) -> Any:
        if name not in self.volumes:
            raise Refusal(404, "VOLUME_DOES_NOT_EXIST", f"Volume '{name}' does not exist.")
        catalog, schema, volume = name.split(".")
        return {"catalog_name": catalog, "schema_name": schema, "name": volume, "full_name": name}

    def create_volume(self, body: Any) -> Any:
        schema = f"{body['catalog_name']}.{body['schema_name']}"
        if schema not in self.schemas or body["volume_type"] != "MANAGED":
            raise Refusal(404, "SCHEMA_DOES_NOT_EXIST", f"Schema '{schema}' does not exist.")
        self.volumes.add(f"{schema}.{body['name']}")
        return self.get_volume(f"{schema}.{body['name']}")

    def get_schema(self, name: str) -> Any:
        if name not in self.schemas:
            raise Refusal(404, "SCHEMA_DOES_NOT_EXIST", f"Schema '{name}' does not exist.")
        return {"full_name": name}

    def list_tables(self, query: Any) -> Any:
        self.get_catalog(query["catalog_name"])
        self.get_schema(f"{query['catalog_name']}.{query['schema_name']}")
        return self.tables.list_tables(query)

    def list_schemas(self, query: Any) -> Any:
        if set(query) - {"catalog_name", "max_results", "page_token"}:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"unknown parameters {sorted(query)}")
        names = [name.partition(".") for name in sorted(self.schemas)]
        return {"schemas": [{"name": one} for catalog, _, one in names if catalog == query["catalog_name"]]}

    def create_schema(self, body: Any) -> Any:
        if body["catalog_name"] not in self.catalogs:
            raise Refusal(404, "CATALOG_DOES_NOT_EXIST", "no such catalog")
        self.schemas.add(f"{body['catalog_name']}.{body['name']}")
        return {"full_name": f"{body['catalog_name']}.{body['name']}"}

    def get_catalog(self, name: str) -> Any:
        if name not in self.catalogs:
            raise Refusal(404, "CATALOG_DOES_NOT_EXIST", f"Catalog '{name}' does not exist.")
        return {"name": name}

    # The Files API

    def is_folder(self, path: str) -> bool:
        root = path.split("/")[2:_ROOT]
        return path in self.folders or (len(path.split("/")) == _ROOT and ".".join(root) in self.volumes)

    def require_parent(self, path: str) -> None:
        parts = path.split("/")
        if parts[:2] != ["", "Volumes"] or len(parts) <= _ROOT or any(part in ("", ".", "..") for part in parts[2:]):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Invalid path: {path}")
        if ".".join(parts[2:_ROOT]) not in self.volumes:
            raise Refusal(404, "NOT_FOUND", f"Volume of {path} does not exist")
        if not self.is_folder("/".join(parts[:-1])):
            raise Refusal(404, "NOT_FOUND", f"The parent directory of {path} does not exist")

    def put_file(self, path: str, data: bytes, *, overwrite: bool) -> None:
        self.require_parent(path)
        if path in self.folders or (path in self.files and not overwrite):
            raise Refusal(409, "ALREADY_EXISTS", f"{path} already exists")
        self.files[path] = data

    def make_folder(self, path: str) -> None:
        parts = path.split("/")
        if len(parts) < _ROOT or ".".join(parts[2:_ROOT]) not in self.volumes:
            raise Refusal(404, "NOT_FOUND", f"Volume of {path} does not exist")
        for depth in range(_ROOT + 1, len(parts) + 1):
            self.folders.add("/".join(parts[:depth]))

    def remove_folder(self, path: str) -> None:
        if path not in self.folders:
            raise Refusal(404, "NOT_FOUND", f"{path} does not exist")
        if self.listed(path):
            raise Refusal(400, "DIRECTORY_NOT_EMPTY", f"{path} is not empty")
        self.folders.discard(path)

    def listed(self, path: str) -> list[dict[str, Any]]:
        if not self.is_folder(path):
            raise Refusal(404, "NOT_FOUND", f"{path} does not exist")
        found = {}
        for name in [*self.files, *self.folders]:
            if name.startswith(f"{path}/") and "/" not in name[len(path) + 1 :]:
                is_folder = name in self.folders
                size = {} if is_folder else {"file_size": len(self.files[name])}
                found[name] = {"path": name, "name": name[len(path) + 1 :], "is_directory": is_folder, **size}
        return list(found.values())

    # Command execution 1.2

    def require_cluster(self, cluster: str) -> None:
        if cluster != CLUSTER:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Cluster {cluster} does not exist")
        if self.cluster != "RUNNING":
            raise Refusal(400, "INVALID_STATE", f"Cluster {cluster} is {self.cluster}")

    def require_context(self, body: Any) -> None:
        self.require_cluster(body["clusterId"])
        if body["contextId"] not in self.contexts or body["contextId"] in self.destroyed:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"no context {body['contextId']}")

    def create_context(self, body: Any) -> Any:
        self.require_cluster(body["clusterId"])
        if body.get("language") not in LANGUAGES:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"language {body.get('language')!r}")
        name = f"context-{len(self.contexts)}"
        self.contexts[name] = body["language"]
        return {"id": name}

    def context_status(self, query: Any) -> Any:
        self.require_context(query)
        return {"id": query["contextId"], "status": next_of(self.context_states)}

    def destroy_context(self, body: Any) -> Any:
        self.require_context(body)
        self.destroyed.append(body["contextId"])
        return {}

    def execute(self, body: Any) -> Any:
        self.require_context(body)
        if self.contexts[body["contextId"]] != body["language"]:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "a context has one language")
        name = f"command-{len(self.commands)}"
        answers = self.run_command(body["command"]) if self.run_command is not None else [*self.answers]
        self.commands[name] = {"command": body["command"], "language": body["language"], "answers": answers}
        return {"id": name}

    def command_status(self, query: Any) -> Any:
        self.require_context(query)
        return {"id": query["commandId"], **next_of(self.commands[query["commandId"]]["answers"])}

    def cancel_command(self, body: Any) -> Any:
        self.require_context(body)
        self.cancelled.append(body["commandId"])
        self.commands[body["commandId"]]["answers"] = [{"status": "Cancelled"}]
        return {}

    # Clusters

    def get_cluster(self, query: Any) -> Any:
        if query["cluster_id"] != CLUSTER:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Cluster {query['cluster_id']} does not exist")
        if self.starting:
            self.cluster = next_of(self.starting)
        return self.described(CLUSTER, "tests", self.cluster)

    def list_clusters(self) -> Any:
        other = self.described("0202-111111-bcdefghi", "analysts", "RUNNING")
        return {"clusters": [self.described(CLUSTER, "tests", self.cluster), other]}

    def described(self, cluster: str, name: str, state: str) -> Any:
        return {"cluster_id": cluster, "cluster_name": name, "state": state}

    def start_cluster(self, body: Any) -> Any:
        if body["cluster_id"] != CLUSTER or self.cluster != "TERMINATED":
            raise Refusal(400, "INVALID_STATE", f"Cluster {body['cluster_id']} cannot be started")
        self.cluster = "PENDING"
        self.starting = [*self.start_states]
        return {}

    # Workspace files and one-time runs

    def import_file(self, body: Any) -> Any:
        folder = body["path"].rpartition("/")[0]
        if folder not in self.workspace_folders:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"The parent folder {folder} does not exist.")
        content = base64.b64decode(body["content"], validate=True)
        notebook = content.startswith(b"# Databricks notebook source")
        if body.get("format") not in ("AUTO", "RAW") or (notebook and body["format"] == "AUTO"):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "this would become a notebook, not a file")
        self.imported[body["path"]] = content
        return {}

    def delete_file(self, body: Any) -> Any:
        if self.imported.pop(body["path"], None) is None:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", body["path"])
        return {}

    def submit(self, body: Any) -> Any:
        token = body.get("idempotency_token")
        for number, run in self.runs.items():
            if token and run["body"].get("idempotency_token") == token:
                return {"run_id": number}
        (task,) = body["tasks"]
        specs = {environment["environment_key"]: environment["spec"] for environment in body["environments"]}
        if not specs[task["environment_key"]].get("environment_version"):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "a serverless task needs an environment of some version")
        if task["spark_python_task"]["python_file"] not in self.imported:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "there is no such file")
        number = 1000 + 10 * len(self.runs)
        self.runs[number] = {"body": body, "states": [*self.run_states]}
        return {"run_id": number}

    def get_run(self, query: Any) -> Any:
        number = int(query["run_id"])
        state = next_of(self.runs[number]["states"])
        task = {"run_id": number + 1, "task_key": "run", "state": state}
        return {"run_id": number, "run_page_url": f"{self.url}/#job/run/{number}", "state": state, "tasks": [task]}

    def get_run_output(self, query: Any) -> Any:
        if int(query["run_id"]) - 1 not in self.runs:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "the output is asked for by the task's run")
        return self.run_output

    def cancel_run(self, body: Any) -> Any:
        self.cancelled.append(str(body["run_id"]))
        state = {"life_cycle_state": "TERMINATED", "result_state": "CANCELED"}
        self.runs[body["run_id"]]["states"] = [state]
        return {}
