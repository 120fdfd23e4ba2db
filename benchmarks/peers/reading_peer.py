"""One body extractor over pages, in an environment of its own: pages in as JSON lines, texts and times out.

Run by benchmarks/reading.py; knows nothing of the project.
"""

# ruff: noqa: PLC0415 - each peer's environment holds only that peer
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version

ROUNDS = 3


def trafilatura(mode: str) -> Callable[[str], str]:
    from trafilatura import extract

    return lambda html: extract(html, fast=mode == "fast", include_comments=False) or ""


def newspaper4k() -> Callable[[str], str]:
    from newspaper import Article

    def read(html: str) -> str:
        article = Article("https://outlet.example/1", language="ar", fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return article.text

    return read


def newsplease() -> Callable[[str], str]:
    from newsplease import NewsPlease

    return lambda html: (
        NewsPlease.from_html(html, url="https://outlet.example/1", fetch_images=False).maintext or ""
    )


def goose3() -> Callable[[str], str]:
    from goose3 import Goose

    goose = Goose({"use_meta_language": False, "target_language": "ar"})
    return lambda html: goose.extract(raw_html=html).cleaned_text


def readability() -> Callable[[str], str]:
    from lxml.html import fromstring
    from readability import Document

    return lambda html: fromstring(Document(html).summary()).text_content()


PEERS: dict[str, tuple[str, Callable[[], Callable[[str], str]]]] = {
    "trafilatura fast": ("trafilatura", lambda: trafilatura("fast")),
    "trafilatura default": ("trafilatura", lambda: trafilatura("default")),
    "newspaper4k": ("newspaper4k", newspaper4k),
    "news-please": ("news-please", newsplease),
    "goose3": ("goose3", goose3),
    "readability-lxml": ("readability-lxml", readability),
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    name = sys.argv[1]
    package, make = PEERS[name]
    read = make()
    print(json.dumps({"version": version(package)}))
    for line in sys.stdin:
        html = json.loads(line)
        times, text = [], ""
        for _ in range(ROUNDS):
            started = time.perf_counter()
            try:
                text = read(html)
            except Exception as problem:  # noqa: BLE001 - a peer that raises has read nothing
                text = ""
                print(f"{name}: {type(problem).__name__}: {problem}"[:200], file=sys.stderr)
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps({"ms": min(times), "text": text}), flush=True)


if __name__ == "__main__":
    main()
