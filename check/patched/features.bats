#!/usr/bin/env bats
# What the patches of hypervisor/ promise, seen from a guest and in QEMU's own trace. Started by check/run-patched, which
# says in BAROMETER_QEMU where the patched QEMU is.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2314  # bats sets status and output, helpers the rest
load ../system/helpers
# BATS_TEST_DIRNAME is check/patched here; what helpers derive from their own place is right all the same.

readonly=(-global pcie-host-bridge.ecam-readonly=on)
masks=(-global fw_cfg.pci-bar-masks=on)
acpi_masks=(-global fw_cfg.acpi-pci-bar-masks=on)
hide=(-global pcie-host-bridge.hide-config-address=on)
seabios=(-bios bios-256k.bin)

setup() {
    [[ ${BAROMETER_QEMU-} ]] || skip 'BAROMETER_QEMU does not say where the patched QEMU is'
    trace=$BATS_TEST_TMPDIR/trace
}
teardown() { machine_end; }

traced=(-trace memory_region_ops_read -trace memory_region_ops_write)

# exits KIND...: how many of them the trace has between the image's marks: KIND is REGION.read or .write, REGION a pattern.
exits() {
    local kind pattern='^('
    for kind; do pattern+="${kind%.*}.${kind##*.}|"; done
    awk -v pattern="${pattern%|})\$" -v q="'" '
        $NF == q "ioport80" q && / addr 0x80 / { if (/ value 0xb0 /) on = 1; else if (/ value 0xb1 /) on = 0 }
        on { sub(/^memory_region_ops_/, "", $1); gsub(q, "", $NF); if ($NF "." $1 ~ pattern) n++ }
        END { print n + 0 }' "$trace"
}

all_agree() { holds "length > 0 and all(.[]; .sized_by | length == $1)" bar; }

@test "features off: QEMU's trace of configuration accesses is the stock one's, line for line" {
    local which
    for which in stock patched; do
        trace=$BATS_TEST_TMPDIR/$which
        qemu=$BAROMETER_QEMU
        [[ $which == patched ]] || qemu=${BAROMETER_STOCK:-qemu-system-x86_64}
        # -icount makes time a count of instructions, so that scans are repeated equally often in both.
        BAROMETER_QEMU='' boot --qemu "$qemu" --boot pvh --pv off --append 'tests=scan.* budget=1' -- \
            -icount shift=4,sleep=off "${traced[@]}" -D "$trace"
        passed
        # Without the address that a region happens to have inside QEMU.
        grep -E "'(pci-conf-idx|pci-conf-data|pcie-mmcfg-[a-z]*)'" "$trace" | sed -E 's/ mr 0x[0-9a-f]+//' >"$trace.config"
    done
    (($(wc -l <"$BATS_TEST_TMPDIR/stock.config") > 10000))
    cmp "$BATS_TEST_TMPDIR/stock.config" "$BATS_TEST_TMPDIR/patched.config"
}

# The one exception: VIO-01 arms the window of each of the three virtio functions, which then traps. Three of the rule's reads
# of such a window are made through ECAM.
no_read_but_of_armed_windows() {
    (($(exits pcie-mmcfg-romd.read) == 0))
    (($(exits pcie-mmcfg-trap.read) == 3 * 3))
}

@test "read-only ECAM: not one read reaches QEMU, every write does, all ways agree" {
    boot --boot pvh --pv off --append 'budget=1' -- "${readonly[@]}" "${traced[@]}" -D "$trace"
    passed
    holds 'length == 24' function
    all_agree 6
    no_read_but_of_armed_windows
    holds ".[-1].accesses | .ecam_read > 1000 and .ecam_write == $(exits 'pcie-mmcfg-[a-z]*.write') and
        .cfc_read == $(exits pci-conf-data.read) and .cf8_write == $(exits pci-conf-idx.write)"
}

