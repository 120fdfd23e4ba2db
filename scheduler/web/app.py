"""The web application: a page an address. What it does, ``alerts.consent`` and ``alerts.preferences`` decide.

A page that is opened changes nothing: mail scanners open every link. A button, or a mail program's one-click POST
(RFC 8058), acts, twice is fine, and a link that we did not make meets the same page whatever is wrong with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from alerts.bot.hours import ZONES
from alerts.consent import ask_consent, consent_of, give_consent, subscriber_of, withdraw_consent
from alerts.mail.nouns import Asked, Asker, Door
from alerts.mail.tokens import Purpose, sign
from alerts.messages.words import speech
from alerts.nouns import LANGUAGES, Subscriber, Subscription
from alerts.preferences import Preferences, holder, keep_preferences, preferences_of
from crawler.database import Connection, Database
from scheduler.web.choosing import Choice, read_choice, shown, zones
from scheduler.web.pages import HEADERS, page, words

FORM_LIMIT = 16 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages over one database."""

    database: Database
    key: bytes  # signs tokens
    topics: Sequence[str]
    now: Callable[[], datetime]

    async def sign_up(self, request: Request) -> Response:
        """The form."""
        return self._form(_language(request))

    async def ask(self, request: Request) -> Response:
        """What was typed into the form: the answer is the same whatever we know of the address."""
        if refused := _refused(request):
            return refused
        fields = await _fields(request)
        language, now = _language(request), self.now()
        address = dict(fields).get("address", "")
        wanted = [_wanted(fields, self.topics)]
        zone = dict(fields).get("timezone", "")
        try:
            became = await self.database.awrite(
                lambda c: ask_consent(
                    c, address, wanted, now=now, language=language, timezone=zone if zone in ZONES else "UTC",
                    asker=Asker(Door.WEB),
                )
            )  # fmt: skip
        except ValueError:
            return self._form(language, wrong=True, typed=address[:254], status=422)
        if became is Asked.BUSY:
            return _said(request, "busy_title", "busy", status=429)
        return _said(request, "asked_title", "asked")

    async def confirm(self, request: Request) -> Response:
        """The button behind the link in a request for consent."""
        token, now = request.path_params["token"], self.now()
        found = await self.database.aread(lambda c: consent_of(c, token, self.key, now))
        return _deed(request, "confirm", found.language) if found else _missing(request)

    async def confirmed(self, request: Request) -> Response:
        """The press of that button."""
        token, now = request.path_params["token"], self.now()
        done = await self.database.awrite(lambda c: give_consent(c, token, self.key, now))
        if done is None:
            return _missing(request)
        return _said(request, "confirmed_title", "confirmed", language=done.language)

    async def unsubscribe(self, request: Request) -> Response:
        """The button behind the link in every mail."""
        token = request.path_params["token"]
        found = await self.database.aread(lambda c: subscriber_of(c, token, self.key))
        return _deed(request, "unsubscribe", found.language) if found else _missing(request)

    async def unsubscribed(self, request: Request) -> Response:
        """The press of that button, or of a mail program's own: its body says nothing that the link does not."""
        token, now = request.path_params["token"], self.now()
        found = await self.database.awrite(lambda c: withdraw_consent(c, token, self.key, now))
        if found is None:
            return _missing(request)
        return _said(request, "unsubscribed_title", "unsubscribed", language=found.language)

    async def settings(self, request: Request) -> Response:
        """The form behind the link in every mail, as its reader left it."""
        token, now = request.path_params["token"], self.now()

        def look(connection: Connection) -> tuple[Subscriber, Preferences] | None:
            reader = holder(connection, token, self.key)
            return (reader, preferences_of(connection, reader, self.topics, now)) if reader else None

        found = await self.database.aread(look)
        return self._settings(request, *found) if found else _missing(request)

    async def set(self, request: Request) -> Response:
        """What that form says."""
        if refused := _refused(request):
            return refused
        token, now, fields = request.path_params["token"], self.now(), await _fields(request)

        def keep(connection: Connection) -> tuple[Subscriber, Choice] | None:
            reader = holder(connection, token, self.key)
            if reader is None:
                return None
            before = preferences_of(connection, reader, self.topics, now)
            choice = read_choice(fields, before, self.topics, now)
            if not choice.wrong:
                keep_preferences(connection, reader, choice.preferences, self.topics, now)
            return reader, choice

        found = await self.database.awrite(keep)
        if found is None:
            return _missing(request)
        reader, choice = found
        return self._settings(request, reader, choice.preferences, wrong=choice.wrong, saved=not choice.wrong)

    def _settings(
        self,
        request: Request,
        reader: Subscriber,
        chosen: Preferences,
        *,
        wrong: str = "",
        saved: bool = False,
    ) -> HTMLResponse:
        language = _language(request, reader.language)
        said = words(language)
        text = page(
            language,
            said.settings_title,
            template="settings.html",
            wrong=wrong,
            saved=saved,
            unsubscribe=f"../u/{sign(self.key, Purpose.UNSUBSCRIBE, reader.id)}",
            **shown(language, chosen, self.topics),
        )
        return HTMLResponse(text, 422 if wrong else 200, HEADERS)

    def _form(
        self, language: str, *, wrong: bool = False, typed: str = "", status: int = 200
    ) -> HTMLResponse:
        said = words(language)
        names = {topic: speech(language, "UTC", "latn").topic(topic) for topic in self.topics}
        form = page(
            language,
            said.sign_up,
            said.about,
            "signup.html",
            wrong=wrong,
            typed=typed,
            topics=names,
            zones=zones(language),
        )
        return HTMLResponse(form, status, HEADERS)


