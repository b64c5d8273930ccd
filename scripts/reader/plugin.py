"""The reader as a plugin of dbt-duckdb: `dbt build` reads the deliveries first, whoever starts it."""

import os
import sys
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger
from dbt_common.exceptions import DbtRuntimeError
from dbt_common.invocation import get_invocation_id

from reader.declaration import PROJECT_ROOT
from reader.ingest import NoDeliveriesError, Outcome, ingest
from reader.pseudonyms import KEY_VARIABLE, key_of, pads, problem_with_key

READING_COMMANDS = ("build", "run", "seed", "test", "snapshot", "retry")
IN_MEMORY = ":memory:"

logger = AdapterLogger("reader")


class Plugin(BasePlugin):
    """Makes the warehouse folder, reads deliveries into schema `raw` and hands the pseudonym key to the connections."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Nothing is read yet."""
        self._invocation_read: str | None = None
        self._has_warned = False

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Make the folder of the warehouse, for its owner only, like every file that this process writes."""
        if creds.path == IN_MEMORY:
            return
        os.umask(0o077)
        Path(creds.path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left_before in (Path(creds.path), Path(f"{creds.path}.wal")):
            if left_before.is_file():
                left_before.chmod(0o600)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Read the deliveries, once in each run of a dbt command that builds or tests."""
        path = self.creds.path if self.creds else IN_MEMORY
        if path == IN_MEMORY or _command() not in READING_COMMANDS:
            return
        if problem := problem_with_key():
            conn.close()
            raise DbtRuntimeError(problem)
        self._warn_of_development_key()
        if self._invocation_read == get_invocation_id():
            return
        try:
            with conn.cursor() as cursor:
                for name, value in (self.creds.settings or {}).items():
                    cursor.execute(f"set {name} = '{str(value).replace(chr(39), chr(39) * 2)}'")
                outcome = ingest(cursor, raw_folder())
        except (NoDeliveriesError, OSError, ValueError) as error:
            conn.close()
            raise DbtRuntimeError(str(error)) from error
        except BaseException:
            conn.close()
            raise
        self._invocation_read = get_invocation_id()
        _tell(outcome)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Put the padded key into session variables, so that no SQL ever holds it."""
        key, _ = key_of()
        inner_pad, outer_pad = pads(key)
        cursor.execute("set variable pseudonym_inner_pad = ?", [inner_pad])
        cursor.execute("set variable pseudonym_outer_pad = ?", [outer_pad])

    def _warn_of_development_key(self) -> None:
        _, is_development_key = key_of()
        if not is_development_key or self._has_warned:
            return
        self._has_warned = True
        message = (
            f"{KEY_VARIABLE} is not set: pseudonyms are made with a public development key and protect nobody. "
            "Set it before real patients are read."
        )
        print(f"WARNING: {message}", file=sys.stderr)
        logger.debug(message)


def raw_folder() -> Path:
    """The folder of the deliveries: KIT_RAW_DIR, by default data/raw; relative paths count from the project's root.

    Raises ValueError where KIT_RAW_DIR is set to nothing: a slip must not end in reading another folder.
    """
    named = os.environ.get("KIT_RAW_DIR", "data/raw")
    if not named:
        raise ValueError("KIT_RAW_DIR is set, but to nothing: give it the folder of the deliveries, or unset it.")
    return PROJECT_ROOT / named


def _command() -> str | None:
    """The dbt command that runs, such as `build`; None outside dbt."""
    from dbt.flags import get_flags  # only dbt itself fills it, after this module is loaded

    try:
        return get_flags().WHICH
    except AttributeError:
        return None


def _tell(outcome: Outcome) -> None:
    if outcome.is_unchanged:
        logger.debug("The deliveries are unchanged: they are not read again")
        return
    logger.info(f"Read {outcome.n_records:,} records from {outcome.n_files:,} files of deliveries")
    for message in outcome.messages():
        logger.warning(message)
