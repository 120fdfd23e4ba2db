"""Fetches pages as the service would for an outlet that wants them rendered, in a process of its own.

Twisted knows one reactor a process. Prints a line of JSON a page: path, cause, text.
"""

import asyncio
import json
import sys
from dataclasses import replace

from crawler.engine import open_engine
from crawler.fetching import FetchError
from scheduler.archive import utc_now
from tests.journeys.conftest import outlet_at


async def main(browser: str, proxy: str, home: str, *paths: str) -> None:
    outlet = replace(outlet_at(home, "/feed.rss"), rendering=True)
    own = ("127.0.0.1/32",)  # 127.0.0.2 is private
    async with open_engine(
        [outlet], now=utc_now, allowed_networks=own, browser=browser, proxy=proxy
    ) as fetch:
        for path in paths:
            found = {"path": path, "cause": "", "text": "", "kind": ""}
            try:
                page = (await fetch(home + path, outlet)).page
                found |= {"text": page.body.decode(), "kind": page.content_type}
            except FetchError as error:
                found |= {"cause": error.cause, "text": error.detail}
            print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
