#!/usr/bin/env bats
# A boot's configuration accesses, played back: all of them, by QEMU's own count, and the machine is as it was.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status and output, helpers the rest
load helpers

# A file for fw_cfg's opt/org.barometer/pci-record.
own() { printf '%s\n' 'barometer-record 1' "$@" >"$BATS_TEST_TMPDIR/own"; }
play_own() {
    boot --boot pvh --append 'tests=enumerate.*,replay.own.* budget=1' "$@" -- \
        -fw_cfg "name=opt/org.barometer/pci-record,file=$BATS_TEST_TMPDIR/own"
}

# bats test_tags=long
@test "Linux's boot on the machine that it was recorded on: every access is played where it was" {
    boot --boot efi --append 'tests=enumerate.*,replay.linux.*,rule.untouched budget=1'
    passed
    logged '^# replay of linux: 24 functions onto 24, 0 of them moved'
    holds 'length == 4 and all(.[]; .record == "linux" and .accesses == 11932 and .functions == 24 and .moved == 0 and .unreached == 0)' replay
    # Linux takes ports below 100h and ECAM above: 470 of its accesses.
    holds '.[0] | .path == "pio" and .sizing == "recorded" and .reads + .writes == 11932 and .exits == 2 * 11932 - 470' replay
    holds '.[1] | .path == "ecam" and .reads + .writes == 11932 and .exits == 11932' replay
    holds '.[2:] | all(.[]; .sizing == "paravirtual" and .calls == 1 and .reads + .writes + .spared == 11932)' replay
    # Of what the table answers most is the look at absent buses.
    holds '.[3] | .spared > 8004 and .exits == .reads + .writes + 1' replay
}

@test "all records, on a machine without ECAM: what ports do not reach is left out, and said" {
    boot --boot pvh --machine pc --append 'tests=enumerate.*,replay.linux.pio,replay.seabios.pio,replay.ovmf.pio,replay.linux.ecam budget=1'
    passed
    holds 'length == 3 and all(.[]; .reads + .writes + .unreached == .accesses + .restores and .exits == 2 * (.reads + .writes))' replay
    holds '.[0] | .unreached == 470 and .moved > 0' replay
    logged '^#   00:1f\.0 \(endpoint\) is played on 00:'
    logged '^ok .*replay\.linux\.ecam # SKIP neither MCFG'
}

@test "a record of one's own, through fw_cfg" {
    own '# mine' 'function 00:00.0 host' '00:00.0 r00 r0e.1 w04.2=0' '01:00.0-ff:1f.0/8 r00.2'
    play_own
    passed
    holds 'length == 4 and all(.[]; .record == "own" and .accesses == 3 + 255 * 32)' replay
    holds '.[1] | .reads == 2 + 255 * 32 and .writes == 1 and .exits == .accesses' replay
    # The table knows who is absent, and who is there.
    holds '.[3] | .reads == 0 and .writes == 1 and .spared == 2 + 255 * 32' replay
}

@test "a record that is none is an ERROR, which names the line" {
    own '00:00.0 r00' '00:00.0 w04.2=12345'
    play_own
    ((status == 2))
    logged "^# record: line 3 has an access that is none"
    logged '^not ok .*replay\.own\.pio # ERROR the record is not sound'
    boot --boot pvh --append 'tests=replay.own.pio'
    ((status == 77))
    logged '^ok .*replay\.own\.pio # SKIP fw_cfg has no file'
}