@test "the mask table: etc, and a scan by it alone is one to three exits" {
    boot --boot pvh --append 'tests=enumerate.*,sizing.*,scan.paravirtual budget=1' -- "${masks[@]}"
    passed
    holds '.[0].paravirtual == "etc"' env
    all_agree 7
    holds 'length == 1 and (.[0] | .functions == 24 and .buses == 7 and .reads == 0 and .writes == 0 and .calls >= 1 and .calls <= 3)' scan
}

@test "the mask table in ACPI: the same, without an exit, whoever fetches the tables" {
    local way
    for way in 'pvh' "pvh ${seabios[*]}" 'efi'; do
        read -ra words <<<"$way"
        boot --boot "${words[0]}" --pv off --append 'tests=enumerate.*,sizing.*,rule.paravirtual.*,scan.paravirtual budget=1' -- \
            "${words[@]:1}" "${acpi_masks[@]}"
        passed
        holds '.[0].paravirtual == "acpi"' env
        all_agree 7
        holds 'length == 1 and (.[0] | .functions == 24 and .reads == 0 and .writes == 0 and .calls == 0)' scan
    done
    boot --boot pvh --append 'tests=enumerate.*' -- "${masks[@]}" "${acpi_masks[@]}"
    holds '.[0].paravirtual == "etc"' env
    boot --machine microvm --pv off --append 'tests=enumerate.*,sizing.*' -- "${acpi_masks[@]}"
    passed
    holds '.[0].paravirtual == "acpi"' env
}

@test "both: a tree walk that finds and sizes everything is at most three exits" {
    local tests before after
    for tests in 'enumerate.*' 'enumerate.*,scan.tree.ecam.paravirtual'; do
        before=${after-0}
        boot --boot pvh --append "tests=$tests budget=1" -- "${readonly[@]}" "${masks[@]}" "${traced[@]}" -D "$trace"
        passed
        after=$(exits 'pci-conf-[a-z]*.read' 'pci-conf-[a-z]*.write' 'pcie-mmcfg-[a-z]*.read' 'pcie-mmcfg-[a-z]*.write' fwcfg.dma.write)
    done
    holds "length == 1 and (.[0] | .functions == 24 and .bars == 45 and .passes >= 1 and $((after - before)) >= .passes and
        $((after - before)) <= 3 * .passes)" scan
}

@test "a sweep of 256 buses: no exit, for present and absent ones alike" {
    boot --boot pvh --pv off --append 'tests=scan.sweep.ecam budget=1' -- "${readonly[@]}" "${traced[@]}" -D "$trace"
    passed
    holds 'length == 1 and .[0].reads > 8000 and .[0].functions == 24' scan
    (($(exits 'pcie-mmcfg-[a-z]*.read') == 0))
}

@test "the map of what is direct: all, absent ones too, but a device that answers for its registers itself" {
    boot --boot pvh --pv off --append 'tests=access.direct,enumerate.ecam' -- "${readonly[@]}" -device i6300esb
    passed
    watchdog=$(data function | jq -r '.[] | select(.device == "0x25ab").bdf')
    holds "map(select(.header == \"exit\" or .low == \"exit\" or .extended == \"exit\")) |
        map([.first, .last, .present]) == [[\"$watchdog\", \"$watchdog\", true]]" direct
    holds 'map(.functions) | add == 65536' direct
    logged '^# direct: 24 of 25 functions, 24 with the extended space; absent functions of 7 of 7 buses; absent buses: 249 of 249'
    # Among the first functions it shows in a word.
    boot --boot pvh --pv off --devices none --append 'tests=enumerate.ecam' -- "${readonly[@]}" -device i6300esb
    holds '.[0].ecam_reads == "partial"' env
}

# bats test_tags=kvm
@test "KVM at CPL 3: ecam_reads is direct" {
    kvm_or_skip
    boot --accel kvm --boot pvh --append 'tests=enumerate.*,scan.tree.ecam.paravirtual,scan.paravirtual budget=1 cpl=3' -- \
        "${readonly[@]}" "${masks[@]}"
    passed
    holds '.[0] | .cpl == 3 and .ecam_reads == "direct" and .paravirtual == "etc"' env
    holds 'length == 2 and all(.[]; .functions == 24 and .bars == 45 and .calls <= 3 and .writes == 0)' scan
}

@test "a full run, destructive rules included, both features on, OVMF" {
    boot --boot efi --append 'tests=enumerate.*,sizing.*,rule.*,scan.* budget=1' -- "${readonly[@]}" "${masks[@]}"
    passed
    not_logged '^# FAIL'
    logged '^ok [0-9]+ rule\.paravirtual\.live$'
    logged '^ok [0-9]+ rule\.coherence\.pio-ecam$'
}

@test "the sizing dance on read-only pages is what it was: windows moved by destructive rules, on SeaBIOS" {
    boot --boot pvh --append 'tests=rule.*,sizing.* budget=1' -- "${seabios[@]}" "${readonly[@]}" "${masks[@]}" "${traced[@]}" -D "$trace"
    passed
    all_agree 7
    no_read_but_of_armed_windows
}

@test "a virtio function is demoted by the write that arms its window, answers rightly, and is read directly again" {
    boot --boot pvh --pv off --append 'tests=rule.virtio.window,scan.tree.ecam.none budget=1' -- \
        "${readonly[@]}" "${traced[@]}" -D "$trace"
    passed
    logged '^ok [0-9]+ rule\.virtio\.window$'
    no_read_but_of_armed_windows
}

@test "renumbered buses: bridges that the image numbers itself are read without an exit" {
    boot --boot pvh --append 'tests=enumerate.*,sizing.*,scan.tree.* budget=1' --devices none -- "${readonly[@]}" "${masks[@]}" \
        "${traced[@]}" -D "$trace" -device pxb-pcie,id=px,bus_nr=0x40,bus=pcie.0 \
        -device pcie-root-port,id=a,chassis=1,bus=px -device e1000e,bus=a \
        -device pcie-root-port,id=b,chassis=2,bus=px -device pcie-pci-bridge,id=c,bus=b \
        -device pci-bridge,id=d,chassis_nr=3,bus=c,addr=2 -device edu,bus=d,addr=3 -device e1000,bus=c,addr=3
    passed
    holds '.[0] | .bridges_numbered >= 4 and .paravirtual == "etc"' env
    holds 'any(.[]; .device == "0x11e8" and .bdf[:2] > "40")' function
    all_agree 7
    (($(exits 'pcie-mmcfg-[a-z]*.read') == 0))
}

# monitor COMMAND-JSON...: QMP commands to the machine whose socket is there, each of which must succeed.
monitor() {
    local answers
    answers=$(printf '%s\n' '{"execute":"qmp_capabilities"}' "$@" | socat -t 5 - "UNIX-CONNECT:$BATS_TEST_TMPDIR/qmp")
    [[ $answers != *'"error"'* ]] || { echo "$answers"; return 1; }
    printf '%s\n' "$answers"
}

# plugged_before_start GLOBALS...: two functions plugged while the machine is stopped; reset, so that slots with something in them
# have power, and let go. Sets $log.
plugged_before_start() {
    local end=$((SECONDS + patience))
    rm -f "$BATS_TEST_TMPDIR/qmp"
    "$root/run.sh" --accel tcg --qemu "$BAROMETER_QEMU" --boot pvh --pv off --log "$log" --timeout "$patience" \
        --append 'tests=enumerate.*,sizing.*,rule.coherence.*,scan.* budget=1' -- "$@" "${traced[@]}" -D "$trace" -S -action reboot=reset \
        -qmp "unix:$BATS_TEST_TMPDIR/qmp,server=on,wait=off" >"$BATS_TEST_TMPDIR/run.out" 2>&1 3>&- &
    run_pid=$!
    while ((SECONDS < end)); do
        [[ ! -S $BATS_TEST_TMPDIR/qmp ]] || break
        sleep 0.1
    done
    monitor '{"execute":"device_add","arguments":{"driver":"virtio-net-pci","id":"h1","bus":"rp4"}}' \
        '{"execute":"system_reset"}' '{"execute":"cont"}'
    status=0
    wait "$run_pid" || status=$?
    run_pid=''
}

@test "hot plug before start: the function is there, read without an exit, and in the table" {
    plugged_before_start
    passed
    data function >"$BATS_TEST_TMPDIR/off"
    holds 'length == 25 and any(.[]; .bdf[:2] == "01" and .device == "0x1041")' function
    plugged_before_start "${readonly[@]}" "${masks[@]}"
    passed
    data function | cmp - "$BATS_TEST_TMPDIR/off"
    all_agree 7
    (($(exits 'pcie-mmcfg-[a-z]*.read') == 0))
    holds '[.[] | select(.walk == "paravirtual")] | length == 1 and .[0].functions == 25' scan
}

@test "a function whose reads are computed traps, alone, and QEMU says why" {
    machine_at_rest --boot pvh --pv off --devices none --append 'tests=enumerate.* budget=1 exit=halt' -- "${readonly[@]}" \
        -device i6300esb,addr=5 -device e1000e,addr=6 "${traced[@]}" -D "$trace"
    holds 'any(.[]; .bdf == "00:05.0" and .device == "0x25ab")' function
    monitor '{"execute":"qom-get","arguments":{"path":"/machine/q35","property":"ecam-functions"},"id":"asked"}' |
        jq -c 'select(.id == "asked").return' >"$BATS_TEST_TMPDIR/states"
    cat "$BATS_TEST_TMPDIR/states"
    jq -e 'length == 6 and map(select(.reads != "direct")) == [{bus: 0, slot: 5, function: 0, type: "i6300esb", reads: "traps",
        reason: "reads are computed"}]' "$BATS_TEST_TMPDIR/states"
    # In the trace: reads of its page (00:05.0 is at 0x28000 of its bus), and of no other.
    grep "^memory_region_ops_read .*'pcie-mmcfg-" "$trace" >"$BATS_TEST_TMPDIR/reads"
    ! grep -v " addr 0x28[0-9a-f]* .*'pcie-mmcfg-trap'" "$BATS_TEST_TMPDIR/reads"
}

@test "CF8 hidden: every firmware goes on working, the image finds all functions without the ports" {
    local way
    for way in 'efi' 'pvh' "pvh ${seabios[*]}"; do
        read -ra words <<<"$way"
        boot --boot "${words[0]}" --append 'tests=enumerate.*,sizing.*,scan.* budget=1 ports=off' -- "${words[@]:1}" "${readonly[@]}" "${masks[@]}" "${hide[@]}"
        passed
        holds '.[0].pio == false and .[0].ecam_source == "mcfg"' env
        holds 'length == 24 and all(.[]; .seen_by == ["ecam"])' function
        all_agree 4
        holds '.[0].accesses | .cf8_read + .cf8_write + .cfc_read + .cfc_write == 0'
    done
}

@test "CF8 hidden, and nobody said so: the ports are there and wrong" {
    boot --boot pvh --append 'tests=enumerate.*,rule.cf8.latch budget=1' -- "${readonly[@]}" "${hide[@]}"
    ((status == 1))
    logged '^# CF8 reads 0xffffffff .*say ports=off'
    logged '^not ok .*rule.cf8.latch'
    holds '.[-1].failed == 1'
}

@test "microvm: read-only ECAM and the table" {
    boot --machine microvm --append 'budget=1' -- "${readonly[@]}" "${masks[@]}" "${traced[@]}" -D "$trace"
    passed
    holds '.[0].paravirtual == "etc"' env
    holds 'length == 20' function
    ! grep "^memory_region_ops_read .*'pcie-mmcfg-" "$trace"
}
