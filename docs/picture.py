"""Take the README's picture: the top of the demo's report, 1,400 pixels wide, light.

make demo && python docs/picture.py
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.browser.chromium import new_tab

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "demo-out" / "change" / "report.html"
PICTURE = ROOT / "docs" / "pictures" / "report.png"
WIDTH, HEIGHT = 1_400, 900
MOST_BYTES = 250_000


async def take() -> None:
    """Write the picture of what the first window shows."""
    async with new_tab() as tab:
        await tab.open(REPORT, width=WIDTH, height=HEIGHT)
        await tab.screenshot(PICTURE, whole=False)


def main() -> None:
    """Take it, and refuse one that is too heavy for a README."""
    if not REPORT.is_file():
        sys.exit(f"error: {REPORT.relative_to(ROOT)} is missing: run  make demo  first")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(take())
    size = PICTURE.stat().st_size
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {size / 1000:.0f} kB\n")
    if size > MOST_BYTES:
        sys.exit(f"error: more than {MOST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main()
