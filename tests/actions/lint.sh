#!/usr/bin/env bash
# Lints our actions, our workflows, and the workflows as `init` writes them. Any finding fails; exceptions stand with
# their reason beside the line, or in .github/zizmor.yml.
set -euo pipefail
cd "$(dirname "$0")/../.."

written="$(mktemp -d)"
trap 'rm -rf "$written"' EXIT
git -C "$written" init --quiet
agentcrewops init "$written/agents/triage" >/dev/null
mkdir -p "$written/.github" && cp .github/zizmor.yml "$written/.github/"

workflows=(.github/workflows/*.yml "$written"/.github/workflows/*.yml)
check-jsonschema --builtin-schema vendor.github-actions action.yml actions/*/action.yml
check-jsonschema --builtin-schema vendor.github-workflows "${workflows[@]}"
check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
zizmor --quiet --offline --persona pedantic .
(cd "$written" && zizmor --quiet --offline --persona pedantic .)
.tools/actionlint "${workflows[@]}"
echo "actionlint: ${#workflows[@]} workflows, no findings"
