#!/usr/bin/env python3
"""How long the server takes for a HEAD that hits, and for one that misses.

    probe_timing.py CHECKPOINT_STORE [--pairs N] [--devices N]

Starts the program on loopback, without TLS and with a guard that lets guesses through, enrols devices, and asks in turn on
one kept connection for an identifier that is taken, one that is free, and one that is taken but for its last bit. Prints
quantiles of each and of the differences within a round. Everything lives under /tmp and ends with the script.
"""

import argparse
import http.client
import os
import random
import socket
import subprocess
import tempfile
import time

CONFIG = """
listen: 127.0.0.1:0
health_listen: 127.0.0.1:0
metrics_listen: 127.0.0.1:0
insecure: true
data_directory: {directory}/data
http: {{listen: "127.0.0.1:{port}"}}
guard: {{source_budget: 1000000, total_budget: 1000000000}}
"""
QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def start(program, directory):
    port = free_port()
    config = os.path.join(directory, 'config.yaml')
    with open(config, 'w', encoding='utf-8') as file:
        file.write(CONFIG.format(directory=directory, port=port))
    log = open(os.path.join(directory, 'log'), 'w', encoding='utf-8')
    server = subprocess.Popen([program, '--config=' + config], stdout=log, stderr=log)
    for _ in range(600):
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return server, port
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit('the server did not start: ' + log.name)


def identifier(draw):
    return f'{draw.getrandbits(128):032x}'


def ask(connection, path, wanted):
    begin = time.perf_counter_ns()
    connection.request('HEAD', '/' + path)
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter_ns() - begin
    if answer.status != wanted:
        raise SystemExit(f'HEAD was answered {answer.status}, not {wanted}')
    return took / 1000


def measure(port, pairs, devices):
    draw = random.Random(1)
    connection = http.client.HTTPConnection('127.0.0.1', port)
    taken = [identifier(draw) for _ in range(devices)]
    for known in taken:
        connection.request('PUT', '/' + known, body=b'x' * 2048)
        connection.getresponse().read()
    times = {'taken': [], 'free': [], 'near': []}
    for _ in range(pairs):
        known = draw.choice(taken)
        round_ = [('taken', known, 200), ('free', identifier(draw), 404),
                  ('near', f'{int(known, 16) ^ 1:032x}', 404)]
        draw.shuffle(round_)  # Whoever is first finds colder caches.
        for kind, path, wanted in round_:
            times[kind].append(ask(connection, path, wanted))
    return times


def print_quantiles(name, values):
    values = sorted(values)
    cells = ''.join(f'{values[int(q * len(values))]:10.2f}' for q in QUANTILES)
    print(f'{name:14}{cells}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('program')
    parser.add_argument('--pairs', type=int, default=20000)
    parser.add_argument('--devices', type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='understudy-probe-') as directory:
        server, port = start(arguments.program, directory)
        try:
            times = measure(port, arguments.pairs, arguments.devices)
        finally:
            server.terminate()
            server.wait()
    print(f'{"microseconds":14}' + ''.join(f'{"p%g" % (100 * q):>10}' for q in QUANTILES))
    for kind, values in times.items():
        print_quantiles(kind, values)
    for kind in ('free', 'near'):
        print_quantiles(f'{kind} - taken', [a - b for a, b in zip(times[kind], times['taken'])])


if __name__ == '__main__':
    main()
