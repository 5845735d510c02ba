#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# sysroot.sh ARCH DIR PACKAGE...: unpacks Debian 12's packages for another architecture, with all that they depend on,
# below DIR, and installs nothing. apt finds and verifies them with a state of its own beside DIR; what was fetched
# is kept. Prints one line and fails where they cannot be had.
set -eu -o pipefail
[ $# -ge 3 ] || { echo "usage: sysroot.sh ARCH DIR PACKAGE..." >&2; exit 2; }
arch=$1 dir=$2
shift 2
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
state=$dir.apt
log=$state/log
wanted=$(printf '%s\n' "$@" | sort)
[ "$(cat "$state/done" 2>/dev/null)" != "$wanted" ] || exit 0

mkdir -p "$state"/{lists,archives,etc}/partial "$state/parts"
: >"$state/status"

# The mirror that this machine's apt uses for Debian 12, if it has looked already.
mirrors() {
	# shellcheck disable=SC2016 # those are apt's variables
	apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Origin: Debian' 'Created-By: Packages' |
		grep -E '^bookworm(-updates|-security)? ' | sort -u
}
known=$(mirrors || true)
case $known in
*"bookworm "*) ;;
*) known="bookworm http://deb.debian.org/debian
bookworm-security http://deb.debian.org/debian-security" ;;
esac
key=/usr/share/keyrings/debian-archive-keyring.gpg
while read -r suite uri; do
	echo "deb [signed-by=$key] $uri $suite main"
done <<<"$known" >"$state/etc/sources.list"

other_apt() {
	timeout 600 apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State="$state" \
		-o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists" -o Dir::Cache="$state" \
		-o Dir::Etc::sourcelist="$state/etc/sources.list" -o Dir::Etc::sourceparts="$state/parts" \
		-o APT::Sandbox::User= -o APT::Install-Recommends=0 -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

give_up() {
	printf '%s: %s\n' "$1" "$(grep -E '^[EW]: ' "$log" | head -1 || tail -1 "$log")" >&2
	exit 1
}

# Some of a package's files only: what a compiler, a linker and programs under test read.
unpack() {
	local deb
	rm -rf "${dir:?}"
	mkdir -p "$dir"
	for deb in "$state"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$dir" --no-same-owner \
			--exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' --exclude='./dev'
	done
	# A link to an absolute path would lead out of here.
	find "$dir" -type l -lname '/*' -printf '%l\t%p\n' | while IFS=$'\t' read -r to link; do
		ln -sfnr "$dir$to" "$link"
	done
}

other_apt update >"$log" 2>&1 || give_up "no list of packages for $arch"
other_apt autoclean >"$log" 2>&1 # an older version must not be unpacked beside its successor
other_apt install -y --download-only "$@" >"$log" 2>&1 || give_up "packages for $arch cannot be had"
unpack
printf '%s\n' "$wanted" >"$state/done"
