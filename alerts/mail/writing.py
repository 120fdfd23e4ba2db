"""A letter as the bytes that go to the relay: one reader, every header, no line too long, signed."""

from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage

import dkim

from alerts.mail.nouns import DkimKey, Letterhead
from alerts.mail.policy import POLICY
from alerts.mail.tokens import Purpose, sign
from alerts.messages.cleaning import clean_title
from alerts.messages.letter import CONFIRM, SETTINGS, UNSUBSCRIBE, Letter
from alerts.messages.message import cut

SUBJECT_LIMIT = 150  # UTF-16 units; what a list of mails shows is shorter still
# DKIM must cover both of List-Unsubscribe's (RFC 8058); named twice, a header cannot be added later.
_SIGNED = (
    b"from", b"from", b"to", b"subject", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"in-reply-to", b"references", b"auto-submitted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addressed:
    """To whom a letter goes, and as what."""

    address: str
    key: str  # of its delivery: "alert-17.4"
    date: str  # RFC 5322
    reply_to: str = ""  # the Message-ID of the mail that it follows

    @property
    def kind(self) -> str:
        """What the delivery carries: alert, edition, consent."""
        return self.key.partition("-")[0]

    @property
    def number(self) -> int:
        """Which one of its kind."""
        return int(self.key.partition("-")[2].partition(".")[0])

    @property
    def reader(self) -> int:
        """The subscriber."""
        return int(self.key.rpartition(".")[2])


def message_id(head: Letterhead, to: Addressed) -> str:
    """The same for every try: a mail program shows a mail that arrived twice once."""
    return f"<{to.key}@{head.domain}>"


def envelope_sender(head: Letterhead, to: Addressed) -> str:
    """Where a bounce goes: an address that names its reader, signed, so that nobody else can send one."""
    local, _, domain = head.bounces.partition("@")
    return f"{local}+{sign(head.key, Purpose.BOUNCE, to.reader)}@{domain}"


def unsubscribe_link(head: Letterhead, reader: int) -> str:
    """The page, and one-click address, that ends a reader's mails."""
    return f"{head.public_url}/u/{sign(head.key, Purpose.UNSUBSCRIBE, reader)}"


def written(letter: Letter, head: Letterhead, to: Addressed) -> bytes:
    """The mail, ready for the relay.

    Raises:
        ValueError: a value would break out of its header.
    """
    letter = _linked(letter, head, to)
    mail = EmailMessage(policy=POLICY)
    # base64: 8bit would have lines of any length, and quoted-printable makes Arabic three times as long.
    mail.set_content(letter.text, cte="base64")
    if letter.html:
        mail.add_alternative(letter.html, subtype="html", cte="base64")
        _enclose(mail, letter)
    for file in letter.attachments:
        mail.add_attachment(_utf8(file.text), subtype="plain", cte="base64", filename=file.name)
    mail["From"] = Address(head.name, addr_spec=head.address)
    for name, value in _headers(letter, head, to).items():
        mail[name] = value
    raw = mail.as_bytes()
    return _signature(raw, head.domain, head.dkim) + raw if head.dkim else raw


def _headers(letter: Letter, head: Letterhead, to: Addressed) -> dict[str, str]:
    headers = {
        "To": to.address,
        "Subject": cut(clean_title(letter.subject), SUBJECT_LIMIT) or head.domain,
        "Date": to.date,
        "Message-ID": message_id(head, to),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",  # Exchange's word for the same
        "Content-Language": letter.language,
    }
    if to.reply_to:
        headers |= {"In-Reply-To": to.reply_to, "References": to.reply_to}
    if to.kind == "consent":  # it is no list yet
        return headers
    return headers | {
        "List-Id": f"Marsad <marsad.{head.domain}>",
        "List-Unsubscribe": f"<{unsubscribe_link(head, to.reader)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": f"<{head.public_url}/>",
        "Precedence": "list",
        "Feedback-ID": f"{to.kind}:marsad:{head.domain}",
    }


def _linked(letter: Letter, head: Letterhead, to: Addressed) -> Letter:
    """The letter with the reader's own addresses, and nothing that UTF-8 cannot hold."""
    links = {
        UNSUBSCRIBE: unsubscribe_link(head, to.reader),
        SETTINGS: f"{head.public_url}/s/{sign(head.key, Purpose.SETTINGS, to.reader)}",
        CONFIRM: f"{head.public_url}/c/{sign(head.key, Purpose.CONFIRM, to.number)}",
    }
    html, text = letter.html, letter.text
    for place, link in links.items():
        html, text = html.replace(place, link), text.replace(place, link)
    return replace(letter, html=_utf8(html), text=_utf8(text))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")


def _enclose(mail: EmailMessage, letter: Letter) -> None:
    *_, html = mail.iter_parts()
    for picture in letter.pictures:
        html.add_related(picture.png, "image", "png", cid=f"<{picture.cid}>", disposition="inline")


def _signature(raw: bytes, domain: str, key: DkimKey) -> bytes:
    """The DKIM-Signature header of a mail."""
    there = {line.partition(b":")[0].lower() for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    signature = dkim.sign(
        raw,
        selector=key.selector.encode(),
        domain=domain.encode(),
        privkey=key.private,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in _SIGNED if name in there],
    )
    return bytes(signature)
