#!/usr/bin/env bats
# tools/count-exits, on traces that are there already. That KVM's are like these is check/nested's to see.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status and output, helpers the rest
load helpers

setup() {
    trace=$BATS_TEST_TMPDIR/trace
    {
        echo '{"kind":"env","mcfg":[{"segment":0,"start":0,"end":255,"base":"0xb0000000"}],"ecam_reads":"exit"}'
        echo '{"kind":"done","status":"pass","accesses":{"cf8_read":0,"cf8_write":1,"cfc_read":1,"cfc_write":0,"ecam_read":2,"ecam_write":1,"calls":1}}'
    } >"$log"
    # Before the marks, of another processor, and not of the window: none of them counts.
    cat >"$trace" <<'END'
 qemu-7-100 [000] .... 1.0: kvm_pio: pio_write at 0xcf8 size 4 count 1 val 0x80000000
 qemu-7-100 [000] .... 1.1: kvm_pio: pio_write at 0x80 size 1 count 1 val 0xb0
 qemu-7-100 [000] .... 1.2: kvm_pio: pio_write at 0xcf8 size 4 count 1 val 0x80000000
 qemu-7-101 [001] .... 1.3: kvm_pio: pio_read at 0xcfc size 4 count 1 val 0x1
 qemu-7-100 [000] .... 1.4: kvm_pio: pio_read at 0xcfe size 2 count 1 val 0x1
 qemu-7-100 [001] .... 1.5: kvm_mmio: mmio unsatisfied-read len 4 gpa 0xb0000000 val 0x0
 qemu-7-100 [001] .... 1.6: kvm_mmio: mmio read len 4 gpa 0xb0000000 val 0x1
 qemu-7-100 [001] .... 1.7: kvm_mmio: mmio read len 4 gpa 0xbfffffff val 0x1
 qemu-7-100 [001] .... 1.8: kvm_mmio: mmio write len 4 gpa 0xb0000004 val 0x1
 qemu-7-100 [001] .... 1.8: kvm_mmio: mmio write len 4 gpa 0xc0000000 val 0x1
 qemu-7-100 [001] .... 1.9: kvm_pio: pio_write at 0x514 size 4 count 1 val 0x0
 qemu-7-100 [001] .... 1.9: kvm_pio: pio_write at 0x518 size 4 count 1 val 0x1
 qemu-7-100 [001] .... 2.0: kvm_pio: pio_write at 0x80 size 1 count 1 val 0xb1
 qemu-7-100 [001] .... 2.1: kvm_pio: pio_write at 0xcf8 size 4 count 1 val 0x80000000
END
}

@test "the same counts: status 0" {
    run "$root/tools/count-exits" "$log" "$trace"
    echo "$output"
    ((status == 0))
    ! grep -q differs <<<"$output" || return 1
}

@test "one access more or less, of any kind: status 1, and which" {
    for line in 3 5 8 9 12; do
        sed "${line}d" "$trace" >"$trace.less"
        run "$root/tools/count-exits" "$log" "$trace.less"
        echo "$output"
        ((status == 1))
        [[ $(grep -c differs <<<"$output") == 1 ]]
    done
}

@test "reads that do not exit are no difference where the log says so, writes are" {
    sed '7,8d' "$trace" >"$trace.direct"
    run "$root/tools/count-exits" "$log" "$trace.direct"
    ((status == 1))
    sed -i 's/"ecam_reads":"exit"/"ecam_reads":"direct"/' "$log"
    run "$root/tools/count-exits" "$log" "$trace.direct"
    ((status == 0))
    [[ $output == *'did not exit'* ]]
}

@test "without both marks, or a whole log, there is nothing to count: status 2" {
    grep -v 'val 0xb1' "$trace" >"$trace.cut"
    run "$root/tools/count-exits" "$log" "$trace.cut"
    ((status == 2))
    [[ $output == *marks* ]]
    sed -i '$d' "$log"
    run "$root/tools/count-exits" "$log" "$trace"
    ((status == 2))
    [[ $output == *'no done object'* ]]
}

@test "faults are those of reads in the window, and nothing is held against them" {
    sed -i '3a\
 qemu-7-100 [000] .... 1.2: kvm_page_fault: vcpu 0 rip 0x201000 address 0x00000000b0001000 error_code 0x100000004\
 qemu-7-100 [000] .... 1.2: kvm_page_fault: address b0002000 error_code 4\
 qemu-7-100 [000] .... 1.2: kvm_page_fault: vcpu 0 rip 0x201000 address 0x00000000b0001000 error_code 0x100000006\
 qemu-7-100 [000] .... 1.2: kvm_page_fault: vcpu 0 rip 0x201000 address 0x00000000c0000000 error_code 0x100000004\
 qemu-7-101 [000] .... 1.2: kvm_page_fault: vcpu 1 rip 0x201000 address 0x00000000b0003000 error_code 0x100000004' "$trace"
    run "$root/tools/count-exits" "$log" "$trace"
    echo "$output"
    ((status == 0))
    [[ $(awk '$1 == "ecam_fault" { print $2 }' <<<"$output") == 2 ]]
}
