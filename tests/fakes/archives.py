"""Zip archives whose entries may have any name, as a stranger uploads them."""

from __future__ import annotations

import io
import zipfile


def zipped(*entries: tuple[str, bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these entries, whatever their names say."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.filename = name
            info.external_attr = mode << 16
            archive.writestr(info, data, method)
    return out.getvalue()
