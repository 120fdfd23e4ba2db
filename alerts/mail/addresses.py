"""Mail addresses as we keep them."""

from typing import Final

from email_validator import EmailNotValidError, validate_email

_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


def mail_address(text: str) -> str:
    """Return an address as it is kept and compared: lower case, its domain in ASCII.

    No provider tells spellings apart by case, and two spellings must not be two readers.

    Raises:
        ValueError: it is no address that a relay can be sure to take; the text says why, without the address.
    """
    try:
        found = validate_email(
            text.strip(),
            check_deliverability=False,  # the confirmation letter is the proof
            allow_smtputf8=False,  # many relays refuse letters beyond ASCII before the @
            allow_domain_literal=False,
            allow_quoted_local=False,
            strict=True,  # lengths
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    return f"{found.local_part}@{found.ascii_domain}".lower()


def mailbox(address: str) -> str:
    """Return what the spellings of an address have in common that one mailbox receives: for counting, not for sending.

    What follows a plus is the owner's own mark nearly everywhere; two providers' names are one, and it skips dots.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0]
    if domain in _GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"
