#!/usr/bin/env python3
"""Style and dependency rules of the tree, as a test.

usage: check_tree.py ROOT PURE_SOURCES

ROOT is any file at the top of the tree; PURE_SOURCES lists, one label a line, every source file
that the pure cores reach (made by a genquery). Prints each breach as `file:line: rule` and exits
with 1 when there is one.
"""

import os
import re
import subprocess
import sys

MAX_FILE_LINES = 500
MAX_TEST_LINES = 650
MAX_FUNCTION_LINES = 70
MAX_LINE_COLUMNS = 100

SOURCE = re.compile(r'\.(cc|h|c)$')
CHECKED = re.compile(r'\.(cc|h|c|proto|bzl|bazel|py|sh|md|yaml|yml)$')

# Who may read a real clock or sleep, and why.
CLOCK_READERS = (
    'common/time/',  # the one place
    'common/rpc/grpc_threads',  # takes the naps of gRPC's threads away
    'common/testing/eventually.h',  # polls real threads, for tests alone
    'services/station_agent/link/station_link',  # C library without dependencies, for others' programs
    'services/station_agent/sample_native/',  # the site's program stands outside the tree's rules
    'services/station_agent/runtime/scheduler/runtime.cc',  # the processor time of a thread
    'services/station_agent/runtime/hooks/',  # takes the sleeping calls over, and tests them
    'services/station_agent/runtime/proofs/',  # real processes take real time
    'tests/',  # real processes take real time
    'bench/',
)
# Whose tests may sleep: across processes, and where sleeping is what is tested.
SLEEPERS = (
    'tests/',
    'services/station_agent/runtime/hooks/',
    'services/station_agent/runtime/proofs/',
)
CLOCKS = re.compile(
    r'absl::Now\(|GetCurrentTimeNanos|SleepFor\(|_clock::now\(|clock_gettime\(|gettimeofday\('
    r'|\btime\((nullptr|NULL|0)\)|sleep_for\(|sleep_until\(|\bu?sleep\(|nanosleep\(')

# What a service makes for programs outside it: pure, and without its state.
FOR_EVERYBODY = (
    'services/checkpoint_store/delta/',  # the delta format, also for devices
    'services/checkpoint_store/device/',  # the client that devices run
    'services/checkpoint_store/energy/',  # the advisor, which needs no server
)

# What a pure core must not reach.
IMPURE_INCLUDE = re.compile(
    r'#include\s*[<"](grpc|google/protobuf|rocksdb/|prometheus/|spdlog/|thread>|mutex>|chrono>'
    r'|condition_variable>|absl/synchronization/|absl/time/clock\.h|common/time/(system_)?clock\.h'
    r'|common/(rpc/(?!backoff\.h)|metrics/|log/|lifecycle/)|[^">]*\.pb\.h)')
# common/executor/executor.h and simulated time are interfaces of the shell, not of a core.

LEFTOVERS = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
INCLUDE = re.compile(r'#include\s*"([^"]+)"')


