"""What every API has in common: limits, headers, errors, health, metrics."""

from __future__ import annotations

import httpx
import pytest
from running import RunningServer


def test_health_is_told_without_a_key(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/health/live").json() == {"status": "live"}
    ready = httpx.get(f"{server.url}/health/ready")
    assert ready.json() == {"status": "ready", "database": "ok", "store": "ok"}


def test_metrics_count_requests_by_their_route(server: RunningServer) -> None:
    httpx.get(f"{server.url}/health/live")
    httpx.request("BREW", f"{server.url}/no/such/{'x' * 50}")
    text = httpx.get(f"{server.url}/metrics").text
    assert 'attune_requests_total{method="GET",route="/health/live",status="200"}' in text
    assert 'attune_requests_total{method="OTHER",route="other",status="404"}' in text
    assert 'attune_jobs{status="Running"}' in text
    assert "xxxx" not in text


def test_every_answer_has_the_security_headers(server: RunningServer) -> None:
    for path in ("/health/live", "/nowhere"):
        headers = httpx.get(f"{server.url}{path}").headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-ID"]


@pytest.mark.parametrize(("sent", "kept"), [("abc-1.2", True), ("a b", False), ("x" * 65, False)])
def test_a_sensible_request_id_comes_back(server: RunningServer, sent: str, kept: bool) -> None:
    answer = httpx.get(f"{server.url}/health/live", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_what_is_not_there_is_told_as_json(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NotFound"


def test_openapi_is_served_and_no_page_loads_scripts_from_elsewhere(server: RunningServer) -> None:
    document = httpx.get(f"{server.url}/openapi.json").json()
    assert "/health/ready" in document["paths"]
    assert httpx.get(f"{server.url}/docs").status_code == 404
