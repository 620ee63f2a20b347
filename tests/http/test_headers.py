"""Every answer carries the security headers, whoever made it."""

import httpx
import pytest
import structlog.testing

from core.design.pages import static_url
from tests.http.conftest import PAGE


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/staff/sign-in", 200),
        ("GET", "/nothing", 404),
        ("GET", "/staff/boom", 500),
        ("GET", "/v1/boom", 500),
        ("GET", "/static/logo.svg", 200),
        ("GET", "/static/nothing", 404),
        ("DELETE", "/staff/sign-in", 405),
        ("POST", "/staff/sign-in", 403),
        ("GET", "/openapi.json", 200),
        ("GET", "/health/live", 200),
    ],
)
async def test_security_headers(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path, headers=PAGE)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-request-id"]


async def test_what_is_named_by_its_digest_is_kept_for_ever_and_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    named = await client.get(static_url("logo.svg"))
    assert "immutable" in named.headers["cache-control"]
    assert named.headers["content-type"] == "image/svg+xml"
    assert (await client.get("/static/logo.svg")).headers["cache-control"] == "no-cache"
    for path in ("/staff/sign-in", "/static/nothing.css?v=1", "/health/live"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"


async def test_the_access_log_has_the_request_but_no_token(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await client.get("/portal/enter?token=a-secret-link", headers=PAGE)
    (line,) = [each for each in lines if each["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/portal/enter", 200)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["duration_ms"] >= 0
    assert "a-secret-link" not in str(lines)
