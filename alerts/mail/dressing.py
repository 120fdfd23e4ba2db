"""Lines of a message in the dress of a mail: a small HTML page and a text made for reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

import cattrs
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from alerts.mail.nouns import Consent
from alerts.messages.letter import CONFIRM, SETTINGS, UNSUBSCRIBE, Letter
from alerts.messages.message import Button, Line, LineKind, Message, Run, cut

_HEADING = 60  # UTF-16 units of a subject before the title


@dataclass(frozen=True, slots=True)
class MailWords:
    """What our mails say around the news, in one language."""

    rtl: bool
    why: str
    unsubscribe: str
    settings: str
    consent_subject: str
    consent_title: str
    consent_lines: tuple[str, ...]
    consent_button: str


@cache
def mail_words() -> Mapping[str, MailWords]:
    """The words by language."""
    text = files(__package__).joinpath("words.yaml").read_text(encoding="utf-8")
    return cattrs.Converter(forbid_extra_keys=True).structure(yaml.safe_load(text), dict[str, MailWords])


def in_dress(message: Message) -> Letter:
    """An alert as a mail of its own."""
    language = "ar" if message.rtl else "en"
    buttons = [button for row in message.buttons for button in row if button.url]
    title = next((line for line in message.lines if line.kind is LineKind.TITLE), Line(()))
    heading = cut(message.lines[0].text, _HEADING) if message.lines else ""
    return _letter(language, f"{heading}: {title.text}", message.lines, buttons, footer=True)


def question(consent: Consent) -> Letter:
    """The letter that asks the owner of an address."""
    language = consent.language if consent.language in mail_words() else "en"
    words = mail_words()[language]
    lines = [Line((Run(words.consent_title),), LineKind.TITLE)]
    lines += [Line((Run(text),)) for text in words.consent_lines]
    buttons = [Button(words.consent_button, CONFIRM)]
    return _letter(language, words.consent_subject, lines, buttons, footer=False)


def _letter(
    language: str, subject: str, lines: Iterable[Line], buttons: list[Button], *, footer: bool
) -> Letter:
    words, lines = mail_words()[language], tuple(lines)
    html = _page().render(
        lang=language,
        dir="rtl" if words.rtl else "ltr",
        side="right" if words.rtl else "left",
        subject=subject,
        lines=lines,
        buttons=buttons,
        words=words,
        footer=footer,
        unsubscribe=UNSUBSCRIBE,
        settings=SETTINGS,
    )
    paragraphs = [line.text for line in lines] + [f"{button.label}:\n{button.url}" for button in buttons]
    if footer:
        paragraphs.append(
            f"-- \n{words.why}\n{words.unsubscribe}:\n{UNSUBSCRIBE}\n{words.settings}:\n{SETTINGS}"
        )
    return Letter(subject, html, "\n\n".join(paragraphs) + "\n", language)


@cache
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals["runs"] = _runs
    return environment.get_template("letter.html")


def _runs(line: Line) -> Markup:
    """A line's text; neighbours with one link share it."""
    return Markup().join(
        _linked(link, Markup().join(map(_run, runs)))
        for link, runs in groupby(line.runs, key=lambda run: run.link)
    )


def _linked(link: str, inner: Markup) -> Markup:
    return Markup('<a href="{}" style="color:#0b4a8f">{}</a>').format(link, inner) if link else inner


def _run(run: Run) -> Markup:
    return Markup("<b>{}</b>").format(run.text) if run.bold else escape(run.text)
