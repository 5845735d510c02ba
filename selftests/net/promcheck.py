#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
promcheck.py: reads a text for Prometheus from standard input, as strictly as its documentation defines format
0.0.4 and the conventions for names, and as the Prometheus project's own parser for Python does. Prints
what is wrong and fails. promcheck.py names: prints the names of metrics instead.
"""
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

NAME = r"bed4_[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
LABEL = r'[a-z][a-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\d+(?:\.\d+)?)")
HEAD = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")
# Base units only, and no type or label in a name.
BAD_WORDS = {"milliseconds", "ms", "microseconds", "nanoseconds", "minutes", "hours", "bits", "kilobytes",
             "megabytes", "percent", "counter", "gauge", "histogram", "summary", "by", "count", "sum", "bucket"}
problems = []


def complain(what):
    problems.append(what)


def check_name(name, kind):
    if (kind == "counter") != name.endswith("_total"):
        complain(f"{name}: a counter's name, and no other, ends in _total")
    bad = BAD_WORDS & set(name.split("_"))
    if bad:
        complain(f"{name}: {bad} in a name")


def check_lines(text):
    """Heads first and both of them, samples of one name together, each once."""
    heads, done, current, series = {}, set(), None, set()
    if not text.endswith("\n"):
        complain("the last line has no end")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        head, sample = HEAD.fullmatch(line), SAMPLE.fullmatch(line)
        if not head and not sample:
            complain(f"line {number}: {line!r}")
            continue
        name = head[2] if head else sample[1]
        if name != current:
            if name in done:
                complain(f"line {number}: {name} once more")
            done.add(current)
            current = name
        if head:
            if head[1] in heads.setdefault(name, {}):
                complain(f"line {number}: {head[1]} twice")
            heads[name][head[1]] = head[3]
            continue
        if set(heads.get(name, ())) != {"HELP", "TYPE"}:
            complain(f"line {number}: {name} without HELP and TYPE before it")
        labels = re.findall(r'([a-z0-9_]+)="((?:[^"\\]|\\.)*)"', sample[2] or "")
        if len({k for k, _ in labels}) != len(labels):
            complain(f"line {number}: a label twice")
        key = (name, tuple(sorted(labels)))
        if key in series:
            complain(f"line {number}: the same series twice")
        series.add(key)
    for name, head in heads.items():
        check_name(name, head.get("TYPE"))
        if head.get("TYPE") not in ("counter", "gauge") or not head.get("HELP", "").endswith("."):
            complain(f"{name}: {head}")
    return series


def check_parser(text, series):
    """Another's eyes see as many series, of types that are known."""
    families = list(text_string_to_metric_families(text))
    seen = sum(len(f.samples) for f in families)
    if seen != len(series):
        complain(f"the parser sees {seen} series, not {len(series)}")
    for family in families:
        if family.type == "unknown":
            complain(f"{family.name}: of unknown type to the parser")
    return families


def main():
    text = sys.stdin.read()
    series = check_lines(text)
    check_parser(text, series)
    if len(sys.argv) > 1:
        print("\n".join(sorted({name for name, _ in series})))
    if not series:
        complain("nothing there")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
