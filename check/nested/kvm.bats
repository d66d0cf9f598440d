#!/usr/bin/env bats
# barometer under ordinary KVM, every way in. Run in the inner host of the laboratory by check/nested/run, or on any host with a KVM
# that runs the firmware: check/nested/run --here.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

# kvm OPTIONS RUN.SH-OPTIONS...: boot under KVM.
kvm() { boot --accel kvm --append "$1$emulated" "${@:2}"; }

# Ordinary KVM: that is what ran, in ring 0, and nothing is taken for an emulation.
ordinary() { # BOOT
    passed
    [[ ${lines[0]} == "run.sh: kvm, $1" ]] || { echo "run.sh's first line: ${lines[0]}"; return 1; }
    holds '.[0] | .cpl == 0 and .emulated == '"$nested_tcg"' and .hypervisor == "KVMKVMKVM"' env
}

seabios=(-bios bios-256k.bin)

@test "q35, qboot: everything, with a captured mask table" {
    kvm 'budget=1' --boot pvh
    ordinary pvh
    holds '.[0].paravirtual == "opt"' env
    holds '[.[] | select(.walk == "paravirtual")] | length == 1 and .[0].functions == 24' scan
}

@test "q35, SeaBIOS, 64 MiB: all rules, the destructive ones too" {
    kvm 'tests=enumerate.*,rule.* budget=1' --boot pvh --pv off -- "${seabios[@]}" -m 64
    ordinary pvh
    holds 'length == 24' function
}

@test "pc, SeaBIOS, four processors without SVM, 4 GiB: all rules, the destructive ones too" {
    kvm 'tests=enumerate.*,rule.* budget=1' --boot pvh --pv off --machine pc -- "${seabios[@]}" -smp 4 -m 4G -cpu max,-svm
    ordinary pvh
}

@test "microvm, four processors: all rules, the destructive ones too" {
    kvm 'tests=enumerate.*,rule.* budget=1' --pv off --machine microvm -- -smp 4
    passed
    [[ ${lines[0]} == 'run.sh: kvm, pvh: microvm has no EFI firmware' ]]
    holds '.[0].cpl == 0' env
}

@test "q35, OVMF, four processors without SVM: all rules, the destructive ones too" {
    kvm 'tests=enumerate.*,rule.* budget=1' --boot efi --pv off -- -smp 4 -cpu max,-svm
    ordinary efi
    holds 'length == 24' function
}

# The ISO has its words on it, so check/nested/run makes one for these, which says that all of it is emulated.
iso() { # BOOT
    [[ -e /mnt/out/barometer.iso ]] || skip 'no ISO for it'
    BUILD=/mnt/out boot --accel kvm --boot "$1" --pv off
    passed
    [[ ${lines[0]} == "run.sh: kvm, $1" ]] || { echo "run.sh's first line: ${lines[0]}"; return 1; }
    holds '.[0] | .cpl == 0 and .emulated and .hypervisor == "KVMKVMKVM"' env
    holds 'length == 24' function
}

@test "the ISO through SeaBIOS and GRUB: all rules" { iso iso-bios; }

@test "the ISO through OVMF: all rules" { iso iso; }

@test "patched QEMU, a KVM of 24 memory slots: what does not fit traps, with one warning, and QEMU goes on" {
    patched_or_skip
    run "$root/hypervisor/test_patches.py" "$BAROMETER_PATCHED" few_slots
    echo "$output"
    [[ $output == 'ok - few_slots' ]]
}
