#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Installs the Debian packages named on the command line, those that are missing only. Says what it
# does; needs root for it.
set -eu

missing=
for p in "$@"; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true) in
	installed) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "deps: these Debian packages are missing:$missing" >&2
	echo "deps: run \`make deps\` as root" >&2
	exit 1
fi
echo "deps: installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1
then
	echo "deps: done"
else
	tail -20 "$log" >&2
	echo "deps: apt-get failed; are Debian 12's package sources configured?" >&2
	exit 1
fi
