#!/usr/bin/env bats
# What of the series for OVMF can be run without OVMF.

# shellcheck disable=SC2154  # helpers sets root
load helpers

@test "OVMF's reader of the mask table, under the sanitizers" {
    python3 -B "$root/guest/ovmf/test_table.py"
}

@test "Each patch for OVMF has fewer than 400 lines, and edk2's ends of lines" {
    for patch in "$root"/guest/ovmf/patches/*.patch; do
        (($(wc -l <"$patch") < 400)) || { echo "too long: $patch"; return 1; }
        # What a hunk has of a file is as edk2 has its files.
        if awk '/^diff /{ hunk = 0 } /^@@/ { hunk = 1; next } hunk && /^[-+ ]/ && !/\r$/ { print FILENAME ":" NR; bad = 1 } END { exit !bad }' "$patch"; then
            return 1
        fi
    done
}
