#!/usr/bin/env bash
# make demo: a baseline of the example agent, then a prompt change, judged. Simulated model: no key, no money.
set -euo pipefail
example=examples/support-triage
out=demo-out
bold=""; plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(tput bold 2>/dev/null || true); plain=$(tput sgr0 2>/dev/null || true); fi
say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

rm -rf "$out"
say "1. The agent as it is, 30 runs per case: this becomes the baseline"
agentcrewops canary --suite $example/suite.yaml --samples 30 --seed 1 --out $out/before
agentcrewops baseline save $out/before --to $out/baseline.json

say "2. Somebody proposes a shorter, friendlier prompt:"
diff -u $example/prompts/system.md $example/prompts/system.proposed.md | sed -n '4,$p' || true

say "3. The same cases against that prompt, 10 runs each, compared with the baseline"
status=0
agentcrewops canary --suite $example/suite.yaml --agent $example/agent.proposed.yaml \
  --baseline $out/baseline.json --seed 2 --out $out/change || status=$?
[ "$status" -eq 1 ] || { echo "error: expected the gate to find drift (exit 1), got exit $status"; exit 1; }
say "The gate left with exit 1: in CI this pull request would be blocked. Open $out/change/report.html"
