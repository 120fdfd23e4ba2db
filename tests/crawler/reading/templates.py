"""Page templates × texts of our own: what a page is made of, and the article that must come out of it.

A folder in ``tests/crawler/fixtures/pages`` holds ``page.html`` with ``{{placeholders}}`` and
``expected.yaml``: ``url``, ``zone``, and what the page leaves out or prints in its own way.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime
from hijridate import Gregorian

from crawler.nouns import Outlet, Page, TimeRule

FIXTURES = Path(__file__).parents[1] / "fixtures"
PLANTED = "القبض على شبكة قمار إلكتروني في ميانمار تديرها عصابة دولية"
NEWS = [
    PLANTED,
    "ارتفاع درجات الحرارة نهاية الأسبوع",
    "الجامعة تعلن مواعيد القبول",
    PLANTED + " وتوقيف العشرات",
]
LEVANT = ["كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول"]
LEVANT += ["تشرين الأول", "تشرين الثاني", "كانون الأول"]
HIJRI = ["محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة", "رجب", "شعبان"]
HIJRI += ["رمضان", "شوال", "ذو القعدة", "ذو الحجة"]
ARABIC_DIGITS, PERSIAN_DIGITS = (
    str.maketrans("0123456789", digits) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")
)

ARTICLES = yaml.safe_load((FIXTURES / "articles.yaml").read_text("utf-8"))
TEMPLATES = sorted(folder.name for folder in (FIXTURES / "pages").iterdir())


@dataclass(frozen=True)
class Case:
    """A rendered page and what reading it must give."""

    page: Page
    outlet: Outlet
    expected: dict
    article: dict
    at: datetime
    body: str


def case(template: str, article: dict) -> Case:
    """Set an article into a template."""
    folder = FIXTURES / "pages" / template
    expected = yaml.safe_load((folder / "expected.yaml").read_text("utf-8"))
    at = datetime.fromisoformat(article["at"]).replace(tzinfo=ZoneInfo(expected["zone"]))
    html = (folder / "page.html").read_text("utf-8")
    for name, value in _values(article, at, expected["url"]).items():
        html = html.replace("{{" + name + "}}", value)
    html = _padded(html, expected.get("least_bytes", 0))
    assert "{{" not in html, template
    outlet = Outlet(
        template, "", "", "", expected["zone"], expected["url"], (),
        time_rule=TimeRule(expected.get("time_rule", "stamped")),
    )  # fmt: skip
    page = Page(
        expected["url"], _encoded(html, expected.get("charset", "utf-8")), expected.get("content_type", "")
    )
    return Case(page, outlet, expected, article, at, "\n\n".join(_printed(article, expected)))


def _printed(article: dict, expected: dict) -> list[str]:
    paragraphs = article["paragraphs"]
    match expected.get("paragraphs", "all"):
        case "first":
            return paragraphs[:1]
        case "teaser":
            return [_teaser(article)]
    return paragraphs


def _teaser(article: dict) -> str:
    return " ".join(article["paragraphs"][0].split()[:15])


def _values(article: dict, at: datetime, url: str) -> dict[str, str]:
    texts = [escape(text) for text in article["paragraphs"]]
    links = [f'<a href="/n/{number}">{text}</a>' for number, text in enumerate(NEWS)]
    quoted = {name: json.dumps(article[name], ensure_ascii=False)[1:-1] for name in ("title",)}
    return {
        "title": escape(article["title"]),
        "json_title": quoted["title"],
        "json_body": json.dumps("\n".join(article["paragraphs"]), ensure_ascii=False)[1:-1],
        "author": article["author"],
        "section": article["section"],
        "url": url,
        "p": "\n".join(f"<p>{text}</p>" for text in texts),
        "div": "\n".join(f'<div style="text-align:right">{text}</div>' for text in texts),
        "br": "<br /><br />\n".join(texts),
        "text_blocks": "\n".join(f'<div data-component="text-block"><p>{text}</p></div>' for text in texts),
        "first": texts[0],
        "rest_p": "\n".join(f"<p>{text}</p>" for text in texts[1:]),
        "teaser": escape(_teaser(article)),
        "planted": PLANTED,
        "related": "<ul>" + "".join(f"<li>{link}</li>" for link in links) + "</ul>",
        "related_items": "".join(f"<div><h4>{link}</h4><span>منذ ساعتين</span></div>" for link in links),
        "related_br": "<br>".join(links),
        "related_p": "".join(f'<div class="card"><p>{link}</p></div>' for link in links * 3),
        "comments": "".join(
            f'<li class="comment"><p>{text} وهذا رأي قارئ رقم {number} في الموضوع كله</p></li>'
            for number, text in enumerate(NEWS * 2)
        ),
        **_dates(at),
    }  # fmt: skip


def _dates(at: datetime) -> dict[str, str]:
    hijri = Gregorian(at.year, at.month, at.day).to_hijri()
    half = "ص" if at.hour < 12 else "م"
    return {
        "iso": at.isoformat(),
        "iso_utc": at.astimezone(UTC).isoformat(),
        "iso_z_local": at.replace(tzinfo=None).isoformat() + "Z",
        "date_ar": format_datetime(at, "EEEE، d MMMM y - hh:mm ", locale="ar_EG@numbers=latn").translate(
            str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
        ) + half,
        "date_dash": f"{at:%Y-%m-%d} | {at:%H:%M}",
        "date_num": f"{at:%d/%m/%Y} {at:%H:%M}",
        "date_levant": f"{at.day} {LEVANT[at.month - 1]} {at.year} الساعة {at:%I:%M} {half}",
        "date_maghreb": format_datetime(at, "d MMMM y - HH:mm", locale="ar_MA").translate(
            str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
        ),
        "date_hijri": f"{hijri.day} {HIJRI[hijri.month - 1]} {hijri.year} هـ".translate(ARABIC_DIGITS),
        "date_persian": f"{at:%d/%m/%Y - %H:%M}".translate(PERSIAN_DIGITS),
    }  # fmt: skip


def _padded(html: str, least: int) -> str:
    """Grow a page as real ones do: by inline scripts and by a menu of hundreds of links."""
    missing = max(0, least - len(html.encode()))
    script = "<script>var data=[" + "0," * (missing // 4) + "0];</script>"
    entry = '<li><a href="/section/{0}/{0}">قسم رقم {0} من أقسام الموقع</a></li>'
    entries = "".join(entry.format(number) for number in range(missing // 320))
    return html.replace("{{padding_script}}", script).replace(
        "{{padding_menu}}", f"<ul class='mega'>{entries}</ul>"
    )


def _encoded(html: str, charset: str) -> bytes:
    if charset == "entities":
        return html.encode("ascii", "xmlcharrefreplace")
    return html.encode(charset, "xmlcharrefreplace")
