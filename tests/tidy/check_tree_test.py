#!/usr/bin/env python3
"""Shows that each rule of check_tree.py can fail."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import check_tree  # noqa: E402


class CheckTreeTest(unittest.TestCase):

    def breaches(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8') as file:
                file.write(text)
            tree = check_tree.Tree(root)
            check_tree.check_file(tree, path)
            return ' '.join(tree.breaches)

    def pure_breaches(self, text):
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, 'core.cc'), 'w', encoding='utf-8') as file:
                file.write(text)
            tree = check_tree.Tree(root)
            tree.check_pure('core.cc')
            return ' '.join(tree.breaches)

    def test_accepts_a_plain_file(self):
        self.assertEqual(self.breaches('common/x/x.cc', '#include "common/x/x.h"\n'), '')

    def test_refuses_a_real_clock_outside_common_time(self):
        code = 'void F() {\n  Use(absl::Now());\n}\n'
        self.assertIn('real clock', self.breaches('services/a/core.cc', code))
        self.assertEqual(self.breaches('common/time/system_clock.cc', code), '')

    def test_refuses_a_sleeping_test(self):
        self.assertIn('sleeps', self.breaches('common/x/x_test.cc', 'void F() { absl::SleepFor(d); }\n'))

    def test_refuses_another_services_header(self):
        code = '#include "services/membership/member_table.h"\n'
        self.assertIn('another service', self.breaches('services/config_vault/a.cc', code))
        self.assertIn('outside services', self.breaches('common/x/a.cc', code))
        self.assertEqual(self.breaches('services/membership/a.cc', code), '')

    def test_refuses_a_wrong_include_guard(self):
        self.assertIn('guard', self.breaches('common/x/x.h', '#ifndef X_H\n#define X_H\n#endif\n'))

    def test_refuses_a_long_function(self):
        code = 'int F() {\n' + '  G();\n' * 80 + '}\n'
        self.assertIn('a function of 81 lines', self.breaches('common/x/x.cc', code))

    def test_refuses_what_is_unfinished(self):
        self.assertIn('unfinished', self.breaches('common/x/x.cc', '// TO' + 'DO: more\n'))

    def test_refuses_globs_and_plain_rules_in_build_files(self):
        self.assertIn('glob', self.breaches('common/x/BUILD.bazel', 'srcs = glob(["*.cc"]),\n'))
        self.assertIn('macros', self.breaches('common/x/BUILD.bazel', 'cc_library(\n)\n'))

    def test_refuses_io_in_a_pure_core(self):
        for header in ('<grpcpp/grpcpp.h>', '"rocksdb/db.h"', '<spdlog/spdlog.h>', '<thread>',
                       '"common/time/clock.h"', '"understudy/membership/v1/membership.pb.h"'):
            self.assertIn('a pure core', self.pure_breaches('#include %s\n' % header), header)
        self.assertEqual(self.pure_breaches('#include "common/time/steady_time.h"\n'), '')


if __name__ == '__main__':
    unittest.main()