def make_app(
    database: Database, *, key: bytes, public_url: str, topics: Sequence[str], now: Callable[[], datetime]
) -> Starlette:
    """The application.

    Args:
        database: where readers stand.
        key: signs tokens.
        public_url: the address that readers know; other host names are refused.
        topics: those of the rules, as readers may choose among them.
        now: the clock.
    """
    pages = Pages(database, key, topics, now)
    routes = [
        Route("/", pages.sign_up, methods=["GET"]),
        Route("/", pages.ask, methods=["POST"]),
        Route("/c/{token}", pages.confirm, methods=["GET"]),
        Route("/c/{token}", pages.confirmed, methods=["POST"]),
        Route("/u/{token}", pages.unsubscribe, methods=["GET"]),
        Route("/u/{token}", pages.unsubscribed, methods=["POST"]),
        Route("/s/{token}", pages.settings, methods=["GET"]),
        Route("/s/{token}", pages.set, methods=["POST"]),
        Route("/robots.txt", _robots, methods=["GET"]),
    ]
    hosts = ["127.0.0.1", "localhost", urlsplit(public_url).hostname or "localhost"]
    return Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
        exception_handlers={404: _not_found},
    )


def _language(request: Request, otherwise: str = LANGUAGES[0]) -> str:
    """The language that the address asks for, or the reader's."""
    asked = request.query_params.get("lang", otherwise)
    return asked if asked in LANGUAGES else LANGUAGES[0]


def _wanted(fields: Sequence[tuple[str, str]], topics: Sequence[str]) -> Subscription:
    """What the form asks for; what it cannot have offered is left out."""
    cadence = dict(fields).get("cadence", "")
    chosen = {value for name, value in fields if name == "topic"}
    return Subscription(
        0,
        topics=tuple(topic for topic in topics if topic in chosen),
        cadence=cadence if cadence in words(LANGUAGES[0]).cadences else "daily",
    )


def _refused(request: Request) -> Response | None:
    """What is answered to a body of unknown or great length."""
    if not request.headers.get("content-length", "").isdecimal():
        return _said(request, "busy_title", "busy", status=411)
    if int(request.headers["content-length"]) > FORM_LIMIT:
        return _said(request, "busy_title", "busy", status=413)
    return None


async def _fields(request: Request) -> list[tuple[str, str]]:
    typed = await request.form(max_files=0, max_fields=50, max_part_size=FORM_LIMIT)
    return [(name, value) for name, value in typed.multi_items() if isinstance(value, str)]


def _said(
    request: Request, title: str, text: str, *, status: int = 200, language: str = LANGUAGES[0]
) -> HTMLResponse:
    language = _language(request, language)
    said = words(language)
    return HTMLResponse(page(language, getattr(said, title), getattr(said, text)), status, HEADERS)


def _deed(request: Request, deed: str, language: str) -> HTMLResponse:
    """A page with one button."""
    language = _language(request, language)
    said = words(language)
    text = page(
        language,
        getattr(said, f"{deed}_title"),
        getattr(said, deed),
        "deed.html",
        button=getattr(said, f"{deed}_button"),
    )
    return HTMLResponse(text, headers=HEADERS)


def _missing(request: Request) -> HTMLResponse:
    return _said(request, "missing_title", "missing", status=404)


async def _not_found(request: Request, error: Exception) -> Response:
    del error
    return _missing(request)


async def _robots(request: Request) -> Response:
    del request
    return PlainTextResponse("User-agent: *\nDisallow: /u/\nDisallow: /c/\nDisallow: /s/\n")
