"""Recordings: a page as its server answered it, and the article that it must be read as. A folder each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from crawler.fetching import Fetched
from crawler.nouns import Article, Outlet, Page
from crawler.outlet_files import compose
from crawler.reading import read_page
from crawler.registry import load_outlet
from crawler.strict import StrictError

PAGE, ANSWER, EXPECTED = "page.html", "answer.json", "expected.json"
# Of an article, what its page alone decides. The rest is ours: an id, a hash, when we saw it, what read it.
FIELDS = (
    "url",
    "title",
    "body",
    "author",
    "section",
    "tags",
    "language",
    "wire",
    "charset",
    "published",
    "modified",
)
PRIVATE = {"set-cookie", "cookie", "authorization"}  # headers that are nobody's business


@dataclass(frozen=True, slots=True)
class Recording:
    """One kept page."""

    folder: Path
    outlet: Outlet
    page: Page
    seen_at: datetime
    expected: Mapping[str, Any]


def record(root: Path, outlet: Outlet, fetched: Fetched, article: Article) -> Path:
    """Keep a page in ``root/OUTLET/DAY-HASH`` and return that folder; an earlier one of the same page is replaced.

    Raises:
        StrictError: it cannot be written.
    """
    name = f"{article.first_seen:%Y-%m-%d}-{sha256(fetched.page.url.encode()).hexdigest()[:8]}"
    folder = root / outlet.id / name
    headers = {key: value for key, value in fetched.headers.items() if key.lower() not in PRIVATE}
    answer = {
        "url": fetched.page.url,
        "status": fetched.page.status,
        "content_type": fetched.page.content_type,
        "seen_at": article.first_seen.isoformat(),
        "headers": headers,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_bytes(fetched.page.body)
        (folder / ANSWER).write_text(_json(answer), encoding="utf-8")
        (folder / EXPECTED).write_text(_json(expected(article)), encoding="utf-8")
        (folder / f"{outlet.id}.yaml").write_text(compose(outlet, {}), encoding="utf-8")
    except OSError as error:
        raise StrictError(f"{folder}: cannot be written ({error.strerror}); set MARSAD_RECORDINGS") from error
    return folder


def expected(article: Article) -> dict[str, Any]:
    """The part of an article that a recording fixes, as JSON values."""
    plain = asdict(article)
    values: dict[str, Any] = json.loads(json.dumps({name: plain[name] for name in FIELDS}, default=_text))
    return values


def _text(value: object) -> str:
    assert isinstance(value, datetime)  # noqa: S101 (nothing else in an article is no JSON)
    return value.isoformat()


def recordings(root: Path) -> Iterator[Recording]:
    """Every recording below a folder; raises StrictError naming one that is not whole."""
    for file in sorted(root.glob(f"*/*/{ANSWER}")):
        yield _load(file.parent)


def _load(folder: Path) -> Recording:
    try:
        answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        page = Page(answer["url"], (folder / PAGE).read_bytes(), answer["content_type"], answer["status"])
        wanted = json.loads((folder / EXPECTED).read_text(encoding="utf-8"))
        seen_at = datetime.fromisoformat(answer["seen_at"])
    except (OSError, ValueError, KeyError) as error:
        raise StrictError(f"{folder}: is no whole recording ({error!r}); record the page again") from error
    outlet = load_outlet(folder / f"{folder.parent.name}.yaml")
    return Recording(folder, outlet, page, seen_at, wanted)


def differences(recording: Recording) -> dict[str, tuple[Any, Any]]:
    """Read a recorded page again: by field, what was expected and what was read; raises Unreadable."""
    read = expected(read_page(recording.page, recording.outlet, now=recording.seen_at))
    return {
        name: (recording.expected[name], read[name])
        for name in FIELDS
        if name in recording.expected and recording.expected[name] != read[name]
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
