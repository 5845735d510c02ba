#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# Completion by the real shells, asked as they ask when somebody presses the tab key; in a lab, so that there
# are devices and neighbours. What may come next is selftests/unit/test_complete.c's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"

PATH=$TOP/build:$PATH
export HOME=$WORK XDG_CONFIG_HOME=$WORK # no start-up files but those of the system

cat >"$WORK/ask.bash" <<'BASH'
source <(6bed4ctl completion bash)
complete -p 6bed4ctl | grep -q -- '-F _6bed4ctl 6bed4ctl' || exit 1
# As readline does it: the line, and its words cut at COMP_WORDBREAKS.
COMP_LINE=$1 COMP_POINT=${#1}
mapfile -t COMP_WORDS < <(sed -E 's/([=:])/ \1 /g; s/ +/\n/g' <<<"$1")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_6bed4ctl 6bed4ctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}" | paste -sd' '
BASH
# A script for zsh cannot ask its line editor: one in a terminal of its own is sent keys, until it lists
# what is expected.
cat >"$WORK/ask.py" <<'PYTHON'
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
import os, pty, re, select, sys, time
pid, fd = pty.fork()
if not pid:
    os.environ["TERM"] = "dumb"
    os.execvp("zsh", ["zsh", "-f", "-i"])
def until(what, seconds=20):
    text, end = "", time.time() + seconds
    while not re.search(what, text) and time.time() < end:
        if select.select([fd], [], [], 0.2)[0]:
            text += os.read(fd, 65536).decode(errors="replace")
    print(text)
    return re.search(what, text)
os.write(fd, b"stty rows 60 columns 150; PS1='> '; autoload -U compinit; compinit -u -D; "
             b"source <(6bed4ctl completion zsh); echo rea''dy\n")
found = until(r"ready\r(.|\n)*2004h")
os.write(fd, sys.argv[1].encode() + b"\x04") # ^D lists
found = found and until(sys.argv[2])
os.write(fd, b"\x03exit\n")
sys.exit(not found)
PYTHON
in_bash() { ns peer1 bash --norc "$WORK/ask.bash" "$1"; }
in_fish() { ns peer1 fish --no-config -c "6bed4ctl completion fish | source; complete -C '$1'"; }
bash_says() { equal "$(in_bash "$1")" "$2"; }
fish_says() { equal "$(in_fish "$1" | cut -f1 | sort | paste -sd' ')" "$2"; }
zsh_says() { ns peer1 /usr/bin/python3 "$WORK/ask.py" "$1" "$2"; }

lab
warm_up
check "router loads" load_router tc
check "peer1 loads" load_peer peer1
check "peer2 loads" load_peer peer2
A2=$(address peer2)
check "peer1 knows peer2" pings peer1 "$A2"
commands=$("$CTL" completion words '' | cut -f1 | paste -sd' ')
check "all commands of the help are there" equal "$commands" "$("$CTL" --help | awk '/^  [a-z]/ { print $1 }' | paste -sd' ')"

for shell in bash zsh fish; do
	"$CTL" completion $shell >"$WORK/script.$shell"
	check "$shell can read its script" "$shell" -n "$WORK/script.$shell"
done

check "bash: commands" bash_says "6bed4ctl " "$commands"
check "bash: a command" bash_says "6bed4ctl unl" "unload"
check "bash: devices that are loaded" bash_says "6bed4ctl unload " "eth0"
check "bash: devices of the machine" bash_says "6bed4ctl load e" "eth0"
check "bash: options" bash_says "6bed4ctl load eth0 --ke" "--keepalive"
check "bash: values" bash_says "6bed4ctl load eth0 --fast-path " "auto native generic tc off"
check "bash: values behind =" bash_says "6bed4ctl load eth0 --fast-path=t" "tc"
check "bash: neighbours, cut at the colons as readline wants it" bash_says "6bed4ctl neigh del ${A2%:*}:" "${A2##*:}"
check "bash: files" bash_says "6bed4ctl config check $TOP/READ" "$TOP/README.md"
check "bash: nothing where nothing can be said" bash_says "6bed4ctl load eth0 --mtu " ""
check "bash: behind an option of the program" bash_says "6bed4ctl -j stat" "status stats"

sorted=$(tr ' ' '\n' <<<"$commands" | sort | paste -sd' ')
check "fish: commands" fish_says "6bed4ctl " "$sorted"
check "fish: with explanations" says "unload.remove all" in_fish "6bed4ctl unl"
check "fish: devices that are loaded" fish_says "6bed4ctl unload " "eth0"
check "fish: options" fish_says "6bed4ctl load eth0 --ke" "--keepalive"
check "fish: values behind =" fish_says "6bed4ctl load eth0 --fast-path=t" "--fast-path=tc"
check "fish: neighbours" fish_says "6bed4ctl neigh get $A2" "$A2"

check "zsh: commands with explanations" zsh_says "6bed4ctl " "unload .*remove all"
check "zsh: devices that are loaded" zsh_says "6bed4ctl unload " "eth0"
check "zsh: values" zsh_says "6bed4ctl load eth0 --fast-path " "generic"
check "zsh: neighbours" zsh_says "6bed4ctl neigh get " "$A2"
check "an unknown shell: usage" refused 2 "bash, zsh or fish" "$CTL" completion tcsh
finish
