"""Ctrl-C while a solver runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress

import pytest

from donornet.solver.interrupt import Interrupt


def test_the_first_ctrl_c_asks_and_the_second_gives_up():
    with Interrupt() as interrupt:
        requested = [interrupt.requested]
        os.kill(os.getpid(), signal.SIGINT)
        requested.append(interrupt.requested)
        assert requested == [False, True]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_handler_of_before_is_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with suppress(ZeroDivisionError), Interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
        _ = 1 / 0
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_can_be_asked_but_installs_nothing():
    seen = []

    def work():
        with Interrupt() as interrupt:
            seen.append(signal.getsignal(signal.SIGINT))
            interrupt.request()
            seen.append(interrupt.requested)

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before, True]


def test_ctrl_c_during_a_solve_stops_it_soon_and_keeps_the_incumbent(root):
    program = textwrap.dedent("""
        import sys
        from donornet.formulation.matrix import assemble
        from donornet.solver.clock import Clock
        from donornet.solver.interrupt import Interrupt
        from donornet.solver.search import Search
        from donornet.solver.settings import Settings
        from tests.unit.solver.models import location

        model = location(80, 160)

        def tell(snapshot):
            if snapshot.incumbent is not None and snapshot.bound is not None:
                print("running", flush=True)

        with Interrupt() as interrupt:
            outcome = Search(model, assemble(model), Settings(gap=0.0), interrupt, Clock(60.0), tell).run()
        print(outcome.ending.value, outcome.stopped_by, outcome.objective > outcome.bound > 0, flush=True)
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        last = process.stdout.read().splitlines()[-1]
        assert process.wait(60) == 0
    assert last == "limit interrupt True"
    assert time.monotonic() - asked < 30
