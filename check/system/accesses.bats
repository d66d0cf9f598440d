#!/usr/bin/env bats
# The accesses that the image says it made are those that QEMU saw, and they are as few as promised.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

# traced RUN.SH-OPTIONS... -- QEMU-ARGS...: boot with QEMU's own trace of every access to a device.
traced() {
    trace=$BATS_TEST_TMPDIR/trace
    boot "$@" -trace memory_region_ops_read -trace memory_region_ops_write -D "$trace"
    # The machine that was started before this one for the capture wrote the same file; its run has been overwritten.
    [[ -s $trace ]]
}

# What the trace holds between the marks on port 0x80, in the shape of done.accesses.
seen_outside() {
    awk '
        $NF == "\047ioport80\047" && / addr 0x80 / { if (/ value 0xb0 /) on = 1; else if (/ value 0xb1 /) on = 0 }
        on { sub(/^memory_region_ops_/, "", $1); n[$NF "." $1]++ }
        END {
            q = "\047"
            printf "{\"cf8_read\":%d,\"cf8_write\":%d,\"cfc_read\":%d,\"cfc_write\":%d,", n[q "pci-conf-idx" q ".read"],
                n[q "pci-conf-idx" q ".write"], n[q "pci-conf-data" q ".read"], n[q "pci-conf-data" q ".write"]
            printf "\"ecam_read\":%d,\"ecam_write\":%d,\"calls\":%d}\n", n[q "pcie-mmcfg-mmio" q ".read"],
                n[q "pcie-mmcfg-mmio" q ".write"], n[q "fwcfg.dma" q ".write"]
        }' "$trace"
}

same_inside_and_outside() {
    local inside outside
    inside=$(data "done" | jq -Sc '.[-1].accesses')
    outside=$(seen_outside | jq -Sc .)
    [[ $inside == "$outside" ]] || { printf 'image: %s\nQEMU:  %s\n' "$inside" "$outside"; return 1; }
}

@test "scan only: the image's count is QEMU's" {
    traced --boot pvh --append 'tests=scan.tree.*,scan.only-one-child.* budget=1' --
    passed
    same_inside_and_outside
    holds '.[-1].accesses | .ecam_read > 0 and .cfc_read > 0'
}

@test "full run: the image's count is QEMU's" {
    traced --boot pvh --append 'budget=1' --
    passed
    same_inside_and_outside
}

@test "full run on pc: the image's count is QEMU's" {
    traced --boot pvh --machine pc --append 'budget=1' --
    passed
    same_inside_and_outside
}

@test "full run on microvm: the image's count of ECAM accesses is QEMU's" {
    # Nothing is at port 0x80 there, so the trace has no marks; nor does its firmware touch ECAM.
    traced --boot pvh --machine microvm --append 'budget=1' --
    passed
    for kind in read write; do
        n=$(grep -c "^memory_region_ops_$kind .*'pcie-mmcfg-mmio'" "$trace")
        holds ".[-1].accesses.ecam_$kind == $n and $n > 0"
    done
}

# bats test_tags=kvm
@test "full run under KVM: the image's count is QEMU's" {
    kvm_or_skip
    traced --boot pvh --accel kvm --append 'budget=1' --
    passed
    same_inside_and_outside
}

# All that several vCPUs do, and what one of them does beside.
@test "2, 4 and 16 vCPUs, at either privilege level, by PVH and UEFI: the image's count is QEMU's" {
    local tests='enumerate.*,contention.*,rule.smp.*' budget='budget=1 reads=20'
    for machine in '2 0 pvh' '4 3 pvh' '4 3 efi' '16 0 pvh'; do
        read -r count cpl boot <<<"$machine"
        # So many that the host has not: what waits for each other there takes its time.
        ((count < 16)) || tests=enumerate.*,contention.scan,rule.smp.cf8
        traced --boot "$boot" --pv off --append "tests=$tests $budget cpl=$cpl" -- -smp "$count"
        passed
        holds ".[0] | .vcpus == $count and .cpl == $cpl" env
        holds "map(.vcpus) | max == $count" parallel_scan
        same_inside_and_outside
        rm "$trace"
    done
}

@test "full run on 2 vCPUs: the image's count is QEMU's" {
    traced --boot pvh --append 'budget=1' -- -smp 2
    passed
    same_inside_and_outside
}

