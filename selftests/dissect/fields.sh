# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What the dissector says of a capture, a line per packet: comment, class, path, sender, source and destination
# endpoint inside, remote endpoints, and the rest. Knows the dissector's fields, and no capture.

DISSECTOR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/tools/6bed4.lua
BED4_EXPERTS="mismatch misdirected relayed malformed truncated nd_invalid nd_hidden odd_port special behind several"

# tshark_with CAPTURE [OPTION...]
tshark_with() { tshark -X "lua_script:$DISSECTOR" -r "$@" 2>"${TSHARK_ERRORS:-/dev/stderr}"; }

# dissected CAPTURE [OPTION...]
dissected() {
	local name fields=(frame.comment 6bed4.class 6bed4.path 6bed4.sender 6bed4.src.ip 6bed4.src.port 6bed4.dst.ip
		6bed4.dst.port 6bed4.remote.ip 6bed4.remote.port 6bed4.target.ip 6bed4.target.port 6bed4.lladdr.ip
		6bed4.lladdr.port 6bed4.prefix 6bed4.assigned 6bed4.merged 6bed4.trailing 6bed4.quoted)
	for name in $BED4_EXPERTS; do
		fields+=("6bed4.$name")
	done
	fields+=(_ws.lua.error)
	tshark_with "$@" -T fields -E separator='|' -E aggregator=, -E "occurrence=${OCCURRENCE:-a}" \
		"${fields[@]/#/-e}" | awk -F'|' -v experts="$BED4_EXPERTS lua-error" '
		function eps(ip, port,    i, n, a, b, out) {
			n = split(ip, a, ",")
			split(port, b, ",")
			for (i = 1; i <= n; i++)
				out = out (i > 1 ? "," : "") a[i] ":" b[i]
			return out
		}
		function also(name, value) { if (value != "") rest = rest " " name (value == 1 ? "" : "=" value) }
		{
			rest = ""
			also("target", eps($11, $12))
			also("lladdr", eps($13, $14))
			also("prefix", $15)
			also("assigned", $16)
			also("merged", $17)
			also("trailing", $18)
			also("quoted", $19)
			n = split(experts, name, " ")
			for (i = 1; i <= n; i++)
				if ($(19 + i) != "")
					rest = rest " " name[i]
			printf "%s | %s | %s | %s | %s | %s | %s |%s\n", $1, $2, $3, $4, eps($5, $6), eps($7, $8), eps($9, $10), rest
		}'
}
