#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
dashcheck.py FILE: is the dashboard in FILE one that Grafana can import, and does the text for Prometheus on
standard input have every metric and label that its queries ask for? Prints what is wrong and fails.
"""
import json
import re
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

FOREIGN = {"instance", "job"}  # labels that Prometheus adds
KINDS = {"timeseries", "stat", "gauge", "bargauge", "table"}
WANTED = ["throughput by path", "share of the slow path", "drops by reason", "neighbours by path", "fill", "daemon",
          "degraded"]
problems = []


def complain(what):
    problems.append(what)


def exported():
    labels = {}
    for family in text_string_to_metric_families(sys.stdin.read()):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


def check_query(query, labels, where):
    names = re.findall(r"\bbed4_\w+", query)
    if not names:
        complain(f"{where}: no metric of ours in {query}")
    for opening, closing in ("()", "{}", "[]"):
        if query.count(opening) != query.count(closing):
            complain(f"{where}: unbalanced {opening}{closing} in {query}")
    for name in names:
        if name not in labels:
            complain(f"{where}: {name} is not exported")
    for name, matchers in re.findall(r"\b(bed4_\w+)\{([^}]*)\}", query):
        for label in re.findall(r'(\w+)(?:=~|!~|!=|=)"', matchers):
            if label not in labels.get(name, set()) | FOREIGN:
                complain(f"{where}: {name} has no label {label}")
    known = set().union(*(labels.get(n, set()) for n in names)) | FOREIGN
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        for label in re.split(r", *", group):
            if label not in known:
                complain(f"{where}: nothing has a label {label} to sum by")
    return known


def check_panel(panel, labels):
    where = panel.get("title", "?")
    if panel.get("type") not in KINDS:
        complain(f"{where}: of type {panel.get('type')}")
    for target in panel.get("targets") or [{}]:
        if target.get("datasource", {}).get("uid") != "${datasource}":
            complain(f"{where}: bound to one data source")
        known = check_query(target.get("expr", ""), labels, where)
        for label in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")):
            if label not in known:
                complain(f"{where}: nothing has a label {label} to show")


def check_places(panels):
    taken = {}
    for panel in panels:
        g = panel["gridPos"]
        for x in range(g["x"], g["x"] + g["w"]):
            for y in range(g["y"], g["y"] + g["h"]):
                if x >= 24 or taken.setdefault((x, y), panel["title"]) != panel["title"]:
                    complain(f"{panel['title']}: where {taken.get((x, y), 'nothing')} is")
                    return


def main():
    board = json.loads(Path(sys.argv[1]).read_text())
    labels, panels = exported(), board["panels"]
    variables = {v["name"]: v for v in board["templating"]["list"]}
    if board["schemaVersion"] < 36 or board["id"] is not None or not board["title"] or not board["uid"]:
        complain("the head is not that of a dashboard to import")
    if variables.get("datasource", {}).get("type") != "datasource":
        complain("no variable for the data source")
    for variable in variables.values():
        if variable["type"] == "query":
            check_query(variable["query"]["query"], labels, "variable " + variable["name"])
    text = json.dumps(panels)
    for name in set(re.findall(r"\$(\w+)", text)) - {"__rate_interval"}:
        if name not in variables:
            complain(f"there is no variable {name}")
    if len({p["id"] for p in panels}) != len(panels):
        complain("two panels have one id")
    for panel in panels:
        check_panel(panel, labels)
    check_places(panels)
    titles = " / ".join(p["title"] for p in panels).lower()
    for want in WANTED:
        if want not in titles:
            complain(f"no panel for {want}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
