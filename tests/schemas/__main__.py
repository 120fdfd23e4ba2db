"""Record the tables of a release, with a row in each, for the tests of migrations:

python -m tests.schemas 0.2.0
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.schemas.filling import dump, make

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive.sqlite"
        asyncio.run(make(archive))
        (Path(__file__).parent / f"{sys.argv[1]}.sql").write_text(dump(archive), encoding="utf-8")