class Tree:
    """Collects breaches over the files of one tree."""

    def __init__(self, root):
        self.root = root
        self.breaches = []

    def breach(self, path, line, rule):
        self.breaches.append('%s:%d: %s' % (path, line, rule))

    def read(self, path):
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            return file.read()

    def check_text(self, path, text):
        if text and not text.endswith('\n'):
            self.breach(path, text.count('\n') + 1, 'the last line does not end')
        for number, line in enumerate(text.split('\n'), 1):
            if line.rstrip() != line:
                self.breach(path, number, 'white space at the end of the line')
            if LEFTOVERS.search(line) and not path.startswith('tests/tidy/'):
                self.breach(path, number, 'unfinished work is not left behind')

    def check_source(self, path, text):
        lines = text.split('\n')
        limit = MAX_TEST_LINES if '_test.cc' in path else MAX_FILE_LINES
        if len(lines) > limit:
            self.breach(path, len(lines), 'longer than %d lines: more than one idea' % limit)
        self.check_guard(path, text)
        self.check_functions(path, lines)
        for number, line in enumerate(lines, 1):
            self.check_line(path, number, line)

    def check_line(self, path, number, line):
        if len(line) > MAX_LINE_COLUMNS and 'http' not in line:
            self.breach(path, number, 'longer than %d columns' % MAX_LINE_COLUMNS)
        if '\t' in line:
            self.breach(path, number, 'a tab')
        code = line.split('//')[0]
        if CLOCKS.search(code) and not path.startswith(CLOCK_READERS) and '_test.cc' not in path:
            self.breach(path, number, 'reads a real clock outside common/time')
        if '_test.cc' in path and re.search(r'SleepFor\(|sleep_for\(|\bu?sleep\(', code):
            if not path.startswith(SLEEPERS):
                self.breach(path, number, 'a test that sleeps')
        self.check_direction(path, number, line)

    def check_guard(self, path, text):
        if not path.endswith('.h'):
            return
        guard = 'UNDERSTUDY_' + re.sub(r'[^A-Z0-9]', '_', path.upper()) + '_'
        if '#ifndef ' + guard not in text or '#define ' + guard not in text:
            self.breach(path, 1, 'the include guard is not ' + guard)

    def check_functions(self, path, lines):
        start = None
        for number, line in enumerate(lines, 1):
            if start is None and re.match(r'^[A-Za-z_].*[^;]\{$', line):
                if not re.match(r'^(namespace|struct|class|enum|union|extern|typedef|static const|const|constexpr|template)', line):
                    start = number
            elif line.startswith('}'):
                if start is not None and number - start > MAX_FUNCTION_LINES:
                    self.breach(path, start, 'a function of %d lines' % (number - start))
                start = None

    def check_direction(self, path, number, line):
        """protos <- common <- services; services meet through stubs."""
        match = INCLUDE.search(line)
        if not match:
            return
        included = match.group(1)
        if included.startswith('services/'):
            service = '/'.join(included.split('/')[:2]) + '/'
            if path.startswith('services/') and not path.startswith(service):
                self.breach(path, number, "includes another service's header")
            outside = path.startswith(('common/', 'cli/'))
            if outside and not (path.startswith('cli/') and included.startswith(FOR_EVERYBODY)):
                self.breach(path, number, 'includes a service from outside services/')
        if path.startswith('common/') and included.startswith(('cli/', 'tests/', 'bench/')):
            self.breach(path, number, 'common includes what stands above it')

    def check_build(self, path, text):
        for number, line in enumerate(text.split('\n'), 1):
            if 'glob(' in line and re.search(r'\.(cc|h|c)"', line):
                self.breach(path, number, 'a glob over sources')
            if re.search(r'^\s*(native\.)?cc_(library|test|binary)\(', line) and not path.startswith('bazel/'):
                self.breach(path, number, 'not by the macros of bazel/cc.bzl')

    def check_pure(self, path):
        for number, line in enumerate(self.read(path).split('\n'), 1):
            if IMPURE_INCLUDE.search(line):
                self.breach(path, number, 'a pure core reaches ' + line.strip())


def label_to_path(label):
    return label.strip().lstrip('/').replace(':', '/').lstrip('/')


def tracked_files(root):
    listed = subprocess.run(['git', '-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                            capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode().split('\0')
        return sorted(n for n in names if n and os.path.isfile(os.path.join(root, n)))
    found = []
    for directory, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(('.', 'bazel-'))]
        found += [os.path.relpath(os.path.join(directory, f), root) for f in files]
    return sorted(found)


def check_file(tree, path):
    text = tree.read(path)
    tree.check_text(path, text)
    if SOURCE.search(path):
        tree.check_source(path, text)
    if path.endswith(('BUILD.bazel', '.bzl')):
        tree.check_build(path, text)


def main(arguments):
    root = os.path.dirname(os.path.realpath(arguments[0]))
    tree = Tree(root)
    files = [path for path in tracked_files(root) if CHECKED.search(path)]
    for path in files:
        check_file(tree, path)
    with open(arguments[1], encoding='utf-8') as labels:
        pure = [label_to_path(label) for label in labels if label.startswith('//')]
    pure = [path for path in pure if SOURCE.search(path)]
    for path in pure:
        tree.check_pure(path)
    print('\n'.join(tree.breaches))
    print('%d files checked, %d of them pure, %d breaches' % (len(files), len(pure), len(tree.breaches)))
    return 1 if tree.breaches or not files or not pure else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
