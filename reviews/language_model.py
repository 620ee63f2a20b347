"""One question to an endpoint that speaks OpenAI's chat completions."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from core import outgoing
from core.errors import DomainError
from core.i18n import Locale
from core.settings import Settings, settings

ANSWER_WITHIN_S = 40.0
CUSTOMER_LIMIT_CHARS = 4000
"""Of what a customer wrote, so much is sent."""
LANGUAGES: dict[Locale, str] = {
    "en": "English",
    "zh-Hans": "Simplified Chinese",
    "zh-Hant": "Traditional Chinese as in Hong Kong and Taiwan",
}


class EndpointFailure(Exception):
    """Nothing of use came back. `again`: it may when it is asked once more."""

    def __init__(self, code: str, again: bool = False) -> None:
        super().__init__(code)
        self.code, self.again = code, again


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


def enabled() -> bool:
    """Whether the installation names a model and where it answers."""
    return bool(settings().draft_url and settings().draft_model)


def quoted(said: str, name: str) -> str:
    """What a customer said, between tags of this name that it cannot end."""
    theirs = said[:CUSTOMER_LIMIT_CHARS].replace("<", "‹").replace(">", "›")
    return f"<{name}>\n{theirs}\n</{name}>"


async def complete(installed: Settings, messages: Sequence[dict[str, str]], most_tokens: int) -> str:
    """What the model writes. Raises EndpointFailure."""
    body: dict[str, Any] = {
        "model": installed.draft_model,
        "messages": list(messages),
        "temperature": 0.2,
        "max_tokens": most_tokens,
    }
    key = installed.draft_key.get_secret_value()
    headers = {"authorization": f"Bearer {key}"} if key else {}
    url = f"{installed.draft_url.rstrip('/')}/chat/completions"
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), outgoing.client() as opened:
            timeout = httpx.Timeout(ANSWER_WITHIN_S, connect=outgoing.CONNECT_TIMEOUT_S)
            request = opened.build_request("POST", url, json=body, headers=headers, timeout=timeout)
            answer = await outgoing.send(opened, request)
    except (httpx.HTTPError, TimeoutError) as error:
        raise EndpointFailure("draft_endpoint_away", again=True) from error
    except (httpx.InvalidURL, UnicodeError) as error:  # of the settings: an address or a key that is none
        raise EndpointFailure("draft_endpoint_refuses") from error
    except DomainError as error:
        raise EndpointFailure("draft_endpoint_refuses") from error
    if answer.status_code == 429 or answer.status_code >= 500:
        raise EndpointFailure("draft_endpoint_away", again=True)
    if answer.status_code != 200:
        raise EndpointFailure("draft_endpoint_refuses")
    return _read(answer.content)


def _read(content: bytes) -> str:
    try:
        choice = msgspec.json.decode(content, type=_Completion).choices[0]
    except (msgspec.MsgspecError, IndexError) as error:
        raise EndpointFailure("draft_unreadable") from error
    # Cut off, held back, or a call of a tool: nothing to build on.
    if choice.finish_reason not in (None, "stop") or not choice.message.content:
        raise EndpointFailure("draft_unreadable")
    return choice.message.content
