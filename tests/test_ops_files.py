"""The files that keep Marsad alive elsewhere, checked by the programs that read them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from scheduler.wiring import VARIABLES

OPS = Path(__file__).parent.parent / "docs" / "ops"


def program(name: str) -> str:
    """Where a system program lies; absent on a user's machine the test says so, in CI it must be there."""
    found = shutil.which(name)
    if not found:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed: .ci/run installs it")
        pytest.skip(f"{name} is not installed")
    return found


def test_prometheus_takes_the_rules():
    done = subprocess.run(
        [program("promtool"), "check", "rules", str(OPS / "prometheus-rules.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_systemd_takes_the_unit_and_finds_it_hardened(tmp_path):
    analyze = program("systemd-analyze")
    unit = tmp_path / "marsad.service"
    text = (OPS / "marsad.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/marsad/.venv/bin/marsad", "/bin/true"), encoding="utf-8")
    verified = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert "marsad.service" not in verified.stderr, verified.stderr
    rated = subprocess.run(
        [analyze, "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False
    )
    exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", rated.stdout)[1])
    assert exposure <= 2.0, rated.stdout[-200:]


def test_containers_run_as_nobody_read_only_and_know_every_setting():
    compose = yaml.safe_load((OPS / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["marsad"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service["environment"]) <= VARIABLES.keys()
    recipe = (OPS / "Containerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"\b(MARSAD_\w+)=", recipe)) <= VARIABLES.keys()
    assert re.search(r"^USER 10001$", recipe, re.MULTILINE)
    copied = [
        each
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE)
        for each in line.split()
    ]
    assert [each for each in copied if not (OPS.parent.parent / each).exists()] == []
