"""An endpoint that speaks OpenAI's chat completions, written from its public reference.

https://platform.openai.com/docs/api-reference/chat/create: POST /v1/chat/completions with a bearer token;
`model` and `messages` (role and content) are required; it answers an object `chat.completion` with `choices`,
each with `message` and `finish_reason` (stop, length, tool_calls, content_filter); errors are {"error": {…}}.
"""

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tests.contract.fakes.server import Answer, Asked
from tests.contract.fakes.settings import configured

KEY = "sk-of-the-tests"
Says = Callable[[list[dict[str, str]]], str]


class FakeCompletions:
    """`says` writes; `next` are answers that come instead, one a request."""

    def __init__(self, says: Says) -> None:
        self.says, self.url, self.asked = says, "", list[Asked]()
        self.next: list[Answer] = []
        self.released = threading.Event()

    def meet(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.next:
            return self.next.pop(0)
        if (asked.method, asked.path) != ("POST", "/v1/chat/completions"):
            return _error(404, "Unknown request URL")
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided")
        body = asked.json
        messages = body.get("messages")
        if not isinstance(body.get("model"), str) or not messages:
            return _error(400, "you must provide a model parameter and messages")
        if any(set(each) != {"role", "content"} or each["role"] not in ROLES for each in messages):
            return _error(400, "Invalid value for messages")
        return completion(self.says(messages), model=body["model"])


ROLES = ("developer", "system", "user", "assistant")


def completion(content: str | None, finish_reason: str = "stop", model: str = "m") -> Answer:
    """As the reference shows it."""
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return Answer(
        body={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1741569952,
            "model": model,
            "choices": [choice],
            "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
            "service_tier": "default",
        }
    )


def _error(status: int, message: str) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return Answer(status, {"error": error})


def installed(url: str, **further: str) -> AbstractContextManager[None]:
    """Settings that name the endpoint at this address, and further ones."""
    added = {
        "REGULARS_DRAFT_URL": f"{url}/v1", "REGULARS_DRAFT_KEY": KEY, "REGULARS_DRAFT_MODEL": "m-1",
        "REGULARS_PRIVATE_HOSTS": json.dumps(["127.0.0.1"]),
    }  # fmt: skip
    return configured(added | further)
