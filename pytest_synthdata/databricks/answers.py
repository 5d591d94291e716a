"""Answers that are not the API's: a proxy's or a gateway's page is told as what it is, not as what it fails to be."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from pytest_synthdata.errors import cut

_FAILED = 400
_FIRST_BYTES = 1 << 14
_WORDS = 160  # characters of a page that are shown
_WORDS_OF_REFUSALS = ("message", "error_code", "error")
_CODED = re.compile(rb"\s*[A-Z][A-Z_]+: ")  # an old form of the API's own errors


def describe(response: Any) -> str:
    """Status, content type and first words of an answer."""
    kind = (response.headers.get("Content-Type") or "no content type").partition(";")[0]
    text = _head(response).decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style|title)\b.*?</\1>|<[^>]*>", " ", text)
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in unescape(text)).split())
    shown = cut(words, _WORDS)
    said = f": {shown!r}" if shown else ""
    return f"HTTP {response.status_code}, {kind}{said} (not an answer of the Databricks API; is a proxy in between?)"


def tell_foreign_answers(client: Any) -> None:
    """Let a workspace client raise what such an answer is; the SDK would print the request, or fail to."""
    session = getattr(getattr(getattr(client, "api_client", None), "_api_client", None), "_session", None)
    hooks = getattr(session, "hooks", {}).get("response") if session is not None else None
    if isinstance(hooks, list) and _translate not in hooks:
        hooks.append(_translate)


def _translate(response: Any, *_: Any, **__: Any) -> Any:
    """Give a refusal that has no message of the API's one that says what it is."""
    kind = response.headers.get("Content-Type") or ""
    if response.status_code < _FAILED:
        is_page = kind.startswith("text/html") and not response.is_redirect
        if is_page or not (response.is_redirect or _is_file(response) or _is_object(response.content)):
            raise RuntimeError(describe(response))
        return response
    if response.request is not None and response.request.method == "HEAD":
        return response
    content = _head(response)
    if content and not _is_of_the_api(content):
        response._content = json.dumps({"message": describe(response)}).encode()
        response.headers["Content-Type"] = "application/json"
    return response


def _is_file(response: Any) -> bool:
    """Whether an answer is a file's content, or its size, and not an object of the API's."""
    request = response.request
    return request is None or request.method == "HEAD" or (request.method == "GET" and "/fs/files/" in request.url)


def _is_object(content: bytes) -> bool:
    """Whether an answer is an object, as all of the API's are, or nothing."""
    try:
        return not content.strip() or isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def _is_of_the_api(content: bytes) -> bool:
    if _CODED.match(content):
        return True
    try:
        refusal = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(refusal, dict) and all(isinstance(refusal.get(word, ""), str) for word in _WORDS_OF_REFUSALS)


def _head(response: Any) -> bytes:
    """The beginning of a body, which may never end; what is read stays the answer's content."""
    if response._content is False:
        response._content = next(response.iter_content(_FIRST_BYTES), b"")
        response._content_consumed = True
    return bytes(response._content or b"")


__all__ = ["describe", "tell_foreign_answers"]
