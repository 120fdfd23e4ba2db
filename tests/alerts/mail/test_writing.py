"""A mail's bytes: what its headers must be, whatever the words in it."""

import base64
import re
import subprocess
from email import message_from_bytes, policy

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.mail.nouns import DkimKey, Letterhead
from alerts.mail.tokens import Purpose, opened
from alerts.mail.writing import Addressed, envelope_sender, written
from alerts.messages.letter import CONFIRM, SETTINGS, UNSUBSCRIBE, Letter

HEAD = Letterhead(
    "news@marsad.example", "مرصد", "bounces@marsad.example", "https://news.marsad.example", b"k" * 32
)
DATE = "Wed, 04 Mar 2026 12:00:00 +0000"
TO = Addressed("reader@example.org", "alert-17.4", DATE, "<alert-3.4@marsad.example>")
TEXT = st.text(st.characters(exclude_categories=()), max_size=300)  # controls and lone surrogates too


def letter(subject: str = "عاجل: توقيف 37 شخصًا", html: str = "<p>مرحبا</p>", text: str = "مرحبا") -> Letter:
    return Letter(subject, html, text)


def raw_headers(raw: bytes) -> dict[str, str]:
    """Headers as a program without Python's leniency sees them: unfolded, not decoded."""
    block = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return dict(line.split(": ", 1) for line in re.sub(r"\r\n[ \t]", " ", block).split("\r\n"))


def test_the_headers_of_a_mail():
    found = raw_headers(written(letter(), HEAD, TO))
    for name in ("Subject", "From", "MIME-Version", "Content-Type", "List-Unsubscribe"):
        found.pop(name)
    assert found == {
        "To": "reader@example.org",
        "Date": DATE,
        "Message-ID": "<alert-17.4@marsad.example>",
        "In-Reply-To": "<alert-3.4@marsad.example>",
        "References": "<alert-3.4@marsad.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "list",
        "Content-Language": "ar",
        "List-Id": "Marsad <marsad.marsad.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<https://news.marsad.example/>",
        "Feedback-ID": "alert:marsad:marsad.example",
    }


def test_case_64_a_long_address_stands_whole_in_list_unsubscribe():
    long = Letterhead(
        HEAD.address, HEAD.name, HEAD.bounces, "https://" + "a" * 60 + "." + "b" * 60 + ".example", HEAD.key
    )
    raw = written(letter(), long, TO)
    (link,) = re.findall(rb"\r\nList-Unsubscribe: <(https://[a-z0-9./]+/u/([a-z2-7]{21}))>\r\n", raw)
    assert opened(HEAD.key, Purpose.UNSUBSCRIBE, link[1].decode()) == 4
    assert b"=?utf-8?" not in b"".join(
        line for line in raw.split(b"\r\n") if line.lower().startswith(b"list-")
    )


def test_many_references_are_folded_at_spaces_only():
    many = " ".join(f"<alert-{n}.{n}@{'x' * 60}.example>" for n in range(12))
    raw = written(letter(), HEAD, Addressed("reader@example.org", "alert-1.1", DATE, many))
    assert raw_headers(raw)["References"] == many


def test_a_request_for_consent_is_no_list_mail():
    raw = written(letter(text=f"أكّد: {CONFIRM}"), HEAD, Addressed("reader@example.org", "consent-9.4", DATE))
    assert not any(name.startswith("List-") for name in raw_headers(raw))
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    token = re.search(r"https://news\.marsad\.example/c/(\w{21})\s", text).group(1)
    assert opened(HEAD.key, Purpose.CONFIRM, token) == 9


def test_links_lead_to_the_readers_own_pages():
    links = f'<a href="{UNSUBSCRIBE}">إلغاء</a><a href="{SETTINGS}">تغيير</a>'
    raw = written(letter(html=links, text=f"{UNSUBSCRIBE}\n{SETTINGS}"), HEAD, TO)
    mail = message_from_bytes(raw, policy=policy.default)
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        for page, purpose in (("u", Purpose.UNSUBSCRIBE), ("s", Purpose.SETTINGS)):
            (token,) = re.findall(rf"https://news\.marsad\.example/{page}/(\w{{21}})", text)
            assert opened(HEAD.key, purpose, token) == 4
        assert ".invalid" not in text


