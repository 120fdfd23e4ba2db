"""What comes back, and whom it is believed from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.mail.nouns import BounceKind
from alerts.mail.reports import Ignored, Report, read_report
from alerts.mail.tokens import Purpose, sign
from tests.alerts.mail.reports import automatic, complaint, dsn

KEY = b"k" * 32
TOKEN = sign(KEY, Purpose.BOUNCE, 4)
VERP = f"bounces+{TOKEN}@marsad.example"


@pytest.mark.parametrize(("status", "kind"), [
    ("5.1.1", BounceKind.HARD), ("5.1.2", BounceKind.HARD), ("5.1.10", BounceKind.HARD), ("5.2.1", BounceKind.HARD),
    ("5.2.2", BounceKind.SOFT), ("5.7.1", BounceKind.SOFT), ("5.3.4", BounceKind.SOFT), ("4.4.1", BounceKind.SOFT),
    ("5.0.0", BounceKind.SOFT), ("", BounceKind.SOFT),
])  # fmt: skip
def test_case_61_a_bounce_names_its_reader_its_kind_and_our_mail(status, kind):
    assert read_report(dsn(VERP, status), KEY) == Report(4, kind, status, "<edition-9.4@marsad.example>")


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_reader_is_found_wherever_a_server_notes_the_recipient(header):
    assert read_report(dsn(VERP.upper(), to_header=header), KEY).reader == 4


@pytest.mark.parametrize("to", [
    "bounces@marsad.example",
    f"bounces+{TOKEN[:-2]}zz@marsad.example",
    f"bounces+{sign(b'x' * 32, Purpose.BOUNCE, 4)}@marsad.example",
    f"bounces+{sign(KEY, Purpose.UNSUBSCRIBE, 4)}@marsad.example",
])  # fmt: skip
def test_case_61_a_forged_bounce_changes_nothing(to):
    assert read_report(dsn(to), KEY) is Ignored.UNSIGNED


def test_the_token_in_the_mail_that_is_quoted_is_not_the_envelopes():
    forged = dsn("bounces@marsad.example").replace(
        b"Return-Path: <bounces@", b"Return-Path: <" + VERP.encode() + b" "
    )
    assert read_report(forged, KEY) is Ignored.UNSIGNED


@pytest.mark.parametrize(("action", "ignored"), [
    ("delayed", Ignored.DELAYED), ("delivered", Ignored.OTHER), ("relayed", Ignored.OTHER),
])  # fmt: skip
def test_what_did_not_fail_changes_nothing(action, ignored):
    assert read_report(dsn(VERP, "4.4.1", action), KEY) is ignored


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Precedence": "auto_reply"}, {"X_Autoreply": "yes"},
    {"Return_Path": "<>"}, {"X_Auto_Response_Suppress": "All"},
])  # fmt: skip
def test_case_62_an_automatic_answer_changes_nothing(headers):
    assert read_report(automatic(VERP, **headers), KEY) is Ignored.AUTOMATIC


def test_somebody_who_writes_to_the_bounce_address_changes_nothing():
    assert read_report(automatic(VERP, Auto_Submitted="no"), KEY) is Ignored.OTHER


@pytest.mark.parametrize("raw", [
    complaint(envelope=f"Original-Mail-From: <{VERP}>"),
    complaint(headers=f"Return-Path: <{VERP}>"),
    complaint(headers=f"List-Unsubscribe: <https://n.example/u/{sign(KEY, Purpose.UNSUBSCRIBE, 4)}>"),
])  # fmt: skip
def test_a_complaint_names_its_reader_by_our_envelope_or_our_link(raw):
    assert read_report(raw, KEY) == Report(4, BounceKind.COMPLAINT, "", "<edition-9.4@marsad.example>")


def test_a_forged_complaint_changes_nothing():
    assert (
        read_report(complaint(envelope="Original-Mail-From: <news@marsad.example>"), KEY) is Ignored.UNSIGNED
    )


@given(st.binary(max_size=2000), st.integers(0, 1500))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read(junk, at):
    assert isinstance(read_report(junk, KEY), (Report, Ignored))
    right = dsn(VERP)
    assert isinstance(read_report(right[:at] + junk[:50] + right[at:], KEY), (Report, Ignored))
    assert isinstance(read_report(right[:at], KEY), (Report, Ignored))


def test_a_mail_of_ten_thousand_parts_is_read_at_once():
    bomb = b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: text/plain\n\nx\n" * 10_000
    assert read_report(bomb, KEY) is Ignored.OTHER
