"""Reports as mail servers write them, in our own words."""

from email.message import Message

DSN = """\
Return-Path: <>
{to_header}: {to}
From: Mail Delivery System <MAILER-DAEMON@relay.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

A mail could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; gone@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such mailbox

--b1
Content-Type: message/rfc822

Return-Path: <{to}>
Message-ID: <edition-9.4@marsad.example>
Subject: x

text
--b1--
"""

COMPLAINT = """\
From: complaints@provider.example
To: abuse@marsad.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

Somebody pressed a button.

--b2
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
{envelope}
--b2
Content-Type: text/rfc822-headers

Message-ID: <edition-9.4@marsad.example>
{headers}
--b2--
"""


def dsn(to: str, status: str = "5.1.1", action: str = "failed", to_header: str = "X-Original-To") -> bytes:
    return DSN.format(to=to, status=status, action=action, to_header=to_header).encode()


def complaint(envelope: str = "", headers: str = "") -> bytes:
    return COMPLAINT.format(envelope=envelope, headers=headers).encode()


def automatic(to: str, **headers: str) -> bytes:
    mail = Message()
    mail["To"] = to
    mail["Subject"] = "On holiday"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_payload("I am not here.")
    return mail.as_bytes()
