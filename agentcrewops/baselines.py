"""How a baseline is shown."""

from __future__ import annotations
