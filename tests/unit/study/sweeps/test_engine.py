"""Where a sweep runs; a Dask cluster with a scheduler and two workers in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from loky import ProcessPoolExecutor as LokyPool

import donornet as dn
from donornet.study import Serial
from donornet.study.sweeps.engine import engine
from tests.oracle.tiny import Tiny

PATIENCE = 60.0
"""Time for a cluster to stand [s]."""


def test_local_processes_are_left_to_the_sweep_and_serial_needs_none():
    with engine("local") as executor:
        assert executor is None
    with engine("serial") as executor:
        assert isinstance(executor, Serial)


@pytest.mark.parametrize("name", ["slurm", "dask", "dask:", ""])
def test_an_unknown_engine_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match="write local, serial, or dask:ADDRESS"), engine(name):
        pass


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers without a nanny: what is killed stays dead."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    worker += ["--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(tmp_path)]
    with (tmp_path / "log").open("w") as log:
        started = [
            subprocess.Popen(words, stdout=log, stderr=log) for words in ([*command, "--no-dashboard"], worker, worker)
        ]
        try:
            yield address, started[1:]
        finally:
            for process in started:
                process.kill()
                process.wait()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask's own, when a worker goes
def test_a_sweep_on_a_cluster_outlives_a_killed_worker(cluster):
    address, workers = cluster
    seen: set[str] = set()

    def kill_one(standing):
        seen.update(standing.running)
        if standing.solved == 2:
            os.kill(workers[0].pid, signal.SIGKILL)

    with engine(f"dask:{address}") as executor:
        client = getattr(executor, "_client")  # noqa: B009
        deadline = time.monotonic() + PATIENCE
        while len(client.nthreads()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        study = dn.sweep(Tiny().build(), None, "demand.doses*={2,3,4,5}", executor=executor, gap=0, progress=kill_one)
        assert len(client.nthreads()) == 1
    costs = {name: result.objective for name, result in study.results.items()}
    assert list(costs.values()) == pytest.approx([195, 290, 385, 480, 575])
    assert not study.failures
    assert len(seen) >= 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_local_processes_outlive_an_item_that_kills_its_worker():
    class Sabotaged(LokyPool):  # type: ignore[misc]
        """Kills the worker that is given a certain item."""

        def submit(self, fn, *args, **kwargs):
            if args[1] == "demand.doses*=3":
                return super().submit(signal.raise_signal, signal.SIGKILL)
            return super().submit(fn, *args, **kwargs)

    study = dn.sweep(Tiny().build(), None, "demand.doses*={2,3,4}", executor=lambda: Sabotaged(2), gap=0)
    assert list(study.failures) == ["demand.doses*=3"]
    assert [result.objective for result in study.results.values()] == pytest.approx([195, 290, 480])