@given(TEXT, TEXT)
@settings(max_examples=60, deadline=None)
def test_case_63_no_words_become_headers(subject, name):
    plain = raw_headers(written(letter(), HEAD, TO)).keys()
    printable = "".join(each for each in name if each.isprintable())[:50]
    head = Letterhead(HEAD.address, printable, HEAD.bounces, HEAD.public_url, HEAD.key)
    assert raw_headers(written(letter(subject=subject), head, TO)).keys() == plain


@pytest.mark.parametrize(
    "inside", ["\r\nBcc: x@example.com", "\nBcc: x@example.com", "\u2028Bcc: x", "\0", "\x85", "\v"]
)
def test_case_63_line_ends_and_nul_in_a_subject_are_stripped(inside):
    found = raw_headers(written(letter(subject=f"عنوان{inside} آخر"), HEAD, TO))
    assert "Bcc" not in found
    subject = message_from_bytes(
        written(letter(subject=f"news{inside} end"), HEAD, TO), policy=policy.default
    )["Subject"]
    assert str(subject).isprintable()


@pytest.mark.parametrize("address", ["a@example.org\r\nBcc: x@example.com", "a@example.org\nX: y"])
def test_case_63_an_address_cannot_break_out_of_its_header(address):
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        written(letter(), HEAD, Addressed(address, "alert-1.1", DATE))


@given(TEXT)
@settings(max_examples=40, deadline=None)
def test_a_subject_arrives_as_it_was_written(subject):
    words = "خبر" + "".join(each for each in subject if each.isalnum() or each == " ").rstrip()
    mail = message_from_bytes(written(letter(subject=words), HEAD, TO), policy=policy.default)
    got = str(mail["Subject"])
    assert got == words or (got.endswith("…") and words.startswith(got[:-1].strip()))


@given(TEXT)
@settings(max_examples=40, deadline=None)
def test_case_72_no_line_is_longer_than_998_bytes(text):
    raw = written(letter(html=f"<p>{text * 20}</p>", text=text * 20, subject=text * 3), HEAD, TO)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()


def test_a_bounce_address_is_the_readers_own():
    local, _, domain = envelope_sender(HEAD, TO).partition("@")
    assert domain == "marsad.example"
    assert opened(HEAD.key, Purpose.BOUNCE, local.removeprefix("bounces+")) == 4
    assert len(local) <= 64


@pytest.fixture(scope="module")
def key() -> bytes:
    return subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout


def record(private: bytes) -> bytes:
    """The TXT record of a key's public half."""
    der = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True
    )
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der.stdout)


def test_a_signature_covers_both_headers_of_one_click(key):
    head = Letterhead(HEAD.address, HEAD.name, HEAD.bounces, HEAD.public_url, HEAD.key, DkimKey("m1", key))
    raw = written(letter(), head, TO)
    asked = []

    def dns(name, **_):
        asked.append(name)
        return record(key)

    assert dkim.verify(raw, dnsfunc=dns)
    assert asked == [b"m1._domainkey.marsad.example."]
    for name, other in {
        b"List-Unsubscribe: <https://": b"List-Unsubscribe: <https://evil.",
        b"One-Click": b"Two-Click",
        b"To: reader": b"To: other",
        b"\r\nSubject:": b"\r\nSubject: x\r\nSubject:",
    }.items():
        assert name in raw
        assert not dkim.verify(raw.replace(name, other), dnsfunc=dns), name


def test_nothing_secret_shows_in_the_text_of_a_letterhead(key):
    text = repr(Letterhead("a@b.example", "", "b@b.example", "", b"sesame", DkimKey("m", key)))
    assert "sesame" not in text
    assert "PRIVATE" not in text
