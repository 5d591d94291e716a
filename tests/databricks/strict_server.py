"""A strict workspace over HTTP, on a free loopback port, with the faults that a test asks for."""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from strict_workspace import TOKEN, USER, Refusal, Workspace

Reply: TypeAlias = "tuple[int, bytes, dict[str, str]]"
Query: TypeAlias = "dict[str, str]"

GATHERED = 5  # requests that "gather" waits for
STALL_SECONDS = 20  # unless the test ends before


def routes(space: Workspace) -> dict[str, Callable[..., Any]]:
    """What is asked by GET gets the query, what by POST the body, or nothing; groups come first."""
    catalog = "/api/2.1/unity-catalog"
    return {
        rf"GET {catalog}/volumes/(.+)": space.get_volume,
        rf"POST {catalog}/volumes": space.create_volume,
        rf"GET {catalog}/tables/(.+)": with_query(space.tables.get_table),
        rf"GET {catalog}/tables": space.list_tables,
        rf"GET {catalog}/schemas/(.+)": space.get_schema,
        rf"GET {catalog}/schemas": space.list_schemas,
        rf"POST {catalog}/schemas": space.create_schema,
        rf"GET {catalog}/catalogs/(.+)": space.get_catalog,
        rf"GET {catalog}/catalogs": lambda _: {"catalogs": [{"name": name} for name in sorted(space.catalogs)]},
        r"POST /api/1.2/contexts/create": space.create_context,
        r"GET /api/1.2/contexts/status": space.context_status,
        r"POST /api/1.2/contexts/destroy": space.destroy_context,
        r"POST /api/1.2/commands/execute": space.execute,
        r"GET /api/1.2/commands/status": space.command_status,
        r"POST /api/1.2/commands/cancel": space.cancel_command,
        r"GET /api/2.1/clusters/get": space.get_cluster,
        r"GET /api/2.1/clusters/list": lambda _: space.list_clusters(),
        r"POST /api/2.1/clusters/start": space.start_cluster,
        r"GET /api/2.0/preview/scim/v2/Me": lambda _: {"userName": USER},
        r"POST /api/2.0/sql/statements": space.tables.execute,
        r"GET /api/2.0/sql/statements/([^/]+)": with_query(space.tables.get_statement),
        r"POST /api/2.0/sql/statements/([^/]+)/cancel": with_query(space.tables.cancel),
        r"POST /api/2.0/workspace/mkdirs": lambda body: space.workspace_folders.add(body["path"]) or {},
        r"POST /api/2.0/workspace/import": space.import_file,
        r"POST /api/2.0/workspace/delete": space.delete_file,
        r"POST /api/2.2/jobs/runs/submit": space.submit,
        r"GET /api/2.2/jobs/runs/get": space.get_run,
        r"GET /api/2.2/jobs/runs/get-output": space.get_run_output,
        r"POST /api/2.2/jobs/runs/cancel": space.cancel_run,
    }


