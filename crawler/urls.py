"""One address for one article: what two spellings of a URL have in common."""

from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

MOST = 2_000  # characters; longer addresses are trackers or attacks, and no outlet's article needs more

# Parameters that say where a reader came from, never what is read.
TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "ocid", "ref", "ref_src"}
)
TRACKING_PREFIXES = ("utm_", "at_", "pk_", "mtm_", "_ga")
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_web(url: str) -> bool:
    """Whether ``url`` is an http or https address with a host and without a user name."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on a port that is no number
    except ValueError:
        return False
    return (
        parts.scheme in DEFAULT_PORTS
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and len(url) <= MOST
    )


def absolute(base: str, link: str) -> str:
    """Return ``link`` as seen from the page ``base``, without a fragment; empty when it leads nowhere on the web.

    The one place where foreign links become addresses: one that passed here has a ``url_key``.
    """
    if not (link := link.strip()):
        return ""
    try:
        url = urlunsplit(urlsplit(urljoin(base, link))._replace(fragment=""))
    except ValueError:
        return ""
    return url if is_web(url) else ""


def canonical(url: str) -> str:
    """Return one spelling for all that differ in case of host, default port, tracking, fragment or escaping.

    ``url`` must satisfy ``is_web``. Idempotent.
    """
    parts = urlsplit(url)
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "").rstrip(".")
    query = "&".join(part for part in parts.query.split("&") if part and not _is_tracking(part))
    return canonicalize_url(urlunsplit((parts.scheme, host + port, parts.path, query, "")))


def url_key(url: str) -> str:
    """Return what the archive knows an address by: http and https twins, ``www`` and a closing slash are one."""
    return canonical(url).split("://", 1)[1].removeprefix("www.").rstrip("/")


def _is_tracking(parameter: str) -> bool:
    name = parameter.split("=", 1)[0].lower()
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)
