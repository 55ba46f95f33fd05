#!/bin/bash
# Assembles the switch for aarch64, and runs its tests in an emulator:
#   apt-get install g++-aarch64-linux-gnu qemu-user
#   bazel test //services/station_agent/runtime/context:context_aarch64_test
set -euo pipefail

here=services/station_agent/runtime/context
gtest=/usr/src/googletest/googletest
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

aarch64-linux-gnu-g++ -std=c++20 -O2 -Wall -Wextra -Werror -fno-omit-frame-pointer -static \
  -I. -isystem "$gtest/include" -I"$gtest" \
  "$here/context_aarch64.cc" "$here/context_test.cc" \
  "$gtest/src/gtest-all.cc" "$gtest/src/gtest_main.cc" -o "$work/context_test"
qemu-aarch64 "$work/context_test" | tee "$work/log"
# The aarch64 switch it was, and nothing was left out.
grep -q '"aarch64"' "$work/log" || { echo "not the aarch64 switch"; exit 1; }
grep -q '^\[  PASSED  \] 6 tests' "$work/log"
