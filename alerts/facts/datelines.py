"""Where a text begins behind its byline and dateline: «يانغون (الوكالة) - قالت السلطات …».

Who reports, and from where, is no part of the event.
"""

import re

_DASH = r"\s*[-–—ـ]+\s+"
_PART = r"[^\s.!?؟:،()«»\-–—]{1,20}(?: [^\s.!?؟:،()«»\-–—]{1,20})"
_BYLINE = re.compile(r"\s*[^\W\d]{1,20}(?:[ \-–—/]{1,3}[^\W\d]{1,20}){0,4}[ :]?\n\s*")
_DATELINE = re.compile(
    rf"\s*(?:[^\n.!?؟:()]{{0,40}}\([^()\n]{{2,40}}\)\s{{0,3}}[-–—ـ:]+\s+"
    rf"|{_PART}{{0,2}}{_DASH}(?:{_PART}{{0,2}}(?:{_DASH}|:\s))?)"
)


def dateline(body: str) -> int:
    """How many characters of ``body`` its byline and dateline take; none where it begins with its event."""
    byline = _BYLINE.match(body)
    start = byline.end() if byline else 0
    found = _DATELINE.match(body, start)
    return found.end() if found else start
