"""Queries that reach for files, the network, settings or all of the machine: refused, or stopped, with a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontdesk.knowledge.tables import asking, validation
from frontdesk.knowledge.tables.asking import LIMITS, QueryRefused
from frontdesk.knowledge.tables.packing import Packed

from .sheets import ask, tables_in, workbook

# For a machine that is busy with other things.
PATIENT = replace(LIMITS, seconds=120.0)


@pytest.fixture(scope="module")
def menu(tmp_path_factory: pytest.TempPathFactory) -> list[Packed]:
    rows = [["Dish", "Price"], *[[f"Dish {number}", number] for number in range(300)]]
    return tables_in(workbook(tmp_path_factory.mktemp("hostile") / "menu.xlsx", *rows, sheet="Menu"))


@pytest.mark.parametrize(
    "sql",
    [
        "COPY menu TO '/tmp/menu.csv'",
        "COPY (SELECT 1) TO '/tmp/menu.csv'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET memory_limit = '10GB'",
        "RESET memory_limit",
        "CREATE TABLE other AS SELECT 1",
        "DROP TABLE menu",
        "DELETE FROM menu",
        "INSERT INTO menu SELECT * FROM menu",
        "UPDATE menu SET price = 0",
        "EXPORT DATABASE '/tmp/all'",
        "CALL pragma_version()",
        "EXPLAIN SELECT 1",
        "DESCRIBE menu",
        "SHOW TABLES",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE menu",
        "",
        "no SQL at all",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_parquet('http://10.0.0.1/x')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM range(1000000000)",
        "SELECT unnest(range(1000000000))",
        "SELECT getenv('HOME')",
        "SELECT current_setting('memory_limit')",
        "SELECT query('SELECT 1')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('menu')",
        "SELECT * FROM other",
        "SELECT * FROM main.menu",
        "SELECT * FROM menu WHERE price = (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x",
        "SELECT list_transform([1, 2], n -> n + 1)",
        "SELECT repeat('x', 1000000000)",
        "SELECT lpad('x', 1000000000, 'y')",
        "SELECT * FROM menu ORDER BY getenv('HOME')",
        "SELECT count(*) FROM menu GROUP BY getenv('HOME')",
        "SELECT row_number() OVER (ORDER BY getenv('HOME')) FROM menu",
        "SELECT sum(price) FILTER (WHERE getenv('HOME') = '') FROM menu",
        "SELECT price::STRUCT(a INTEGER) FROM menu",
        "SELECT $1",
        "SELECT * FROM (VALUES (1)) x",
        "SELECT * FROM menu LIMIT (SELECT length(getenv('HOME')))",
        "PIVOT menu ON dish USING sum(price)",
        "SELECT '" + "x" * validation.LONGEST_SQL + "'",
    ],
)  # fmt: skip
def test_what_is_no_question_to_a_table_is_refused(menu, sql) -> None:
    with pytest.raises(validation.Refused, match=r"\w"):
        ask(menu, sql)


def test_brackets_in_brackets_hurt_nobody(menu) -> None:
    assert ask(menu, f"SELECT {'(' * 300}1{')' * 300}").rows == [[1]]
    with pytest.raises(validation.Refused, match="deeply"):
        ask(menu, f"SELECT {'abs(' * 300}1{')' * 300}")


def test_the_database_is_shut_even_for_what_the_check_would_miss(menu, monkeypatch) -> None:
    monkeypatch.setattr(validation, "_check", lambda *anything: None)
    for sql in ("SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM '/etc/hostname'", "SELECT * FROM glob('/etc/*')"):
        with pytest.raises(Exception, match="disabled|Permission|does not exist"):
            ask(menu, sql)


def test_a_query_has_a_process_of_its_own_and_its_answer_is_whole(menu) -> None:
    result = asking.ask(menu, "SELECT dish, price FROM menu WHERE price < 200 ORDER BY price", limits=PATIENT)
    assert len(result.rows) == asking.ROWS
    assert result.more
    assert result.rows[:2] == (("Dish 0", 0), ("Dish 1", 1))
    assert result.used == {"menu": tuple(range(2, 102))}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM menu a, menu b, menu c, menu d, menu e WHERE a.price + b.price > c.price * d.price",
        "SELECT a.dish || b.dish || c.dish AS x FROM menu a, menu b, menu c ORDER BY x DESC",
    ],
)
def test_what_takes_too_much_is_stopped(menu, sql) -> None:
    with pytest.raises(QueryRefused, match="Ask for less at once"):
        asking.ask(menu, sql, limits=replace(LIMITS, seconds=1.0))


def test_what_does_not_exist_is_said(menu) -> None:
    with pytest.raises(QueryRefused, match="nothing"):
        asking.ask(menu, "SELECT nothing FROM menu", limits=PATIENT)
