#!/usr/bin/env bats
# The conformance rules under stock QEMU: no false alarm, destructive rules included, at a bounded cost.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

# rules RUN.SH-OPTIONS...: every rule, the destructive ones too.
rules() {
    boot --append 'tests=rule.* budget=1' "$@"
    passed
    not_logged '^# FAIL'
}

seabios=(-bios bios-256k.bin)

@test "all rules, q35 through OVMF: the known deviations, nothing else" {
    rules --boot efi -- -smp 2
    holds '.[-1] | .xfailed == 3 and .failed == 0 and .errors == 0'
    logged '^not ok [0-9]+ rule.cf8.reserved # XFAIL CF8-04: kept by no implementation'
    logged '^not ok [0-9]+ rule.cf8.low-bits # XFAIL CF8-05: kept by no implementation'
    logged '^not ok [0-9]+ rule.cf8.low-bits-access # XFAIL CF8-07: QEMU'
    # These rules have a reason to be skipped, no other.
    [[ $(grep -c '# SKIP' "$log") == 6 ]]
    logged 'rule.bar.virtual # SKIP no function has BARs for virtual functions that are off'
    logged 'rule.destructive.decode # SKIP firmware assigned all BARs, or'
    logged 'rule.destructive.bus-numbers # SKIP no numbered bridge on a root bus, or no bus number free'
    logged 'rule.destructive.renumber-at-once # SKIP no bridge on a root bus with a number to spare'
    logged 'rule.acpi.mcfg-overlap # SKIP MCFG has no two entries'
    logged 'rule.paravirtual.live # SKIP'
}

@test "all rules, q35 through SeaBIOS, where decode is on" {
    rules --boot pvh -- "${seabios[@]}"
}

@test "all rules, pc: those that need ECAM are skipped" {
    rules --boot pvh --machine pc -- "${seabios[@]}"
    logged 'rule.identity.low # SKIP neither MCFG'
}

@test "all rules, microvm: those that need ports are skipped" {
    rules --machine microvm
    logged 'rule.cf8.latch # SKIP no configuration mechanism'
}

@test "all rules, an extra root bus and bridges that nobody numbered" {
    rules --boot pvh --devices none -- -device pxb-pcie,id=px,bus_nr=0x40,bus=pcie.0 \
        -device pcie-root-port,id=a,chassis=1,bus=px -device e1000e,bus=a \
        -device pcie-root-port,id=b,chassis=2,bus=px -device pcie-pci-bridge,id=c,bus=b \
        -device pci-bridge,id=d,chassis_nr=3,bus=c,addr=2 -device edu,bus=d,addr=3
}

@test "all rules, many kinds of device" {
    rules --boot pvh --devices none -- "${seabios[@]}" -device VGA -device ne2k_pci -device rtl8139 -device lsi53c895a \
        -device megasas -device piix3-usb-uhci -device ich9-intel-hda -device pci-testdev,membar=8G -device vmxnet3 \
        -device usb-ehci -audiodev none,id=a -device AC97,audiodev=a -device pcie-root-port,id=rp,chassis=7 -device x3130-upstream,id=u,bus=rp \
        -device xio3130-downstream,id=d,bus=u,chassis=9 -device nvme,serial=y,bus=d
}

# bats test_tags=kvm
@test "all rules under KVM" {
    kvm_or_skip
    rules --accel kvm --boot pvh -- "${seabios[@]}" -smp 2
}

@test "the rules' cost on the reference machine: under 100,000 accesses, and said" {
    boot --boot pvh --append 'tests=rule.* budget=1'
    passed
    n=$(sed -nE 's/^# conformance: [0-9]+ rules, ([0-9]+) accesses.*/\1/p' "$log")
    ((n > 10000 && n < 100000))
    holds '.[-1].accesses | add >= '"$n"
}

@test "destructive rules are left out unless they are named" {
    boot --boot pvh --append budget=1
    passed
    logged '^ok [0-9]+ rule.bar.shape'
    not_logged 'rule.destructive'
}
