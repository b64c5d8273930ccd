"""A refresh that dies at any moment, or finds no room, harms nothing: what was published stands, the next one works."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from publication import publish
from tests.integration.conftest import ROOT, TRUST, settings_for, synthesize
from tests.integration.test_refresh import settings_of

PATIENTS = 60
KILLS = 50
AIMED = 6  # of the kills of one network
# Two kills of a build and eight of a publication are in test_refresh.py, where every run of the tests makes them.
pytestmark = pytest.mark.skipif(not TRUST.is_full, reason="whole refreshes, many times: only in make trust")


@dataclass
class House:
    """Deliveries and a warehouse folder, refreshed by scripts/refresh.py as people do."""

    raw_dir: Path
    warehouse_dir: Path
    seconds: float = 0.0

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the command."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
        return {**inherited, **settings_for(self.raw_dir, self.warehouse_dir)}

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Begin a refresh, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "scripts/refresh.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, *arguments: str, **options) -> tuple[int, str]:
        """Exit code and messages of a whole refresh."""
        process = self.start(*arguments, **options)
        _, errors = process.communicate(timeout=600)
        return process.returncode, errors

    def change(self, number: int) -> None:
        """Let a delivery differ from the one before, so that there is something to publish."""
        path = sorted((self.raw_dir / "ehr").rglob("vitals.csv"))[0]
        text = path.read_text(encoding="utf-8").rstrip("\n")
        path.write_text(text + "\n" * (number + 2), encoding="utf-8")

    def written(self) -> set[str]:
        """The publications whose files are complete, whether anybody reads them or not."""
        return {path.parent.name for path in self.warehouse_dir.glob(f"publications/*/{publish.CHECKSUMS}")}

    def standing(self) -> str:
        """The publication that readers see: complete, intact and the same in both files."""
        found = publish.standing(settings_of(self.raw_dir, self.warehouse_dir))
        assert found is not None, "the publication is damaged"
        for name, schema in (("kit", "audit"), ("shareable", "shareable")):
            with duckdb.connect() as connection:
                connection.execute(f"attach '{self.warehouse_dir / name}.duckdb' as read (read_only)")
                told = connection.execute(f"select publication_id from read.{schema}.publication").fetchall()
                mart = "marts" if name == "kit" else "shareable"
                assert connection.execute(f"select count(*) from read.{mart}.response_by_timepoint").fetchone()[0] > 0
            assert told == [(found.publication_id,)]
        return found.publication_id

    def leftovers(self) -> list[str]:
        """What should not lie about after a complete refresh."""
        spare = [
            *self.warehouse_dir.glob(".current.*"),
            *self.warehouse_dir.glob("*.wal"),
            self.warehouse_dir / ".spill",
        ]
        folders = sorted((self.warehouse_dir / "publications").iterdir())
        broken = [folder for folder in folders if not publish.is_intact(folder) or not (folder / "kit.duckdb").exists()]
        newer = [folder for folder in folders if folder.name > self.standing()]
        return [str(path) for path in [*spare, *broken, *newer] if path.exists()]


def published_twice(folder: Path, seed: int) -> House:
    """A network that was published; the time that the second time took is the time in which it can be killed."""
    made = House(synthesize(folder / "raw", PATIENTS, seed), folder / "warehouse")
    assert made.run()[0] == 0  # the first one also reads the project from nothing
    made.change(0)
    begun = time.monotonic()
    assert made.run()[0] == 0
    made.seconds = time.monotonic() - begun
    assert made.leftovers() == []
    return made


@pytest.fixture(scope="module")
def houses(tmp_path_factory, trust) -> list[House]:
    """Two networks, so that two refreshes can be killed at the same time."""
    folders = [tmp_path_factory.mktemp("kills") for _ in range(2)]
    with ThreadPoolExecutor(len(folders)) as pool:
        return list(pool.map(published_twice, folders, range(trust.seed, trust.seed + len(folders))))


@pytest.fixture(scope="module")
def house(houses) -> House:
    """One network."""
    return houses[0]


def kill_often(house: House, kills: int, seed: int) -> int:
    """Kill refreshes and let the last one live. Returns how many of the killed ones had published already.

    The first AIMED moments lie in the publishing, which is short: while files are copied, the last one around the swap.
    As long as such a killed refresh had not published, the next one only judges and publishes what was built. All
    other moments lie anywhere in a whole refresh.
    """
    moments = random.Random(seed)
    survived, is_published = 0, True
    for attempt in range(kills):
        if is_published or attempt >= AIMED:
            house.change(attempt + 1)
        before = house.standing()
        written = house.written()
        process = house.start()
        try:
            if attempt >= AIMED:
                time.sleep(moments.uniform(0, house.seconds))
            else:
                for line in process.stderr:
                    if "Publishing" in line:
                        break
                if attempt < AIMED - 1:
                    time.sleep(moments.uniform(0, 2))
                else:
                    while process.poll() is None and house.written() == written:
                        time.sleep(0.002)
                    time.sleep(moments.uniform(0, 0.2))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stderr.close()
        after = house.standing()
        assert after == before or after > before
        is_published = after != before
        survived += is_published
    house.change(kills + 1)
    before = house.standing()
    code, errors = house.run()
    assert code == 0, errors
    assert house.standing() > before
    assert house.leftovers() == []
    return survived


def test_killed_at_random_moments_the_last_publication_stands(houses, trust):
    each = KILLS // len(houses)
    with ThreadPoolExecutor(len(houses)) as pool:
        seeds = [2 * trust.seed + number for number in range(len(houses))]
        survived = sum(pool.map(kill_often, houses, [each] * len(houses), seeds))
    trust.tell(
        "refreshes killed at random moments",
        f"{KILLS} of {KILLS} left a complete publication ({survived} the new one), and the next run succeeded",
    )


def test_a_full_disk_ends_with_a_message_and_harms_nothing(house, tmp_path):
    """A file system that holds what is published and not much more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in (house.warehouse_dir / "publications").rglob("*") if path.is_file())
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size + 20_000_000}", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    limits = {}
    if mounted.returncode:  # nobody but root may mount: no file may grow beyond a megabyte then
        limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))}
    try:
        full = House(house.raw_dir, disk / "warehouse")
        shutil.copytree(house.warehouse_dir / "publications", full.warehouse_dir / "publications", symlinks=True)
        for link in ("current", "kit.duckdb", "shareable.duckdb"):
            (full.warehouse_dir / link).symlink_to((house.warehouse_dir / link).readlink())
        full.change(1000)
        before = full.standing()
        code, errors = full.run("--force", **limits)
        assert code in (1, 2), errors
        assert "Traceback" not in errors
        assert full.standing() == before
        if not mounted.returncode:
            subprocess.run(["mount", "-o", "remount,size=4g", str(disk)], check=True)
        code, errors = full.run()
        assert code == 0, errors
        assert full.standing() > before
        assert full.leftovers() == []
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_folder_that_cannot_be_written_is_named_and_stays_readable(house, tmp_path):
    """For root a folder is read-only only where its file system is."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "--bind", str(house.warehouse_dir), str(folder)], capture_output=True, check=False
    )
    if mounted.returncode or os.geteuid() != 0:
        pytest.skip("only root can mount a folder read-only; permissions are tested in test_refresh.py")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        locked = House(house.raw_dir, folder)
        before = locked.standing()
        code, errors = locked.run("--force")
        assert code == 2, errors
        assert str(folder) in errors
        assert "Traceback" not in errors
        assert locked.standing() == before
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_damaged_publication_is_replaced_by_the_next_refresh(house):
    """Nothing has changed but the damage, and that is enough."""
    before = house.standing()
    path = (house.warehouse_dir / "current" / "kit.duckdb").resolve()
    content = bytearray(path.read_bytes())
    for place in random.Random(3).sample(range(len(content)), 200):
        content[place] ^= 0xFF
    path.write_bytes(content)
    code, errors = house.run()
    assert code == 0, errors
    assert f"{before} is damaged" in errors
    assert house.standing() > before
    assert house.leftovers() == []


def test_of_two_refreshes_at_once_one_publishes_and_the_other_says_so(house):
    house.change(2000)
    before = house.standing()
    processes = [house.start(), house.start()]
    ended = [(process.communicate(timeout=600)[1], process.returncode) for process in processes]
    assert sorted(code for _, code in ended) == [0, 2], ended
    assert "Another refresh is at work" in next(errors for errors, code in ended if code == 2)
    assert house.standing() > before
    assert house.leftovers() == []
