#!/bin/bash
# Every *.rules.yaml is checked, and every *.rules_test.yaml played, by Prometheus' own promtool.
set -euo pipefail
cd "$(dirname "$0")"
for rules in *.rules.yaml; do
  promtool check rules "$rules"
  promtool test rules "${rules%.yaml}_test.yaml"
done
