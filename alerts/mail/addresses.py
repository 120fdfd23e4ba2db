"""Mail addresses as we keep them."""

from email_validator import EmailNotValidError, validate_email


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
