"""SQL: text that goes on after its literal."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


@pytest.mark.parametrize(
    "text",
    [
        "' OR '1'='1",
        "1 or 1=1",
        'admin" or 1=1--',
        "admin'--",
        "admin'/*",
        "x'; DROP TABLE users; --",
        "') UNION ALL SELECT password FROM users#",
        "1)) or pg_sleep(5)--",
        "'||pg_sleep(5)--",
        "; waitfor delay '0:0:5'--",
        " ORDER BY 31337#",
        "SELECT name, password FROM users",
        "\\' or 1=1 -- ",
        "' GROUP BY id having 1=1 --",
        "'; exec master..xp_cmdshell 'ping'--",
        "x' AND email IS NULL; --",
        "-1 UNION SELECT 1",
        "(SELECT(0)FROM(SELECT(SLEEP(7)))a)",
        "@@version",
    ],
)
def test_text_that_goes_on_as_sql_is_live(text: str) -> None:
    assert active_parts("sql", text)


@pytest.mark.parametrize(
    "text",
    [
        "O'Brien",
        "the client's requirements and the users' wishes",
        "use '-' to separate, or 'x' to stop",
        "it''s quoted; really",
        "order by Friday",
        "Tom or Jerry",
        "select a flight from the list",
        "(228 + 202) * 3 - (126 + 139) * 3",
        "sum (of all) and more",
        "the admins' list; exec summary follows",
        "(select a seat)",
        "the users' and it is in the list",
    ],
)
def test_prose_with_sql_words_and_apostrophes_is_not(text: str) -> None:
    assert active_parts("sql", text) == ()


@pytest.mark.parametrize(
    ("text", "live"),
    [
        (f"x'; DROP TABLE {CANARY}; --", True),
        (f"1 OR {CANARY}=1", True),
        (f"SELECT * FROM t WHERE note = '{CANARY}'", False),
        (f"SELECT * FROM t WHERE note = '' OR {CANARY} --'", True),
        (f"it is {CANARY}, isn't it", False),
    ],
)
def test_a_canary_fires_outside_sql_literals_only(text: str, live: bool) -> None:
    assert fires("sql", text, CANARY) is live
