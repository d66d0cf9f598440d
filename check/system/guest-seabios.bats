#!/usr/bin/env bats
# What of the series for SeaBIOS can be run without SeaBIOS.

# shellcheck disable=SC2154  # helpers sets root
load helpers

# bats test_tags=long
@test "SeaBIOS's reader of the mask table, under the sanitizers" {
    python3 -B "$root/guest/seabios/test_masks.py"
}
