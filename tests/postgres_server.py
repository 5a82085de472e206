"""A PostgreSQL server of the tests' own, in a temporary folder and on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "reader", "geheim-7531"


@dataclass(frozen=True)
class Postgres:
    """A running server.

    Attributes:
        port: Where it listens, on this machine only.
    """

    port: int

    def address(self, database: str, *, password: str = PASSWORD) -> str:
        """The address of a database, as a parameter file writes it."""
        return f"postgres://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, database: str, *statements: str) -> None:
        """Run statements as the server's owner."""
        import psycopg

        address = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def create(self, database: str, *statements: str) -> str:
        """A new database that the reader may read after these statements; its address."""
        self.run("postgres", f'DROP DATABASE IF EXISTS "{database}"', f'CREATE DATABASE "{database}"')
        self.run(database, *statements, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {USER}")
        return self.address(database)


def programs() -> Path | None:
    """The folder of the newest server's programs, where Debian or the path has them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """A server made, started, and stopped with everything it wrote."""
    home = Path(tempfile.mkdtemp(prefix="retention-postgres-"))
    try:
        (home / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (home, home / "password"):
                shutil.chown(path, "postgres")
        _run(folder / "initdb", "-D", home / "data", "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8",
             "--pwfile", home / "password", "--locale=C")  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -h 127.0.0.1 -k {home} -F"
        _run(folder / "pg_ctl", "-D", home / "data", "-o", options, "-l", home / "log", "-w", "start")
        try:
            server = Postgres(port)
            server.run("postgres", f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            _run(folder / "pg_ctl", "-D", home / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(*command: Path | str) -> None:
    """Run a program as a user that the server allows: it refuses to be root."""
    prefix = [shutil.which("runuser") or "/usr/sbin/runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          cwd="/", check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
