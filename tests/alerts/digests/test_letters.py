"""A digest in words: plurals, sizes, what is said of the unseen, the message of a chat."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.digests.letters import SIZE, letter
from alerts.digests.nouns import Digest, DigestKind, Figure
from alerts.digests.rendering import message_of
from alerts.digests.sample import sample
from alerts.digests.telling import tell
from alerts.messages import Reader, Run, utf16_length
from alerts.messages.cleaning import clean
from alerts.messages.letter import SETTINGS, UNSUBSCRIBE
from alerts.nouns import RecipientKind, Subscriber
from crawler.nouns import Coverage
from tests.alerts.digests.newsroom import OUTLETS

NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)
ARABIC, ENGLISH = Reader("ar", "Africa/Cairo"), Reader("en", "Africa/Cairo")


def page(digest: Digest, reader: Reader = ARABIC):
    return tell(digest, reader, OUTLETS)


def counted(n: int, before: int = 0) -> Digest:
    return replace(sample(n, NOW), stories=Figure("", n, before))


@pytest.mark.parametrize(
    ("n", "arabic", "english"),
    [
        (1, "قصة جديدة واحدة في يوم", "One new story in a day"),
        (2, "قصتان جديدتان في يوم", "2 new stories in a day"),
        (3, "3 قصص جديدة في يوم", "3 new stories in a day"),
        (11, "11 قصة جديدة في يوم", "11 new stories in a day"),
        (100, "100 قصة جديدة في يوم", "100 new stories in a day"),
        (1000, "1000 قصة جديدة في يوم", "1000 new stories in a day"),
    ],
)
def test_case_69_so_many_stories_have_their_plural_and_stay_below_90_kilobytes(n, arabic, english):
    digest = counted(n, before=8)
    for reader, words in ((ARABIC, arabic), (ENGLISH, english)):
        told = page(digest, reader)
        assert told.lead.startswith(words)
        made = letter(told)
        assert len(made.html.encode()) <= SIZE
        attached = "".join(file.text for file in made.attachments)
        codes = [f"https://news.example/ar/{number}" for number in range(1, n + 1)]
        assert [code for code in codes if f'{code}"' not in made.html and f"{code}\n" not in attached] == []


def test_case_69_no_story_is_said_in_words_of_its_own():
    told = page(sample(0, NOW))
    assert told.quiet
    assert told.sections == told.charts == told.changes == ()
    assert told.subject == "لا جديد · 4 مارس"


def test_stories_of_any_length_stay_below_90_kilobytes():
    pieces = [replace(piece, url=f"https://news.example/{'%D8%A7' * 300}/{n}", evidence=(Run("كلمة " * 80),)) for n, piece in enumerate(sample(200, NOW).pieces)]  # fmt: skip
    made = letter(page(replace(sample(0, NOW), fresh=tuple(pieces))))
    assert len(made.html.encode()) <= SIZE
    assert made.html.count("<h3") + made.attachments[0].text.count("https://") == 200


def test_a_digest_is_compared_with_the_time_before():
    before = {
        0: "ولم تكن في اليوم الذي قبله أي قصة",
        3: "كما في اليوم الذي قبله",
        8: "بعد 8 في اليوم الذي قبله",
    }
    for earlier, words in before.items():
        assert words in page(counted(3, earlier)).lead
    week = replace(sample(3, NOW, DigestKind.WEEKLY), stories=Figure("", 3, 9))
    assert "في أسبوع، بعد 9 في الأسبوع الذي قبله" in page(week).lead
    assert " في يومين" in page(replace(counted(3, 8), since=NOW - timedelta(hours=49))).lead
    night_of_a_clock_change = replace(counted(3, 8), since=NOW - timedelta(hours=23))
    assert " في يوم، " in page(night_of_a_clock_change).lead


def test_the_footer_says_what_was_not_seen():
    coverage = Coverage(
        2,
        failing=("mirqab",),
        silent=("ufuq", "gone"),
        articles=11,
        waiting=2,
        given_up=3,
        asleep=((NOW - timedelta(hours=6), NOW - timedelta(hours=4)),),
    )
    assert page(replace(sample(1, NOW), coverage=coverage)).sight == (
        "أجابت وسيلتان وقُرئ 11 خبرًا.",
        "لم يكن مرصد يعمل من 4 مارس 01:00 إلى 4 مارس 03:00.",
        "لم تُجب: المرقب.",
        "أجابت ولم تنشر جديدًا منذ يومين: الأفق، \u200fgone\u200f.",
        "صفحتان لم تُقرآ بعد.",
        "3 صفحات تعذّرت قراءتها.",
    )
    many = Coverage(0, failing=tuple(f"outlet{n}" for n in range(40)))
    assert "و28 غيرها" in page(replace(sample(1, NOW), coverage=many)).sight[1]


def test_numbers_are_in_the_readers_digits():
    told = tell(counted(11, 8), Reader("ar", "Africa/Cairo", "arab"), OUTLETS)
    assert told.lead.startswith("١١ قصة جديدة في يوم، بعد ٨")
    assert not any(
        digit in "".join([told.lead, told.date, *told.sight, *told.changes]) for digit in "0123456789"
    )


class Tags(HTMLParser):
    """Every tag and all text of a document."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.links = [], "", []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data


@settings(max_examples=30, deadline=None)
@given(foreign=st.text(min_size=1, max_size=80))
def test_foreign_words_stay_words(foreign):
    digest = sample(1, NOW)
    (piece,) = digest.top
    words = clean(f"<script>{foreign}</script>\"'&<b>")
    dressed = replace(piece, title=(Run(words),), evidence=(Run(words, bold=True),), outlet=words)
    made = letter(page(replace(digest, top=(dressed,))))
    found = Tags()
    found.feed(made.html)
    assert "script" not in found.tags
    assert words in found.text
    assert set(found.links) == {piece.url, SETTINGS, UNSUBSCRIBE}
    assert "\n" not in made.subject


def test_the_text_says_all_that_the_page_says():
    told = page(sample(11, NOW))
    text = letter(told).text
    for item in told.items:
        assert "".join(run.text for run in item.title) in text
        assert item.url in text
    for words in (told.lead, *told.changes, *told.sight, told.why, UNSUBSCRIBE, SETTINGS):
        assert words in text
    assert "<" not in text


def test_a_subject_is_short_and_ends_with_the_date():
    for n in (0, 1, 2, 11, 40):
        for reader in (ARABIC, ENGLISH):
            subject = page(sample(n, NOW), reader).subject
            assert len(subject) <= 60
            assert subject.endswith(("4 مارس", "4 March"))


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("n", [0, 1, 9, 40])
def test_a_chat_reads_eight_stories_and_the_way_to_the_rest(n, language):
    chat = Subscriber(RecipientKind.PRIVATE_CHAT, "7", NOW, language=language, timezone="Africa/Cairo")
    message = message_of(sample(n, NOW), chat, OUTLETS)
    assert message.letter is None
    assert utf16_length(message.text) <= 4096
    assert message.html.count("<a ") <= 8
    assert ("/last" in message.text) == (n > 8)
