"""A profile learned on four pages of a template reads the others exactly, refuses drift, travels as JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from templates import ARTICLES, PLANTED, TEMPLATES, case

from crawler.reading import Profile, Standing, learn_from, read
from crawler.reading.standing import after_learning, after_page, wants_audit, wants_lessons

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# No text of an article stands in the markup of these.
WITHOUT_TEXT = {"consent_wall", "jsonld_body_only"}


def learned(template):
    cases = [case(template, article) for article in ARTICLES]
    profile = learn_from([each.page for each in cases[:4]], cases[0].outlet, now=NOW)
    return profile, cases[4:]


@pytest.mark.parametrize("template", sorted(set(TEMPLATES) - WITHOUT_TEXT))
def test_unseen_pages_of_a_template_are_read_exactly(template):
    profile, unseen = learned(template)
    for each in unseen:
        reading = read(each.page, each.outlet, now=NOW, profile=profile)
        assert reading.article.extractor == "profile", reading.refusal
        assert reading.article.body == each.body
        assert "ميانمار" not in reading.article.body


def test_a_page_without_text_teaches_nothing():
    assert learned("jsonld_body_only")[0] is None


def test_json_carries_a_profile():
    profile, _ = learned("wordpress")
    assert Profile.from_json(json.loads(json.dumps(profile.to_json()))) == profile
    assert Profile.from_json(profile.to_json() | {"version": 0}) is None


def with_html(each, old, new):
    html = each.page.body.decode()
    assert old in html
    return replace(each.page, body=html.replace(old, new).encode())


def test_a_renamed_container_is_refused_and_the_teacher_reads():
    profile, (each, _) = learned("levantine_date")
    reading = read(with_html(each, "body-text", "main-text"), each.outlet, now=NOW, profile=profile)
    assert (reading.refusal, reading.article.body) == ("no_container", each.body)


def test_an_emptied_container_is_refused():
    profile, (each, _) = learned("levantine_date")
    emptied = with_html(each, '<div class="body-text">', '<div class="body-text"></div><div class="moved">')
    reading = read(emptied, each.outlet, now=NOW, profile=profile)
    assert (reading.refusal, reading.article.body) == ("too_short", each.body)


def test_a_list_of_links_is_refused():
    profile, (each, _) = learned("levantine_date")
    links = "".join(f"<p>نص قصير <a href='/{n}'>{PLANTED} رقم {n}</a></p>" for n in range(9))
    page = with_html(
        each, '<div class="body-text">', f'<div class="body-text">{links}</div><div class="moved">'
    )
    assert read(page, each.outlet, now=NOW, profile=profile).refusal == "links"


def test_an_audit_tells_how_far_profile_and_teacher_agree():
    profile, (each, _) = learned("wordpress")
    assert read(each.page, each.outlet, now=NOW, profile=profile, audit=True).agreement == 1.0
    assert read(each.page, each.outlet, now=NOW, profile=profile).agreement is None


def test_two_pages_in_a_hundred_are_audited():
    assert sum(wants_audit(f"{number * 2654435761 % 2**32:08x}") for number in range(10_000)) in range(
        150, 250
    )


def standing_after(pages, profile):
    standing = Standing(profile=profile)
    for served in pages:
        standing = after_page(standing, refused=not served)
    return standing


def test_a_few_refusals_are_no_drift_and_many_are():
    profile, _ = learned("teaser")
    assert not wants_lessons(standing_after([True] * 16 + [False] * 4, profile), now=NOW)
    drifted = standing_after([True] * 13 + [False] * 7, profile)
    assert wants_lessons(drifted, now=NOW)
    assert (drifted.served, drifted.refused) == (13, 7)


def test_a_failed_audit_asks_for_lessons():
    profile, _ = learned("teaser")
    good = after_page(Standing(profile=profile), refused=False, agreement=0.9)
    bad = after_page(good, refused=False, agreement=0.8)
    assert (good.stale, bad.stale, bad.audits, bad.failed_audits) == (False, True, 2, 1)


def test_learning_in_vain_rests_before_the_next_try_and_keeps_the_old_profile():
    profile, _ = learned("teaser")
    standing = after_learning(Standing(profile=profile, stale=True), None, now=NOW)
    assert standing.profile == profile
    assert not wants_lessons(standing, now=NOW + timedelta(hours=5))
    assert wants_lessons(standing, now=NOW + timedelta(hours=6))


def test_a_new_profile_starts_afresh():
    profile, _ = learned("teaser")
    standing = after_learning(standing_after([False] * 20, profile), profile, now=NOW)
    assert (standing.recent, standing.stale, standing.relearned) == ((), False, 1)
