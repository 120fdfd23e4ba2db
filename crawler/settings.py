"""Scrapy's settings. Each one that differs from Scrapy's default says why."""

from typing import Any

BOT_NAME = "marsad"
SPIDER_MODULES = ["crawler.spiders"]
USER_AGENT = (
    "Marsad/0.1 (Arabic news monitor; +https://marsad.invalid/bot)"  # an operator sets the contact address
)

# One asyncio loop for everything; no Twisted reactor.
TWISTED_REACTOR_ENABLED = False
DOWNLOAD_HANDLERS = {
    "http": "crawler.handler.GuardedHandler",
    "https": "crawler.handler.GuardedHandler",
    # Nothing an outlet lists may make us open a local file or another protocol.
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default takes any certificate

# Both are on by default, and both let whoever reaches the port run code.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

CONCURRENT_REQUESTS = 256
CONCURRENT_REQUESTS_PER_DOMAIN = 2  # an outlet is a guest's house
CONCURRENT_ITEMS = 2  # the default makes 100 tasks a response, items or not: three times the CPU
DOWNLOAD_TIMEOUT = 25  # seconds; the lease of a poll is longer
DOWNLOAD_MAXSIZE = 8 << 20  # bytes, of the answer and of what it unpacks to
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = True
REDIRECT_MAX_TIMES = 6
DOWNLOAD_DELAY = 1.0  # seconds between two requests to a host the registry does not name

# What must outlive the process lives in rows: the archive knows what was seen, the due-queue what is tried again.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
RETRY_ENABLED = False
HTTPCACHE_ENABLED = False  # its heuristic freshness answers a poll without asking the outlet

COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"  # an outlet need not know what led us to it
METAREFRESH_ENABLED = False
ROBOTSTXT_OBEY = True
DOWNLOADER_MIDDLEWARES: dict[str, Any] = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.AddressGuard": 50,  # first: every hop of a redirect comes past it
    "crawler.middlewares.FreshRobots": 100,
    "crawler.middlewares.ConditionalGet": 545,
}
DOWNLOADER = "crawler.throttle.HostDownloader"
EXTENSIONS: dict[str, Any] = {
    "crawler.throttle.Throttle": 0,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.corestats.CoreStats": None,
}

LOG_LEVEL = "WARNING"
LOG_ENABLED = False  # the service configures logging once, for everybody
STATS_DUMP = False

HTTPPROXY_ENABLED = False  # on with MARSAD_PROXY: no proxy is taken from the environment unasked
MARSAD_PROXY = ""
MARSAD_RESOLVE_FIRST = False  # on the reactor: names are checked before they are asked for, too
MARSAD_HOSTS = None  # the service's crawler.hosts.HostBook
MARSAD_OUTLETS = ""  # for `scrapy crawl`: a folder of outlet files; empty: those that come with Marsad
# Private networks that may be asked all the same, such as 127.0.0.0/8.
MARSAD_ALLOWED_NETWORKS: list[str] = []
