#!/usr/bin/env bash
# Installs Debian's packages of the programs that are missing, as root. Arguments: program, or program:package.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"
packages=()
for pair in "$@"; do
	command -v "${pair%%:*}" >/dev/null || packages+=("${pair##*:}")
done
test "${#packages[@]}" -gt 0 || exit 0
if test "$(id -u)" != 0; then
	echo "Missing: ${packages[*]}. Install these packages of Debian: the tests that need them will fail."
	exit 0
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