def with_query(handle: Callable[..., Any]) -> Callable[..., Any]:
    """What gets the query or body, too, although its path has a name in it."""
    handle_both: Any = partial(handle)
    handle_both.takes_both = True
    return handle_both  # type: ignore[no-any-return]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet: TCP would wait 40 ms between two
    disable_nagle_algorithm = True
    workspace: Workspace

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name for it
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            pass  # the client went away, as some tests let it
        except Exception as error:  # noqa: BLE001 - a request that nothing here was made for
            self.workspace.violations.append(repr(error))

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # of a connection that was dropped
            super().finish()

    def do_any(self) -> None:
        space = self.workspace
        url = urlsplit(self.path)
        path, query = unquote(url.path), {key: values[0] for key, values in parse_qs(url.query).items()}
        if self.headers.get("Transfer-Encoding"):
            self.workspace.violations.append(f"a chunked body: {path}")
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = query.get("action")
        request = f"{self.command} {path}{f'?action={action}' if action else ''}"
        with space.lock:
            space.requests.append(request)
            space.in_flight += "/fs/files" in path
            space.most_in_flight = max(space.most_in_flight, space.in_flight)
            space.lock.notify_all()
        try:
            self.answer_with_faults(request, path, query, data)
        finally:
            with space.lock:
                space.in_flight -= "/fs/files" in path

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_any  # noqa: N815 - names that the parent calls

    def answer_with_faults(self, request: str, path: str, query: Query, data: bytes) -> None:
        fault = self.workspace.fault_for(request)
        kind = fault.kind if fault else None
        if isinstance(kind, int):
            body = {"error_code": "INJECTED", "message": f"injected {kind}"}
            self.reply(kind, json.dumps(body).encode(), {"Retry-After": "20"} if kind in (429, 503) else {})
        elif isinstance(kind, str) and kind.startswith("page "):  # of a gateway, not of the API
            page = f"<html><head><style>p {{}}</style></head><body><h1>Entity Too Large</h1>{TOKEN}</body></html>"
            self.reply(int(kind.split()[1]), page.encode(), {"Content-Type": "text/html; charset=utf-8"})
        elif isinstance(kind, str) and kind.startswith("answer "):  # "answer 403 text/plain Go away"
            _, status, type_, body = kind.split(" ", 3)
            self.reply(int(status), body.encode("latin-1"), {"Content-Type": type_} if type_ != "-" else {})
        elif kind == "drop before":
            self.drop()
        elif kind == "stall":
            self.workspace.stalled.wait(STALL_SECONDS)
            self.drop()
        else:
            if kind == "gather":
                space = self.workspace
                with space.lock:
                    space.lock.wait_for(lambda: space.most_in_flight >= GATHERED, STALL_SECONDS)
                    space.lock.wait_for(lambda: space.most_in_flight > GATHERED, 0.5)  # time for one too many
            reply = self.answered(path, query, data, kind)
            if kind == "drop after":
                self.drop()
            else:
                self.reply(*reply)

    def answered(self, path: str, query: Query, data: bytes, kind: int | str | None) -> Reply:
        try:
            return self.answer(path, query, data, kind)
        except Refusal as refusal:
            body = {"error_code": refusal.code, "message": str(refusal)}
            return refusal.status, json.dumps(body).encode(), {}

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

    def answer(self, path: str, query: Query, data: bytes, kind: int | str | None) -> Reply:
        if path == "/.well-known/databricks-config":
            return 404, b"{}", {}
        if path.startswith("/_storage/"):
            return self.put_part(path, data)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "UNAUTHENTICATED", "Invalid access token.")
        if self.workspace.denied and re.match(self.workspace.denied, f"{self.command} {path}"):
            raise Refusal(403, "PERMISSION_DENIED", self.workspace.denial)
        if path.startswith("/api/2.0/fs/"):
            area, _, rest = path.removeprefix("/api/2.0/fs/").partition("/")
            return self.files_api(area, f"/{rest}".rstrip("/"), query, data, kind)
        for pattern, handle in routes(self.workspace).items():
            found = re.fullmatch(pattern, f"{self.command} {path}")
            if found:
                said = json.loads(data) if data else query
                both = (*found.groups(), said) if getattr(handle, "takes_both", False) else found.groups()
                answer = handle(*both or (said,))
                return 200, json.dumps(answer).encode(), {"Content-Type": "application/json"}
        raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{self.command} {path}'")

    def files_api(self, area: str, name: str, query: Query, data: bytes, kind: int | str | None) -> Reply:
        if (self.command, area) == ("POST", "create-upload-part-urls"):
            return self.part_urls(json.loads(data))
        if (self.command, area) == ("POST", "create-download-url"):
            raise Refusal(404, "FEATURE_DISABLED", "no presigned downloads here")
        if area == "directories":
            return self.directory(name)
        if area != "files":
            raise Refusal(404, "ENDPOINT_NOT_FOUND", area)
        if self.command == "POST":
            return self.multipart(name, query, data, kind)
        if self.command == "PUT":
            return self.put_file(name, query, data, kind)
        return self.file(name, kind)

    def directory(self, name: str) -> Reply:
        if self.command == "GET":
            return 200, json.dumps({"contents": self.workspace.listed(name)}).encode(), {}
        {"PUT": self.workspace.make_folder, "DELETE": self.workspace.remove_folder}[self.command](name)
        return 204, b"", {}

    def put_file(self, name: str, query: Query, data: bytes, kind: int | str | None) -> Reply:
        if self.headers.get("Content-Type") != "application/octet-stream":
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "content type")
        if "Content-Length" not in self.headers:
            raise Refusal(411, "INVALID_PARAMETER_VALUE", "no length")
        self.workspace.put_file(name, stored(data, kind), overwrite=query.get("overwrite", "false") == "true")
        return 204, b"", {}

    def file(self, name: str, kind: int | str | None) -> Reply:
        space = self.workspace
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

    def multipart(self, name: str, query: Query, data: bytes, kind: int | str | None) -> Reply:
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
            space.put_file(upload["name"], stored(content, kind), overwrite=True)
        elif query["action"] != "abort-upload":
            raise Refusal(400, "INVALID_PARAMETER_VALUE", query["action"])
        return 200, b"{}", {}

    def part_urls(self, body: Any) -> Reply:
        place = f"{self.workspace.url}/_storage/{body['session_token']}"
        first, count = body["start_part_number"], body["count"]
        urls = [
            {"url": f"{place}/{number}?sig={SIGNATURE}", "part_number": number, "headers": []}
            for number in range(first, first + count)
        ]
        return 200, json.dumps({"upload_part_urls": urls}).encode(), {}

    def put_part(self, path: str, data: bytes) -> Reply:
        if "Authorization" in self.headers:
            self.workspace.violations.append("the token went to the cloud's storage")
        _, _, token, number = path.split("/")
        self.workspace.uploads[token]["parts"][int(number)] = data
        self.workspace.parts_seen += 1
        return 200, b"", {"ETag": etag(data)}


SIGNATURE = "c2lnbmVkLXVybA-secret"


def stored(data: bytes, kind: int | str | None) -> bytes:
    """What is kept of what was sent."""
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
    server.block_on_close = False
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
