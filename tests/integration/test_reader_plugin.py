"""The reader as dbt sees it: when it reads, what it says, and that the pseudonym key stays a secret."""

import hashlib
import hmac
import stat
from types import SimpleNamespace

import duckdb
import pytest
from dbt_common.exceptions import DbtRuntimeError

from reader import plugin as plugin_module
from reader.plugin import Plugin, raw_folder
from reader.pseudonyms import DEVELOPMENT_KEY, key_of, pads
from tests.integration.deliveries import VITAL, VITALS, deliver

HMAC_SQL = """
    select sha256(getvariable('pseudonym_outer_pad')
        || unhex(sha256(getvariable('pseudonym_inner_pad') || encode(?))))
"""


@pytest.fixture
def raw(tmp_path, monkeypatch):
    monkeypatch.setenv("KIT_RAW_DIR", str(tmp_path / "raw"))
    monkeypatch.setenv("KIT_PSEUDONYM_KEY", "a secret")
    return tmp_path / "raw"


@pytest.fixture
def connect(tmp_path, monkeypatch):
    """A function: connect to a warehouse as dbt does for a command; returns the connection and the plugin."""

    def connect(command, path=None):
        credentials = SimpleNamespace(path=path or str(tmp_path / "new" / "w.duckdb"), settings={"TimeZone": "UTC"})
        plugin = Plugin("reader", {}, credentials)
        monkeypatch.setattr(plugin_module, "_command", lambda: command)
        plugin.update_connection_config(credentials, {})
        connection = duckdb.connect(credentials.path)
        plugin.configure_connection(connection)
        return connection, plugin

    return connect


def has_raw_schema(connection) -> bool:
    return connection.execute("select count(*) from duckdb_schemas() where schema_name = 'raw'").fetchone() == (1,)


@pytest.mark.parametrize("command", ["build", "run", "seed", "test", "snapshot", "retry"])
def test_commands_that_build_read_first(raw, connect, command):
    deliver(raw, {"vitals.csv": VITALS + VITAL})
    connection, _ = connect(command)
    assert connection.execute("select vital_id from raw.vitals").fetchall() == [("V1",)]


@pytest.mark.parametrize("command", ["parse", "list", "generate", "compile", "show", "debug", "deps", None])
def test_other_commands_do_not(raw, connect, command):
    connection, _ = connect(command)
    assert not has_raw_schema(connection)


def test_the_target_in_memory_never_reads(raw, connect):
    connection, _ = connect("build", ":memory:")
    assert not has_raw_schema(connection)


def test_one_run_reads_once(raw, connect):
    folder = deliver(raw, {"vitals.csv": VITALS + VITAL})
    connection, plugin = connect("build")
    (folder / "vitals.csv").write_bytes(VITALS)
    plugin.configure_connection(connection)
    assert connection.execute("select count(*) from raw.vitals").fetchone() == (1,)


def test_the_folder_of_the_warehouse_is_private(raw, connect, tmp_path):
    deliver(raw, {"vitals.csv": VITALS})
    connect("build")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_nothing_to_read_is_an_error_of_dbt_and_frees_the_warehouse(raw, connect, tmp_path):
    with pytest.raises(DbtRuntimeError, match="There is no folder") as caught:
        connect("build")
    assert "make build" in str(caught.value)
    duckdb.connect(str(tmp_path / "new" / "w.duckdb"), config={"threads": 1}).close()


@pytest.mark.parametrize("key", ["k", "é" * 40, "x" * 64, "y" * 65])
def test_the_pads_give_the_hmac_on_every_cursor(raw, connect, monkeypatch, key):
    monkeypatch.setenv("KIT_PSEUDONYM_KEY", key)
    connection, plugin = connect("parse")
    cursor = connection.cursor()
    plugin.configure_cursor(cursor)
    expected = hmac.new(key.encode(), b"patient|2:07|2:P1", hashlib.sha256).hexdigest()
    assert cursor.execute(HMAC_SQL, ["patient|2:07|2:P1"]).fetchone() == (expected,)


def test_without_a_key_a_warning_says_so_once(raw, connect, monkeypatch, capsys):
    monkeypatch.setenv("KIT_PSEUDONYM_KEY", "")
    deliver(raw, {"vitals.csv": VITALS})
    connection, plugin = connect("build")
    plugin.configure_connection(connection)
    written = capsys.readouterr().err
    assert written.count("KIT_PSEUDONYM_KEY is not set") == 1
    assert DEVELOPMENT_KEY.decode() not in written
    assert key_of({}) == (DEVELOPMENT_KEY, True)


def test_pads_are_one_block_each():
    assert [len(pad) for pad in pads(b"k")] == [64, 64]


def test_a_relative_raw_folder_counts_from_the_root(monkeypatch):
    monkeypatch.setenv("KIT_RAW_DIR", "somewhere/raw")
    assert raw_folder() == plugin_module.PROJECT_ROOT / "somewhere" / "raw"
    monkeypatch.delenv("KIT_RAW_DIR")
    assert raw_folder() == plugin_module.PROJECT_ROOT / "data" / "raw"
