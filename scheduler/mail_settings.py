"""The settings of mail: read once, checked, and handed on as one frozen value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from scheduler.settings_file import unread

VARIABLES = {
    "MARSAD_SMTP_HOST": "the relay that takes our mails; without it no mail is sent",
    "MARSAD_SMTP_PORT": "its port (587; 465 with tls)",
    "MARSAD_SMTP_SECURITY": "starttls, tls, or none for a relay on this machine (starttls)",
    "MARSAD_SMTP_USER": "our name there; empty: it knows us by our address",
    "MARSAD_SMTP_PASSWORD_FILE": "a file that holds the password; $CREDENTIALS_DIRECTORY/smtp_password is read too",
    "MARSAD_SMTP_CERTIFICATES": "a file of certificates to trust for the relay (the system's)",
    "MARSAD_MAIL_FROM": "whom mails are from: an address, or a name with the address in <>",
    "MARSAD_MAIL_BOUNCES": "where mails come back to; readers' tokens are added after a + (bounces@ the same domain)",
    "MARSAD_PUBLIC_URL": "the https address under which readers reach the pages of `marsad web`",
    "MARSAD_DKIM_KEY_FILE": "a private RSA key in PEM, where the relay does not sign our mails",
    "MARSAD_DKIM_SELECTOR": "the name of its public half in DNS (marsad)",
}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&*/=?^_`{|}~+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]+)>\s*")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mail leaves. Secrets never show in its text."""

    host: str
    port: int
    address: str
    public_url: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    certificates: str = ""
    name: str = ""
    bounces: str = ""
    dkim_key: str = field(default="", repr=False)
    dkim_selector: str = "marsad"

    def channel(self, key: bytes) -> dict[str, str]:
        """The settings of the mail channel; ``key`` signs tokens."""
        return {
            "host": self.host,
            "port": str(self.port),
            "security": self.security,
            "user": self.user,
            "password": self.password,
            "cert_bundle": self.certificates,
            "from": self.address,
            "name": self.name,
            "bounces": self.bounces,
            "public_url": self.public_url,
            "key": key.hex(),
            "dkim_key": self.dkim_key,
            "dkim_selector": self.dkim_selector,
        }


def read_mail(given: Mapping[str, str], credentials: str) -> MailSettings | None:
    """Return how mail leaves; None when it does not.

    Args:
        given: the environment's ``MARSAD_`` variables.
        credentials: systemd's folder of credentials, or empty.

    Raises:
        ValueError: a setting cannot be taken; one line that names the variable and the way out.
    """
    host = given.get("MARSAD_SMTP_HOST", "")
    port = _port(given["MARSAD_SMTP_PORT"]) if given.get("MARSAD_SMTP_PORT") else None
    if not host:
        stray = [name for name in VARIABLES if given.get(name) and name != "MARSAD_PUBLIC_URL"]
        if stray:
            raise ValueError(
                f"MARSAD_SMTP_HOST: {stray[0]} is set, and no relay; name one, or unset the other"
            )
        return None
    security = _security(given.get("MARSAD_SMTP_SECURITY") or "starttls", host)
    name, address = _sender(given.get("MARSAD_MAIL_FROM", ""))
    bounces = given.get("MARSAD_MAIL_BOUNCES") or f"bounces@{address.rpartition('@')[2]}"
    if "+" in bounces.partition("@")[0]:
        raise ValueError("MARSAD_MAIL_BOUNCES: must have no + before its @: readers' tokens follow one")
    return MailSettings(
        host=host,
        port=port or (465 if security == "tls" else 587),
        address=address,
        public_url=public_url(given, needed=True),
        security=security,
        user=given.get("MARSAD_SMTP_USER", ""),
        password=_secret(given, "MARSAD_SMTP_PASSWORD_FILE", credentials, "smtp_password"),
        certificates=given.get("MARSAD_SMTP_CERTIFICATES", ""),
        name=name,
        bounces=_address("MARSAD_MAIL_BOUNCES", bounces),
        dkim_key=_secret(given, "MARSAD_DKIM_KEY_FILE", credentials, "dkim_key"),
        dkim_selector=_selector(given.get("MARSAD_DKIM_SELECTOR") or "marsad"),
    )


def public_url(given: Mapping[str, str], *, needed: bool = False) -> str:
    """Return the address of our pages, without a slash at the end; raises ValueError."""
    url = given.get("MARSAD_PUBLIC_URL", "").rstrip("/")
    if not url:
        if needed:
            raise ValueError(
                "MARSAD_PUBLIC_URL: is not set, and a mail without a link to unsubscribe is spam; "
                "name the https address under which readers reach our pages"
            )
        return ""
    parts = urlsplit(url)
    near = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or parts.query or parts.username or (parts.scheme != "https" and not near):
        raise ValueError(
            f"MARSAD_PUBLIC_URL: {url!r} is not an https address such as https://news.example.org"
        )
    if len(url) > 200 or not url.isascii() or any(letter in url for letter in "<>, \"'"):
        raise ValueError("MARSAD_PUBLIC_URL: must be short, ASCII, and without spaces, commas, quotes or <>")
    return url


def _security(security: str, host: str) -> str:
    if security not in {"starttls", "tls", "none"}:
        raise ValueError(f"MARSAD_SMTP_SECURITY: {security!r} must be starttls, tls or none")
    if security == "none" and host not in _LOOPBACK:
        raise ValueError(
            f"MARSAD_SMTP_SECURITY: none is for a relay on this machine, and {host!r} is not; use starttls"
        )
    return security


def _sender(text: str) -> tuple[str, str]:
    if not text:
        raise ValueError(
            "MARSAD_MAIL_FROM: is not set; write whom mails are from, such as مرصد <news@example.org>"
        )
    named = _NAMED.fullmatch(text)
    name, address = (named["name"], named["address"]) if named else ("", text)
    name = name.strip('" ')
    if not name.isprintable():
        raise ValueError("MARSAD_MAIL_FROM: the name must be one line of printable characters")
    return name, _address("MARSAD_MAIL_FROM", address)


def _address(variable: str, text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(
            f"{variable}: {text!r} is no mail address; write one such as news@example.org, in ASCII"
        )
    return text.lower()


def _port(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and 0 < int(text) < 65536):
        raise ValueError(f"MARSAD_SMTP_PORT: {text!r} is no port; 587 is usual")
    return int(text)


def _selector(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", text):
        raise ValueError(f"MARSAD_DKIM_SELECTOR: {text!r} is no name in DNS; write letters and digits")
    return text


def _secret(given: Mapping[str, str], variable: str, credentials: str, handed: str) -> str:
    named = given.get(variable, "")
    file = Path(named) if named else Path(credentials) / handed
    if not named and not (credentials and file.exists()):
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{variable}: {file} cannot be read ({unread(error)})") from error
