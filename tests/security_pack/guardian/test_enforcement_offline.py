"""Whatever the probes ask for, nothing leaves the machine."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import asyncio, sys

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system"}:
        print(event, arguments, file=sys.stderr)
        sys.exit("touched the world")

sys.addaudithook(watch)

from security_pack.catalog.catalog import load_pack
from security_pack.guardian.enforcement import run_enforcement
from tests.fakes.guarded_agents import REFUND, SEARCH, agent_of

http = {"http": {"method": "GET", "url": "https://api.shop.invalid/items"}}
agent = agent_of({**SEARCH, "implementation": http}, REFUND, policy={"domains_allowlist": ["*"]})
trials = asyncio.run(run_enforcement(agent, [one.probe for one in load_pack()]))
print(sum(contact.allowed for trial in trials if trial.episode for contact in trial.episode.contacts or ()))
"""


def test_connections_are_let_through_and_none_is_made() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 10
