"""A real Postfix of the tests' own: its configuration, queue, ports and log in one folder, on 127.0.0.1.

The system's own Postfix (``/etc/postfix``, its queue, port 25) is neither read for settings nor touched. Mail for
``example.org`` and ``marsad.example`` ends in Maildirs here; mail for ``away.example`` goes on to another server.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
fast_flush_domains =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtp_host_lookup = native
recipient_delimiter = +
message_size_limit = {size}
virtual_mailbox_limit = 0
virtual_mailbox_domains = example.org, marsad.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {{reader@example.org = reader/}}, {{bounces@marsad.example = bounces/}} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
relay_domains = away.example
transport_maps = inline:{{ {{away.example = smtp:[127.0.0.1]:{away}}} }}
"""
# service, type, private, unprivileged, chroot, wakeup, processes, command
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""


def why_not() -> str:
    """Why there can be no Postfix here; empty when there can."""
    if not shutil.which("postfix"):
        return "Postfix is not installed: apt-get install postfix"
    if os.geteuid() != 0:
        return "a Postfix of one's own needs root"
    return ""


@dataclass(frozen=True)
class Postfix:
    """A running instance."""

    port: int
    folder: Path

    def mails(self, box: str, least: int = 1, within: float = 30.0) -> list[bytes]:
        """The mails in a Maildir, once there are so many."""
        end = time.monotonic() + within
        while True:
            found = [file.read_bytes() for file in sorted((self.maildir(box) / "new").glob("*"))]
            if len(found) >= least:
                return found
            assert time.monotonic() < end, (
                f"{box} has {len(found)} mails\n{(self.folder / 'log').read_text()}"
            )
            time.sleep(0.05)

    def maildir(self, box: str) -> Path:
        """Where a mailbox lies: reader or bounces."""
        return self.folder / "mail" / box


@contextmanager
def running(*, away: int = 9, size: int = 10_000_000) -> Iterator[Postfix]:
    """Start an instance and stop it again; ``away`` is the port of the server for ``away.example``."""
    # Not below pytest's folder: Postfix's own user must be able to enter it.
    folder = Path(tempfile.mkdtemp(prefix="marsad-postfix-"))
    folder.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    owner = "nobody"
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", owner)
    stat = (folder / "mail").stat()
    main = MAIN.format(folder=folder, size=size, uid=stat.st_uid, gid=65534, away=away)
    (folder / "etc" / "main.cf").write_text(main, encoding="utf-8")
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port), encoding="utf-8")
    try:
        _postfix(folder, "start")
        yield Postfix(port, folder)
    finally:
        _postfix(folder, "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _postfix(folder: Path, verb: str, *, check: bool = True) -> None:
    done = subprocess.run(
        ["postfix", "-c", folder / "etc", verb], capture_output=True, text=True, check=False, timeout=60
    )
    assert not check or done.returncode == 0, f"postfix {verb}: {done.stdout}{done.stderr}"
