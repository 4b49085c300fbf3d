"""Work that outlasts a request, imports above all: each is a job whose progress and outcome can be asked for."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from tonggan.errors import BusyError, NotFoundError, TongganError

REMEMBERED_JOBS = 100
"""Finished jobs kept to be asked about; each holds one report."""

WAITING_JOBS = 8
"""Jobs run one after the other; more than these waiting means that something sends them in a loop."""

_log = logging.getLogger("tonggan.serve")


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands; `report` is there once it is finished, `error` once it failed."""

    id: str
    source: str
    state: Literal["waiting", "running", "finished", "failed"] = "waiting"
    stage: str = ""
    rows: int = 0
    seconds: float = 0.0
    report: Mapping[str, Any] | None = None
    refused: Path | None = None
    error: TongganError | None = None

    def as_json(self) -> dict[str, Any]:
        """What the wire shows of it."""
        shown: dict[str, Any] = {
            "job": self.id,
            "state": self.state,
            "stage": self.stage,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
        }
        if self.report is not None:
            shown |= self.report
        if self.refused is not None:
            shown["refused_csv"] = f"/import/{self.id}/refused.csv"
        if self.error is not None:
            shown["error"] = {
                "code": self.error.code,
                "detail": self.error.message,
                "remedy": self.error.remedy,
            }
        return shown


Tell = Callable[[str, int], None]
"""Called with the stage of a job and how many rows or products are done in it."""

Work = Callable[[str, Tell], tuple[Mapping[str, Any], Path | None]]
"""Does one job: from a job's id and what to tell its progress, to its report and refused rows."""


class Jobs:
    """The jobs of one kind of one server, one at a time. Used from one event loop; the work runs on a thread."""

    def __init__(self, kind: str = "import") -> None:
        self._kind = kind
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._done: dict[str, asyncio.Future[None]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"tonggan-{kind.replace(' ', '-')}")

    def start(self, source: str, work: Work, *, leftovers: Path | None = None) -> Job:
        """Queue a job; the folder `leftovers` is removed when it is over. BusyError when too many wait."""
        if sum(job.state == "waiting" for job in self._jobs.values()) >= WAITING_JOBS:
            raise BusyError(f"{WAITING_JOBS} {self._kind}s wait already.", remedy="Try again when one is finished.")
        job = Job(uuid.uuid4().hex, source)
        self._jobs[job.id] = job
        self._forget_old()
        loop = asyncio.get_running_loop()
        self._done[job.id] = loop.run_in_executor(self._pool, self._run, job.id, work, leftovers)
        return job

    def get(self, job_id: str) -> Job:
        """The job as it stands now; NotFoundError when there is none."""
        if job_id not in self._jobs:
            raise NotFoundError(f"There is no {self._kind} {job_id[:40]!r}.", remedy="Jobs are forgotten on restart.")
        return self._jobs[job_id]

    async def wait(self, job_id: str, *, seconds: float) -> Job:
        """The job when it is over, or as it stands when the time is up."""
        done = self._done.get(job_id)
        if done is not None:
            await asyncio.wait([done], timeout=seconds)
        return self.get(job_id)

    def close(self, *, stop: Callable[[], None] | None = None) -> None:
        """Let the running job end, or `stop` it; those that wait are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if stop is not None:
            stop()
        self._pool.shutdown(wait=True)

    def _run(self, job_id: str, work: Work, leftovers: Path | None) -> None:
        started = time.perf_counter()
        self._change(job_id, state="running")
        try:
            report, refused = work(job_id, partial(self._tell, job_id, started))
            self._change(job_id, state="finished", report=report, refused=refused, seconds=_since(started))
        except TongganError as error:
            self._change(job_id, state="failed", error=error, seconds=_since(started))
        except Exception:
            _log.exception("%s %s failed", self._kind, job_id)
            error = TongganError(f"The {self._kind} failed.", remedy=f"The server's log has the reason under {job_id}.")
            self._change(job_id, state="failed", error=error, seconds=_since(started))
        finally:
            if leftovers is not None:
                shutil.rmtree(leftovers, ignore_errors=True)

    def _tell(self, job_id: str, started: float, stage: str, rows: int) -> None:
        self._change(job_id, stage=stage, rows=rows, seconds=_since(started))

    def _change(self, job_id: str, **fields: Any) -> None:
        self._jobs[job_id] = replace(self._jobs[job_id], **fields)

    def _forget_old(self) -> None:
        over = [job.id for job in self._jobs.values() if job.state in ("finished", "failed")]
        for job_id in over[: max(len(self._jobs) - REMEMBERED_JOBS, 0)]:
            job = self._jobs.pop(job_id)
            self._done.pop(job_id, None)
            if job.refused is not None:
                job.refused.unlink(missing_ok=True)


def _since(started: float) -> float:
    return time.perf_counter() - started
