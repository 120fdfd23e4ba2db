"""The console shows what a subscriber would read."""

from rich.console import Console

from alerts.channels.console import ConsoleChannel
from alerts.messages import Line, LineKind, Message, Run


async def test_matched_words_are_marked_and_links_can_be_opened():
    console = Console(record=True, width=60, force_terminal=True, color_system="truecolor", quiet=False)
    quote = Line((Run("لعبوا في "), Run("كازينو", bold=True), Run(" غير مرخص")), LineKind.QUOTE)
    title = Line((Run("عنوان [bold]لا وسم", link="https://example.com/a"),))
    with console.capture() as shown:
        receipt = await ConsoleChannel(console).send("-", Message((title, quote)), reply_to="4")
    printed = shown.get()
    assert receipt == "1"
    assert "\x1b[1;7mكازينو\x1b[0m" in printed
    assert "https://example.com/a" in printed
    assert "عنوان [bold]لا وسم" in printed, "foreign text is never markup"
    assert "↩ 4" in printed
