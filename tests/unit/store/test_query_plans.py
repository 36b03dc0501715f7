"""No query of the store reads a table that grows from end to end: SQLite is asked how it would answer each."""
import pathlib
import re
import sqlite3

import pytest

STORE = pathlib.Path(__file__).resolve().parents[3] / "src" / "store"
GROWING = ("certificate", "event", "audit", "blocked_key", "held_request", "device", "device_certificate", "device_code", "certificate_word", "api_token", "unknown_certificate")

# Whole reads that are meant, each with the beginning of its query.
WHOLE = {
    "SELECT id, at, account_id, actor, action, object, value_before": "the audit chain is verified from its beginning",
    "SELECT count(*) FROM blocked_key": "an operator's list, counted when it is shown",
    "SELECT id, account_id, created, subject, san FROM certificate WHERE id > ": "from where the search has got to, a batch",
    "SELECT count(*) FROM event": "once, when the store is opened",
    "UPDATE api_token SET ends = ": "once, when a backup is taken over",
    "UPDATE device_code SET ends = ": "once, when a backup is taken over",
    "UPDATE held_request SET state = 0": "once, when a backup is taken over",
}
# Backwards from the newest, where it ends; and what a listing's filters are appended to.
ENDS = ("ORDER BY id DESC LIMIT 1", " FROM certificate")


def schema():
    database = sqlite3.connect(":memory:")
    for migration in sorted(STORE.glob("schema/*.sql")):
        database.executescript(migration.read_text())
    return database


def queries():
    """Every SQL text that stands as a literal; macros that stand between literals are replaced by their own text."""
    headers = "".join(path.read_text() for path in STORE.glob("*.[ch]"))
    macros = {name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body.replace("\\\n", "")))
              for name, body in re.findall(r"#define (\w+)((?:[^\n\\]|\\\n|\\.)*)", headers) if '"' in body}
    for path in sorted(STORE.glob("*.c")):
        text = path.read_text()
        for name, body in macros.items():
            text = re.sub(rf'(?<=[\s"]){name}(?=\s+")', f'"{body}"', text)
        for literal in re.findall(r'((?:"(?:[^"\\]|\\.)*"\s*)+)', text):
            sql = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal))
            if re.match(r"(SELECT|UPDATE|DELETE|INSERT) ", sql):
                yield pytest.param(sql, id=f"{path.name}: {sql[:60]}")


def plan(database, sql):
    count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
    numbered = re.sub(r"\$(\d+)", r"?\1", sql)
    return [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + numbered, [0] * count)]


@pytest.mark.parametrize("sql", queries())
def test_no_growing_table_is_read_whole(sql):
    try:
        steps = plan(schema(), sql)
    except sqlite3.OperationalError as error:
        pytest.skip(f"a part of a query that is put together: {error}")
    whole = [step for step in steps if re.match(rf"SCAN ({'|'.join(GROWING)})\b(?!.*USING)", step)]
    assert not whole or sql.endswith(ENDS) or any(sql.startswith(begin) for begin in WHOLE), (sql, steps)


def test_the_key_of_an_enrollment_is_found_by_the_key():
    """Once the planner chose the account's index, and each enrollment read all certificates of the account."""
    (sql,) = {p.values[0] for p in queries() if "used" not in p.values[0] and "key_hash = $5" in p.values[0]}
    assert any("certificate_by_key" in step for step in plan(schema(), sql)), plan(schema(), sql)


def test_the_check_can_fail():
    steps = plan(schema(), "SELECT id FROM certificate WHERE subject = $1")
    assert any(re.match(r"SCAN certificate\b(?!.*USING)", step) for step in steps)
