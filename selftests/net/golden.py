# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Compares what a command has printed with what is kept of it, after what differs from run to run has been
masked; JSON is held against its schema first, and no member may be missing there.

    golden.py raw EXPECTED < output                 nothing is masked
    golden.py text EXPECTED [sort] < output
    golden.py json EXPECTED SCHEMA [sort] < output
    golden.py schema - SCHEMA < output              nothing is compared

With GOLDEN_UPDATE=1 in the environment, EXPECTED is written anew. Must not know any command.
"""
import copy
import difflib
import json
import os
import re
import sys

import jsonschema

# Words that stay as they are though they hold numbers: addresses, prefixes, ports, options, exit codes.
NUMBER = re.compile(r'(?<![\w.:/%-])\d+(?:\.\d+)?(?=(?:[,;)%]|us|ms|s|m|h|d|k|M|G|/N|/\d+)?(?:\s|$|,|\)|/))', re.M)
DURATION = re.compile(r'\b(?:\d+d \d+h|\d+h \d+m|\d+m \d+s)\b')
KEPT = ('version', 'mtu', 'neighbours_max')  # numbers of JSON that do not differ


def mask_text(text):
    text = re.sub(r'[\d.]+/[\d.]+/[\d.]+ ms', 'N/N/N ms', text)
    text = DURATION.sub('Ns', text)
    text = re.sub(r'\b(rx|tx) \d+/\d+', r'\1 N/N', text)
    text = re.sub(r'\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?\S*', 'TIME', text)
    text = re.sub(r'\b\d\d:\d\d:\d\d\.\d+', 'TIME', text)
    text = NUMBER.sub('N', text)
    text = re.sub(r'\bN +[kMG]?bit/s', 'N bit/s', text)
    text = re.sub(r'[ \t]+(?=N\b)', ' ', text)  # columns are as wide as their numbers
    text = re.sub(r'(?<=N)[ \t]+', ' ', text)
    return re.sub(r'(?<=dropped N), mostly .*', '', text)  # whatever the kernels have said of themselves


def mask_json(value, key=None):
    if isinstance(value, dict):
        return {k: mask_json(v, k) for k, v in value.items() if k != 'top_drop'}
    if isinstance(value, list):
        return [mask_json(v, key) for v in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and key not in KEPT:
        return 'N'
    return mask_text(value) if isinstance(value, str) and ' ' in value else value


def strict(schema):
    """What is printed has to be written down: an object has no members but those that its schema names."""
    if isinstance(schema, dict):
        if 'properties' in schema and 'additionalProperties' not in schema:
            schema['additionalProperties'] = False
        for value in schema.values():
            strict(value)
    elif isinstance(schema, list):
        for value in schema:
            strict(value)
    return schema


def read_json(schema_path, sort):
    value = json.load(sys.stdin)
    with open(schema_path, encoding='ascii') as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(value)
    jsonschema.Draft202012Validator(strict(copy.deepcopy(schema))).validate(value)
    if sort:
        for member in value.values():
            if isinstance(member, list):
                member.sort(key=json.dumps)
    return json.dumps(mask_json(value), indent=2) + '\n'


def main():
    kind, expected = sys.argv[1:3]
    sort = sys.argv[-1] == 'sort'
    if kind == 'schema':
        read_json(sys.argv[3], False)
        return 0
    if kind == 'json':
        got = read_json(sys.argv[3], sort)
    else:
        text = sys.stdin.read()
        lines = (text if kind == 'raw' else mask_text(text)).splitlines(True)
        got = ''.join(sorted(lines) if sort else lines)
    if os.environ.get('GOLDEN_UPDATE') == '1':
        with open(expected, 'w', encoding='utf-8') as f:
            f.write(got)
        return 0
    with open(expected, encoding='utf-8') as f:
        want = f.read()
    sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), expected, 'printed'))
    return got != want


if __name__ == '__main__':
    sys.exit(main())
