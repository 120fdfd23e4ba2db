"""Refuse every connection and every name look-up that leaves this machine.

Python imports ``sitecustomize`` at start when its folder is on ``PYTHONPATH``: the suite runs it for itself
and hands the folder to every process it starts, so that a service under test is fenced like the test.
"""

import ipaddress
import sys


def _is_local(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        # Reserved names never resolve (RFC 2606): tests of a failing look-up use them.
        return name.endswith(".localhost")


def _fence(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise RuntimeError(f"the fence: {event} to {address[0]} leaves this machine")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
        if not _is_local(host):
            raise RuntimeError(f"the fence: {event} of {host!r} leaves this machine")


sys.addaudithook(_fence)
