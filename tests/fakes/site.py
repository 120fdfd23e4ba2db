"""An outlet of a test's own making: an HTTP server on 127.0.0.1 that answers what the test gave it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

Answer = bytes | str | web.StreamResponse | Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve_site(pages: Mapping[str, Answer], host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve ``pages`` (path: HTML, XML, bytes, or a handler) and yield the site's address without a closing slash.

    ``pages`` may be changed while the site is up; a path that is not in it is answered with 404, or as ``*`` has it.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        page = pages.get(request.path, pages.get("*"))
        if page is None:
            return web.Response(status=404)
        if callable(page):
            return await page(request)
        if isinstance(page, web.StreamResponse):
            return page
        kind = "application/xml" if request.path.endswith((".xml", ".rss")) else "text/html"
        return web.Response(
            body=page.encode() if isinstance(page, str) else page, headers={"Content-Type": kind}
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def rss(*links: str, home: str = "") -> str:
    """Return an RSS 2.0 feed of the given links."""
    items = "".join(f"<item><title>خبر</title><link>{home}{link}</link></item>" for link in links)
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>ألف</title>{items}</channel></rss>'


def article_page(title: str, body: str, *, published: str = "") -> str:
    """Return a plain article page; ``body`` has one paragraph a line."""
    paragraphs = "".join(f"<p>{line}</p>" for line in body.splitlines() if line.strip())
    stamp = f'<meta property="article:published_time" content="{published}">' if published else ""
    return (
        f'<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title}</title>{stamp}</head>'
        f"<body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )
