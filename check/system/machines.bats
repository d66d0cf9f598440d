#!/usr/bin/env bats
# What the image finds is what QEMU says is there: `function` and `bar` objects against QMP's query-pci, exactly.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314,SC2054  # bats sets status and output, helpers the rest
load helpers

teardown() { machine_end; }

# all_ways_agree PATH...: every strategy over these paths, and the table, gave this answer for each BAR.
all_ways_agree() {
    local path ways='"paravirtual"'
    for path; do ways+=",\"per-bar/$path\",\"batched/$path\",\"lean/$path\""; done
    holds "length > 0 and all(.[]; .sized_by | sort == ([$ways] | sort))" bar
}

# query-pci looks only behind bridges that have their numbers, so firmware has to give them, on every root bus.
seabios=(-bios bios-256k.bin)

# compare RUN.SH-OPTIONS... -- QEMU-ARGS...
compare() {
    machine_at_rest --append 'tests=enumerate.*,sizing.* budget=1 exit=halt' "$@"
    qmp_last query-pci >"$BATS_TEST_TMPDIR/query"
    machine_end
    holds '.[-1].status == "pass"'
    "$root/check/system/compare-pci" "$log" "$BATS_TEST_TMPDIR/query"
}

@test "the reference machine, q35" {
    compare --boot pvh -- "${seabios[@]}"
    all_ways_agree pio ecam
    holds 'length == 24' function
}

@test "the reference machine, q35, OVMF" {
    compare --boot efi --
    all_ways_agree pio ecam
    holds 'length == 24' function
}

@test "the reference machine, pc" {
    compare --boot pvh --machine pc -- "${seabios[@]}"
    all_ways_agree pio
}

@test "q35 without devices" {
    compare --boot pvh --devices none -- "${seabios[@]}"
    all_ways_agree pio ecam
}

@test "three bridges deep" {
    compare --boot pvh --devices none -- "${seabios[@]}" -device pcie-root-port,id=a,chassis=1 \
        -device pcie-pci-bridge,id=b,bus=a -device pci-bridge,id=c,chassis_nr=2,bus=b,addr=1 \
        -device e1000,bus=c,addr=1 -device pci-testdev,bus=c,addr=1f -device edu,bus=b,addr=2
    all_ways_agree pio ecam
    holds '[.[].bdf[:2]] | unique | length == 4' function
}

@test "an extra root bus (pxb-pcie) with devices on it" {
    compare --boot pvh --devices none -- "${seabios[@]}" -device pxb-pcie,id=px,bus_nr=0x40,bus=pcie.0 \
        -device pcie-root-port,id=a,chassis=1,bus=px -device e1000e,bus=a \
        -device pcie-root-port,id=b,chassis=2,bus=px -device pcie-pci-bridge,id=c,bus=b \
        -device e1000,bus=c,addr=3 -device virtio-net-pci,bus=pcie.0
    all_ways_agree pio ecam
    holds 'any(.[]; .bdf[:2] == "40")' function
}

@test "an extra root bus (pxb) on pc" {
    compare --boot pvh --machine pc --devices none -- "${seabios[@]}" -device pxb,id=px,bus_nr=0x80 \
        -device e1000,bus=px,addr=1 -device pci-testdev,bus=px,addr=3
    all_ways_agree pio
}

@test "eight functions in one slot" {
    local f slot=()
    for f in 0 1 2 3 4 5 6 7; do slot+=(-device "pci-testdev,addr=9.$f,multifunction=on"); done
    compare --boot pvh --devices none -- "${seabios[@]}" "${slot[@]}"
    all_ways_agree pio ecam
    holds '[.[] | select(.bdf[:5] == "00:09")] | length == 8' function
}

@test "a BAR of 8 GiB" {
    compare --boot pvh --devices none -- "${seabios[@]}" -device pci-testdev,membar=8G -device edu
    all_ways_agree pio ecam
    holds 'any(.[]; .size == 8589934592 and .space == "mem64")' bar
}

@test "more than 200 functions" {
    # qboot leaves decoding off; with it on, each toggle makes QEMU lay out all 228 functions' regions anew.
    local slot f many=()
    for slot in {2..29}; do
        for f in 0 1 2 3 4 5 6 7; do
            many+=(-device "$(printf 'pci-testdev,addr=%x.%d,multifunction=on' "$slot" "$f")")
        done
    done
    compare --boot pvh --devices none -- "${many[@]}"
    all_ways_agree pio ecam
    holds 'length == 228' function
}

@test "BARs that are not at the start: I/O, prefetchable, ROM, several of each" {
    compare --boot pvh --devices none -- "${seabios[@]}" -device secondary-vga -device VGA -device ne2k_pci \
        -device rtl8139 -device lsi53c895a -device megasas -device piix3-usb-uhci -device ich9-intel-hda
    all_ways_agree pio ecam
}

@test "microvm" {
    compare --machine microvm --devices none -- -device virtio-net-pci -device e1000e -device qemu-xhci \
        -device pci-testdev,membar=1M -device edu
    all_ways_agree ecam
}

# as_captured RUN.SH-MACHINE-OPTIONS...: where bridges have no numbers, query-pci does not look behind them; the table does.
as_captured() {
    local outside inside
    boot --boot pvh --append 'tests=enumerate.*,sizing.* budget=1' "$@"
    passed
    capture_table "$BATS_TEST_TMPDIR/table" "$@"
    outside=$("$root/hypervisor/capture" --decode "$BATS_TEST_TMPDIR/table" |
        jq -c '[.entries[] | [.path[-1], .vendor_device]] | sort')
    inside=$(data function | jq -c '[.[] | [.bdf[3:], "0x" + .device[2:] + .vendor[2:]]] | sort')
    [[ $inside == "$outside" ]] || { printf '%s\n' "$inside" "$outside"; return 1; }
}

@test "bridges that nobody numbered, on an extra root bus: the same functions as from outside" {
    # qboot numbers bridges on bus 0 only.
    as_captured --devices none -- -device pxb-pcie,id=px,bus_nr=0x40,bus=pcie.0 \
        -device pcie-root-port,id=a,chassis=1,bus=px -device e1000e,bus=a \
        -device pcie-root-port,id=b,chassis=2,bus=px -device pcie-pci-bridge,id=c,bus=b \
        -device pci-bridge,id=d,chassis_nr=3,bus=c,addr=2 -device edu,bus=d,addr=3 -device e1000,bus=c,addr=3
    all_ways_agree pio ecam
}

@test "73 root buses and 72 bridges that nobody numbered: all are found" {
    local i words=()
    for ((i = 0; i < 72; i++)); do
        words+=(-device "$(printf 'pxb-pcie,id=x%d,bus_nr=%d,bus=pcie.0,addr=%x.%d,multifunction=on' \
            "$i" $((2 * i + 16)) $((2 + i / 8)) $((i % 8)))"
            -device "pcie-root-port,id=p$i,bus=x$i,chassis=$i" -device "pci-testdev,bus=p$i")
    done
    boot --boot pvh --pv off --devices none --append 'tests=enumerate.*,scan.sweep.ecam budget=1' -- "${words[@]}"
    passed
    holds '.[0].bridges_numbered == 72 and (.[0].roots | length) == 73' env
    holds "length == $((4 + 3 * 72))" function
}

@test "bridges that nobody numbered, on microvm: the same functions as from outside" {
    as_captured --machine microvm
    all_ways_agree ecam
    holds 'length == 20' function
}

# What is wrong with the file does not cost any root bus.
@test "a number of root buses from fw_cfg that makes no sense is said, and all buses are swept" {
    boot --boot pvh --pv off --devices none --append "$quick" -- \
        -fw_cfg name=etc/extra-pci-roots,string=12345
    passed
    logged "^# fw_cfg's etc/extra-pci-roots \(5 bytes\) makes no sense: all buses are swept"
    printf '\0\1\0\0\0\0\0\0' >"$BATS_TEST_TMPDIR/roots"
    boot --boot pvh --pv off --devices none --append "$quick" -- \
        -fw_cfg "name=etc/extra-pci-roots,file=$BATS_TEST_TMPDIR/roots"
    passed
    logged "^# fw_cfg's etc/extra-pci-roots \(8 bytes, too many root buses\) makes no sense: all buses are swept"
    holds 'length == 4' function
}

# TCG drops what is written to AMD's DE_CFG, a bit of which makes it wait but in family 0Fh.
@test "whether LFENCE waits is said: Intel's does, AMD's where it is known" {
    for case in Haswell:serializing EPYC:unconfirmed EPYC,family=15:serializing; do
        boot --boot pvh --pv off --devices none --append "$quick" -- -cpu "${case%:*}"
        holds ".[0].lfence == \"${case##*:}\"" env
    done
}

# kvm_has CAPABILITY: KVM_CHECK_EXTENSION says so.
kvm_has() { (($(/usr/bin/python3 -c "import fcntl; print(fcntl.ioctl(open('/dev/kvm'), 0xae03, $1))"))); }

# bats test_tags=kvm
@test "a KVM that signs as Hyper-V as well is known by both signatures" {
    kvm_or_skip
    kvm_has 44 || skip "this KVM has no Hyper-V enlightenments (KVM_CAP_HYPERV)"
    boot --accel kvm --boot pvh --pv off --devices none --append "$quick" -- -cpu host,-arch-capabilities,hv-relaxed
    passed
    holds '.[0].hypervisors == ["Microsoft Hv", "KVMKVMKVM"]' env
}
