#!/usr/bin/env bats
# The Linux boot protocol, by every entry and loader at hand; and what other hypervisors' loaders hand over, imitated by
# check/loaders/loader.asm. Each finds the functions and BARs that a PVH boot of the same machine finds.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

teardown() { machine_end; }

look='tests=acpi.tables,enumerate.*,sizing.lean.* budget=1'

# Functions and BARs of the log, for comparing.
found() {
    tr -d '\r' <"$log" | grep -E '^\{"kind":"(function|bar)"' | sort
}

# by_pvh NAME RUN.SH-OPTIONS...: that machine booted by PVH, what it finds in the file NAME.
by_pvh() {
    local name=$1
    shift
    boot --boot pvh --pv off --append "$look" "$@"
    found >"$BATS_FILE_TMPDIR/$name"
    (($(wc -l <"$BATS_FILE_TMPDIR/$name") > 30)) # or there is nothing to compare
}

setup_file() {
    log=$BATS_FILE_TMPDIR/serial.log
    by_pvh q35
    by_pvh microvm --machine microvm
    by_pvh pc-no-acpi --machine pc -- -M pc,acpi=off
    by_pvh seabios -- -bios bios-256k.bin
}

# finds_as NAME: the run passed, came in by BOOT and found what NAME has.
finds_as() { # NAME BOOT
    passed
    holds ".[0].boot == \"$2\"" env
    found | diff - "$BATS_FILE_TMPDIR/$1"
}

# loader AS WORDS NASM-OPTIONS...: BUILD with such a loader in the ELF's place.
loader() {
    local payload=$BATS_TEST_TMPDIR/payload entry
    export BUILD=$BATS_TEST_TMPDIR/build
    mkdir -p "$BUILD"
    entry=$(nm "$images/barometer.elf" | sed -n 's/ [tT] pvh_start$//p')
    case $1 in
    KVMTOOL) payload=$images/barometer.bz.bin ;;
    *) objcopy -O binary "$images/barometer.elf" "$payload" ;;
    esac
    nasm -f bin -I "$root/" -Werror -w+all "-dAS_$1" "-dPVH_ENTRY=0x$entry" "-dPAYLOAD=\"$payload\"" "-dEXTRA=\"$2 \"" \
        "${@:3}" -o "$BUILD/barometer.elf" "$root/check/loaders/loader.asm"
}

ignored='^# words that are not for barometer are ignored:'

@test "bzImage, qboot, q35, pc and microvm" {
    boot --boot linux --pv off --append "$look"
    finds_as q35 linux
    boot --boot linux --pv off --machine pc --append "$look" -- -M pc,acpi=off
    finds_as pc-no-acpi linux
    boot --boot linux --pv off --machine microvm --append "$look"
    finds_as microvm linux
}

@test "bzImage, SeaBIOS" {
    boot --boot linux --pv off --append "$look" -- -bios bios-256k.bin
    finds_as seabios linux
}

# bats test_tags=long
@test "bzImage, OVMF's own loader" {
    declare -A machine=()
    # shellcheck source=tools/machines.sh
    . "$root/tools/machines.sh"
    find_ovmf machine
    boot --boot linux --pv off --devices none --append "$quick" -- -bios '' \
        -drive "if=pflash,unit=0,format=raw,readonly=on,file=${machine[ovmf_code]}" \
        -drive "if=pflash,unit=1,format=raw,snapshot=on,file=${machine[ovmf_vars]}"
    passed
    holds '.[0].boot == "linux" and .[0].ecam_source == "mcfg"' env
    holds 'length == 4' function
}

# by_grub COMMAND WORDS: from a disk of boot sector, GRUB and a memory disk with the image, under SeaBIOS.
by_grub() {
    local core=$BATS_TEST_TMPDIR/core command
    declare -A machine=([qemu]=qemu-system-x86_64 [type]=q35 [devices]=default)
    tar -C "$images" -cf "$core.tar" barometer.bz
    printf '%s\n' "$1 (memdisk)/barometer.bz $2" boot >"$core.cfg"
    grub-mkimage -O i386-pc -o "$core.img" -p '(memdisk)' -c "$core.cfg" -m "$core.tar" \
        biosdisk memdisk tar linux linux16 boot
    cat /usr/lib/grub/i386-pc/boot.img "$core.img" >"$core.disk"
    truncate -s 4M "$core.disk"
    # shellcheck source=tools/machines.sh
    . "$root/tools/machines.sh"
    qemu_command command machine tcg none '' -drive "if=ide,format=raw,file=$core.disk"
    status=0
    timeout "$patience" "${command[@]}" </dev/null >"$log" || status=$?
    ((status == 33)) || { echo "status $status"; tail -n 20 "$log"; return 1; }
    holds '.[-1].status == "pass"'
    holds '.[0].boot == "linux" and .[0].ecam_source == "mcfg"' env
    holds 'length == 24' function
    logged "$ignored BOOT_IMAGE=[^ ]*\$"
}

