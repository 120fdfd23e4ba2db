"""The fence itself: a suite that could reach the world would prove nothing about 127.0.0.1."""

import socket
import subprocess
import sys

import pytest


def test_a_public_address_cannot_be_dialled():
    with socket.socket() as s, pytest.raises(RuntimeError, match="leaves this machine"):
        s.connect(("192.0.2.1", 80))


def test_a_public_name_cannot_be_resolved():
    with pytest.raises(RuntimeError, match="leaves this machine"):
        socket.getaddrinfo("example.org", 80)


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_processes_that_a_test_starts_are_fenced_too():
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.getaddrinfo('example.org', 80)"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert "leaves this machine" in done.stderr
