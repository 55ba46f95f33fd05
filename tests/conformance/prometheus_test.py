#!/usr/bin/env python3
"""A real Prometheus scrapes the control node, and promtool is content with every metric.

usage: prometheus_test.py CONFIG_VAULT MEMBERSHIP FAILOVER_ORCHESTRATOR STATION_AGENT
"""

import glob
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

BINARIES = {}
PATIENCE_SECONDS = 60

COMMON = """\
listen: 127.0.0.1:0
metrics_listen: 127.0.0.1:0
insecure: true
ports_file: {directory}/ports.json
"""

CONFIGS = {
    'config_vault': 'data_directory: {directory}/data\n',
    'membership': 'vault: 127.0.0.1:{config_vault}\nbeat_listen: 127.0.0.1:0\n',
    'failover_orchestrator': 'vault: 127.0.0.1:{config_vault}\nmembership: 127.0.0.1:{membership}\n',
    'station_agent': (
        'station_id: gate-1\nkind: deployment\ncapabilities: {{camera.rtsp: 4}}\n'
        'duty: {{id: gate-1, needs: {{camera.rtsp: 4}}}}\n'
        'vault: 127.0.0.1:{config_vault}\nmembership: 127.0.0.1:{membership}\n'
        'orchestrator: 127.0.0.1:{failover_orchestrator}\n'
        'state_directory: {directory}/state\nlink: {{name: /understudy-prometheus-test-{pid}}}\n'),
}


def eventually(what, attempt):
    """Asks again until `attempt` gives something; the limit only ends a test that has failed."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        result = attempt()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError('%s did not happen within %d s' % (what, PATIENCE_SECONDS))


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class PrometheusTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix='prometheus_test')
        cls.processes = []
        cls.ports = {}
        try:
            for name in CONFIGS:
                cls.start_service(name)
            cls.start_prometheus()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        for process in reversed(cls.processes):
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)
        shutil.rmtree(cls.directory, ignore_errors=True)
        for link in glob.glob('/dev/shm/understudy-prometheus-test-%d*' % os.getpid()):
            os.remove(link)

    @classmethod
    def start_service(cls, name):
        directory = os.path.join(cls.directory, name)
        os.mkdir(directory)
        grpc_ports = {service: ports['grpc'] for service, ports in cls.ports.items()}
        config = os.path.join(directory, 'config.yaml')
        with open(config, 'w', encoding='utf-8') as file:
            file.write((COMMON + CONFIGS[name]).format(directory=directory, pid=os.getpid(), **grpc_ports))
        log = open(os.path.join(directory, 'log'), 'w', encoding='utf-8')
        process = subprocess.Popen([BINARIES[name], '--config=' + config], stderr=log)
        log.close()
        cls.processes.append(process)
        cls.ports[name] = eventually(name + ' says its ports', lambda: cls.read_ports(directory, process))

    @classmethod
    def read_ports(cls, directory, process):
        if process.poll() is not None:
            with open(os.path.join(directory, 'log'), encoding='utf-8') as log:
                raise AssertionError('it stopped with %d:\n%s' % (process.returncode, log.read()))
        try:
            with open(os.path.join(directory, 'ports.json'), encoding='utf-8') as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    @classmethod
    def start_prometheus(cls):
        cls.prometheus = 'http://127.0.0.1:%d' % free_port()
        config = os.path.join(cls.directory, 'prometheus.yaml')
        jobs = [{'job_name': name, 'static_configs': [{'targets': ['127.0.0.1:%d' % ports['metrics']]}]}
                for name, ports in cls.ports.items()]
        with open(config, 'w', encoding='utf-8') as file:
            json.dump({'global': {'scrape_interval': '200ms', 'scrape_timeout': '200ms'},
                       'scrape_configs': jobs}, file)  # JSON is YAML
        subprocess.run(['promtool', 'check', 'config', config], check=True, stdout=subprocess.DEVNULL)
        log = open(os.path.join(cls.directory, 'prometheus.log'), 'w', encoding='utf-8')
        cls.processes.append(subprocess.Popen(
            ['prometheus', '--config.file=' + config, '--storage.tsdb.path=' + cls.directory + '/tsdb',
             '--web.listen-address=' + cls.prometheus[len('http://'):]], stdout=log, stderr=log))
        log.close()

    def query(self, expression):
        answer = fetch(self.prometheus + '/api/v1/query?query=' + urllib.parse.quote(expression))
        return json.loads(answer)['data']['result'] if answer else []

    def test_prometheus_sees_every_service_up(self):
        def all_up():
            up = {row['metric']['job'] for row in self.query('up == 1')}
            return up == set(CONFIGS)
        eventually('all services up in Prometheus', all_up)

    def test_prometheus_knows_each_build(self):
        def builds():
            return len(self.query('understudy_build_info')) == len(CONFIGS)
        eventually('a build_info of each service', builds)

    def test_the_agents_beats_reach_prometheus_through_membership(self):
        def beats():
            return [row for row in self.query('understudy_membership_beats_total{result="ok"}')
                    if float(row['value'][1]) > 0]
        eventually('beats counted', beats)

    def test_promtool_is_content_with_every_metric(self):
        for name, ports in self.ports.items():
            text = fetch('http://127.0.0.1:%d/metrics' % ports['metrics'])
            self.assertIsNotNone(text, name)
            check = subprocess.run(['promtool', 'check', 'metrics'], input=text, text=True, capture_output=True)
            self.assertEqual((check.returncode, check.stderr), (0, ''), name)


if __name__ == '__main__':
    BINARIES = dict(zip(CONFIGS, [os.path.realpath(path) for path in sys.argv[1:]]))
    unittest.main(argv=sys.argv[:1], verbosity=2)
