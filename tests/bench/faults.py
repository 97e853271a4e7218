"""What becomes of an index when builds are killed, disks are full and files rot.

After every fault the published snapshot must open, be the former or the new one, and
answer from the file that it was built from; commands must fail in one line.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from qa.answer.pipeline import Options, Pipeline
from qa.errors import SnapshotError
from qa.index.builder import build, staleness
from qa.index.snapshot import CURRENT, Snapshot, current
from tests.conftest import CORPUS, settings_in, write

KILLS, REGIONS, PAIRS = 50, 16, 5
# Free bytes, as a share of a snapshot's size, that a build finds on a full disk.
ROOM = (0.0, 0.02, 0.5, 0.9, 0.98, 0.999, 1.02)


def say(folder: Path, crowns: int) -> None:
    text = f"Tolls\n\nThe toll of the bridge is {crowns} crowns.\n"
    write(folder / "source", {"toll.txt": text.encode()})


def command(folder: Path, *arguments: str, index: Path | None = None) -> list[str]:
    places = ["--source", str(folder / "source"), "--index", str(index or folder / "index")]
    return [sys.executable, "-m", "qa", *places, *arguments]


def fails_in_one_line(argv: list[str], folder: Path) -> str:
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode, done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert "Traceback" not in done.stderr, done.stderr
    assert lines, "it failed and said nothing"
    return lines[-1]


def crowns(folder: Path, index: Path | None = None) -> int:
    """What the published snapshot answers, which must be what its own file says."""
    snapshot = Snapshot(current(index or folder / "index"))
    said = snapshot.store.document("toll").text.split(" is ")[1].split()[0]
    reply = Pipeline(snapshot, settings_in(folder)).ask(
        "How many crowns is the toll of the bridge?", Options(min_confidence=0.0)
    )
    assert said in reply.answers[0].text, (said, reply.answers[0].text)
    return int(said)


def kills(folder: Path) -> str:
    """Half at any moment of a build, half from the moment its manifest is written."""
    rng = random.Random(1)
    settings, index = settings_in(folder), folder / "index"
    began = time.monotonic()
    subprocess.run(command(folder, "build"), check=True, capture_output=True, cwd=folder)
    whole = time.monotonic() - began
    old, new = 0, 0
    for number in range(KILLS):
        before = crowns(folder)
        say(folder, 1000 + number)
        process = subprocess.Popen(command(folder, "build"), cwd=folder, stdout=subprocess.DEVNULL)
        if number % 2:
            while not list(index.glob(".building-*/manifest.json")) and process.poll() is None:
                time.sleep(0.0005)
            time.sleep(0.35 * rng.random() ** 2)
        else:
            time.sleep(whole * rng.uniform(0.2, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = crowns(folder)
        assert after in (before, 1000 + number)
        assert (staleness(settings) is None) == (after == 1000 + number)
        old, new = old + (after == before), new + (after != before)
    build(settings)
    assert staleness(settings) is None
    assert not list(index.glob(".building-*"))
    return f"{old} times the former snapshot was left, {new} times the new one"


@contextlib.contextmanager
def small_disk(size: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", name]
        subprocess.run(mount, check=True)
        try:
            yield Path(name)
        finally:
            # Lazily: what was opened there may not be collected yet.
            subprocess.run(["umount", "--lazy", name], check=True)


def _published(folder: Path, disk: Path) -> Path:
    """A copy of the index folder with the published snapshot only."""
    index, published = disk / "index", current(folder / "index")
    shutil.copytree(published, index / published.name)
    shutil.copy(folder / "index" / CURRENT, index)
    return index


def full_disk(folder: Path) -> str:
    size = Snapshot(current(folder / "index")).size_bytes
    before, failed = crowns(folder), 0
    say(folder, 2000)
    for room in ROOM:
        with small_disk(int(size * (1 + room)) + 2**20) as disk:
            index = _published(folder, disk)
            done = subprocess.run(
                command(folder, "build", index=index),
                cwd=folder,
                check=False,
                capture_output=True,
                text=True,
            )
            assert "Traceback" not in done.stderr, done.stderr
            if done.returncode:
                failed += 1
                assert "space" in done.stderr, done.stderr
                assert crowns(folder, index) == before
            else:
                assert crowns(folder, index) == 2000
    return f"{failed} of {len(ROOM)} builds ran out of space and said so; the others were published"


def read_only(folder: Path) -> str:
    before = crowns(folder)
    say(folder, 3000)
    with small_disk(2 * Snapshot(current(folder / "index")).size_bytes) as disk:
        index = _published(folder, disk)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        line = fails_in_one_line(command(folder, "build", index=index), folder)
        assert "can't be written to" in line, line
        assert crowns(folder, index) == before
    return "the build says that it can't write; the former snapshot answers"


def two_builds(folder: Path) -> str:
    refused = 0
    for number in range(PAIRS):
        say(folder, 4000 + number)
        both = [
            subprocess.Popen(
                command(folder, "build"),
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        errors = [process.communicate()[1] for process in both]
        codes = [process.returncode for process in both]
        assert 0 in codes, errors
        for code, error in zip(codes, errors, strict=True):
            assert "Traceback" not in error, error
            assert not code or "another build is running" in error, error
            refused += bool(code)
        assert crowns(folder) == 4000 + number
    return f"of {PAIRS} pairs one was refused {refused} times; the new snapshot was published"


def corruption(folder: Path) -> str:
    snapshot = current(folder / "index")
    rng = random.Random(2)
    tried, files = 0, sorted(p for p in snapshot.rglob("*") if p.is_file())
    for path in files:
        size = path.stat().st_size
        for region in range(min(REGIONS, size)):
            at = rng.randrange(size * region // REGIONS, max(size * (region + 1) // REGIONS, 1))
            with path.open("r+b") as handle:
                handle.seek(at)
                sound = handle.read(1)
                handle.seek(at)
                handle.write(bytes([sound[0] ^ (1 << rng.randrange(8))]))
                handle.flush()
                try:
                    Snapshot(snapshot)
                except SnapshotError:
                    tried += 1
                else:
                    raise AssertionError(f"{path}: byte {at} was changed unnoticed")
                if not region:
                    line = fails_in_one_line(command(folder, "ask", "What is the toll?"), folder)
                    assert "qa build" in line, line
                handle.seek(at)
                handle.write(sound)
    crowns(folder)
    return f"{tried} damages in {len(files)} files, each found out when the snapshot is opened"


def main() -> None:
    print("\n| fault | outcome |\n|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write(folder / "source", CORPUS)
        say(folder, 1)
        build(settings_in(folder))
        faults = {
            f"kill -9, {KILLS} times": kills,
            "two builds at once": two_builds,
            "a byte changed in each region of each file": corruption,
        }
        if os.geteuid() == 0:
            faults |= {"full disk": full_disk, "read-only index folder": read_only}
        for what, check in faults.items():
            print(f"| {what} | {check(folder)} |", flush=True)
