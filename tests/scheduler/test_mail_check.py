"""`marsad mail check` against a DNS server."""

import base64
import socket
import subprocess
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from click.testing import CliRunner, Result

from scheduler.cli import marsad


class Dns:
    """A name server on 127.0.0.1 that knows some TXT records."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            wire, asker = self.socket.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            name = query.question[0].name
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            texts = self.texts.get(str(name).rstrip("."))
            if texts is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            else:
                # A long record is several strings, as in a real zone.
                split = [" ".join(f'"{t[n : n + 200]}"' for n in range(0, len(t), 200)) for t in texts]
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *split))
            self.socket.sendto(answer.to_wire(), asker)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()


@pytest.fixture
def zone() -> Iterator[Dns]:
    server = Dns()
    yield server
    server.close()


def made(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def keys() -> tuple[bytes, bytes]:
    return made("genrsa", "2048"), made("genrsa", "2048")


def record(private: bytes) -> str:
    public = base64.b64encode(made("rsa", "-pubout", "-outform", "DER", given=private)).decode()
    return f"v=DKIM1; k=rsa; p={public}"


@pytest.fixture
def check(zone, keys, tmp_path):
    (tmp_path / "key.pem").write_bytes(keys[0])
    settings = {
        "MARSAD_SMTP_HOST": "relay.example.org",
        "MARSAD_MAIL_FROM": "news@example.org",
        "MARSAD_PUBLIC_URL": "https://news.example.org",
        "MARSAD_DKIM_KEY_FILE": str(tmp_path / "key.pem"),
    }
    zone.texts = {
        "example.org": ["another text", "v=spf1 -all"],
        "_dmarc.example.org": ["v=DMARC1; p=none"],
        "marsad._domainkey.example.org": [record(keys[0])],
    }

    def run() -> Result:
        asked = ["mail", "check", "--nameserver", f"127.0.0.1:{zone.port}"]
        return CliRunner(env=settings).invoke(marsad, asked)

    return run


def test_case_71_what_fits_is_right(check):
    result = check()
    assert result.exit_code == 0, result.output
    assert result.output.count(": right") == 3


@pytest.mark.parametrize(("texts", "told"), [
    (lambda keys: [record(keys[1])], "another key: it was rotated on one side only"),
    (lambda _: ["v=DKIM1; k=rsa; p="], "revoked"),
    (lambda _: ["v=DKIM1; p=nonsense!"], "cannot be read"),
    (lambda keys: [record(keys[0]), record(keys[1])], "several records"),
    (lambda _: None, "no record"),
])  # fmt: skip
def test_case_71_a_key_that_does_not_fit_its_record_is_told(check, zone, keys, texts, told):
    if (found := texts(keys)) is None:
        del zone.texts["marsad._domainkey.example.org"]
    else:
        zone.texts["marsad._domainkey.example.org"] = found
    result = check()
    assert result.exit_code == 1
    assert told in result.output


def test_missing_spf_and_dmarc_are_told(check, zone):
    zone.texts["example.org"] = ["v=spf1 a", "v=spf1 b"]
    del zone.texts["_dmarc.example.org"]
    result = check()
    assert result.exit_code == 1
    assert "begins with v=spf1, not 2" in result.output
    assert "begins with v=DMARC1, not 0" in result.output
