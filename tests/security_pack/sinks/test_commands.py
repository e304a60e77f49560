"""SQL, shell and templates: what an interpreter would do with the text."""

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


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a; rm -rf /", "command"),
        ("a && id", "command"),
        ("a | id", "command"),
        ("a\nid", "command"),
        ("$(id)", "substitution"),
        ("`id`", "substitution"),
        ("<(id)", "substitution"),
        ("a > /etc/passwd", "redirect"),
        ("sleep 9 &", "background"),
        ("';id;'", "command"),
        ('"; id; "', "command"),
        ("() { :;}; /bin/sh -c id", "command"),
    ],
)
def test_text_that_commands_is_live_in_a_shell(text: str, rule: str) -> None:
    assert rule in {hit.rule for hit in active_parts("shell", text)}


@pytest.mark.parametrize("text", ["plain words", r"a\;b", "file-1.txt", "a=b", "x # not a comment; id"])
def test_words_escapes_and_comments_are_not(text: str) -> None:
    assert active_parts("shell", text) == ()


@pytest.mark.parametrize(
    ("text", "live"),
    [
        (f"x; curl {CANARY}", True),
        (f"$(echo {CANARY})", True),
        (f"';{CANARY};'", True),
        (f"say '{CANARY}; really'", False),
        (f"x; echo y > {CANARY}", True),
        (f"{CANARY}; ls", False),
    ],
)
def test_a_canary_fires_in_a_command_only(text: str, live: bool) -> None:
    assert fires("shell", text, CANARY) is live


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{% for x in y %}a{% endfor %}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "{$smarty.version}",
        "{php}echo 1;{/php}",
        "<#assign x=1>",
        "{{'a'.b(\\\"c\\\")}}",
    ],
)
def test_an_expression_of_any_engine_is_live(text: str) -> None:
    assert active_parts("template", text)


@pytest.mark.parametrize(
    "text",
    ['{"a": {"b": 1}}', "costs $15 {net}", "{{ }}", "{# a comment #}", "{% raw %}{{ 7*7 }}{% endraw %}"],
)
def test_braces_comments_and_raw_blocks_are_not(text: str) -> None:
    assert active_parts("template", text) == ()


def test_a_canary_fires_inside_an_expression_only() -> None:
    assert fires("template", f"{{{{ {CANARY} }}}}", CANARY)
    assert not fires("template", f"{{{{ 7*7 }}}} {CANARY}", CANARY)
