"""What the DNS says of our key: a mail whose signature does not fit its record is worse off than an unsigned one."""

import base64
import binascii

from dkim.crypto import UnparsableKeyError, parse_pem_private_key, parse_public_key
from dkim.util import InvalidTagValueList, parse_tag_value


def dkim_name(selector: str, domain: str) -> str:
    """Where the public half of a key stands in DNS."""
    return f"{selector}._domainkey.{domain}"


def dkim_problem(records: list[bytes], private: bytes) -> str:
    """Why the mails that we sign would not verify; empty when they would.

    Args:
        records: the TXT records at ``dkim_name``, the strings of each joined.
        private: our key, PEM.
    """
    found = [record for record in records if b"p=" in record]
    if not found:
        return "there is no record: no signature verifies"
    if len(found) > 1:
        return "there are several records: no signature verifies"
    try:
        tags = parse_tag_value(found[0])
        public = base64.b64decode(b"".join(tags[b"p"].split()), validate=True)
    except (InvalidTagValueList, KeyError, binascii.Error):
        return "the record cannot be read"
    if not public:
        return "the record says that the key was revoked"
    try:
        theirs, ours = parse_public_key(public), parse_pem_private_key(private)
    except (UnparsableKeyError, ValueError):
        return "the record holds no RSA key"
    same = theirs["modulus"] == ours["modulus"] and theirs["publicExponent"] == ours["publicExponent"]
    return "" if same else "the record holds another key: it was rotated on one side only"
