"""Files that nobody in this project wrote, where they are: tests that need them are skipped where they are absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def third_party_folder(name: str) -> Path:
    """A folder of third-party data: in $KIT_THIRD_PARTY_DIR, or in shared/data beside the project; skips without."""
    places = [Path(os.environ["KIT_THIRD_PARTY_DIR"])] if "KIT_THIRD_PARTY_DIR" in os.environ else []
    for place in [*places, ROOT.parent / "shared" / "data"]:
        if (place / name).is_dir():
            return place / name
    pytest.skip(f"{name} is not in $KIT_THIRD_PARTY_DIR")
