"""The data folder: where it is, which account may enter it, what it keeps secret, and how it goes away again."""

import hashlib
import os
import secrets
import shutil
import stat
from pathlib import Path

from frontdesk.core.engines.errors import EngineError

CHECKOUT = Path(__file__).resolve().parents[4]
MARK = ".frontdesk-data"
# The path of a Unix socket must fit in sockaddr_un.sun_path, 108 bytes with the closing NUL.
SOCKET_PATH_BYTES = 107


def data_home() -> Path:
    """`FRONTDESK_DATA`, or `.data` in the checkout. Absolute; it may not exist yet."""
    return Path(os.environ.get("FRONTDESK_DATA") or CHECKOUT / ".data").expanduser().resolve()


def claim(home: Path) -> Path:
    """Make the data folder, open to pass through (PostgreSQL may run as another account) but not to list."""
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)
        (home / MARK).touch()
    elif not os.access(home, os.W_OK | os.X_OK):
        raise EngineError(f"{home} belongs to another account. Run as that one, or set FRONTDESK_DATA to a folder of your own.")
    return home


def make_private(folder: Path, owner: int) -> None:
    """Make a folder that only `owner` (a user id) may enter; raises `EngineError` when it is there and somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat().st_uid
    if found not in (owner, os.geteuid()):
        raise EngineError(f"{folder} belongs to another account. Run as that one, or set FRONTDESK_DATA to another folder.")
    if found != owner:
        os.chown(folder, owner, -1)


def open_to_others(path: Path) -> bool:
    """Whether an account with no rights of its own can pass through the folder and all those above it."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents) if part.exists())


def short_name(home: Path) -> str:
    """A name for this data folder that fits where its path does not."""
    return "frontdesk-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def socket_folder(preferred: Path, file: str, home: Path) -> Path:
    """`preferred`, or a folder of its own in /tmp when the path of a socket in it would be too long for the system."""
    if len(os.fsencode(preferred / file)) <= SOCKET_PATH_BYTES:
        return preferred
    # Not tempfile.gettempdir(): TMPDIR may differ between the processes that must meet here. `make_private` guards it.
    return Path("/tmp") / f"{short_name(home)}-{preferred.name}"  # noqa: S108


def local_secret(name: str) -> str:
    """A random secret of this data folder: made once, the same for every process that asks later."""
    folder = claim(data_home()) / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / name
    if not file.exists():
        draft = folder / f"{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # unlike a rename, a link never replaces what another process put there first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()


def forget(home: Path, *elsewhere: Path) -> list[str]:
    """Remove the data folder and the places outside it that belong to it, and say so."""
    if home.exists() and home != CHECKOUT / ".data" and not (home / MARK).exists():
        raise EngineError(f"{home} was not made by Frontdesk, so it is left alone. Remove it yourself if nothing else is in it.")
    removed = []
    for path in (home, *elsewhere):
        if path.exists():  # not inside one that is gone already
            shutil.rmtree(path)
            removed.append(f"Removed {path}.")
    return removed
