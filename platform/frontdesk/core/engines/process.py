"""Running, finding and ending the engines' processes."""

import pwd
import subprocess
import time
from pathlib import Path

import psutil

from .errors import EngineError


def run(*command: str | Path, account: pwd.struct_passwd | None = None) -> None:
    """Run to its end, as `account` if one is given; raises `EngineError` with what the program said."""
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    done = subprocess.run(  # noqa: S603 (our own binaries and paths)
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        **identity,
    )
    if done.returncode:
        raise EngineError(f"{Path(command[0]).name} failed: {done.stdout.decode(errors='replace').strip()}")


def find(pid_file: Path, mentions: Path) -> psutil.Process | None:
    """The live process that wrote `pid_file`. After a crash or a reboot its number may be a stranger's, so the command line,
    which must mention the engine's own path, decides."""
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        return process if alive(process) and str(mentions) in " ".join(process.cmdline()) else None
    except (OSError, ValueError, psutil.Error):
        return None


def alive(process: psutil.Process) -> bool:
    """False for a zombie too: some containers have nobody who buries them, and psutil's own `wait` waits for the burial."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(process: psutil.Process, signal: int, seconds: float) -> None:
    """Send the signal that asks for a clean stop and wait for it; raises `EngineError` when it takes too long."""
    deadline = time.monotonic() + seconds
    if alive(process):
        process.send_signal(signal)
    while alive(process):
        if time.monotonic() > deadline:
            raise EngineError(f"Process {process.pid} did not stop within {seconds:.0f} s; end it with kill -9 {process.pid}.")
        time.sleep(0.01)
