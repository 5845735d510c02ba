// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `completion`: scripts that let a shell ask this program what may come next, so that the two cannot disagree;
 * and the answer. Must not know what a command understands (complete.c). Proved by
 * selftests/net/test_completion.sh.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "complete.h"
#include "core/outcome.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl completion bash|zsh|fish\n\n"
	"Prints a script by which that shell completes the words of 6bed4ctl: commands, options and their\n"
	"values, devices, neighbours. For the present shell:\n\n"
	"  bash   source <(6bed4ctl completion bash)\n"
	"  zsh    source <(6bed4ctl completion zsh)      # behind compinit\n"
	"  fish   6bed4ctl completion fish | source\n\n"
	"`make install` has put them where shells look for them. They ask `6bed4ctl completion words WORD...`,\n"
	"which prints what the last word may be, one a line, with a tab and an explanation behind it.\n";

static const char bash[] =
	"# bash completion for 6bed4ctl, printed by `6bed4ctl completion bash`\n"
	"_6bed4ctl() {\n"
	"	local line=${COMP_LINE:0:COMP_POINT} entry cur cut=\n"
	"	local -a words\n"
	"	read -ra words <<<\"$line\"\n"
	"	[[ $line != *[[:space:]] ]] || words+=('')\n"
	"	cur=${words[${#words[@]} - 1]}\n"
	"	# Readline replaces only what is behind the last of these.\n"
	"	[[ $COMP_WORDBREAKS != *=* || $cur != *=* ]] || cut=${cur%\"${cur##*=}\"}\n"
	"	[[ $COMP_WORDBREAKS != *:* || $cur != *:* ]] || cut=${cur%\"${cur##*:}\"}\n"
	"	COMPREPLY=()\n"
	"	while IFS= read -r entry; do\n"
	"		if [[ $entry == :file ]]; then\n"
	"			while IFS= read -r entry; do\n"
	"				COMPREPLY+=(\"$entry\")\n"
	"			done < <(compgen -f -- \"$cur\")\n"
	"			compopt -o filenames 2>/dev/null\n"
	"		else\n"
	"			entry=${entry%%$'\\t'*}\n"
	"			COMPREPLY+=(\"${entry#\"$cut\"}\")\n"
	"		fi\n"
	"	done < <(\"${1:-6bed4ctl}\" completion words \"${words[@]:1}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _6bed4ctl 6bed4ctl\n";

static const char zsh[] =
	"#compdef 6bed4ctl\n"
	"# zsh completion for 6bed4ctl, printed by `6bed4ctl completion zsh`\n"
	"_6bed4ctl() {\n"
	"	local entry\n"
	"	local -a found\n"
	"	for entry in \"${(@f)$(\"${words[1]}\" completion words \"${(@)words[2,CURRENT-1]}\" \"$PREFIX\" 2>/dev/null)}\"; do\n"
	"		if [[ $entry == :file ]]; then\n"
	"			_files\n"
	"		elif [[ $entry == *$'\\t'?* ]]; then\n"
	"			found+=(\"${${entry%%$'\\t'*}//:/\\\\:}:${entry#*$'\\t'}\")\n"
	"		elif [[ -n $entry ]]; then\n"
	"			found+=(\"${${entry%%$'\\t'*}//:/\\\\:}\")\n"
	"		fi\n"
	"	done\n"
	"	(( ! $#found )) || _describe -t words 6bed4ctl found\n"
	"}\n"
	"if [[ ${funcstack[1]} == _6bed4ctl ]]; then\n"
	"	_6bed4ctl \"$@\"\n"
	"else\n"
	"	compdef _6bed4ctl 6bed4ctl\n"
	"fi\n";

static const char fish[] =
	"# fish completion for 6bed4ctl, printed by `6bed4ctl completion fish`\n"
	"function __6bed4ctl_words\n"
	"	set -l before (commandline -opc)\n"
	"	set -l current (commandline -ct)\n"
	"	for entry in ($before[1] completion words $before[2..-1] \"$current\" 2>/dev/null)\n"
	"		if test \"$entry\" = :file\n"
	"			__fish_complete_path \"$current\"\n"
	"		else\n"
	"			echo $entry\n"
	"		end\n"
	"	end\n"
	"end\n"
	"complete -c 6bed4ctl -f -a '(__6bed4ctl_words)'\n";

/* --- names ----------------------------------------------------------------------------------------- */

static void loaded(complete_fn fn, void *arg)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = instance_list(names);

	for (i = 0; i < n; i++)
		fn(arg, names[i], "loaded");
}

static void devices(complete_fn fn, void *arg)
{
	struct if_nameindex *list = if_nameindex(), *i;

	for (i = list; i && i->if_name; i++) {
		if (strcmp(i->if_name, "lo"))
			fn(arg, i->if_name, "");
	}
	if (list)
		if_freenameindex(list);
}

#define NEIGHBOURS_MAX 256 /* of an instance: nobody reads a longer list */

static void neighbours_of(const char *iface, complete_fn fn, void *arg)
{
	struct bed4_in6 key, next;
	struct instance_maps m;
	char text[SHOW_TEXT];
	unsigned int n;
	bool more;

	if (instance_open_maps(&m, iface, NULL))
		return;
	more = !bpf_map_get_next_key(m.neigh, NULL, &next);
	for (n = 0; more && n < NEIGHBOURS_MAX; n++) {
		fn(arg, show_ip6(&next, text), iface);
		key = next;
		more = !bpf_map_get_next_key(m.neigh, &key, &next);
	}
	instance_maps_close(&m);
}

static void neighbours(complete_fn fn, void *arg)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = instance_list(names);

	for (i = 0; i < n; i++)
		neighbours_of(names[i], fn, arg);
}

static void outcomes(complete_fn fn, void *arg)
{
	__u32 o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++)
		fn(arg, outcome_name(o), outcome_text(o));
}

static void names_of(const char *kind, complete_fn fn, void *arg)
{
	static const struct {
		const char *kind;
		void (*list)(complete_fn fn, void *arg);
	} kinds[] = { { "loaded", loaded }, { "device", devices }, { "neigh", neighbours }, { "outcome", outcomes } };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kind, kinds[i].kind))
			kinds[i].list(fn, arg);
	}
}

static void print_word(void *arg, const char *word, const char *text)
{
	(void)arg;
	if (*text)
		printf("%s\t%s\n", word, text);
	else
		puts(word);
}

int cmd_completion(int argc, char **argv)
{
	static const char *const verbs[] = { "bash", "zsh", "fish", "words", NULL };
	static const char *const scripts[] = { bash, zsh, fish };
	int verb = argc > 1 ? cmd_abbrev(argv[1], verbs) : -1;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (verb == 3) {
		complete(commands, argc - 2, argv + 2, names_of, print_word, NULL);
		return EXIT_DONE;
	}
	if (verb < 0 || argc > 2) {
		fprintf(stderr, "6bed4ctl completion: say bash, zsh or fish; see `6bed4ctl completion --help`\n");
		return EXIT_USAGE;
	}
	fputs(scripts[verb], stdout);
	return EXIT_DONE;
}
