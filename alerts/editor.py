"""The shell for what no article makes us say: summaries of a storm or of old news, what a cap held back, spikes.

The editor looks once in a while; what is due is a question to the store, so a restart loses nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import bursts, planning
from alerts.nouns import Alert, AlertKind, Hold, Level, Reason, Story
from alerts.retrying import OLD
from alerts.storage import Alerts, Brake, Braked, DeliveryQueue, Logbook, Newsdesk, Subscribers
from alerts.stories import Fingerprint
from alerts.telling import tell
from crawler.database import Connection, Database
from crawler.storage import Archive

FEW = 2  # so many held back are sent one by one: a summary would not be shorter


class Editor:
    """Tells what is due by the clock; ``now`` is the clock."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def look(self) -> int:
        """Tell what is due; returns how many deliveries that queued."""
        now = self._now()
        return await self._database.awrite(
            lambda c: summarise(c, now) + tell_capped(c, now) + tell_spikes(c, now)
        )


def summarise(connection: Connection, now: datetime) -> int:
    """Tell what a storm held back or what grew old in the queue, one message to each subscriber.

    A storm's is told once it is over or has lasted.
    """
    brake = Brake(connection)
    waiting: dict[int, list[Braked]] = {}
    for each in brake.braked(now - OLD, now - bursts.CALM):
        waiting.setdefault(each.subscriber, []).append(each)
    together: dict[tuple[int, ...], list[Braked]] = {}
    for held in waiting.values():
        if bursts.is_due(held[0].since, held[-1].since, now):
            key = tuple(sorted(each.alert for each in held if not each.told))
            together.setdefault(key, []).extend(held)
    queued = sum(_summary(connection, key, held, now) for key, held in together.items())
    _close_storms(connection, {each.outlet for held in waiting.values() for each in held}, now)
    return queued


def _summary(connection: Connection, alerts: Sequence[int], held: Sequence[Braked], now: datetime) -> int:
    """Tell the subscribers of ``held``, who all wait for the same ``alerts``."""
    brake = Brake(connection)
    channels = {each.subscriber: each.channel for each in held}
    if len(alerts) <= FEW:
        brake.release([each for each in held if not each.told], now)
        brake.fold([each for each in held if each.told], now)
        return len(alerts) * len(channels)
    open_ones = [each for each in held if not each.told]
    lead = max(open_ones, key=lambda each: (each.level, -each.alert))
    first = Alerts(connection).get(lead.alert)
    alert = Alert(
        story=lead.story,
        version=brake.next_version(lead.story),
        kind=AlertKind.SUMMARY,
        level=min(lead.level, Level.HIGH),  # an outlet that storms is not believed to be urgent
        created_at=now,
        article=first.article if first else 0,
        reasons=(Reason(_why(open_ones, now), now=len(alerts)),),
        stories=tuple(dict.fromkeys(each.story for each in sorted(open_ones, key=lambda one: -one.level))),
    )
    alert = replace(alert, id=Alerts(connection).keep(alert, ()))
    brake.fold(held, now)
    told = [(one, channels[one.id]) for one in Subscribers(connection).all() if one.id in channels]
    return DeliveryQueue(connection).fan_out(alert, told, now)


def _why(held: Iterable[Braked], now: datetime) -> str:
    if any(now - each.since >= OLD for each in held):
        return "waited"
    return "outlet_storm" if len({each.outlet for each in held}) == 1 else "storm"


def _close_storms(connection: Connection, still: Iterable[str], now: datetime) -> None:
    """Close the events of outlets that calmed down and of which nothing waits."""
    logbook, brake = Logbook(connection), Brake(connection)
    open_ones = {event.subject for event in logbook.open_events() if event.kind == "alert_storm"}
    for outlet in open_ones - set(still):
        if not bursts.is_storm(brake.caused_by(outlet, now - bursts.STORM_SPAN)):
            logbook.close_event("alert_storm", outlet, now)


def tell_capped(connection: Connection, now: datetime) -> int:
    """Tell what stories had to say beyond their updates of a day, once the day has passed."""
    brake = Brake(connection)
    return sum(_tell_capped(connection, held, now) for held in brake.on_hold(Hold.CAP))


