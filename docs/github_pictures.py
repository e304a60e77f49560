"""Take the pictures of a comment and a check as GitHub shows them, from the demo's results.

make demo && python docs/github_pictures.py [FOLDER...]

Needs chromium and a colour emoji font (Debian: fonts-noto-color-emoji).
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from bot.message.annotations import checkout_at
from bot.message.links import Links
from bot.message.results import read_results
from bot.publish.publishing import Publication, PublishOptions, Target, publication_of
from tests.browser.chromium import new_tab

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
DEMO = ROOT / "demo-out" / "change"
SUITE = ROOT / "examples" / "support-triage" / "suite.yaml"
SIZES = {"comment": (960, 100), "check": (1_030, 1_500)}
MOST_BYTES = 250_000
_ALERT = re.compile(r"<blockquote>\s*<p>\[!NOTE\]\s*")


def github_html(markdown: str) -> str:
    """Markdown as GitHub shows it: tables, strikes, details, alerts."""
    parser = MarkdownIt("commonmark", {"html": True, "breaks": False}).enable(["table", "strikethrough"])
    return _ALERT.sub('<blockquote class="note"><p><b>Note</b><br>', parser.render(markdown))


def published(folders: list[Path]) -> Publication:
    """What would be sent for the results in `folders`."""
    results = read_results(folders)
    commit = min(results.commits, default="0" * 40)
    page = "https://github.com/your-company/support-agent"
    links = Links(commit, f"{page}/report.html", f"{page}/actions/runs/42")
    return publication_of(results, checkout_at(ROOT, SUITE, results), Target(links, 7), PublishOptions())


def comment_page(publication: Publication) -> str:
    """The comment in a pull request's conversation."""
    body = github_html(publication.comment_with("https://github.com/your-company/support-agent/runs/43"))
    return _page(
        '<div class="box"><div class="face">A</div><header><b>github-actions</b> <span class="bot">bot</span> '
        f'commented 2 minutes ago · edited</header><div class="markdown">{body}</div></div>'
    )


def check_page(publication: Publication) -> str:
    """The page of the check."""
    check = publication.check
    lines = "".join(
        f'<div class="line {each.level.value}"><div class="where">{escape(each.path)}#L{each.line}</div>'
        f"<b>{escape(each.title)}</b><pre>{escape(each.message)}</pre></div>"
        for each in check.annotations[:4]
    )
    return _page(
        f'<div class="check"><header><h1>{escape(check.title)}</h1><div class="state">{escape(check.name)} · '
        f"{check.conclusion.value} · {check.head_sha[:7]}</div></header>"
        f'<div class="markdown">{github_html(check.summary)}</div>'
        f'<h2 class="part">Details</h2><div class="markdown">{github_html(check.text)}</div>'
        f'<h2 class="part">Annotations</h2>{lines}</div>'
    )


def _page(body: str) -> str:
    style = (ROOT / "docs" / "github.css").read_text(encoding="utf-8")
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}"


async def take(pages: dict[str, str]) -> None:
    """Write a picture of each page."""
    with tempfile.TemporaryDirectory() as folder:
        for name, html in pages.items():
            file = Path(folder) / f"{name}.html"
            file.write_text(html, encoding="utf-8")
            async with new_tab() as tab:
                width, height = SIZES[name]
                await tab.open(file, width=width, height=height)
                await tab.screenshot(PICTURES / f"{name}.png", whole=name == "comment")


def main() -> None:
    """Take both, and refuse one that is too heavy for a guide."""
    folders = [Path(argument) for argument in sys.argv[1:]] or [DEMO]
    if not folders[0].is_dir():
        sys.exit("error: demo-out is missing: run  make demo  first")
    publication = published(folders)
    asyncio.run(take({"comment": comment_page(publication), "check": check_page(publication)}))
    for name in ("comment", "check"):
        size = (PICTURES / f"{name}.png").stat().st_size
        sys.stdout.write(f"docs/pictures/{name}.png: {size / 1000:.0f} kB\n")
        if size > MOST_BYTES:
            sys.exit(f"error: more than {MOST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main()
