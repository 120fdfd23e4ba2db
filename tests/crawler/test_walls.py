"""What stands where news should be is told from its words."""

import pytest

from crawler.entries import Cause, read_entries
from crawler.newsroom import press
from crawler.nouns import SourceKind
from crawler.walls import _walls, wall_in, wall_of


@pytest.mark.parametrize(
    ("title", "text", "wall"),
    [
        ("Just a moment...", "", "bot_wall"),
        ("outlet.example", "Checking your browser before accessing outlet.example", "bot_wall"),
        ("صحيفة", "يرجى التحقق من أنك إنسان", "bot_wall"),
        ("outlet.example", "This domain is FOR SALE", "parked_domain"),
        ("قبل المتابعة", "نستخدم ملفات تعريف  الارتباط لتحسين تجربتك", "consent_wall"),
        ("404", "عذرا، الصفحة التي تبحث عنها غير موجودة", "soft_404"),
        ("Page Not Found", "we use cookies. accept cookies", "soft_404"),
        ("الموقع تحت الصيانة", "", "maintenance"),
        ("Account Suspended", "", "suspended"),
        ("Welcome to nginx!", "", "default_page"),
        ("صحيفة", "سجل الدخول للمتابعة", "login_wall"),
        ("صحيفة القوافل", "أخبار اليوم", ""),
        ("", "", ""),
    ],
)
def test_walls(title, text, wall):
    assert wall_of(title, text) == wall


def test_scripts_are_not_read():
    assert wall_in("<title>صحيفة</title><script>captcha='verify you are human'</script><p>أخبار</p>") == ""
    assert wall_in("<title>صحيفة</title><p>Verify you are human</p>") == "bot_wall"


def test_every_kind_has_a_cause_and_every_phrase_can_be_found():
    for kind, phrases in _walls().items():
        assert kind in set(Cause)
        for phrase in phrases:
            assert wall_of("", f"... {phrase.upper()} ...") != ""


@pytest.mark.parametrize("kind", list(SourceKind))
def test_a_source_that_became_a_wall_is_named(kind):
    page = b"<html><title>x</title><body>This domain is for sale</body></html>"
    assert read_entries(kind, page, "http://outlet.example/").cause == Cause.PARKED_DOMAIN


def test_no_article_of_the_newsroom_is_a_wall():
    assert [d.id for d in press.drafts() if wall_of(d.title, "\n".join(d.paragraphs))] == []