@test "a lean tree scan of the reference machine takes at most 1,000 accesses" {
    boot --boot pvh --append 'tests=scan.tree.*.lean budget=1'
    passed
    for path in pio ecam; do
        holds "[.[] | select(.path == \"$path\" and .walk == \"tree\" and .sizing == \"lean\")] |
               length == 1 and .[0].functions == 24 and .[0].buses == 7 and .[0].reads + .[0].writes <= 1000" scan
    done
}

@test "asking for device 0 alone below root ports finds the same with fewer reads" {
    boot --boot pvh --append 'tests=scan.tree.*,scan.only-one-child.* budget=1'
    passed
    for path in pio ecam; do
        for sizing in none per-bar batched; do
            # Four root ports, each asked what it is; so are the two other bridges, which stay at 32 device numbers.
            holds "[.[] | select(.path == \"$path\" and .sizing == \"$sizing\")] | length == 2 and
                   ((.[0] | .walk == \"tree\") and (.[1] | .walk == \"only-one-child\")) and
                   ([.[] | [.functions, .buses, .bars, .writes]] | .[0] == .[1] and .[0][:2] == [24, 7]) and
                   (.[0].reads - .[1].reads | . > 60 and . < 4 * 31)" scan
        done
    done
}

@test "below switches, too; upstream ports and bridges to conventional PCI have all 32 device numbers" {
    boot --boot pvh --devices none --append 'tests=scan.tree.ecam.none,scan.only-one-child.ecam.none budget=1' -- \
        -device pcie-root-port,id=a,chassis=1 -device x3130-upstream,id=up,bus=a \
        -device xio3130-downstream,id=d,bus=up,addr=7,chassis=2 -device pcie-pci-bridge,id=b,bus=d -device edu,bus=b,addr=9
    passed
    holds 'length == 2 and .[0].functions == .[1].functions and .[0].buses == 5 and .[1].buses == 5 and
           (.[0].reads - .[1].reads | . > 31 and . < 2 * 31)' scan
}

@test "a function that answers beside device 0 below a root port is a FAIL, by name" {
    boot --boot pvh --devices none --append 'tests=scan.tree.pio.none,scan.only-one-child.* budget=1' -- \
        -device pcie-root-port,id=a,chassis=1 -device pci-testdev,bus=a -device pci-testdev,bus=a,addr=5
    ((status == 1))
    logged '^ok .*scan\.tree\.pio\.none'
    logged '^# FAIL: 01:05\.0 answers, but below a PCI Express port'
    (($(grep -c '^not ok .*scan\.only-one-child\.' "$log") == 6))
}

@test "a paravirtual scan takes at most three calls and nothing else" {
    traced --boot pvh --append 'tests=scan.paravirtual budget=1' --
    passed
    holds '[.[] | select(.walk == "paravirtual")] | length == 1 and
           (.[0] | .functions == 24 and .buses == 7 and .reads == 0 and .writes == 0 and .calls >= 1 and .calls <= 3)' scan
    same_inside_and_outside
}

@test "stock QEMU: nothing is direct, and every function is in the map" {
    traced --boot pvh --pv off --append 'tests=access.direct,enumerate.ecam' --
    passed
    same_inside_and_outside
    holds 'map(.functions) | add == 65536' direct
    holds 'all(.[]; .header != "direct" and .low != "direct" and .extended != "direct")' direct
    holds 'map(select(.present).functions) | add == 24' direct
    holds '.[0].ecam_reads == "exit"' env
}

# ports N: N buses behind root ports that fill whole slots, one function on each.
ports() {
    local i
    for ((i = 0; i < $1; i++)); do
        printf -- '-device pcie-root-port,id=p%d,chassis=%d,bus=pcie.0,addr=%x.%d,multifunction=on ' \
            "$i" "$i" $((2 + i / 8)) $((i % 8))
        printf -- '-device virtio-rng-pci,bus=p%d ' "$i"
    done
}

@test "the count of a tree scan grows linearly over 1, 8 and 64 buses" {
    declare -A cost
    for buses in 1 8 64; do
        # shellcheck disable=SC2046  # words on purpose
        boot --boot pvh --devices none --append 'tests=scan.tree.*,scan.only-one-child.* budget=1' -- $(ports "$buses")
        passed
        while read -r what n; do
            cost[$what.$buses]=$n
        done < <(data scan | jq -r '.[] | "\(.walk).\(.path).\(.sizing) \(.reads + .writes)"')
        holds "all(.[]; .buses == $((buses + 1)) and .functions == $((4 + 2 * buses)))" scan
    done
    for what in tree.{pio,ecam}.{none,per-bar,batched,lean} only-one-child.{pio,ecam}.{none,per-bar,batched}; do
        echo "$what: ${cost[$what.1]} ${cost[$what.8]} ${cost[$what.64]}"
        # The cost of a bus, from 8 to 64 and from 1 to 8, is the same within a tenth.
        far=$((cost[$what.64] - cost[$what.8])) near=$((cost[$what.8] - cost[$what.1]))
        ((near > 0 && far * 7 * 10 <= near * 56 * 11 && far * 7 * 10 >= near * 56 * 9))
    done
}

# The constant for 16 functions and the bridge that they are behind is whatever it is: it must not depend on how many there are.
@test "140, 276 and 1,092 functions: what one takes in accesses is the same, to the access" {
    declare -A cost
    for bridges in 8 16 64; do
        # shellcheck disable=SC2046  # words on purpose
        boot --boot pvh --pv off --devices none --append 'tests=enumerate.*,scan.tree.*.none,scan.tree.*.lean budget=1' -- \
            $("$root/check/scale" --words "$bridges")
        passed
        holds "all(.[]; .buses == $((bridges + 1)) and .functions == $((4 + 17 * bridges)))" scan
        while read -r what n; do
            cost[$what.$bridges]=$n
        done < <(data scan | jq -r '.[] | "\(.path).\(.sizing) \(.reads + .writes)"')
    done
    for what in {pio,ecam}.{none,lean}; do
        echo "$what: ${cost[$what.8]} ${cost[$what.16]} ${cost[$what.64]}"
        eight=$((cost[$what.16] - cost[$what.8]))
        ((eight > 8 * 17 && cost[$what.64] - cost[$what.16] == 6 * eight))
    done
}

@test "reads=N reads exactly N times by each path" {
    # What else such a run does (finding the machine's functions) cancels out.
    boot --boot pvh --pv off --append 'tests=access.reads reads=1000'
    passed
    few=$(data "done" | jq -c '.[-1].accesses')
    boot --boot pvh --pv off --append 'tests=access.reads reads=4000'
    passed
    holds ".[-1].accesses | .cfc_read - ($few).cfc_read == 3000 and .ecam_read - ($few).ecam_read == 3000"
    boot --boot pvh --pv off --append 'tests=access.reads'
    ((status == 77))
    logged '^ok .*access\.reads.*# SKIP .'
}

@test "sizing after SeaBIOS, which leaves decode on: without it the windows are not written, and all is as it was" {
    traced --boot pvh --devices none --pv off --append 'tests=sizing.*,scan.tree.*,rule.untouched budget=1' -- \
        -bios bios-256k.bin -device ivshmem-plain,memdev=m -object memory-backend-ram,id=m,size=1M,share=on -device edu
    passed
    same_inside_and_outside
    for kind in sizing scan; do
        holds '[.[] | select(has("decoding"))] | length == 6 and
               all(.[]; .decoding >= 3 and .off_reads == .reads and .off_passes >= 1)' "$kind"
    done
    holds '[.[] | select(.strategy == "lean" and .writes - .off_writes == 2 * .decoding)] | length == 2' sizing
    holds '[.[] | select(.strategy == "batched" and .writes - .off_writes == 4 * .decoding)] | length == 2' sizing
    holds 'any(.[]; .bars == 2 and .largest == 1048576 and .bytes == 1048832) and all(.[]; .n >= 1)' toggle
}

@test "sizing after qboot, which leaves decode off: one state, and nothing to toggle" {
    boot --boot pvh --pv off --append 'tests=sizing.lean.*,sizing.toggle budget=1'
    passed
    holds 'length == 2 and all(.[]; .decoding == 0 and (has("off_reads") | not))' sizing
    logged '^ok .*sizing\.toggle # SKIP no endpoint decodes memory'
}
