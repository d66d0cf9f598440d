#!/usr/bin/env bats
# The reader of the mask table in the series for Linux, without a kernel.

# shellcheck disable=SC2154  # helpers sets root
load helpers

@test "Linux's reader of the mask table: right, damaged and lying tables, under the sanitizers" {
    python3 -B "$root/guest/linux/test_table.py"
}
