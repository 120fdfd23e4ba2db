"""How things are: the service, the queue, one event, one outlet. Each page is drawn from rows as they are now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from alerts.bot.operators.drawing import (
    CAUSE,
    LABEL,
    SILENCE_HOURS,
    ago,
    clock,
    foreign,
    heading,
    labelled,
    named,
    page,
    plain,
)
from alerts.bot.operators.service import OutletReport, Vitals
from alerts.bot.visit import Office, Visit
from alerts.messages import Button, Line, Message, Run
from alerts.messages.cleaning import clean_link
from alerts.messages.message import cut
from alerts.nouns import DeliveryState
from alerts.operators.acting import ALL
from alerts.operators.nouns import Event, Severity, runbook_of
from alerts.operators.routing import covers
from alerts.operators.wording import counted, spoken
from alerts.pacing import estimate
from alerts.storage import Bulletins, DeskFigures, Dispatch, Halt, Logbook
from crawler.nouns import Article, Outlet
from crawler.storage import Figures, Sources

SHOWN: Final = 5  # events on the first page
EVIDENCE: Final = 8  # figures of an event
ARTICLES: Final = 4  # of an outlet


def health(visit: Visit) -> Message:
    """Whether all is well, at a glance."""
    vitals, now = visit.office.service.vitals(visit.connection), visit.now
    events, halts = Logbook(visit.connection).open_events(), Dispatch(visit.connection).halts()
    pages = [event for event in events if event.severity is Severity.PAGE]
    silences = Bulletins(visit.connection).silences(now)
    lines = [
        _verdict(vitals, pages, halts),
        plain(f"Marsad {vitals.version}, up {spoken(vitals.up)}; {_parts(vitals)}"),
        *map(halted, halts),
        labelled(
            "Events", f": {counted(len(pages), 'page')}, {counted(len(events) - len(pages), 'ticket')} open"
        ),
        *(plain(f"{named(event)}: {foreign(event.cause, CAUSE)}") for event in pages[:SHOWN]),
        labelled("Last", f": {_last(visit)}"),
        labelled("Waiting", f": {_backlog(visit)}"),
    ]
    rows = [
        [
            button(visit, f"Events ({len(events)})", "see", "events", 0),
            button(visit, f"Silences ({len(silences)})", "see", "silences", 0),
        ],
        [button(visit, "Queue", "see", "queue"), button(visit, "Outlets", "see", "outlets", 0)],
        [button(visit, "Look again", "see", "health")],
    ]
    return page([*lines, plain(clock(now))], rows)


def _verdict(vitals: Vitals, pages: Sequence[Event], halts: Sequence[Halt]) -> Line:
    if vitals.trouble:
        return heading(f"Not well: {foreign(vitals.trouble, CAUSE)}")
    if pages or halts:
        return heading("All parts move, but readers are losing something")
    return heading("Well: all that should move does")


def _parts(vitals: Vitals) -> str:
    alive = len(vitals.ages) - len(vitals.silent)
    silent = ", ".join(f"{foreign(name)} ({age:.0f} s)" for name, age in sorted(vitals.silent.items()))
    waits = f"; {counted(vitals.unflagged, 'article')} not judged yet" if vitals.unflagged else ""
    return f"{counted(alive, 'part')} alive{f', silent: {silent}' if silent else ''}{waits}"


def _last(visit: Visit) -> str:
    alert, sent = DeskFigures(visit.connection).last_done()
    article = Figures(visit.connection).last_article()
    now = visit.now
    return f"article {ago(article, now)}, alert {ago(alert, now)}, message to a reader {ago(sent, now)}"


def _backlog(visit: Visit) -> str:
    found = [
        f"{each.channel} {each.waiting:,}, the oldest for {spoken(visit.now - each.oldest)}"
        for each in Dispatch(visit.connection).backlog()
    ]
    if dead := _by_state(visit).get(DeliveryState.DEAD, 0):
        found.append(counted(dead, "dead letter"))
    return "; ".join(found) or "nothing"


def _by_state(visit: Visit) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, state, count in DeskFigures(visit.connection).deliveries():
        found[state] = found.get(state, 0) + count
    return found


def halted(halt: Halt) -> Line:
    """That sending is held, since when, by whom and why."""
    why = foreign(halt.reason, CAUSE)
    return heading(f"HELD: {halt.channel or ALL}, since {clock(halt.since)} by {foreign(halt.actor)}: {why}")


def queue(visit: Visit) -> Message:
    """What waits before each channel, and what stops it."""
    dispatch, now = Dispatch(visit.connection), visit.now
    backlog = {each.channel: each for each in dispatch.backlog()}
    states: dict[str, list[str]] = {}
    for channel, state, count in DeskFigures(visit.connection).deliveries():
        states.setdefault(channel, []).append(f"{count:,} {state}")
    lines = [heading("Queue"), *map(halted, dispatch.halts())]
    for channel in sorted(states):
        waits = "nothing waits"
        if each := backlog.get(channel):
            due = f"next {f'in {spoken(each.next_due - now)}' if each.next_due > now else 'now'}"
            pace = (
                f", about {spoken(estimate(each.waiting))} at Telegram's pace"
                if channel == "telegram"
                else ""
            )
            waits = f"{each.waiting:,} wait, the oldest for {spoken(now - each.oldest)}, {due}{pace}"
        lines += [labelled(channel, f": {waits}"), plain(", ".join(states[channel]))]
    lines += [] if states else [plain("Nothing was ever queued.")]
    if edits := dispatch.edits_waiting():
        lines.append(plain(f"{counted(edits, 'sent message')} to be brought up to date"))
    lines += [plain(f"{one.channel} is sent by {foreign(one.holder)}") for one in dispatch.senders()]
    dead = _by_state(visit).get(DeliveryState.DEAD, 0)
    stop = (
        button(visit, "Release …", "see", "release")
        if dispatch.halts()
        else button(visit, "Hold all sending …", "see", "hold")
    )
    rows = [
        [button(visit, f"Dead letters ({dead})", "see", "dead", 0), stop],
        [button(visit, "Health", "see", "health"), button(visit, "Look again", "see", "queue")],
    ]
    return page([*lines, plain(clock(now))], rows)


def event(visit: Visit, about: Event) -> Message:
    """One event: what it is, who knows, its runbook, and what to do."""
    now = visit.now
    silences = [each for each in Bulletins(visit.connection).silences(now) if covers(each, about)]
    age = spoken((about.closed_at or now) - about.opened_at)
    lines = [
        heading(f"{about.severity} {named(about)}"),
        plain(foreign(about.cause, 2 * CAUSE)),
        plain(f"{'over after' if about.closed_at else 'open for'} {age}, since {clock(about.opened_at)}"),
        plain(
            f"known to {foreign(about.acknowledged_by)}"
            if about.acknowledged_by
            else "nobody said that they know"
        ),
        *(
            plain(f"silenced until {clock(s.until)} by {foreign(s.author)}: {_why(s.reason)}")
            for s in silences[-1:]
        ),
        *_evidence(about.evidence),
        runbook(visit.office, about.kind),
    ]
    rows: list[list[Button]] = []
    if not about.closed_at:
        if not about.acknowledged_by:
            rows.append([button(visit, "I know of it", "ack", about.id)])
        rows.append(
            [button(visit, "Listen again", "listen", silences[-1].id, about.id)]
            if silences
            else [button(visit, f"Silence {hours} h", "still", about.id, hours) for hours in SILENCE_HOURS]
        )
    if about.subject in visit.office.outlets:
        rows.append([button(visit, f"Outlet {about.subject}", "see", "outlet", about.subject)])
    rows.append(
        [
            button(visit, "All events", "see", "events", 0),
            button(visit, "Look again", "see", "event", about.id),
        ]
    )
    return page(lines, rows)


def _why(reason: str) -> str:
    return foreign(reason, CAUSE) or "no reason given"


def _evidence(evidence: Mapping[str, object]) -> list[Line]:
    return [
        plain(f"{foreign(str(name))}: {foreign(str(value), 2 * LABEL)}")
        for name, value in list(evidence.items())[:EVIDENCE]
    ]


def runbook(office: Office, kind: str) -> Line:
    """Where the runbook of a kind of event stands; a link where the operator said where the runbooks are."""
    file = f"{runbook_of(kind)}.md"
    link = f"{office.runbooks}/{file}" if office.runbooks else ""
    return Line((Run("Runbook: "), Run(f"docs/runbooks/{file}", link=link)))


def unwritable(office: Office, cause: str) -> Message:
    """That the store takes nothing: drawn without it."""
    return page(
        [
            heading("Not well: the archive cannot be written"),
            plain(foreign(cause, CAUSE)),
            plain("Nothing can be changed from here before that is over."),
            runbook(office, "archive_unwritable"),
        ]
    )


def outlet(visit: Visit, name: str) -> Message:
    """How one outlet is."""
    which = visit.office.outlets[name]
    (report,) = visit.office.service.reports(visit.connection, [which])
    now, last = visit.now, visit.archive.newest(name, ARTICLES)
    lines = [
        heading(f"{foreign(which.name_en)} · {foreign(which.name_ar)} · {which.id}"),
        labelled(report.state, f": {_looks(visit, report)}"),
        plain(f"{counted(report.articles, 'article')} in the last day"),
        *(plain(f"{each.severity} {named(each)}: {foreign(each.cause, CAUSE)}") for each in report.events),
        *(_article(each, which, now) for each in last),
        *([] if last else [plain("No article of it was ever kept.")]),
    ]
    rows = [[event_button(visit, each)] for each in report.events[:SHOWN]]
    rows.append(
        [button(visit, "Outlets", "see", "outlets", 0), button(visit, "Look again", "see", "outlet", name)]
    )
    return page([*lines, plain(clock(now))], rows)


def _looks(visit: Visit, report: OutletReport) -> str:
    """When it answered, when it had something new, and when it is looked at next."""
    now = visit.now
    told = [f"answered {ago(report.well_at, now)}", f"something new {ago(report.new_at, now)}"]
    if report.may_rest:
        told.append(f"may rest {spoken(report.may_rest)}")
    polls = Sources(visit.connection).last_polls(report.outlet.id).values()
    for each in list(polls)[:1]:
        due = datetime.fromisoformat(each["next_due"])
        told.append(f"next look {f'in {spoken(due - now)}' if due > now else 'now'}")
        if each["started_at"]:
            every = due - datetime.fromisoformat(each["started_at"])
            told.append(f"interval {spoken(every)}")
    return ", ".join(told)


def _article(article: Article, which: Outlet, now: datetime) -> Line:
    title = foreign(article.title, 2 * LABEL) or "untitled"
    return Line(
        (Run(f"{ago(article.first_seen, now)}: "), Run(title, link=clean_link(article.url, which.home)))
    )


def event_button(visit: Visit, about: Event) -> Button:
    """The way to an event."""
    return button(visit, named(about), "see", "event", about.id)


def button(visit: Visit, label: str, verb: str, *args: object) -> Button:
    """A button of the operators' chat."""
    return visit.button(cut(label, LABEL), verb, *args)
