"""A real HTTP server on loopback that a test can make misbehave.

The fakes of sources are written from the vendors' documents and share no code with the connectors.
"""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

HOLD_LIMIT_S = 30.0


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Answer:
    """What is answered; a body that is no bytes is sent as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """The connection breaks in the middle of it."""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Trouble = Callable[[Asked, Callable[[], Answer]], Answer]
"""Answers instead of the source; may let it do its work first."""


class Fake(ABC):
    """One source with one account. Methods that tests call say what happens there."""

    source: str

    def __init__(self) -> None:
        self.reviews: dict[str, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.lock = threading.RLock()
        self.troubles: list[tuple[str, Trouble]] = []
        self.reached, self.released = threading.Event(), threading.Event()
        self.url = ""

    @abstractmethod
    def handle(self, asked: Asked) -> Answer:
        """What the source answers when all is well."""

    @property
    @abstractmethod
    def fields(self) -> dict[str, str]:
        """What an account is connected with."""

    @property
    @abstractmethod
    def account(self) -> str:
        """What its reviews call it."""

    @abstractmethod
    def add(self, name: str, stars: int, text: str, at: datetime) -> None:
        """Somebody writes a review; `name` is digits, and unique."""

    @abstractmethod
    def edit(self, name: str, text: str, at: datetime) -> None:
        """Its author changes it."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """It is gone."""

    @abstractmethod
    def replies(self, name: str) -> list[str]:
        """What stands below it."""

    @abstractmethod
    def expire_tokens(self) -> None:
        """What was granted is not valid any more."""

    @abstractmethod
    def is_list(self, asked: Asked) -> bool:
        """Whether a request asks for a page of the list."""

    @abstractmethod
    def is_reply(self, asked: Asked) -> bool:
        """Whether a request posts a reply."""

    def meet(self, asked: Asked) -> Answer:
        """Answer a request, or get into the trouble that waits for one like it."""
        self.asked.append(asked)
        kinds = {"any"} | ({"list"} if self.is_list(asked) else set())
        kinds |= {"reply"} if self.is_reply(asked) else set()
        with self.lock:
            waiting = next((each for each in self.troubles if each[0] in kinds), None)
            if waiting is None:
                return self.handle(asked)
            self.troubles.remove(waiting)
        return waiting[1](asked, lambda: self._locked(asked))

    def _locked(self, asked: Asked) -> Answer:
        with self.lock:
            return self.handle(asked)

    # --- trouble ------------------------------------------------------------------------------

    def trouble(self, *troubles: Trouble, on: str = "any") -> None:
        """The next requests (`any`, `list` or `reply`) meet these, one each."""
        with self.lock:
            self.troubles += [(on, each) for each in troubles]

    def lists(self) -> int:
        """How often a page was asked for."""
        return sum(map(self.is_list, self.asked))


def answers(status: int, body: Any = None, **headers: str) -> Trouble:
    """Answer this, and do nothing."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked, work: Answer(status, {"error": status} if body is None else body, named)


def html(status: int = 200) -> Trouble:
    """A page of some server in between."""
    page = b"<!doctype html><title>Maintenance</title>"
    return lambda asked, work: Answer(status, page, {"content-type": "text/html; charset=utf-8"})


def cut() -> Trouble:
    """Do the work, then break the connection in the middle of the answer."""

    def trouble(asked: Asked, work: Callable[[], Answer]) -> Answer:
        answer = work()
        answer.cut = True
        return answer

    return trouble


def slow(fake: Fake) -> Trouble:
    """Do the work, and answer only once the test lets it."""

    def trouble(asked: Asked, work: Callable[[], Answer]) -> Answer:
        answer = work()
        fake.reached.set()
        assert fake.released.wait(HOLD_LIMIT_S)
        return answer

    return trouble


def then(happens: Callable[[], None]) -> Trouble:
    """Answer as usual, and let something happen at once after it."""

    def trouble(asked: Asked, work: Callable[[], Answer]) -> Answer:
        answer = work()
        happens()
        return answer

    return trouble


class Served(Protocol):
    """What a server can stand before."""

    url: str
    released: threading.Event

    def meet(self, asked: Asked) -> Answer:
        """Answer a request."""
        ...


S = TypeVar("S", bound=Served)


@contextmanager
def running(fake: S) -> Iterator[S]:
    """The fake behind a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            parts = urlsplit(self.path)
            query = {
                name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            answer = fake.meet(Asked(self.command, unquote(parts.path), query, headers, body))
            content = answer.content
            self.send_response(answer.status)
            for name, value in ({"content-type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if answer.cut else content)
            self.close_connection = answer.cut

        do_GET = do_POST = do_PUT = do_DELETE = respond

        def log_message(self, *args: Any) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
