"""What every test stands on: the fence at the socket, and where the shared data lies."""

import os
import runpy
from pathlib import Path

import pytest

FENCE = Path(__file__).parent / "fence"
# By path: a distribution may have imported a sitecustomize of its own already.
runpy.run_path(str(FENCE / "sitecustomize.py"))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FENCE), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture(scope="session")
def data() -> Path:
    """The shared data folder; tests that need it skip with a word where it is absent."""
    folder = os.environ.get("MARSAD_DATA", "")
    if not folder:
        pytest.skip("MARSAD_DATA is not set: the shared data folder is not here")
    return Path(folder)
