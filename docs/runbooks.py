"""Write the lists in docs/runbooks/README.md from the kinds of events and the pages beside it: ``make docs``."""

from pathlib import Path

from alerts.operators.nouns import EVENTS, runbook_of

BOOKS = Path(__file__).parent / "runbooks"
PAGE = BOOKS / "README.md"
BELOW = "<!-- What follows is written by `make docs`. -->\n"


def written() -> str:
    """The page: what stands above the mark as it is, and below it the lists."""
    top = PAGE.read_text(encoding="utf-8").partition(BELOW)[0]
    return "\n".join([top + BELOW, *events(), "", *procedures(), ""])


def events() -> list[str]:
    """A row a kind of event."""
    rows = [f"| `{kind}` | {EVENTS[kind]} | {_link(runbook_of(kind))} |" for kind in sorted(EVENTS)]
    return ["| event | severity | page |", "|---|---|---|", *rows]


def procedures() -> list[str]:
    """A row a page that no event announces."""
    announced = {runbook_of(kind) for kind in EVENTS}
    pages = [path for path in sorted(BOOKS.glob("*.md")) if path != PAGE and path.stem not in announced]
    return [
        "| procedure | page |",
        "|---|---|",
        *(f"| {_title(path)} | {_link(path.stem)} |" for path in pages),
    ]


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _link(page: str) -> str:
    return f"[{page}]({page}.md)"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