# bats test_tags=long
@test "bzImage, GRUB from a disk: linux, in protected mode, and linux16, in real mode" {
    by_grub linux "$quick"
    by_grub linux16 "barometer $quick"
}

@test "the ELF by its 64-bit entry, as crosvm enters it" {
    loader CROSVM panic=-1
    boot --boot pvh --pv off --append "$look"
    finds_as q35 linux
    logged "$ignored panic=-1\$"
    holds '.[0].ecam_source == "mcfg"' env
}

@test "the ELF as Firecracker enters it: no RSDP pointer, its own words" {
    loader FIRECRACKER 'reboot=k panic=1 pci=off root=/dev/vda ro'
    boot --boot pvh --pv off --append "$look"
    finds_as q35 linux
    logged "$ignored reboot=k panic=1 pci=off root=/dev/vda ro\$"
    holds '.[0].ecam_source == "mcfg"' env # found in the BIOS area
}

# TSD, PGE, UMIP, PCIDE, SMEP, SMAP and PKE, as far as the processor has them: RDTSC and SGDT fault at CPL 3, and so does
# ring 0 on pages of CPL 3. What TCG lets pass is still seen in CR4 at the end.
@test "a loader that leaves its CR4 on: a run at CPL 3 as ever" {
    loader CROSVM '' -dLEAVE_CR4=0x720884
    machine_at_rest --boot pvh --pv off --append "$look cpl=3 exit=halt" --
    cr4=$(qmp_last human-monitor-command '{"command-line":"info registers"}' | grep -o 'CR4=[0-9a-f]*')
    machine_end
    status=0
    finds_as q35 linux
    echo "$cr4"
    (((0x${cr4#CR4=} & 0xf20884) == 0))
    holds '.[0].cpl == 3' env
}

@test "a loader that claims more E820 entries than there can be: a note, no device memory, and a run through ports" {
    loader CROSVM '' -dCOUNT=200
    boot --boot pvh --pv off --append "$look"
    passed
    logged '^# boot_params: more than 128 E820 entries'
    logged '^# device memory of 0x[0-9a-f]* bytes at 0x[0-9a-f]* is refused, which may be RAM: not all of firmware.s memory map is known'
    holds '.[0].ecam_source == "mcfg" and .[0].boot == "linux"' env
    holds 'length == 24 and all(.[]; .seen_by == ["pio"])' function
}

@test "the bzImage as kvmtool enters it: no ACPI, its own words, anywhere in memory" {
    loader KVMTOOL 'noapic noacpi pci=conf1 reboot=k panic=1 i8042.direct=1 i8042.dumbkbd=1 i8042.nopnp=1 earlyprintk=serial i8042.noaux=1 console=ttyS0'
    boot --boot pvh --pv off --machine pc --append "$look" -- -M pc,acpi=off
    finds_as pc-no-acpi linux
    logged "$ignored noapic noacpi .* console=ttyS0\$"
    logged '^# acpi: firmware gives no RSDP'
}

@test "the ELF as Cloud Hypervisor enters it: RSDP at a0000h, which is not in the memory map" {
    loader CLOUD_HYPERVISOR ''
    boot --boot pvh --pv off --machine microvm --append "$look"
    finds_as microvm pvh
    holds '.[0].ecam_source == "dsdt-cba"' env
}

@test "the ELF as Xen enters it: no memory map, told by a word" {
    loader XEN 'mem=512'
    boot --boot pvh --pv off --append "$look"
    finds_as q35 pvh
    logged '^# PVH start info has no memory map'
    holds '.[0].ecam_source == "mcfg"' env
}

@test "no memory map and nobody who tells: an error that says what to do" {
    loader XEN ''
    boot --boot pvh --pv off --append "$look"
    ((status == 2))
    logged '^not ok 1 kernel # ERROR no memory for page tables: .*mem='
}

@test "words of QEMU's own -kernel are the user's: an unknown one is an error by either protocol" {
    for way in pvh linux; do
        boot --boot $way --pv off --devices none --append "$quick quiet"
        ((status == 2))
        logged "^# unknown option 'quiet'"
        boot --boot $way --pv off --devices none --append "quiet barometer $quick"
        passed
        logged "$ignored quiet\$"
    done
}
