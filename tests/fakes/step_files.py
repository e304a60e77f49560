"""The files of a step (GITHUB_OUTPUT) as the runner of GitHub Actions reads them.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
"""

from __future__ import annotations


def as_the_runner_reads(text: str) -> dict[str, str]:
    """name<<DELIMITER, lines, DELIMITER; or name=value."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, here, delimiter = line.partition("<<")
        if not here:
            name, _, found[name] = line.partition("=")
            continue
        value = []
        for part in lines:
            if part == delimiter:
                break
            value.append(part)
        found[name] = "\n".join(value)
    return found
