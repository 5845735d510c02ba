#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The Debian package: built, looked at by lintian, installed into a clean Debian 12, at work there, upgraded under
# numbered flows without a lost packet, and purged without a trace. All that it needs lies below build/deb; what
# is mounted goes with the mount namespace.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=flow.sh
. "$(dirname "$0")/flow.sh"

DIR=$TOP/build/deb
BASE=$DIR/base
NEXT=0.1+next1
# What the package depends on, so that it alone makes the difference; adduser for its purge.
DEPENDS=libbpf1,libxdp1,libmnl0,libpcap0.8,libjson-c5,libseccomp2,libcap2,systemd-standalone-sysusers,adduser

# The mirror that this machine's apt uses for Debian 12.
mirror() {
	apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^bookworm //p' | head -1
}
reachable() { curl -sfL --max-time 20 -o /dev/null "$(mirror)dists/bookworm/Release"; }

# A Debian 12 with what the package depends on. Kept: the next run begins with it.
make_base() {
	[ -e "$BASE.done" ] && return
	rm -rf "$BASE"
	timeout 400 mmdebstrap --variant=essential --include=$DEPENDS --dpkgopt=force-unsafe-io bookworm "$BASE" "$(mirror)" \
		>"$DIR/base.log" 2>&1 || { local code=$?; tail -5 "$DIR/base.log"; return $code; }
	touch "$BASE.done"
}

if [ ! -e "$BASE.done" ] && ! reachable; then
	skip "a package for Debian 12" "no mirror of it is to be reached"
	finish
fi
mkdir -p "$DIR"
background base make_base
base_pid=$last_pid
tree() { git -C "$TOP" status --porcelain --ignored 2>/dev/null; }
tree=$(tree)
export DEB_BUILD_OPTIONS="noautodbgsym nocheck"
rm -rf "$DIR"/6bed4*_*
check "make deb" make -s -C "$TOP" deb
check "lintian: no error, no warning" sh -c "lintian --allow-root --fail-on error,warning $DIR/6bed4_*.changes"
first=$(cd "$DIR" && echo 6bed4_*.deb)
if [ -e "$TOP/.git" ]; then
	sum() { make -s -C "$TOP" dist && sha256sum "$TOP"/build/6bed4-*.tar.gz; }
	check "make dist gives the same bytes twice" equal "$(sum)" "$(sum)"
	check "  of what is needed, and nothing that was built" sh -c "
		tar -tzf $TOP/build/6bed4-*.tar.gz >$WORK/tar && grep -q /Makefile $WORK/tar && ! grep -E '/build/|[.]o$' $WORK/tar"
else
	skip "make dist gives the same bytes twice" "this is no clone"
fi
check "another version" "$TOP/tools/deb.sh" "$DIR" $NEXT
check "nothing was written outside build/" equal "$(tree)" "$tree"
wait "$base_pid"
case $? in
0) ok "a clean Debian 12" ;;
124) skip "a clean Debian 12" "making one takes more than 400 s here" && finish ;;
*)
	not_ok "a clean Debian 12"
	diag <"$WORK/base.log"
	finish
	;;
esac

# --- a machine --------------------------------------------------------------------------------------

# Its files are an overlay on the base, its mounts end with the process that holds their namespace.
UPPER=$DIR/upper
rm -rf "$UPPER"
mkdir -p "$UPPER/files" "$UPPER/work" "$UPPER/root"
# shellcheck disable=SC2016
background machine unshare --mount --propagation private sh -ec '
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/files,workdir=$2/work" "$2/root"
	mount -t proc proc "$2/root/proc"
	mount -t sysfs sysfs "$2/root/sys"
	mount --bind /sys/fs/bpf "$2/root/sys/fs/bpf"
	mount -t tmpfs tmpfs "$2/root/run"
	mount --rbind /dev "$2/root/dev"
	mkdir "$2/root/packages"
	mount --bind "$3" "$2/root/packages"
	touch "$2/mounted"
	exec sleep infinity' sh "$BASE" "$UPPER" "$DIR"
machine=$last_pid
end_machine() {
	end_pid "$machine"
	rm -rf "$UPPER"
}
trap 'cleanup; end_machine' EXIT
# inside NS COMMAND...: in that network namespace
inside() {
	local name=$1
	shift
	ns "$name" nsenter --target "$machine" --mount chroot "$UPPER/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
}
files() {
	inside router find / -xdev \( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /tmp -o -path /packages \
		-o -path /etc/passwd- -o -path /etc/group- -o -path /etc/shadow- -o -path /etc/gshadow- \) -prune -o -print | sort
	inside router cat /etc/passwd /etc/group
}
moving() { [ "$(forwarded router fast)" -gt "$1" ]; }
moves() { local n; n=$(forwarded router fast) && wait_for 5 moving $((n + 1000)); }
rctl() { inside router 6bed4ctl "$@"; }

check "its mounts" wait_for 20 test -e "$UPPER/mounted"
lab
warm_up
files >"$WORK/before"
check "install" inside router dpkg -i "/packages/$first"
check "  the program says its version" equal "$(rctl --version)" "6bed4ctl $(echo "$first" | cut -d_ -f2)"
check "  there is a user _6bed4" inside router getent passwd _6bed4
check "  and a unit" inside router test -e /usr/lib/systemd/system/6bed4@.service
check "  and a manual" inside router test -e /usr/share/man/man8/6bed4ctl.8.gz
printf 'prefix %s\nv6-dev v6\nfast-path tc\naccount all\n' $PREFIX | inside router tee /etc/6bed4/eth0.conf >/dev/null
inside router mkdir -p /var/lib/6bed4
echo 50000 | inside router tee /var/lib/6bed4/eth0.port >/dev/null
check "load, by the configuration file" rctl load eth0
check "  its user is _6bed4" equal "$(rctl -j status eth0 | jq -r '.instances[0].privileges.user')" _6bed4
check "a peer loads" load_peer peer1
check "  and reaches native IPv6" wait_for 10 pings peer1 $HOST6 1

flow_begin 5000 "$(line_peer_native)" "$(line_native_peer)" "$(line_peer_peer)"
check "numbered flows" moves
old=$(state router pid)
check "upgrade" inside router dpkg -i "/packages/6bed4_${NEXT}_$(echo "$first" | cut -d_ -f3)"
check "  the program is the other version" equal "$(rctl --version)" "6bed4ctl $NEXT"
check "  so is the daemon" test "$(state router pid)" != "$old"
check "  of the program that is there now" sh -c "! readlink /proc/$(state router pid)/exe | grep -q deleted"
check "  forwarding goes on" moves
flow_end >/dev/null
check "  of the flows not one packet was lost" flow_lossless
check "the same version once more" inside router dpkg -i "/packages/6bed4_${NEXT}_$(echo "$first" | cut -d_ -f3)"
check "  status: up" state_is router state up

ns peer1 "$CTL" unload eth0 >/dev/null
check "remove" inside router dpkg -r 6bed4
check "  nothing is loaded" clean
check "  the configuration stays" inside router test -e /etc/6bed4/eth0.conf
check "purge" inside router dpkg -P 6bed4
files >"$WORK/after"
check "  not a file, directory or user is left" diff "$WORK/before" "$WORK/after"
finish
