"""Where a lab's database is: a file in its folder, or a PostgreSQL database that the folder names.

Weights, checkpoints and the rest stay in the folder, which all machines at work must see.

A folder may come from a stranger, so hexlaw connects only to databases that this user has named
with `--store`: they are noted in the user's own settings. Passwords are noted nowhere and never
printed; they come from where PostgreSQL's programs take them, `~/.pgpass` or PGPASSWORD.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import platformdirs
import sqlalchemy as sa
from sqlalchemy import exc

from games.errors import InputError

DATABASE_NAME = "lab.sqlite"
PLACE_NAME = "database.txt"  # the address of a lab's database, if that is no file in its folder
DRIVER = "postgresql+psycopg"


def is_lab(folder: Path) -> bool:
    """Whether there is a lab in a folder."""
    return (folder / DATABASE_NAME).exists() or (folder / PLACE_NAME).exists()


def place_database(folder: Path, address: str) -> None:
    """Let a lab's database be at an address, `postgresql://user@host:port/database`, from now on.

    Raises:
        InputError: if that is no such address or holds a password, the lab's database is elsewhere
            already, or the folder cannot be written.
    """
    url = _parse(address)
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    path = folder / PLACE_NAME
    if (folder / DATABASE_NAME).exists():
        raise InputError(
            f"the lab {folder} has its database in {DATABASE_NAME}; choose another lab, into "
            "which this one can be merged"
        )
    if path.exists() and (there := path.read_text().strip()) != text:
        raise InputError(f"the lab {folder} has its database at {there}; name no other")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
        _trusted_file().parent.mkdir(parents=True, exist_ok=True)
        if text not in _trusted():
            with _trusted_file().open("a") as file:
                file.write(f"{text}\n")
    except OSError as error:
        raise InputError(f"cannot write {error.filename}: {error.strerror}") from error


def address_of(folder: Path) -> sa.URL | None:
    """Where a lab's database is, if not in its folder.

    Raises:
        InputError: if the folder names a database that this user has not.
    """
    path = folder / PLACE_NAME
    if not path.exists():
        return None
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    url = _parse(text)
    if text not in _trusted():
        raise InputError(
            f"the lab {folder} has its database at {text}, to which hexlaw has not been told to "
            f"connect: if you trust it, name {text} as the store"
        )
    return url


def _parse(address: str) -> sa.URL:
    """An address as SQLAlchemy has it.

    Raises:
        InputError: if it is no address of a PostgreSQL database, or holds a password.
    """
    try:
        url = sa.make_url(address)
    except exc.ArgumentError:
        url = None
    if url is None or url.drivername not in ("postgresql", DRIVER) or not url.database:
        # The address is not repeated: there may be a password in what was not understood.
        raise InputError("a store is named by an address like postgresql://user@host:5432/database")
    if url.password is not None or any("password" in key for key in url.query):
        raise InputError(
            "leave the password out of a store's address, others could read it: PostgreSQL takes "
            "it from ~/.pgpass or PGPASSWORD"
        )
    return url.set(drivername=DRIVER)


def _trusted_file() -> Path:
    return platformdirs.user_config_path("hexlaw") / "databases.txt"


def _trusted() -> list[str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return _trusted_file().read_text().splitlines()
    return []
