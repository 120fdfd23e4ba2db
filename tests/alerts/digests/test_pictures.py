"""Digests as a browser shows them: pictures for people in build/digests, accessibility, and no request leaves."""

import base64
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from alerts.digests.nouns import DigestKind
from alerts.digests.rendering import message_of
from alerts.digests.sample import sample
from alerts.messages import Letter
from alerts.nouns import RecipientKind, Subscriber

NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)
PICTURES = Path(__file__).parents[3] / "build" / "digests"
MODES = {"light": (760, "light"), "dark": (760, "dark"), "narrow": (360, "light")}
# What axe calls so is a barrier; "moderate" and "minor" are advice for sites.
BARRIERS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        assert not os.environ.get("CI"), "chromium is not installed; .ci/run installs it"
        pytest.skip("no chromium on this machine: the pictures of digests are not looked at")
    with sync_playwright() as play:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        running = play.chromium.launch(executable_path=chromium, args=quiet)
        yield running
        running.close()


def letter(stories: int, language: str = "ar", kind: DigestKind = DigestKind.DAILY) -> Letter:
    reader = Subscriber(RecipientKind.MAIL, "", NOW, language=language, timezone="Africa/Cairo")
    made = message_of(sample(stories, NOW, kind, "Africa/Cairo"), reader, {}).letter
    assert made
    return made


def shown(browser: Browser, html: str, mode: str) -> tuple[Page, list[str]]:
    """The page, and every request it made."""
    width, scheme = MODES[mode]
    page = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
    ).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    return page, asked


def barriers(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in BARRIERS]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("stories", "language"), [(0, "ar"), (1, "ar"), (2, "ar"), (11, "ar"), (40, "ar"), (11, "en")]
)
def test_a_digest_is_readable_by_everybody_and_asks_nobody(browser, stories, language, mode):
    page, asked = shown(browser, letter(stories, language).html, mode)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{stories:02}-{language}-{mode}.png", full_page=True)
    if mode != "narrow":  # colours and structure are the same there
        assert barriers(page) == []
    assert asked == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= MODES[mode][0], "it must not be scrolled sideways"
    page.context.close()


def test_the_week_has_a_picture_with_words_for_it(browser):
    made = letter(11, kind=DigestKind.WEEKLY)
    (picture,) = made.pictures
    assert len(picture.png) < 100_000
    data = base64.b64encode(picture.png).decode()
    page, _ = shown(
        browser, made.html.replace(f"cid:{picture.cid}", f"data:image/png;base64,{data}"), "light"
    )
    page.wait_for_function("document.images[0].complete")
    page.screenshot(path=PICTURES / "week-ar-light.png", full_page=True)
    assert page.evaluate("document.images[0].naturalWidth") > 1000
    assert page.get_attribute("img", "alt") == picture.alt
    assert re.search(r"\d", picture.alt)
    assert barriers(page) == []
    page.context.close()


@pytest.mark.parametrize("mode", ["light", "narrow"])
def test_right_to_left_survives_the_loss_of_the_style_sheet_and_of_what_stands_on_html_and_body(
    browser, mode
):
    html = re.sub(r"<style>.*?</style>", "", letter(11).html, flags=re.DOTALL)
    html = re.sub(r"<html[^>]*>", "<html>", re.sub(r"<body[^>]*>", "<body>", html))
    page, _ = shown(browser, html, mode)
    page.screenshot(path=PICTURES / f"11-ar-{mode}-without-styles.png", full_page=True)
    wrong = page.evaluate(
        "[...document.querySelectorAll('td, h1, h2, h3, p')].filter(each => {"
        "const style = getComputedStyle(each);"
        "return style.direction !== 'rtl' || !['right', 'start', '-webkit-right', '-webkit-center'].includes(style.textAlign)"
        "}).map(each => each.outerHTML.slice(0, 80))"
    )
    assert wrong == []
    page.context.close()
