"""The step of the schema that gives each API token its maker, on a store from before it."""
import pathlib
import sqlite3

SCHEMA = sorted((pathlib.Path(__file__).resolve().parents[3] / "src" / "store" / "schema").glob("*.sql"))


def test_tokens_get_their_makers_and_those_of_makers_who_are_gone_end():
    (step,) = [path for path in SCHEMA if path.name.endswith("_credentials_end.sql")]
    database = sqlite3.connect(":memory:")
    for path in SCHEMA[:SCHEMA.index(step)]:
        database.executescript(path.read_text())
    database.executemany("INSERT INTO administrator VALUES (?, ?, 0, 0, '', '', 0)", [(4, "olga"), (5, "otto")])
    makers = {"a": "administrator:olga", "b": "administrator:otto", "gone": "administrator:paul", "program": "token:a", "local": "operator:root"}
    database.executemany("INSERT INTO api_token (token_hash, account_id, role, name, created_by, created, ends, last_used) VALUES (?, 0, 1, ?, ?, 0, 0, 0)",
                         [(name, name, maker) for name, maker in makers.items()])
    database.execute("INSERT INTO administrator_pin VALUES (4, 0, x'00', x'00')")
    database.executemany("INSERT INTO session VALUES (?, ?, 0, 0, '')", [("bound", 4), ("free", 5)])
    database.executescript(step.read_text())
    assert dict(database.execute("SELECT name, administrator_id FROM api_token")) == {"a": 4, "b": 5, "program": 0, "local": 0}
    assert database.execute("SELECT token_hash, pin_sha256 FROM session").fetchall() == [("free", None)]
