"""Pages that are empty until their scripts have run: what the browser may load, and when a page is done."""

import os
from importlib.util import find_spec
from typing import Any, Protocol

from crawler.nouns import Outcome
from crawler.strict import StrictError

UNWANTED = frozenset({"image", "media", "font", "websocket", "eventsource", "manifest"})
NAVIGATION: int = 15_000  # milliseconds; with QUIET under DOWNLOAD_TIMEOUT
QUIET: int = 5_000  # milliseconds in which a page's own requests may come to an end

# What Chromium and Playwright say, and what it means.
MEANING: tuple[tuple[str, Outcome, str], ...] = (
    ("err_proxy_connection_failed", Outcome.TEMPORARY, "connection"),
    ("err_tunnel_connection_failed", Outcome.TEMPORARY, "refused"),
    ("err_cert", Outcome.TEMPORARY, "tls"),
    ("err_ssl", Outcome.TEMPORARY, "tls"),
    ("err_too_many_redirects", Outcome.SOFT, "redirect_loop"),
    ("err_aborted", Outcome.SOFT, "bad_answer"),  # a file to keep, no page
    ("timeout", Outcome.TEMPORARY, "timeout"),
    ("executable doesn't exist", Outcome.HARD, "no_browser"),
    ("failed to launch", Outcome.HARD, "no_browser"),
    ("", Outcome.TEMPORARY, "connection"),
)


class Asked(Protocol):
    """A request of the browser's, as Playwright shows it."""

    resource_type: str


def brings_no_text(asked: Asked) -> bool:
    """Whether the browser need not load it."""
    return asked.resource_type in UNWANTED


def in_browser() -> dict[str, Any]:
    """What a request's ``meta`` says so that the browser opens it."""
    from scrapy_playwright.page import PageMethod  # noqa: PLC0415 - an extra

    return {"playwright": True, "playwright_page_methods": [PageMethod(come_to_rest)]}


async def come_to_rest(page: Any) -> None:  # noqa: ANN401 - a Page of Playwright, which is an extra
    """Wait until a page's scripts have asked for all they want, or for five seconds: some never stop asking."""
    await page.wait_for_function(
        "quiet => new Promise(done => { let last = performance.now(); const end = last + quiet; "
        "new PerformanceObserver(() => { last = performance.now() }).observe({type: 'resource'}); "
        "const look = () => { const now = performance.now(); "
        "now - last > 500 || now > end ? done(true) : setTimeout(look, 50) }; look() })",
        arg=QUIET,
        timeout=QUIET + 2_000,
    )


class RenderingError(StrictError):
    """An outlet wants its pages rendered, and nothing here can. One line for a person."""


def browser_settings(browser: str, through: str) -> dict[str, Any]:
    """Return what Scrapy is to know of the browser; raises RenderingError.

    Args:
        browser: the path of a Chromium; empty: the one that ``playwright install chromium`` brought.
        through: the address of the proxy that all its requests take.
    """
    if find_spec("scrapy_playwright") is None:
        raise RenderingError(
            "rendering: true needs what is not installed: pip install 'marsad[rendering]', and a Chromium "
            "(MARSAD_BROWSER names it, or: playwright install chromium); or take the key out of the outlet's file"
        )
    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "proxy": {"server": through},
            "chromium_sandbox": os.geteuid() != 0,  # Chromium refuses to make one for root
            "args": ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp"],
        }
        | ({"executable_path": browser} if browser else {}),
        "PLAYWRIGHT_CONTEXTS": {"default": {"accept_downloads": False, "service_workers": "block"}},
        "PLAYWRIGHT_MAX_CONTEXTS": 1,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": NAVIGATION,
        "PLAYWRIGHT_ABORT_REQUEST": brings_no_text,
    }


def failure_in_browser(error: Exception) -> tuple[Outcome, str] | None:
    """What an exception of the browser's means; None: it is none of the browser's."""
    if not type(error).__module__.startswith("playwright."):
        return None
    said = str(error).lower()
    return next((outcome, cause) for word, outcome, cause in MEANING if word in said)
