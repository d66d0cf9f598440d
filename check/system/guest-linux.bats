#!/usr/bin/env bats
# What of the series for Linux can be run without a kernel.

# shellcheck disable=SC2154  # helpers sets root
load helpers

# bats test_tags=long
@test "Linux's reader of the mask table, and its choice between ECAM and the ports, under the sanitizers" {
    python3 -B "$root/guest/linux/test_files.py"
}
