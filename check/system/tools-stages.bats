#!/usr/bin/env bats
# What hypervisor/evidence.py does: a boot of Linux taken apart by stage, from traces as QEMU writes them; sections of docs/results.md.

# shellcheck disable=SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

access() { # OPERATION ADDRESS VALUE REGION
    echo "memory_region_ops_$1 cpu 0 mr 0x5 addr $2 value $3 size 4 name '$4'"
}
runs() { echo "Trace 0: 0x7f0000000100 [0000000000000000/$1/0040c0b0/ff000000] "; } # ADDRESS
init_mark() { access write 0xb0000000 0xb1 pcie-mmcfg-mmio; }

taken_apart() {
    python3 - "$root/hypervisor" "$BATS_TEST_TMPDIR/trace" <<'END'
import json, sys
sys.path.insert(0, sys.argv[1])
import evidence
boot = evidence.Boot(sys.argv[2], [evidence.LOADER, evidence.KERNEL, ("scan", 0xffffffff81234560, 1)])
print(json.dumps({"stages": {name: sum(counts[kind] for kind in evidence.CONFIG) for name, counts in boot.stages.items()},
                  "all": boot.exits()["cfc read"], "absent": boot.absent}))
END
}

trace() {
    {
        access write 0xcf8 0x80000000 pci-conf-idx
        access read 0xcfc 0x29c08086 pci-conf-data
        runs 00000000000fe6f2
        runs 0000000000100000 # no stage's
        access read 0xb0100000 0xffffffff pcie-mmcfg-mmio
        "$@"
    } >"$BATS_TEST_TMPDIR/trace"
}

kernel() {
    runs ffffffff81000110
    access read 0xb0000000 0x29c08086 pcie-mmcfg-mmio
    access write 0x518 0x1 fwcfg.dma # the kernel's own: no line between stages
    access read 0xb0100000 0xffff pcie-mmcfg-mmio
    runs ffffffff81234560
    runs ffffffff81000110 # again: the stage has been
    access write 0xcf8 0x80010000 pci-conf-idx
    access read 0xcfc 0xffffffff pci-conf-data
    access write 0xcf8 0x80000000 pci-conf-idx
}

@test "each access counts for the stage that began last; /init's mark is no access, and its CF8 write is none" {
    trace eval 'kernel; access write 0xcfc 0xb1 pci-conf-data; access read 0xcfc 0 pci-conf-data'
    taken_apart | tee "$BATS_TEST_TMPDIR/said"
    jq -e '. == {stages: {firmware: 2, "boot loader": 1, kernel: 2, scan: 2}, all: 2, absent: 2}' "$BATS_TEST_TMPDIR/said"
}

@test "an absent bus behind ECAM is one, although QEMU answers for it with 64 ones" {
    trace eval 'runs ffffffff81000110; access read 0xb0300000 0xffffffffffffffff pcie-mmcfg-mmio; runs ffffffff81234560; init_mark'
    taken_apart | jq -e '.absent == 1'
}

@test "the mark through ECAM" {
    trace eval 'kernel; init_mark'
    taken_apart | jq -e '.stages.scan == 3'
}

@test "a stage that never began, and a Linux that never came to /init, are errors" {
    trace init_mark
    run taken_apart
    [[ $status -ne 0 && $output == *"the stage 'kernel' never began"* ]]
    trace kernel
    run taken_apart
    [[ $status -ne 0 && $output == *'Linux never came to its /init'* ]]
}

@test "callers: the first function above the access layers, and the initcall or thread that it is in" {
    printf '%s\n' 'ffffffff81000000 T _text' 'ffffffff81000100 t raw' 'ffffffff81000100 t again' 'ffffffff81000200 D data' \
        'ffffffff81000300 T last' >"$BATS_TEST_TMPDIR/System.map"
    python3 -B - "$root/hypervisor/linux" "$BATS_TEST_TMPDIR/System.map" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import callers
assert callers.caller(["pci_bus_read_config_word", "pci_read_config_word", "pci_enable_pcie", "acpi_init", "do_one_initcall", "kernel_init"]) == \
    ("pci_enable_pcie", "acpi_init")
assert callers.caller(["check_dev_quirk", "early_quirks", "setup_arch", "start_kernel"]) == ("check_dev_quirk", "setup_arch")
assert callers.caller(["raw_pci_read"]) == ("?", "raw_pci_read") and callers.caller([]) == ("?", "?")
symbols = callers.Symbols(sys.argv[2])
assert symbols.address("last") == 0xffffffff81000300 and symbols.address("none") is None
assert symbols.name(0xffffffff810002ff) == "raw" or symbols.name(0xffffffff810002ff) == "again"
assert symbols.name(0xffffffff810003ff) == "last"
END
}

@test "a section takes the place of the one that was there, and a new one stands before those that come last" {
    python3 - "$root/hypervisor" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import evidence
page = "# Results\n\n## KVM\n\nkept\n\n" + evidence.EXITS_HEADING + "\nlast\n"
def headings(text):
    return [line + "\n" for line in text.split("\n") if line.startswith("## ")]
for heading in "## New\n", evidence.BOOTS_HEADING, "## Newer\n":
    page = evidence.replaced(page, heading, heading + "\none\n")
assert headings(page) == ["## KVM\n", "## New\n", "## Newer\n", evidence.BOOTS_HEADING, evidence.EXITS_HEADING], page
again = evidence.replaced(page, "## New\n", "## New\n\ntwo\n")
assert headings(again) == headings(page) and "kept\n\n## New\n\ntwo\n\n## Newer\n" in again and again.endswith("\nlast\n"), again
assert evidence.replaced(page, evidence.EXITS_HEADING, evidence.EXITS_HEADING + "\nlast\n") == page
END
}
