"""Billing: the real call, and what evals run in its place."""

import json
import os
from pathlib import Path

LEDGER = Path(__file__).parent / "refunds.jsonl"


def refund(order_id: str, amount_usd: float, idempotency_key: str) -> dict[str, object]:
    """Book the refund. Replace this by a call to your payment provider, and hand it the key: the same key
    after a crash is the same refund."""
    entry = {"key": idempotency_key, "order_id": order_id, "amount_usd": amount_usd}
    with LEDGER.open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(entry) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())
    return {"status": "ok", "id": f"r-{order_id}", **entry}


def refund_stub(order_id: str, amount_usd: float) -> dict[str, object]:
    """What the provider would answer. No money moves."""
    return {"status": "ok", "id": f"r-{order_id}", "order_id": order_id, "amount_usd": amount_usd}
