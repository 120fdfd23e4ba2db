"""What machines ask of a running service, and the sign of life that it sends."""

import asyncio
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web

from crawler.newsroom import Newsroom
from scheduler import vitals
from scheduler.metrics import Gauged, Metrics
from scheduler.parts import pinging
from scheduler.vitals import stuck
from scheduler.wiring import ConfigError, metrics_address
from tests.journeys.conftest import running, until

OPS = Path(__file__).parent.parent.parent / "docs" / "ops"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        return end.getsockname()[1]


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_service_tells_its_figures_and_its_health(tmp_path, monkeypatch):
    at = f"127.0.0.1:{free_port()}"
    async with Newsroom() as room, running(tmp_path / "a.sqlite", room.outlets, metrics=at) as seen:
        await until(lambda: bool(seen.flagged), what="a flag")
        assert (await get(f"http://{at}/livez"))[0] == 200
        assert (await get(f"http://{at}/readyz")) == (200, "ready\n")
        status, text = await get(f"http://{at}/healthz")
        health = json.loads(text)
        assert (status, health["ok"], health["trouble"]) == (200, True, "")
        assert {"flagger", "polls", "outbox/console", "store"} <= health["components"].keys()
        with monkeypatch.context() as patch:
            patch.setattr(vitals, "stuck", lambda *_: "no outlet was read")
            status, text = await get(f"http://{at}/healthz")
            assert (status, json.loads(text)["trouble"]) == (503, "no outlet was read"), (
                "one decision for all checks"
            )
        _, figures = await get(f"http://{at}/metrics")
        for name in (
            "marsad_polls_total",
            "marsad_outlet_last_success_seconds",
            "marsad_heartbeat_age_seconds",
        ):
            assert re.search(rf"^{name}\{{.*\}} [0-9.]+", figures, re.MULTILINE), name
        assert re.search(r'^marsad_flags_total\{topic="\w+"\} [1-9]', figures, re.MULTILINE)


@pytest.mark.parametrize(
    "text", ["0.0.0.0:9464", "9464", "example.org:80", "127.0.0.1:http", "127.0.0.1:70000"]
)
def test_figures_are_for_this_machine_only(text):
    with pytest.raises(ConfigError, match="loopback"):
        metrics_address(text)


async def test_an_outside_check_is_pinged_and_told_of_trouble(tmp_path, monkeypatch):
    monkeypatch.setattr(pinging, "EVERY", timedelta(seconds=0.2))
    heard: list[tuple[str, str]] = []

    async def check(request: web.Request) -> web.Response:
        heard.append((request.path, await request.text()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/{rest:.*}", check)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with running(tmp_path / "a.sqlite", [], deadman_url=f"http://127.0.0.1:{port}/id"):
            await until(lambda: ("/id", "") in heard, what="a ping")
            monkeypatch.setattr(vitals, "stuck", lambda *_: "the flagger is at lunch")
            await until(lambda: ("/id/fail", "the flagger is at lunch") in heard, what="a cry")
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)


FINE = Gauged(
    outlets={"alif": (NOW.isoformat(), "")},
    deliveries=[],
    waiting=[("telegram", 3, 5.0)],
    events={},
    unflagged=0,
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"waiting": [("telegram", 3, 700.0)]}, "critical message"),
        ({"waiting": [("telegram", 1, 700.0)]}, ""),
        ({"unflagged": 501}, "wait to be flagged"),
        ({"outlets": {"alif": ((NOW - timedelta(hours=1)).isoformat(), "")}}, "no outlet was read"),
        ({"outlets": {"alif": ("", "")}}, "no outlet was read"),
        ({"outlets": {}}, ""),
    ],
)
def test_the_sign_of_life_comes_from_the_end_of_the_pipeline(change, says):
    figures = Gauged(**{name: change.get(name, getattr(FINE, name)) for name in FINE.__slots__})
    found = stuck(figures, {}, NOW, timedelta(hours=2))
    assert says in found if says else found == ""


def test_a_silent_loop_and_a_young_service():
    assert stuck(FINE, {"flagger": 90.0}, NOW, timedelta(hours=2)) == "flagger: no sign of life"
    young = Gauged({"alif": ("", "")}, [], [], {}, 0)
    assert stuck(young, {}, NOW, timedelta(minutes=5)) == ""


def names() -> set[str]:
    """Every name that the service exports, as Prometheus stores it."""
    found = set()
    for family in Metrics().registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        found |= {family.name + suffix for suffix in suffixes}
    return found


def test_dashboard_and_rules_name_existing_metrics():
    rules = yaml.safe_load((OPS / "prometheus-rules.yaml").read_text(encoding="utf-8"))
    board = json.loads((OPS / "grafana-dashboard.json").read_text(encoding="utf-8"))
    queries = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    queries += [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert len(queries) > 20
    used = {name for query in queries for name in re.findall(r"\bmarsad_\w+", query)}
    assert used <= names(), used - names()
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        page = rule["annotations"]["runbook"]
        assert (OPS.parent.parent / page).exists(), page
