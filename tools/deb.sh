#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# deb.sh DIR [VERSION]: builds the Debian package in DIR, from a copy of the source there, and writes nothing
# elsewhere. With VERSION the copy's changelog has an entry for that version on top, and the program says so.
set -eu -o pipefail
dir=$1 version=${2:-}
top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# What git knows, as it is at the moment; of an unpacked tarball, everything but what was built.
files() {
	if [ -e .git ]; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -path ./build -prune -o -type f -print0
	fi
}

rm -rf "$dir/source"
mkdir "$dir/source"
(cd "$top" && files | tar --null --ignore-failed-read -cf - -T - | tar -xf - -C "$dir/source")
cd "$dir/source"
if [ -n "$version" ]; then
	sed -n '/^ -- /{p;q}' debian/changelog >"$dir/by"
	{
		printf '6bed4 (%s) unstable; urgency=medium\n\n  * Another version.\n\n' "$version"
		cat "$dir/by"
		echo
		cat debian/changelog
	} >"$dir/changelog"
	mv "$dir/changelog" debian/changelog
	sed -i "s/^VERSION.*/VERSION = $version/" Makefile
fi
# A second version in the same place begins with what the first has compiled.
clean=
if [ -d "$dir/objects" ]; then
	mv "$dir/objects" build
	grep -l BED4_VERSION user/*.c | xargs touch
	clean=--no-pre-clean
fi
log=$dir/build.log
export DEB_BUILD_OPTIONS="parallel=2 ${DEB_BUILD_OPTIONS:-}"
# What the caller's make was told is not for this one.
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u BUILD dpkg-buildpackage -us -uc -b $clean >"$log" 2>&1 </dev/null ||
	{ tail -40 "$log" >&2; exit 1; }
mv build "$dir/objects"
cd "$dir"
rm -rf source by
ls 6bed4_*.deb
