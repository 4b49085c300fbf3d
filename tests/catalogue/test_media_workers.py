"""A worker that dies, hangs or never starts costs one picture; the others live on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue.picture_files import plain, png_of_zeros
from tonggan.catalogue import picture_workers
from tonggan.catalogue.picture_workers import SOURCE_BYTES, PictureWorkers, WorkerLimits
from tonggan.errors import BusyError, InputError, NotReadyError

PICTURE = plain("JPEG")

READY = 'import os, struct\nos.write(1, struct.pack("<II", 2, 0) + b"{}")\n'
"""A program that says it is ready as a worker does."""


def is_taken(workers: PictureWorkers) -> bool:
    return workers.pixels(PICTURE, long_side=64).shape == (30, 40, 3)


def is_refused(workers: PictureWorkers) -> None:
    with pytest.raises(InputError):
        workers.keepable(PICTURE)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def replace_program(monkeypatch: pytest.MonkeyPatch, folder: Path, source: str) -> None:
    program = folder / "worker.py"
    program.write_text(source, encoding="utf-8")
    monkeypatch.setattr(picture_workers, "_program", lambda: str(program))


def test_nothing_starts_before_the_first_picture() -> None:
    with PictureWorkers(count=2) as workers:
        assert workers.process_ids() == []
        assert is_taken(workers)
        assert len(workers.process_ids()) == 1


def test_warming_starts_all_workers() -> None:
    with PictureWorkers(count=2) as workers:
        workers.warm()
        assert len(set(workers.process_ids())) == 2


def test_a_worker_killed_while_idle_is_replaced_unnoticed() -> None:
    with PictureWorkers(count=1) as workers:
        assert is_taken(workers)
        (victim,) = workers.process_ids()
        os.kill(victim, signal.SIGKILL)
        assert eventually(lambda: workers.process_ids() == [])
        assert is_taken(workers)
        assert workers.process_ids() != [victim]


def test_a_worker_that_hangs_is_killed_and_costs_its_picture_only() -> None:
    with PictureWorkers(count=1, limits=WorkerLimits(timeout_seconds=1)) as workers:
        assert is_taken(workers)
        (victim,) = workers.process_ids()
        os.kill(victim, signal.SIGSTOP)
        with pytest.raises(InputError, match="longer than 1 seconds"):
            is_taken(workers)
        assert is_taken(workers)
        assert workers.process_ids() != [victim]


def test_a_worker_that_dies_over_a_picture_costs_that_picture_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PictureWorkers(count=1) as workers:
        replace_program(monkeypatch, tmp_path, READY + "os.read(0, 4)\nos.abort()\n")
        with pytest.raises(InputError, match="made its decoder stop"):
            is_taken(workers)
        monkeypatch.undo()
        assert is_taken(workers)


def test_an_answer_that_breaks_off_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_program(monkeypatch, tmp_path, READY + 'os.read(0, 4)\nos.write(1, struct.pack("<II", 2, 99) + b"{}x")\n')
    with PictureWorkers(count=1) as workers, pytest.raises(InputError, match="made its decoder stop"):
        is_taken(workers)


def test_a_program_that_does_not_start_is_not_blamed_on_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_program(monkeypatch, tmp_path, "raise SystemExit(1)\n")
    with PictureWorkers(count=1) as workers, pytest.raises(NotReadyError, match="did not start"):
        is_taken(workers)


def test_a_picture_beyond_the_processor_time_costs_that_picture_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spin = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass\n"
    replace_program(monkeypatch, tmp_path, READY + spin)
    with PictureWorkers(count=1) as workers, pytest.raises(InputError, match="too much time or memory"):
        is_taken(workers)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's address space")
def test_a_picture_beyond_the_memory_is_refused_and_the_worker_lives() -> None:
    with PictureWorkers(count=1, limits=WorkerLimits(memory_bytes=150 * 1024 * 1024)) as workers:
        assert is_taken(workers)
        before = workers.process_ids()
        with pytest.raises(InputError, match="memory"):
            workers.keepable(png_of_zeros(6900, 6900))
        assert is_taken(workers)
        assert workers.process_ids() == before


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads the limits from /proc")
def test_a_worker_can_open_no_file_and_write_none() -> None:
    with PictureWorkers(count=1) as workers:
        assert is_taken(workers)
        (worker,) = workers.process_ids()
        limits = Path(f"/proc/{worker}/limits").read_text(encoding="ascii").splitlines()
        values = {line[:26].strip(): line[26:].split()[:2] for line in limits}
        assert values["Max open files"] == ["3", "3"]
        assert values["Max file size"] == ["0", "0"]
        assert values["Max processes"] == ["0", "0"]
        assert values["Max core file size"] == ["0", "0"]
        assert values["Max address space"] == [str(1 << 30)] * 2
        assert sorted(os.listdir(f"/proc/{worker}/fd")) == ["0", "1", "2"]


def test_a_picture_larger_than_the_cap_reaches_no_worker() -> None:
    with PictureWorkers(count=1) as workers:
        with pytest.raises(InputError, match=f"at most {SOURCE_BYTES} are accepted"):
            workers.keepable(PICTURE + bytes(SOURCE_BYTES))
        assert workers.process_ids() == []


def test_a_query_that_finds_all_workers_busy_is_told_so() -> None:
    limits = WorkerLimits(timeout_seconds=2, patience_seconds=0.05)
    with PictureWorkers(count=1, limits=limits) as workers:
        assert is_taken(workers)
        (worker,) = workers.process_ids()
        os.kill(worker, signal.SIGSTOP)
        import_thread = threading.Thread(target=is_refused, args=[workers])
        import_thread.start()
        assert eventually(workers._idle.empty)
        with pytest.raises(BusyError, match="All 1 picture workers are busy"):
            is_taken(workers)
        import_thread.join()
        assert is_taken(workers)


def test_many_threads_share_the_workers() -> None:
    with PictureWorkers(count=2) as workers:
        results: list[bool] = []
        threads = [threading.Thread(target=lambda: results.append(is_taken(workers))) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 16
        assert len(workers.process_ids()) <= 2


def test_closed_workers_are_gone_and_refuse_work() -> None:
    with PictureWorkers(count=1) as workers:
        assert is_taken(workers)
    assert workers.process_ids() == []
    with pytest.raises(NotReadyError, match="closed"):
        is_taken(workers)


def test_workers_start_from_a_script_without_a_main_guard_and_end_with_it(tmp_path: Path) -> None:
    script = tmp_path / "shop_script.py"
    script.write_text(
        "import io\nfrom PIL import Image\n"
        "from tonggan.catalogue.picture_workers import PictureWorkers\n"
        "stream = io.BytesIO()\nImage.new('RGB', (8, 6)).save(stream, 'PNG')\n"
        "workers = PictureWorkers(count=1)\n"
        "print(workers.pixels(stream.getvalue(), long_side=8).shape, workers.process_ids()[0])\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True)
    shape, worker = done.stdout.rsplit(maxsplit=1)
    assert shape == "(6, 8, 3)"
    assert eventually(lambda: not is_alive(int(worker)))


def test_a_worker_ends_when_its_shop_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        "import time\nfrom tonggan.catalogue.picture_workers import PictureWorkers\n"
        "workers = PictureWorkers(count=1)\nworkers.warm()\n"
        "print(workers.process_ids()[0], flush=True)\ntime.sleep(60)\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as shop:
        assert shop.stdout is not None
        worker = int(shop.stdout.readline())
        shop.kill()
    assert eventually(lambda: not is_alive(worker))


def is_alive(process_id: int) -> bool:
    """Whether a process runs; one that ended and waits to be reaped does not."""
    try:
        if Path("/proc/self/stat").exists():
            status = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2]
        else:
            command = ["ps", "-o", "stat=", "-p", str(process_id)]
            status = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.strip()[:1] not in ("", "Z")
