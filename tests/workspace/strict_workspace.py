"""A workspace on this machine that is strict about what it is asked, and faulty on request.

It knows Unity Catalog's catalogs, schemas and Volumes, the Files API with multipart uploads, command execution 1.2,
clusters and one-time runs, as far as this package and the SDK use them. A request that real workspaces refuse is an
error here too: an unknown route or body, a missing token, a file in a folder or Volume that is not there.
"""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "dapi-0123456789abcdef-secret"  # noqa: S105


class Refusal(Exception):  # noqa: N818
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Fault:
    """Something that goes wrong with requests that a pattern matches, so many times.

    Kinds: a status such as 503; "drop before" and "drop after" acting; "lie" about a size; "empty" storage of what
    was sent; "flip" of a stored byte; "stall" without an answer.
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
    requests: list[str] = field(default_factory=list)
    denied: str | None = None  # a pattern of requests that permission lacks for
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts_seen: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    lock: Lock = field(default_factory=Lock)
    stalled: Event = field(default_factory=Event)
    url: str = ""
    # Of compute
    cluster: str = "RUNNING"
    contexts: dict[str, str] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)  # states that a command goes through
    destroyed: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    run_states: list[dict[str, Any]] = field(default_factory=list)
    run_output: dict[str, Any] = field(default_factory=dict)
    imported: dict[str, bytes] = field(default_factory=dict)

    def fail(self, pattern: str, kind: int | str, times: int = 1, skip: int = 0) -> None:
        """Let requests like "PUT .*orders.*" fail."""
        self.faults.append(Fault(pattern, kind, times, skip))

    def fault_for(self, request: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if re.match(fault.pattern, request):
                    fault.seen += 1
                    if fault.skip < fault.seen <= fault.skip + fault.times:
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
        root = path.split("/")[2:5]
        return path in self.folders or (len(path.split("/")) == 5 and ".".join(root) in self.volumes)

    def require_parent(self, path: str) -> None:
        parts = path.split("/")
        if parts[:2] != ["", "Volumes"] or len(parts) < 6 or any(part in ("", ".", "..") for part in parts[2:]):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Invalid path: {path}")
        if ".".join(parts[2:5]) not in self.volumes:
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
        if len(parts) < 5 or ".".join(parts[2:5]) not in self.volumes:
            raise Refusal(404, "NOT_FOUND", f"Volume of {path} does not exist")
        for depth in range(6, len(parts) + 1):
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

    def create_context(self, body: Any) -> Any:
        self.require_cluster(body["clusterId"])
        if body.get("language") not in ("python", "sql", "scala", "r"):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"language {body.get('language')!r}")
        name = f"context-{len(self.contexts)}"
        self.contexts[name] = body["language"]
        return {"id": name}

    def require_cluster(self, cluster: str) -> None:
        if cluster != "0101-000000-abcdefgh":
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Cluster {cluster} does not exist")
        if self.cluster != "RUNNING":
            raise Refusal(400, "INVALID_STATE", f"Cluster {cluster} is {self.cluster}")

    def execute(self, body: Any) -> Any:
        if self.contexts.get(body["contextId"]) != body["language"] or body["contextId"] in self.destroyed:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "no such context of this language")
        name = f"command-{len(self.commands)}"
        self.commands[name] = {"command": body["command"], "language": body["language"], "answers": [*self.answers]}
        return {"id": name}

    def command_status(self, query: dict[str, str]) -> Any:
        command = self.commands[query["commandId"]]
        answers = command["answers"]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return {"id": query["commandId"], **answer}

    # Clusters and one-time runs

    def get_cluster(self, cluster: str) -> Any:
        if cluster != "0101-000000-abcdefgh":
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Cluster {cluster} does not exist")
        return {"cluster_id": cluster, "cluster_name": "tests", "state": self.cluster}

    def submit(self, body: Any) -> Any:
        token = body.get("idempotency_token")
        for number, run in self.runs.items():
            if token and run["body"].get("idempotency_token") == token:
                return {"run_id": number}
        (task,) = body["tasks"]
        keys = {environment["environment_key"] for environment in body["environments"]}
        if task["environment_key"] not in keys or not task["spark_python_task"]["python_file"].startswith("/"):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "a serverless task needs its environment")
        number = 1000 + len(self.runs)
        self.runs[number] = {"body": body, "states": [*self.run_states]}
        return {"run_id": number}

    def get_run(self, number: int) -> Any:
        states = self.runs[number]["states"]
        state = states.pop(0) if len(states) > 1 else states[0]
        return {"run_id": number, "run_page_url": f"{self.url}/#job/run/{number}", "state": state,
                "tasks": [{"run_id": number + 1, "task_key": "run", "state": state}]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    workspace: Workspace

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):
            self.close_connection = True

    def do_any(self) -> None:
        space = self.workspace
        url = urlsplit(self.path)
        path, query = unquote(url.path), {key: values[0] for key, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding"):
            raise AssertionError("a chunked body")
        data = self.rfile.read(length)
        action = query.get("action")
        request = f"{self.command} {path}{f'?action={action}' if action else ''}"
        with space.lock:
            space.requests.append(request)
            space.in_flight += "/fs/files" in path
            space.most_in_flight = max(space.most_in_flight, space.in_flight)
        try:
            self.answer_with_faults(request, path, query, data)
        finally:
            with space.lock:
                space.in_flight -= "/fs/files" in path

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_any  # noqa: N815

    def answer_with_faults(self, request: str, path: str, query: dict[str, str], data: bytes) -> None:
        fault = self.workspace.fault_for(request)
        kind = fault.kind if fault else None
        if isinstance(kind, int):
            body = {"error_code": "INJECTED", "message": f"injected {kind}"}
            self.reply(kind, json.dumps(body).encode(), {"Retry-After": "0"} if kind in (429, 503) else {})
            return
        if kind == "drop before":
            self.drop()
            return
        if kind == "stall":
            self.workspace.stalled.wait(20)
            self.drop()
            return
        try:
            if self.workspace.denied and re.match(self.workspace.denied, request):
                raise Refusal(403, "PERMISSION_DENIED", "User does not have the privilege")
            status, body_, headers = self.answer(path, query, data, kind)
        except Refusal as refusal:
            body = {"error_code": refusal.code, "message": str(refusal)}
            status, body_, headers = refusal.status, json.dumps(body).encode(), {}
        if kind == "drop after":
            self.drop()
            return
        self.reply(status, body_, headers)

    def drop(self) -> None:
        self.close_connection = True
        # A reset, not an end: the client sees the connection break.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(
        self, path: str, query: dict[str, str], data: bytes, kind: int | str | None
    ) -> tuple[int, bytes, dict[str, str]]:
        if path == "/.well-known/databricks-config":
            return 404, b"{}", {}
        if path.startswith("/_storage/"):
            return self.put_part(path, data)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "UNAUTHENTICATED", "Invalid access token.")
        if path.startswith("/api/2.0/fs/"):
            return self.files_api(path, query, data, kind)
        for pattern, handle in self.routes().items():
            found = re.fullmatch(pattern, f"{self.command} {path}")
            if found:
                body = json.loads(data) if data else {}
                answer = handle(*found.groups(), **({"query": query} if "status" in path or "runs" in path or "clusters" in path else {}), **({"body": body} if data else {}))
                return 200, json.dumps(answer).encode(), {"Content-Type": "application/json"}
        raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{self.command} {path}'")

    def routes(self) -> dict[str, Callable[..., Any]]:
        space = self.workspace
        catalog = "/api/2.1/unity-catalog"
        return {
            rf"GET {catalog}/volumes/(.+)": space.get_volume,
            rf"POST {catalog}/volumes": lambda body: space.create_volume(body),
            rf"GET {catalog}/schemas/(.+)": space.get_schema,
            rf"POST {catalog}/schemas": lambda body: space.create_schema(body),
            rf"GET {catalog}/catalogs/(.+)": space.get_catalog,
            rf"GET {catalog}/catalogs": lambda: {"catalogs": [{"name": name} for name in sorted(space.catalogs)]},
            r"POST /api/1.2/contexts/create": lambda body: space.create_context(body),
            r"GET /api/1.2/contexts/status": lambda query: {"id": query["contextId"], "status": "Running"},
            r"POST /api/1.2/contexts/destroy": lambda body: space.destroyed.append(body["contextId"]) or {},
            r"POST /api/1.2/commands/execute": lambda body: space.execute(body),
            r"GET /api/1.2/commands/status": lambda query: space.command_status(query),
            r"POST /api/1.2/commands/cancel": lambda body: space.cancelled.append(body["commandId"]) or {},
            r"GET /api/2.1/clusters/get": lambda query: space.get_cluster(query["cluster_id"]),
            r"POST /api/2.1/clusters/start": lambda query, body: setattr(space, "cluster", "RUNNING") or {},
            r"POST /api/2.2/jobs/runs/submit": lambda query, body: space.submit(body),
            r"GET /api/2.2/jobs/runs/get": lambda query: space.get_run(int(query["run_id"])),
            r"GET /api/2.2/jobs/runs/get-output": lambda query: space.run_output,
            r"POST /api/2.2/jobs/runs/cancel": lambda query, body: space.cancelled.append(str(body["run_id"])) or {},
        }

    def files_api(
        self, path: str, query: dict[str, str], data: bytes, kind: int | str | None
    ) -> tuple[int, bytes, dict[str, str]]:
        space, (area, _, rest) = self.workspace, path.removeprefix("/api/2.0/fs/").partition("/")
        name = f"/{rest}".rstrip("/")
        if (self.command, area) == ("POST", "create-upload-part-urls"):
            return self.part_urls(json.loads(data))
        if (self.command, area) == ("POST", "create-download-url"):
            raise Refusal(404, "FEATURE_DISABLED", "no presigned downloads here")
        if area == "directories":
            if self.command == "PUT":
                space.make_folder(name)
            elif self.command == "DELETE":
                space.remove_folder(name)
            elif self.command == "GET":
                return 200, json.dumps({"contents": space.listed(name)}).encode(), {}
            return 204, b"", {}
        if area != "files":
            raise Refusal(404, "ENDPOINT_NOT_FOUND", path)
        if self.command == "POST":
            return self.multipart(name, query, data)
        if self.command == "PUT":
            if self.headers.get("Content-Type") != "application/octet-stream":
                raise Refusal(400, "INVALID_PARAMETER_VALUE", "content type")
            if "Content-Length" not in self.headers:
                raise Refusal(411, "INVALID_PARAMETER_VALUE", "no length")
            space.put_file(name, stored(data, kind), overwrite=query.get("overwrite", "false") == "true")
            return 204, b"", {}
        if name not in space.files:
            raise Refusal(404, "NOT_FOUND", f"{name} does not exist")
        if self.command == "DELETE":
            del space.files[name]
            return 204, b"", {}
        content = space.files[name]
        size = len(content) + 7 if kind == "lie" else len(content)
        headers = {"Content-Type": "application/octet-stream", "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"}
        if self.command == "HEAD":
            return 200, b"", {**headers, "Content-Length": str(size)}
        return 200, content, headers

    def multipart(self, name: str, query: dict[str, str], data: bytes) -> tuple[int, bytes, dict[str, str]]:
        space = self.workspace
        if query["action"] == "initiate-upload":
            space.require_parent(name)
            token = f"session-{len(space.uploads)}"
            space.uploads[token] = {"name": name, "parts": {}}
            return 200, json.dumps({"multipart_upload": {"session_token": token}}).encode(), {}
        upload = space.uploads[query["session_token"]]
        if query["action"] == "complete-upload":
            parts = json.loads(data)["parts"]
            etags = {number: etag(part) for number, part in upload["parts"].items()}
            if {part["part_number"]: part["etag"] for part in parts} != etags:
                raise Refusal(400, "INVALID_PARAMETER_VALUE", "the parts are not those that were put")
            content = b"".join(upload["parts"][part["part_number"]] for part in parts)
            space.put_file(upload["name"], content, overwrite=True)
        elif query["action"] != "abort-upload":
            raise Refusal(400, "INVALID_PARAMETER_VALUE", query["action"])
        return 200, b"{}", {}

    def part_urls(self, body: Any) -> tuple[int, bytes, dict[str, str]]:
        first, count = body["start_part_number"], body["count"]
        urls = [
            {"url": f"{self.workspace.url}/_storage/{body['session_token']}/{number}", "part_number": number, "headers": []}
            for number in range(first, first + count)
        ]
        return 200, json.dumps({"upload_part_urls": urls}).encode(), {}

    def put_part(self, path: str, data: bytes) -> tuple[int, bytes, dict[str, str]]:
        if "Authorization" in self.headers:
            raise AssertionError("the token went to the cloud's storage")
        _, _, token, number = path.split("/")
        self.workspace.uploads[token]["parts"][int(number)] = data
        self.workspace.parts_seen += 1
        return 200, b"", {"ETag": etag(data)}


def stored(data: bytes, kind: int | str | None) -> bytes:
    if kind == "empty":
        return b""
    if kind == "flip" and data:
        return data[:-1] + bytes([data[-1] ^ 1])
    return data


def etag(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


@contextmanager
def serving(workspace: Workspace) -> Iterator[Workspace]:
    """Serve a workspace on a free loopback port."""
    handler = type("BoundHandler", (Handler,), {"workspace": workspace})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    workspace.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield workspace
    finally:
        workspace.stalled.set()
        server.shutdown()
        server.server_close()
        thread.join()
