#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# corpus.sh NEW FUZZER...: makes the kept corpora (selftests/fuzz/corpus) anew: as few files as cover
# the edges that the kept ones and those below NEW/NAME (what runs have found) reach together. For
# after a long run; look at what it says, commit.
set -eu
new=$1
shift
for f in "$@"; do
	name=$(basename "$f")
	kept=selftests/fuzz/corpus/$name
	work=$(mktemp -d)
	mkdir -p "$kept" "$new/$name"
	"$f" -set_cover_merge=1 -use_counters=0 -max_len=2048 -rss_limit_mb=2048 "$work" "$kept" "$new/$name" >"$work.log" 2>&1 ||
		{ tail -3 "$work.log" >&2; exit 1; }
	rm -rf "$kept"
	mv "$work" "$kept"
	chmod 755 "$kept"
	rm -f "$work.log"
	echo "$name: $(find "$kept" -type f | wc -l) files, $(du -sb "$kept" | cut -f1) bytes"
done
