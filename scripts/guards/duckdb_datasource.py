"""A Great Expectations datasource for DuckDB files, read-only, without duckdb-engine.

Great Expectations 1.24 knows no DuckDB, and with duckdb-engine every metric fails: it fetches results after the
connection went back to the pool, whose rollback discards DuckDB's pending result. Here each result is buffered as
soon as it exists.

Importing this module registers `context.data_sources.add_duckdb(name,
connection_string="duckdb+kit:////path/to/file")`. With `?previous=/path/to/other` that file is attached, read-only, as
the catalog `previous`. It leans on three internals (execution_engine_type, dialect_module, registration of a subclass):
tests/integration/test_guards.py proves it with some thirty expectation types.
"""

from __future__ import annotations

import re
from types import ModuleType
from typing import Literal

import duckdb
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy import pool, text, types
from sqlalchemy.dialects import postgresql, registry
from sqlalchemy.dialects.postgresql.base import PGDialect, PGExecutionContext
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

PREVIOUS = "previous"

_TYPES = {
    "TINYINT": types.SMALLINT,
    "SMALLINT": types.SMALLINT,
    "INTEGER": types.INTEGER,
    "BIGINT": types.BIGINT,
    "HUGEINT": types.BIGINT,
    "UTINYINT": types.SMALLINT,
    "USMALLINT": types.INTEGER,
    "UINTEGER": types.BIGINT,
    "UBIGINT": types.BIGINT,
    "FLOAT": types.FLOAT,
    "DOUBLE": types.FLOAT,
    "VARCHAR": types.VARCHAR,
    "BOOLEAN": types.BOOLEAN,
    "DATE": types.DATE,
    "TIME": types.TIME,
    "TIMESTAMP": types.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": types.TIMESTAMP,
    "UUID": types.UUID,
    "JSON": types.JSON,
    "BLOB": types.LargeBinary,
}


class _Cursor:
    """A DuckDB cursor with the attributes that SQLAlchemy asks a DB-API cursor for."""

    rowcount = -1
    arraysize = 1

    def __init__(self, connection):
        self._cursor = connection.cursor()

    def execute(self, statement, parameters=None):
        self._cursor.execute(statement, list(parameters) if parameters else [])
        return self

    def __getattr__(self, name):
        return getattr(self._cursor, name)


class _Connection:
    """A read-only DuckDB connection: nothing to commit, nothing to roll back."""

    def __init__(self, connection):
        self._connection = connection

    def cursor(self):
        return _Cursor(self._connection)

    def commit(self):
        pass

    def rollback(self):
        pass

    def close(self):
        self._connection.close()


def _connect(path: str, previous: str | None = None) -> _Connection:
    connection = duckdb.connect(path, read_only=True)
    if previous:
        quoted = previous.replace("'", "''")
        connection.execute(f"attach if not exists '{quoted}' as {PREVIOUS} (read_only)")
    return _Connection(connection)


class _DatabaseApi(ModuleType):
    """The DB-API module (PEP 249) that SQLAlchemy expects."""

    paramstyle, apilevel, threadsafety = "qmark", "2.0", 1
    Warning, Error, InterfaceError = Warning, duckdb.Error, duckdb.Error
    DatabaseError, DataError, IntegrityError = duckdb.DatabaseError, duckdb.DataError, duckdb.IntegrityError
    InternalError, OperationalError = duckdb.InternalError, duckdb.OperationalError
    ProgrammingError, NotSupportedError = duckdb.ProgrammingError, duckdb.NotSupportedError
    connect = staticmethod(_connect)


class _ExecutionContext(PGExecutionContext):
    def post_exec(self):
        """Buffer all rows: Great Expectations fetches after the connection is back in the pool."""
        super().post_exec()
        if self.cursor is not None and self.cursor.description:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)


class Dialect(PGDialect):
    """DuckDB as a relative of PostgreSQL, with its own catalog functions."""

    name, driver, default_paramstyle = "duckdb", "kit", "qmark"
    execution_ctx_cls = _ExecutionContext
    supports_statement_cache = False

    @classmethod
    def import_dbapi(cls):
        return _DatabaseApi("kit_duckdb_dbapi")

    @classmethod
    def get_pool_class(cls, url):
        return pool.QueuePool

    def create_connect_args(self, url):
        return [url.database], {PREVIOUS: url.query.get(PREVIOUS)}

    def initialize(self, connection):
        self.default_schema_name, self.server_version_info = "main", (15, 0)

    def _names(self, connection, statement, schema):
        rows = connection.execute(text(statement), {"schema": schema or "main"})
        return [row[0] for row in rows]

    def get_schema_names(self, connection, **keywords):
        statement = "select distinct schema_name from duckdb_schemas() where database_name = current_database()"
        return [row[0] for row in connection.execute(text(statement))]

    def get_table_names(self, connection, schema=None, **keywords):
        statement = (
            "select table_name from duckdb_tables() where schema_name = :schema and database_name = current_database()"
        )
        return self._names(connection, statement, schema)

    def get_view_names(self, connection, schema=None, **keywords):
        statement = (
            "select view_name from duckdb_views() where schema_name = :schema and database_name = current_database()"
        )
        return self._names(connection, statement, schema)

    def has_table(self, connection, table_name, schema=None, **keywords):
        return table_name in self.get_table_names(connection, schema) + self.get_view_names(connection, schema)

    def get_columns(self, connection, table_name, schema=None, **keywords):
        statement = (
            "select column_name, data_type, is_nullable from duckdb_columns() "
            "where table_name = :table and schema_name = :schema and database_name = current_database() "
            "order by column_index"
        )
        rows = connection.execute(text(statement), {"table": table_name, "schema": schema or "main"}).fetchall()
        return [
            {"name": name, "nullable": bool(is_nullable), "default": None, "type": self._type(data_type)}
            for name, data_type, is_nullable in rows
        ]

    @staticmethod
    def _type(data_type):
        decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", data_type)
        if decimal:
            return types.NUMERIC(int(decimal[1]), int(decimal[2]))
        return _TYPES.get(data_type, types.NullType)()

    def get_pk_constraint(self, *arguments, **keywords):
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *arguments, **keywords):
        return []

    get_indexes = get_unique_constraints = get_check_constraints = get_foreign_keys


registry.register("duckdb.kit", __name__, "Dialect")

# Where Great Expectations looks up types, and whether regular expressions are supported (as in PostgreSQL, by `~`).
# `~` is a partial match in DuckDB 2 and a full one before: every pattern in a suite is anchored with ^ and $.
_dialect_module = ModuleType("gx_duckdb_types")
_dialect_module.dialect = postgresql.dialect
for _name in ("SMALLINT", "INTEGER", "BIGINT", "VARCHAR", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "NUMERIC", "FLOAT"):
    setattr(_dialect_module, _name, getattr(types, _name))


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """SQLAlchemy's engine, told where DuckDB's types are."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.dialect_module = _dialect_module


class DuckDBDatasource(SQLDatasource):
    """Registered by its class name: `context.data_sources.add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self):
        return DuckDBExecutionEngine
