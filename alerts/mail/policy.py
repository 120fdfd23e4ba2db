"""How headers become lines.

Python's own policy writes a word that is longer than a line as an encoded word (RFC 2047): in
``List-Unsubscribe`` or ``References`` the address then no longer stands in the header, and no button appears.
"""

from email.policy import SMTP, EmailPolicy

# Headers for machines: ASCII words that stay whole, whatever their length.
WHOLE = frozenset({
    "feedback-id", "in-reply-to", "list-help", "list-id", "list-unsubscribe", "list-unsubscribe-post",
    "message-id", "references",
})  # fmt: skip
_LINE = 78  # characters that a line should have (RFC 5322 2.1.1); it must not have more than 998
_LONGEST = 998


class MailPolicy(EmailPolicy):
    """SMTP's policy, which folds headers for machines at spaces only."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """A header as bytes, with its line ends."""
        if name.lower() in WHOLE:
            return _whole(name, value).encode("ascii")
        return super().fold_binary(name, value)


def _whole(name: str, value: str) -> str:
    lines = [f"{name}:"]
    for word in value.split():
        if len(word) >= _LONGEST:
            raise ValueError(f"{name}: a word of {len(word)} characters fits on no line")
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


POLICY = MailPolicy(**{name: getattr(SMTP, name) for name in ("linesep", "raise_on_defect", "utf8")})