def _tell_capped(connection: Connection, held: int, now: datetime) -> int:
    newsdesk = Newsdesk(connection)
    draft = Alerts(connection).get(held)
    story = _standing(newsdesk, draft.story) if draft else None
    if draft is None or story is None:
        return 0
    marks = [Fingerprint.from_json(each.fingerprint) for each in newsdesk.placed_in(story.id)]
    history = [told for told in Alerts(connection).told(story.id) if told.alert.id != draft.id]
    latest = max(marks, key=lambda mark: (mark.seen, mark.article))
    alert = planning.plan(story, marks, history, latest, now, waited=True)
    if alert and alert.hold is Hold.CAP:
        return 0
    Brake(connection).drop(held)
    article = Archive(connection).article(alert.article) if alert else None
    if alert is None or article is None:
        return 0  # told with a later article
    alert = replace(alert, id=Alerts(connection).keep(alert, story.articles))
    return tell(connection, alert, story, article, now)


def _standing(newsdesk: Newsdesk, story_id: int) -> Story | None:
    """The story, or the one it goes on under; None where neither has an article."""
    story = newsdesk.story(newsdesk.merged_into(story_id) or story_id)
    return story if story and story.articles else None


def tell_spikes(connection: Connection, now: datetime) -> int:
    """Tell of topics and places of which more is published than ever at this hour."""
    brake = Brake(connection)
    hour = list(brake.placed_between(now - bursts.SPIKE_SPAN, now))
    counts = bursts.volumes(mark for _, mark in hour)
    if max(counts.values(), default=0) < bursts.SPIKE_LEAST:
        return 0
    history = [
        bursts.volumes(mark for _, mark in brake.placed_between(end - bursts.SPIKE_SPAN, end))
        for end in _same_hours(brake.first_placed(), now)
    ]
    told = brake.spikes_since(now - bursts.SPIKE_AGAIN)
    found = {
        subject: (count, [day.get(subject, 0) for day in history])
        for subject, count in counts.items()
        if subject not in told
    }
    spikes = [
        Reason("spike", subject, now=count, before=round(sum(past) / len(past), 1))
        for subject, (count, past) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
        if bursts.is_spike(count, past)
    ]
    return _tell_spikes(connection, spikes, hour, now) if spikes else 0


def _same_hours(first: datetime | None, now: datetime) -> list[datetime]:
    """The ends of the same hour on the days before, as far back as anything was flagged."""
    days = [now - timedelta(days=day) for day in range(1, bursts.SPIKE_DAYS + 1)]
    return [end for end in days if first and end - bursts.SPIKE_SPAN >= first]


def _tell_spikes(
    connection: Connection,
    spikes: Sequence[Reason],
    hour: Sequence[tuple[int, Fingerprint]],
    now: datetime,
) -> int:
    newsdesk, subjects = Newsdesk(connection), {spike.about for spike in spikes}
    inside = [(story, mark) for story, mark in hour if subjects & {*mark.topics, *mark.places}]
    ids = dict.fromkeys(story for story, _ in inside)
    stories = [story for story in map(newsdesk.story, ids) if story]
    if not stories:
        return 0
    last = max((mark for story, mark in inside if story == stories[0].id), key=lambda mark: mark.seen)
    alert = Alert(
        story=stories[0].id,
        version=Brake(connection).next_version(stories[0].id),
        kind=AlertKind.SPIKE,
        level=Level.HIGH,
        created_at=now,
        article=last.article,
        reasons=tuple(spikes),
        stories=tuple(story.id for story in stories),
    )
    article = Archive(connection).article(last.article)
    if article is None:
        return 0
    alert = replace(alert, id=Alerts(connection).keep(alert, ()))
    # No outlet caused it: who asks for one outlet's articles did not ask for this.
    return tell(connection, alert, _subject(stories, subjects), replace(article, outlet=""), now)


def _subject(stories: Sequence[Story], subjects: set[str]) -> Story:
    """What a spike is about, as a subscription looks at it: where it says no place, all of its stories'."""
    topics = {topic for story in stories for topic in story.topics}
    places = {place for story in stories for place in story.places}
    return replace(
        stories[0], topics=tuple(topics & subjects or topics), places=tuple(places & subjects or places)
    )
