#!/usr/bin/env bash
# Installs AgentCrewOps for a job: every package from the lock, by hash, in an environment of its own.
# Prints what it did; a second call with the same lock does nothing. Nothing is built, nothing of the checkout is run.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
home="${RUNNER_TEMP:?is set on a runner}/agentcrewops"
python="$home/venv/bin/python"
extras="${AGENTCREWOPS_EXTRAS:-}"

refuse() { echo "::error title=AgentCrewOps::$1"; exit 2; }

[[ "$extras" =~ ^[a-z,]*$ ]] || refuse "extras: must be names of extras with commas between, as in  github,litellm"
interpreter="$(command -v python3 || true)"
[[ -n "$interpreter" ]] || refuse "python3 is missing on this runner; add actions/setup-python before"
version="$("$interpreter" -I -c 'import sys; print(sys.version_info >= (3, 11) and sys.version.split()[0])')"
[[ "$version" != False ]] || refuse "python3 on this runner is older than 3.11; add actions/setup-python before"

key="$(cat "$root/uv.lock" "$root/pyproject.toml" "$root/actions/setup/uv.txt" "${BASH_SOURCE[0]}" | sha256sum | cut -c1-24)"
stamp="$key $version $extras $root"

if [[ "${1:-}" == --key ]]; then
  # What a cache is filed under: the lock, the interpreter, the extras, and where the environment stands.
  place="$(printf '%s' "$home $extras" | sha256sum | cut -c1-8)"
  echo "key=agentcrewops-${RUNNER_OS:-Linux}-${RUNNER_ARCH:-X64}-$version-$key-$place" >>"$GITHUB_OUTPUT"
  echo "path=$home/venv" >>"$GITHUB_OUTPUT"
  exit 0
fi

if [[ -x "$python" && "$(cat "$home/venv/stamp" 2>/dev/null || true)" == "$stamp" ]]; then
  echo "AgentCrewOps is installed already"
  exit 0
fi

began=$SECONDS
# The installer stands beside the environment, so that no cache has to carry it.
if [[ ! -x "$home/installer/bin/uv" ]]; then
  "$interpreter" -I -m venv --clear "$home/installer"
  "$home/installer/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: -r "$root/actions/setup/uv.txt"
fi
[[ -x "$python" ]] || "$interpreter" -I -m venv --clear --without-pip "$home/venv"
wanted=()
for extra in ${extras//,/ }; do wanted+=(--extra "$extra"); done
UV_PROJECT_ENVIRONMENT="$home/venv" "$home/installer/bin/uv" sync --quiet --project "$root" --frozen --inexact \
  --no-default-groups --no-install-project --no-build --python "$python" "${wanted[@]}"
# Our own packages are not built: the environment reads them where the runner put the action.
site="$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
printf '%s\n' "$root" >"$site/agentcrewops.pth"
printf '%s' "$stamp" >"$home/venv/stamp"
echo "AgentCrewOps installed in $((SECONDS - began)) s (Python $version${extras:+, extras: $extras})"
