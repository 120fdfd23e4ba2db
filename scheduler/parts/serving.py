"""What machines ask of the service, on a loopback port: metrics, and whether it lives, is ready, is healthy."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from alerts.storage import Upkeep
from crawler.database import DatabaseError
from scheduler.metrics import Gauged, gauged
from scheduler.parts import House, Part
from scheduler.vitals import vitals
from scheduler.wiring import ConfigError, metrics_address

log = logging.getLogger(__name__)

PROBE = 5.0  # seconds that the store has to keep one row


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Answer on MARSAD_METRICS; nowhere when it is not set."""
    if not house.config.metrics:
        yield Part()
        return
    host, port = metrics_address(house.config.metrics)
    app = web.Application()
    desk = Desk(house)
    app.add_routes(
        [
            web.get("/metrics", desk.metrics),
            web.get("/livez", desk.livez),
            web.get("/readyz", desk.readyz),
            web.get("/healthz", desk.healthz),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                f"MARSAD_METRICS: {host}:{port} cannot be listened on ({error.strerror})"
            ) from error
        yield Part()
    finally:
        await runner.cleanup()


class Desk:
    """The answers."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def metrics(self, request: web.Request) -> web.Response:
        """All figures, as Prometheus reads them."""
        del request
        house, metrics = self._house, self._house.metrics
        metrics.set_figures(await self._gauged(), house.now())
        metrics.set_process(house.pulse.ages(), house.watch.worst_lag())
        metrics.set_disk(house.config.database)
        metrics.set_build(house.rules.hash)
        body = await asyncio.to_thread(generate_latest, metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _gauged(self) -> Gauged:
        now = self._house.now()
        return await self._house.database.aread(lambda c: gauged(c, now))

    async def livez(self, request: web.Request) -> web.Response:
        """The event loop runs: it answers."""
        del request
        return web.Response(text="alive\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """The store can be written (its migrations are current since it was opened)."""
        del request
        trouble = await self._store()
        return web.Response(text=f"{trouble or 'ready'}\n", status=503 if trouble else 200)

    async def healthz(self, request: web.Request) -> web.Response:
        """Every component by name, as JSON; 503 when one of them is in trouble."""
        del request
        house, pulse, store = self._house, self._house.pulse, await self._store()
        found = None if store else await house.database.aread(lambda c: vitals(c, house.pulse, house.now()))
        silent = pulse.silent()
        components: dict[str, dict[str, object]] = {
            name: {"ok": name not in silent, "last_seconds": round(age, 1)}
            for name, age in pulse.ages().items()
        }
        components["store"] = {"ok": not store, "trouble": store}
        trouble = found.trouble if found else store
        answer = {
            "ok": not trouble,
            "trouble": trouble,
            "components": components,
            "open_events": found.events if found else None,
            "unflagged_articles": found.unflagged if found else None,
        }
        return web.json_response(answer, status=200 if answer["ok"] else 503)

    async def _store(self) -> str:
        """What is wrong with the store; empty when it can be written."""
        try:
            async with asyncio.timeout(PROBE):
                await self._house.database.awrite(lambda c: Upkeep(c).alive(self._house.now()))
        except TimeoutError:
            return "the store is busy"
        except DatabaseError as error:
            return str(error)
        return ""
