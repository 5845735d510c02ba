#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# manual.sh PROGRAM PAGE: do help and manual agree? Every command that the program's help names has a section
# of the page, and the other way round; so have the options of each command, in its section, its --help, and
# what completion offers. Prints what is wrong and fails; prints nothing when all is well.
set -u
ctl=$1 page=$2
bad=0
complain() {
	bad=1
	printf '%s\n' "$1" >&2
}
# only A B: lines of A that are not in B
only() { comm -23 <(sort -u <<<"$1") <(sort -u <<<"$2") | grep . | paste -sd' '; }

commands() { "$ctl" --help | awk '/^  [a-z]/ { print $1 }'; }
sections() { sed -n 's/^\.Ss //p' "$page"; }
section() { awk -v want=".Ss $1" '/^\.S[sh] / { on = $0 == want } on' "$page"; }
# Options in mdoc: every word behind Fl that begins with \-, up to its end.
in_manual() { section "$1" | grep -E '(^\.| )Fl ' | grep -oE 'Fl \\-[a-z0-9-]+|[,|] *\\-[a-z0-9-]+' | sed -E 's/^.*\\-/--/' | grep -vx -- --name; }
in_help() { "$ctl" "$1" --help | grep -oE -- '--[a-z][a-z0-9-]+' | grep -vxE -- '--(json|pretty|help|name)'; }
completed() { "$ctl" completion words "$1" -- | cut -f1 | grep -vxE -- '--(json|pretty|help)'; }
# Of the synopsis: the commands that are shown with it.
synopsis() { awk '/^\.Sh SYNOPSIS/ { on = 1 } /^\.Sh DESCRIPTION/ { on = 0 } on' "$page" | grep -oE '^\.Cm [a-z]+' | cut -d' ' -f2; }

out=$(only "$(commands)" "$(sections)")
[ -z "$out" ] || complain "$page has no section on: $out"
out=$(only "$(sections)" "$(commands)")
[ -z "$out" ] || complain "$page has sections on what is no command: $out"
out=$(only "$(commands)" "$(synopsis)")
[ -z "$out" ] || complain "the synopsis of $page lacks: $out"
out=$(only "$(synopsis)" "$(commands)")
[ -z "$out" ] || complain "the synopsis of $page has what is no command: $out"

for command in $(commands); do
	[ "$command" != help ] || continue
	help=$(in_help "$command") manual=$(in_manual "$command") offered=$(completed "$command")
	out=$(only "$offered" "$help")
	[ -z "$out" ] || complain "$command: completion offers what its --help does not tell: $out"
	# Help may speak of options of other commands; its own are those that completion offers.
	all=$(for other in $(commands); do completed "$other"; done)
	out=$(only "$help" "$all")
	[ -z "$out" ] || complain "$command: its --help tells what completion does not offer: $out"
	case $command in
	reload) continue ;; # its options are load's, but for two
	esac
	out=$(only "$offered" "$manual")
	[ -z "$out" ] || complain "$command: its section of $page lacks: $out"
	out=$(only "$manual" "$all")
	[ -z "$out" ] || complain "$command: its section of $page has what is no option: $out"
done
exit $bad
