#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
# long: native tc off
#
# Numbers for operators: rates and shares in `status`, `metrics` and --metrics of a router and a peer. The
# text is well-formed and says what `stats` and `neigh` say; it is served through reloads and beside a
# thousand hostile clients, which neither delay packets nor make the daemon grow; a scrape costs the
# same system calls with many neighbours as with none; files of sockets come and go; no call is refused.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE
SOCK=$WORK/run/metrics
AT=127.0.0.1:9100

prom() { /usr/bin/python3 "$TOP/selftests/net/promcheck.py" "$@"; }
status() { ns "$1" "$CTL" status eth0 -j | jq -c ".instances[0]$2"; }
pid_of() { status "$1" .pid; }
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(pid_of "$1")/status"; }
# scrape_file [CURL OPTION...]: from the router's socket; scrape NS URL
scrape_file() { curl -sSf --max-time 10 --unix-socket "$SOCK" "$@" http://x/metrics; }
scrape() { ns "$1" curl -sSf --max-time 10 "http://$2/metrics"; }
code() { ns peer1 curl -s -o /dev/null --max-time 10 -w '%{http_code}' "$@"; }
# raw BYTES: what the peer's server answers first
raw() { ns peer1 timeout 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/9100; printf '$1' >&3; head -1 <&3"; }
well_formed() { prom <"$1"; }
file_mode() { stat_of "$SOCK" '%a %F'; }
stat_of() { command stat -c "$2" "$1"; }
# value NAME LABEL...: of the one series in $WORK/text with those labels
value() {
	local name=$1 line
	shift
	line=$(grep "^$name{" "$WORK/text")
	for label in "$@"; do line=$(grep -F "$label" <<<"$line"); done
	[ "$(wc -l <<<"$line")" = 1 ] && echo "${line##* }"
}

# Each counter, as `stats` tells it; both are read while nothing moves.
as_stats() {
	ns "$1" "$CTL" stats --all eth0 -j | jq -r '.instances[0].hooks[] | .hook as $h | .outcomes[] |
		select(.packets > 0) | "hook=\"\($h)\",outcome=\"\(.name)\",kind=\"\(.kind)\"} \(.packets)"' | sort
}
as_metrics() { ns "$1" "$CTL" metrics eth0 | sed -n 's/^bed4_packets_total{iface="eth0",\(.*[^ ] [1-9].*\)$/\1/p' | sort; }
same_counters() { equal "$(as_metrics "$1")" "$(as_stats "$1")"; }
same_neighbours() {
	equal "$(status "$1" .neighbours_by_path | jq -c)" "$(ns "$1" "$CTL" neigh -j | jq -c '[.neighbours[].path] |
		{router: map(select(. == "router")) | length, direct: map(select(. == "direct")) | length,
		 lan: map(select(. == "lan")) | length}')"
}

check_text() {
	check "$1: the text is well-formed" well_formed "$WORK/text"
	[ -z "$PROMTOOL" ] || check "$1: promtool has nothing to say" "$PROMTOOL" check metrics <"$WORK/text"
}
PROMTOOL=$(command -v promtool || true)

lab
warm_up
mkdir "$WORK/run"

# --- what is said ------------------------------------------------------------------------------------

check "the router loads" load_router "$MODE" --account all --metrics "unix:$SOCK"
check "the peer loads" load_peer peer1 --metrics "$AT"
check "another peer loads, without metrics" load_peer peer2
check "the peer is native's" pings peer1 $HOST6 10
A2=$(address peer2)
direct() { ns peer1 ping -q -c1 -W1 "$A2"; ns peer1 "$CTL" neigh -j | grep -q '"direct"'; }
check "and the other peer's neighbour" wait_for 20 direct
for who in router peer1; do
	check "$who: neighbours by path are what a walk counts" wait_for 10 same_neighbours $who
	check "$who: counters are those of stats" wait_for 10 same_counters $who
	ns $who "$CTL" metrics >"$WORK/text"
	check_text "$who"
	check "$who: up" equal "$(value bed4_up)" 1
	check "$who: neighbours" equal "$(value bed4_table_entries 'table="neigh"')" "$(status $who .neighbours)"
	check "$who: started within this minute" test "$(($(date +%s) - $(value bed4_start_time_seconds | cut -d. -f1)))" -lt 60
	check "$who: its time" test "$(value bed4_daemon_cpu_seconds_total)" != 0
	check "$who: its memory" test "$(value bed4_daemon_memory_max_bytes)" -gt 1000000
done
for who in router peer1; do
	ns $who "$CTL" metrics >"$WORK/text"
	check "$who: the dashboard finds all that it asks for" eval '/usr/bin/python3 "$TOP/selftests/net/dashcheck.py" "$TOP/tools/grafana-6bed4.json" <"$WORK/text"'
done
check "the other peer serves none" not scrape peer2 $AT
check "degraded says why" equal "$(value bed4_degraded 'router_silent')" 0
check "JSON is another command's" refused 2 'status -j' ns peer1 "$CTL" metrics -j
check "so is what is not loaded" refused 3 'nothing loaded' ns inet "$CTL" metrics

# --- rates -------------------------------------------------------------------------------------------

# About 50 packets a second, both ways; a busy machine makes fewer. What is told has to be what the counters
# say of all the time since, give or take.
ms() { echo $(($(date +%s%N) / 1000000)); }
bg_ns pings peer1 ping -q -i 0.02 $HOST6
pinging=$last_pid
rate_fits() { # NS WAY OUTCOME
	local passed=$(($(ms) - began)) count rate
	[ $passed -ge 8000 ] || return 1
	count=$(($(counted "$1" "$3") - ${first[$1 $2]}))
	rate=$(status "$1" ".rates.$2.packets_per_second")
	echo "$count in $passed ms, told: $rate"
	[ $((rate * passed)) -ge $((count * 600)) ] && [ $((rate * passed)) -le $((count * 1600)) ]
}
declare -A first
for what in router/in/in-native router/out/out peer1/in/in-local peer1/out/out-router; do
	IFS=/ read -r who way outcome <<<"$what"
	first[$who $way]=$(counted $who $outcome)
done
began=$(ms)
for what in router/in/in-native router/out/out peer1/in/in-local peer1/out/out-router; do
	IFS=/ read -r who way outcome <<<"$what"
	check "$who: packets per second $way" wait_for 40 rate_fits $who $way $outcome
	check "$who: bits of packets of 104 bytes $way" equal "$(status $who ".rates.$way | (.bits_per_second / 832 - .packets_per_second) | . <= 1 and . >= -1")" true
	check "$who: people are told" says 'rates  .* in .* packets/s .*bit/s, out' ns $who "$CTL" status
done
slow_now() { status "$1" ".slow_path_percent.now $2" | grep -q true; }
if [ "$MODE" = off ]; then
	check "all of it by the slow path" wait_for 10 slow_now router '== 100'
else
	check "little of it by the slow path" wait_for 20 slow_now router '< 5'
fi
end_pid "$pinging"

# --- HTTP --------------------------------------------------------------------------------------------

scrape_file >"$WORK/text"
check_text "the router's socket"
check "its file is for root and group" equal "$(file_mode)" "660 socket"
scrape peer1 $AT >"$WORK/text"
check_text "the peer's port"
check "it is the peer's" says 'role="peer"' cat "$WORK/text"
check "type and length" says 'text/plain; version=0.0.4' ns peer1 curl -sI http://$AT/metrics
check "HEAD" equal "$(code -I http://$AT/metrics)" 200
check "a query" equal "$(code "http://$AT/metrics?a=b")" 200
check "by a proxy" equal "$(code -x http://$AT http://example.net/metrics)" 200
check "no other path" equal "$(code http://$AT/)" 404
check "no other method" equal "$(code -X DELETE http://$AT/metrics)" 405
check "no upload" equal "$(code --data-binary @/proc/self/maps http://$AT/metrics)" 405
check "no garbage" says '400 Bad Request' raw '\x16\x03\x01'
check "no other version" says '505 ' raw 'GET /metrics HTTP/2.0\r\n\r\n'
check "no novels" equal "$(code -H "A: $(head -c 5000 /dev/zero | tr '\0' a)" http://$AT/metrics)" 431

# --- hostile clients ---------------------------------------------------------------------------------

scrape peer1 $AT >/dev/null
before=$(rss peer1)
open_files() { ls "/proc/$(pid_of peer1)/fd" | wc -l; }
files=$(open_files)
bg_ns scrapers peer1 /usr/bin/python3 "$TOP/selftests/net/scrapers.py" 127.0.0.1 9100 1000 "$(by_level 8 15 40)"
hostile=$last_pid
crowded() { [ "$(ns peer1 ss -Htn "dport = 9100" | wc -l)" -ge 100 ]; }
check "a thousand clients come" wait_for 10 crowded
check "some are served, beside $files files that are open" wait_for 20 eval 'now=$(open_files); [ $now -gt $files ] && [ $now -le $((files + 8)) ]'
for _ in $(seq 20); do [ "$(open_files)" -le $((files + 8)) ] || echo "too many" >>"$WORK/crowd"; done
check "and never more than eight" test ! -e "$WORK/crowd"
check "no packet is lost meanwhile" pings peer1 $HOST6 "$(by_level 100 200 800)" 0.02
check "they were there" wait "$hostile"
check "then it serves again" wait_for 20 scrape peer1 $AT
after=$(rss peer1)
check "the daemon has not grown: $before kB before, $after kB after" test "$after" -le $((before + 2048))

# --- reload ------------------------------------------------------------------------------------------

# A scrape every 50 ms, by both; failures are counted.
cat >"$WORK/scraping" <<-'END'
	while [ ! -e "$1/enough" ]; do
		curl -sf --max-time 10 -o /dev/null "${@:2}" && echo good || echo bad
		sleep 0.05
	done
END
scraping() { # NAME NS CURL-WORDS
	bg_ns "$1" "$2" bash "$WORK/scraping" "$WORK" "${@:3}"
	last_scraping+=("$last_pid")
}
many() { [ "$(grep -c good "$WORK/$1.log")" -ge "$2" ]; }
last_scraping=()
scraping file router --unix-socket "$SOCK" http://x/metrics
scraping port peer1 http://$AT/metrics
check "scrapes go on" wait_for 20 eval 'many file 3 && many port 3'
check "the router reloads" ns router "$CTL" reload eth0
check "the peer reloads" ns peer1 "$CTL" reload eth0
more=$(($(grep -c good "$WORK/file.log") + 3)) more2=$(($(grep -c good "$WORK/port.log") + 3))
check "and scrapes go on" wait_for 20 eval 'many file $more && many port $more2'
: >"$WORK/enough"
for pid in "${last_scraping[@]}"; do wait "$pid"; done
check "at most one failed by the file" test "$(grep -c bad "$WORK/file.log")" -le 1
check "at most one failed by the port" test "$(grep -c bad "$WORK/port.log")" -le 1
check "the option is remembered" equal "$(status router .options.metrics)" "\"unix:$SOCK\""
check "another place" ns router "$CTL" reload eth0 --metrics '[::1]:9101'
check "is served" eval 'scrape router "[::1]:9101" | grep -q bed4_up'
check "not by IPv4" not scrape router 127.0.0.1:9101
check "and the file is gone" test ! -e "$SOCK"
check "switched off" ns router "$CTL" reload eth0 --metrics off
check "nobody serves" not scrape router '[::1]:9101'

# --- files of sockets --------------------------------------------------------------------------------

check "a file again" ns router "$CTL" reload eth0 --metrics "unix:$SOCK"
check "serves" scrape_file -o /dev/null
echo precious >"$WORK/run/file"
check "no other file is taken" refused 1 'something else is there' ns router "$CTL" reload eth0 --metrics "unix:$WORK/run/file"
check "nor harmed" equal "$(cat "$WORK/run/file")" precious
check "nor is a directory made" refused 1 'make its directory' ns router "$CTL" reload eth0 --metrics "unix:$WORK/no/file"
bg_ns other peer1 /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$WORK/run" 9102
wait_for 15 ns peer1 sh -c "ss -Hltn 'sport = 9102' | grep -q ."
check "a port that is taken is told" refused 1 'ss -ltnp' ns peer1 "$CTL" reload eth0 --metrics 127.0.0.1:9102
check "so is an address of others" refused 1 'no address of this machine' ns peer1 "$CTL" reload eth0 --metrics 192.0.2.1:9102
check "what was served goes on" eval 'scrape_file -o /dev/null && scrape peer1 $AT >/dev/null'
kill -9 "$(pid_of router)"
dead() { [ "$(status router .state)" = '"dead"' ]; }
check "the daemon dies" wait_for 10 dead
check "its file stays" test -S "$SOCK"
ns router "$CTL" metrics >"$WORK/text"
check_text "a dead daemon's numbers"
check "tell that it is dead" equal "$(value bed4_up)" 0
check "and not what it uses" not grep -q '^bed4_daemon' "$WORK/text"
check "rates are not known" equal "$(status router .rates)" null
check "nor shown" not says 'rates ' ns router "$CTL" status
check "neighbours are" equal "$(status router .neighbours)" "$(ns router "$CTL" neigh -j | jq '.neighbours | length')"
check "the next load serves there" load_router "$MODE" --account all --metrics "unix:$SOCK"
check "again" scrape_file -o /dev/null
check "with its neighbours known" wait_for 10 same_neighbours router

# --- many neighbours ---------------------------------------------------------------------------------

# calls NAME: of one scrape, from the request to the answer, but for memory
calls() {
	local tracer pid
	pid=$(pid_of router) # asked before: attaching may cut an answer of its short
	background trace strace -q -o "$WORK/trace" -p "$pid"
	tracer=$last_pid
	wait_for 10 grep -q 'TracerPid:[[:space:]]*[1-9]' "/proc/$pid/status"
	scrape_file -o /dev/null
	end_pid "$tracer"
	grep -h -E 'EPERM|EACCES|SIGSYS' "$WORK/trace" >>"$WORK/refused_calls"
	awk '/^recvfrom.*GET \/metrics/ { on = 1; next } /^sendmsg/ { on = 0 }
	     on && !/^(brk|mmap|munmap|mremap|madvise)/ { n++ } END { print n + 0 }' "$WORK/trace"
}
few=$(calls)
check "a scrape makes few system calls: $few" test "$few" -ge 5 -a "$few" -le 30
ns router ip -6 route add 2001:db8::/32 via $HOST6
enough() { "$TOP/build/flood" "$TAG" router "$(address peer1)" 20000 0.5 valid:any:30000; [ "$(status router .neighbours)" -ge 2000 ]; }
check "2,000 neighbours come" wait_for 60 enough
check "a scrape makes no more" equal "$(calls)" "$few"
check "no call was refused" equal "$(cat "$WORK/refused_calls")" ""
check "status makes few, too" test "$(ns router strace -e trace=bpf "$CTL" status eth0 2>&1 | grep -c '^bpf')" -le 20
if [ "$MODE" = off ] && [ "$(by_level 0 0 1)" = 1 ]; then
	check "a table for a million" ns router "$CTL" reload eth0 --neigh-max 4194304 --account all
	# each flood is of the same sources in the same order: it has to be long
	million() { "$TOP/build/flood" "$TAG" router "$(address peer1)" 60000 30 valid:any:30000; [ "$(status router .neighbours)" -ge 1000000 ]; }
	check "a million neighbours come" wait_for 300 million
	check "a scrape makes no more calls" equal "$(calls)" "$few"
	# Time on a CPU, of which a busy machine takes none away.
	cpu() { cut -d' ' -f1 "/proc/$(pid_of router)/schedstat"; }
	for _ in $(seq 20); do
		scrape_began=$(cpu)
		scrape_file -o /dev/null -w '%{time_total}\n' >>"$WORK/clock"
		echo $((($(cpu) - scrape_began) / 1000))
		read -rt 0.3 <>"$WORK/silence" || true
	done | sort -n >"$WORK/times"
	median=$(sed -n 10p "$WORK/times")
	echo "# $(status router .neighbours) neighbours; by the clock, seconds: $(sort -n "$WORK/clock" | sed -n '10p;20p' | xargs) (median, longest)"
	check "a scrape takes the daemon less than 10 ms, the median of 20: $median us" test "$median" -gt 0 -a "$median" -lt 10000
fi

# --- the end -----------------------------------------------------------------------------------------

check "the router unloads" ns router "$CTL" unload eth0
check "and takes its file along" test ! -e "$SOCK"
check "no other" equal "$(cat "$WORK/run/file")" precious
load_router "$MODE" --metrics "unix:$SOCK" >/dev/null
kill -9 "$(pid_of router)"
wait_for 10 dead
check "so it does when the daemon is dead" eval 'ns router "$CTL" unload eth0 && test ! -e "$SOCK"'
finish
