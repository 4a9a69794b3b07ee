"""Child processes that are kept running, and ended in good order."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

# Forked from a parent that has loaded Django already, a child is up in a fraction of the time. The parent therefore has no
# threads and no connections of its own.
FORK = multiprocessing.get_context("fork")
LEAVE_SECONDS = {signal.SIGTERM: 10.0, signal.SIGKILL: 5.0}
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
COMMAND_NAME = Path("/proc/self/comm")  # what `ps` and `top` show, of which Linux keeps fifteen letters
STEADY_SECONDS = 20.0  # a child that lived this long did not fail at its start


@dataclass(frozen=True)
class Program:
    name: str
    run: Callable[[], None]  # until SIGTERM, which lets it finish what is at hand


@dataclass
class Child:
    program: Program
    process: BaseProcess
    started: float
    pause: float  # in seconds, before the next start
    due: float | None = None  # when that is

    @classmethod
    def start(cls, program: Program, pause: float = FIRST_PAUSE) -> Child:
        process = FORK.Process(target=_live, args=(program,), name=program.name)
        process.start()
        return cls(program, process, time.monotonic(), pause)


class Supervisor:
    """Starts programs, says when one ends by itself and starts it again, waiting longer each time it fails at once."""

    def __init__(self, programs: list[Program], say: Callable[[str], object]) -> None:
        self.say = say
        self.children = [Child.start(program) for program in programs]

    def is_running(self, name: str) -> bool:
        return any(child.program.name == name and child.process.is_alive() for child in self.children)

    def watch(self) -> None:
        """Look after the children until an exception, such as KeyboardInterrupt, ends it."""
        while True:
            waits = [child.due - time.monotonic() for child in self.children if child.due]
            living = [child.process.sentinel for child in self.children if not child.due]
            multiprocessing.connection.wait(living, timeout=max(0.0, min(waits)) if waits else None)
            self.children = [self._look_after(child) for child in self.children]

    def _look_after(self, child: Child) -> Child:
        if child.due:
            return child if child.due > time.monotonic() else Child.start(child.program, child.pause)
        if child.process.is_alive():
            return child
        steady = time.monotonic() - child.started > STEADY_SECONDS
        wait = FIRST_PAUSE if steady else child.pause
        self.say(f"The {child.program.name} process ended by itself ({_ending(child.process)}); starting it again in {wait:g} s.")
        child.due = time.monotonic() + wait
        child.pause = min(LONGEST_PAUSE, 2 * wait)
        return child


def end_children() -> None:
    """End all children there are, even one that an interrupt kept from the supervisor; a second Ctrl-C makes it harder."""
    for signum, seconds in LEAVE_SECONDS.items():
        living = multiprocessing.active_children()
        deadline = time.monotonic() + seconds
        with suppress(KeyboardInterrupt):
            for process in living:
                _send(process, signum)
            for process in living:
                process.join(max(0.0, deadline - time.monotonic()))


def run_to_end(program: Program) -> int:
    """Run a program once, in a child, and give its exit code."""
    process = Child.start(program).process
    process.join()
    return process.exitcode or 0


def _live(program: Program) -> None:
    """The child's whole life. It has a session of its own, so that Ctrl-C in the terminal reaches the parent alone."""
    os.setsid()
    with suppress(OSError):
        COMMAND_NAME.write_text(f"desk-{program.name}")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    program.run()


def _leave_with_parent() -> None:
    """A parent that was killed cannot stop its children."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _send(process: BaseProcess, signum: signal.Signals) -> None:
    if process.pid:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signum)


def _ending(process: BaseProcess) -> str:
    code = process.exitcode or 0
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
