"""What placing one flagged article costs as the desk fills, against what reading its page costs.

All articles lie within one 72-hour window, eight to an event: the worst case for an index. Half of an event's
words are names of its own, the others come from a Zipf vocabulary that all events share. A cost is CPU time
of fingerprint and placing, of articles of open and of new events.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from statistics import fmean, median
from time import process_time

import trafilatura

from alerts.facts import Lexicon
from alerts.stories import Count, Desk, Fingerprint, fingerprint

SIZES = (1_000, 10_000, 100_000)
PLACED = 200
GROWTH, SHARE = 1.5, 0.25  # the most that is allowed
START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = [f"w{number}" for number in range(20_000)]
ZIPF = list(accumulate(1 / (rank + 200) for rank in range(len(WORDS))))
PLACES = ("MM", "KH", "TH", "PH", "LA", "VN", "MY", "SG", "ID", "US", "CN", "KR")
TOWNS = sorted(Lexicon.load().atlas.parents)
SENTENCE = (
    "داهمت الشرطة في مدينة سيهانوكفيل الكمبودية مجمعا للاحتيال الإلكتروني وأوقفت 87 شخصا من جنسيات مختلفة. "
)


def events(chance: random.Random, first: int) -> Iterator[Fingerprint]:
    """Articles without end, event by event: each event has its words, place, count and hour."""
    while True:
        words = [f"n{chance.randrange(10**7)}" for _ in range(30)] + chance.choices(
            WORDS, cum_weights=ZIPF, k=30
        )
        chance.shuffle(words)
        place, town = chance.choice(PLACES), chance.choice(TOWNS)
        arrested = Count("arrested", *[float(chance.randint(5, 3000))] * 2)
        hour, shingles = chance.uniform(0, 70), chance.sample(range(2**32), 80)
        for telling in range(8):
            own = frozenset(chance.choices(WORDS, cum_weights=ZIPF, k=10))
            told = frozenset(chance.sample(words, 35)) | own
            at = START + timedelta(hours=hour + chance.random() * 2)
            yield Fingerprint(
                article=first,
                outlet=f"o{chance.randint(1, 200)}",
                group=f"o{chance.randint(1, 200)}",
                seen=at,
                published=at,
                headline=frozenset(words[:6]),
                core=frozenset(words[:20]),
                terms=told | frozenset(words[:20]),
                places=(place, town),
                main_places=(place, town),
                counts=(arrested,) if telling % 2 else (),
                main_counts=(arrested,) if telling % 2 else (),
                opening=frozenset(shingles[: 20 + telling]),
                shingles=frozenset(shingles[telling : 60 + telling]),
            )
            first += 1


def filled(size: int) -> Desk:
    """A desk on which ``size`` articles lie."""
    desk = Desk()
    articles = events(random.Random(size), 1)
    for _ in range(size):
        article = next(articles)
        desk.restore(article, 1 + (article.article - 1) // 8)
    return desk


def cost(desk: Desk, size: int) -> float:
    """Mean CPU milliseconds of one placing: half join a story on the desk, half open one."""
    known, fresh = events(random.Random(size), 10_000_000), events(random.Random(-1), 20_000_000)
    spent, ids = [], count(10**9)
    for number in range(PLACED):
        article = next(known) if number % 2 else next(fresh)
        article = replace(article, seen=article.seen + timedelta(minutes=5))
        desk.place(
            replace(article, article=next(ids))
        )  # a running service has compared the neighbours before
        start = process_time()
        decision = desk.place(article)
        spent.append(1e3 * (process_time() - start))
        desk.settle(decision, decision.story or next(ids), [next(ids) for _ in decision.apart])
    return fmean(spent)


def marking() -> float:
    """Median CPU milliseconds of one fingerprint of an article of 400 words."""
    spent = []
    for number in range(50):
        body = f"خبر {number}. " + SENTENCE * 27
        start = process_time()
        fingerprint(article=1, outlet="o", title=SENTENCE, body=body, seen=START)
        spent.append(1e3 * (process_time() - start))
    return median(spent)


def reading() -> float:
    """Median CPU milliseconds of reading such an article's page, of the usual 100 kB, with trafilatura."""
    menu = "".join(f"<li><a href='/s/{number}'>قسم الأخبار {number}</a></li>" for number in range(120))
    cards = "".join(f"<div><a href='/n/{number}'><h3>{SENTENCE}</h3></a></div>" for number in range(150))
    body = "".join(f"<p>{SENTENCE * 3}</p>" for _ in range(9))
    page = (
        f"<html lang=ar><head><title>{SENTENCE}</title></head><body><nav><ul>{menu}</ul></nav>"
        f"<article><h1>{SENTENCE}</h1>{body}</article><aside>{cards}</aside></body></html>"
    )
    spent = []
    for _ in range(9):
        start = process_time()
        trafilatura.extract(page, include_comments=False)
        spent.append(1e3 * (process_time() - start))
    return median(spent)


def main() -> int:
    mark, page = marking(), reading()
    print(f"reading a page with trafilatura: {page:.2f} ms; fingerprint of its article: {mark:.2f} ms")
    costs = []
    for size in SIZES:
        costs.append(mark + cost(filled(size), size))
        print(
            f"placing at {size:>7,} articles: {costs[-1]:.2f} ms, {costs[-1] / page:.2f} of reading the page"
        )
    growth, share = costs[-1] / costs[0], max(costs) / page
    print(f"growth {growth:.2f} (at most {GROWTH}), share {share:.2f} (at most {SHARE})")
    return int(growth > GROWTH or share > SHARE)


if __name__ == "__main__":
    sys.exit(main())
