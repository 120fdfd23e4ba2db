"""The editor's desk: what is told by the clock and not by an article."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alerts.editor import Editor
from scheduler.parts import House, Part
from scheduler.timetable import EDITOR, Tick


@asynccontextmanager
async def open_part(house: House) -> AsyncIterator[Part]:
    """Look every now and then; ring when something was queued."""
    editor = Editor(house.database, now=house.now)

    async def look() -> None:
        if await editor.look():
            house.queued.ring()

    yield Part(ticks=(Tick("editor", EDITOR, look),))
