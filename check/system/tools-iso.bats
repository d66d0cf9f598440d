#!/usr/bin/env bats
# The ISO: the same bytes every time, bootable as whatever it is called, with options that can be changed, and under Secure Boot.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers

snakeoil=/usr/share/ovmf/PkKek-1-snakeoil

setup_file() {
    "$tools/make-iso" "$images/barometer.efi" "$BATS_FILE_TMPDIR/barometer.iso" "$quick"
}

# Firmware that checks signatures keeps its keys behind SMM.
secure=(-M q35,smm=on -global driver=cfi.pflash01,property=secure,value=on -global ICH9-LPC.disable_s3=1
    -drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.snakeoil.fd"
    -drive "if=pflash,unit=1,format=raw,snapshot=on,file=$firmware/OVMF_VARS_4M.snakeoil.fd")

ran_quick() { # [BOOT]
    holds '.[-1].status == "pass"'
    holds ".[0].boot == \"${1:-efi}\"" env
    logged '^ok .*acpi\.tables'
    not_logged '^(not )?ok .*access\.cost'
}

medium() { echo "format=raw,file=${1:-$BATS_FILE_TMPDIR/barometer.iso}"; }

@test "boots as a CD, on which no log can be left" {
    cp "$BATS_FILE_TMPDIR/barometer.iso" "$BATS_TEST_TMPDIR/cd.iso"
    "$tools/iso-words" "$BATS_TEST_TMPDIR/cd.iso" "$quick log=disk"
    boot_medium "$done_line" "${ovmf[@]}" -drive "if=ide,media=cdrom,readonly=on,$(medium "$BATS_TEST_TMPDIR/cd.iso")"
    ran_quick
    logged '^# barometer.log will not be written: the volume is read-only'
}

@test "boots as a disk" {
    boot_medium "$done_line" "${ovmf[@]}" -drive "if=ide,snapshot=on,$(medium)"
    ran_quick
}

# bats test_tags=long
@test "boots as a USB stick" {
    boot_medium "$done_line" "${ovmf[@]}" -device qemu-xhci -drive "if=none,id=stick,snapshot=on,$(medium)" -device usb-storage,drive=stick
    ran_quick
}

@test "BIOS: boots as a CD and as a disk, q35 and pc, in 64 MiB, without VGA; barometer.cfg means the same" {
    local iso=$BATS_TEST_TMPDIR/bios.iso type how
    cp "$BATS_FILE_TMPDIR/barometer.iso" "$iso"
    # What a shell, or GRUB's, would make something else of.
    "$tools/iso-words" "$iso" $'# list; $(reboot) `halt` "\n'"$quick"$' # exit=halt }\n\tseed=7\n'
    for type in q35 pc; do
        for how in media=cdrom,readonly=on snapshot=on; do
            rm -f "$log"
            boot_medium "$done_line" -M "$type" -m 64 -drive "if=ide,$how,$(medium "$iso")"
            ran_quick linux
            logged '^# words that are not for barometer are ignored: BOOT_IMAGE=[^ ]*barometer.bz$'
        done
    done
}

@test "BIOS: barometer.cfg in the root of the volume; one that is too long is refused, as under UEFI" {
    local iso=$BATS_TEST_TMPDIR/bios.iso at
    cp "$BATS_FILE_TMPDIR/barometer.iso" "$iso"
    at=$iso@@$(($(sed -n 's/^GPT start and size :   2  \([0-9]*\)  .*/\1/p' \
        <<<"$(xorriso -no_rc -indev "$iso" -report_system_area plain 2>/dev/null)") * 512))
    mdel -i "$at" ::/EFI/BOOT/barometer.cfg
    mcopy -i "$at" - ::/barometer.cfg <<<"list"
    boot_medium "$done_line" -M q35 -drive "if=ide,snapshot=on,$(medium "$iso")"
    logged '^# +access\.cost'
    rm "$log"
    printf 'tests=%02042d' 0 | mcopy -D o -o -i "$at" - ::/barometer.cfg
    boot_medium "$done_line" -M q35 -drive "if=ide,snapshot=on,$(medium "$iso")"
    logged '^# barometer.cfg \(the initrd\) is longer than 2047 bytes'
    holds '.[-1].status == "error"'
}

# bats test_tags=long
@test "run.sh --boot iso, iso-bios" {
    mkdir "$BATS_TEST_TMPDIR/build"
    cp "$BATS_FILE_TMPDIR/barometer.iso" "$BATS_TEST_TMPDIR/build/"
    cp "$images/barometer.bz" "$BATS_TEST_TMPDIR/build/" # what run.sh captures the table with
    BUILD=$BATS_TEST_TMPDIR/build boot --boot iso --pv off
    passed
    ran_quick
    BUILD=$BATS_TEST_TMPDIR/build boot --boot iso-bios
    passed
    ran_quick linux
    holds '.[0].paravirtual == "opt"' env
}

sign() { # TO
    command -v sbsign >/dev/null || skip 'no sbsign'
    [[ -r $firmware/OVMF_VARS_4M.snakeoil.fd && -r $snakeoil.key ]] || skip 'no snakeoil firmware'
    openssl rsa -in "$snakeoil.key" -passin pass:snakeoil -out "$BATS_TEST_TMPDIR/key" 2>/dev/null
    "$tools/sign" "$BATS_TEST_TMPDIR/key" "$snakeoil.pem" "$images/barometer.efi" "$1"
}

@test "Secure Boot: signed, it boots; its options can still be changed" {
    sign "$BATS_TEST_TMPDIR/signed.efi"
    "$tools/make-iso" "$BATS_TEST_TMPDIR/signed.efi" "$BATS_TEST_TMPDIR/signed.iso" nonsense
    "$tools/iso-words" "$BATS_TEST_TMPDIR/signed.iso" "$quick"
    boot_medium "$done_line" "${secure[@]}" -drive "if=ide,media=cdrom,readonly=on,$(medium "$BATS_TEST_TMPDIR/signed.iso")"
    ran_quick
}

# bats test_tags=long
@test "Secure Boot: unsigned, or changed after it was signed, it is refused" {
    boot_medium 'Security Violation|Access Denied' "${secure[@]}" -drive "if=ide,media=cdrom,readonly=on,$(medium)"
    not_logged 'KTAP version'
    sign "$BATS_TEST_TMPDIR/signed.efi"
    # One bit of its text.
    printf '\1' | dd of="$BATS_TEST_TMPDIR/signed.efi" bs=1 seek=$((0x2000)) conv=notrunc status=none
    "$tools/make-iso" "$BATS_TEST_TMPDIR/signed.efi" "$BATS_TEST_TMPDIR/signed.iso" "$quick"
    rm "$log"
    boot_medium 'Security Violation|Access Denied' "${secure[@]}" -drive "if=ide,media=cdrom,readonly=on,$(medium "$BATS_TEST_TMPDIR/signed.iso")"
    not_logged 'KTAP version'
}

@test "a wrong key is an error, and leaves no image behind" {
    command -v sbsign >/dev/null || skip 'no sbsign'
    run "$tools/sign" /dev/null "$snakeoil.pem" "$images/barometer.efi" "$BATS_TEST_TMPDIR/signed.efi"
    ((status == 2))
    [[ ! -e $BATS_TEST_TMPDIR/signed.efi ]]
}

@test "the same bytes from the same image, whatever the clock, the time zone, the umask and the user's settings say" {
    export SOURCE_DATE_EPOCH=1700000000
    cp "$images/barometer.efi" "$BATS_TEST_TMPDIR/one.efi"
    "$tools/make-iso" "$images/barometer.efi" "$BATS_TEST_TMPDIR/1.iso" 'budget=5'
    sleep 2.1 # FAT counts in twos
    (
        umask 077
        cd /
        MTOOLS_LOWER_CASE=1 MTOOLS_NAME_NUMERIC_TAIL=0 TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=/nonexistent \
            "$tools/make-iso" "$BATS_TEST_TMPDIR/one.efi" "$BATS_TEST_TMPDIR/2.iso" 'budget=5'
    )
    cmp "$BATS_TEST_TMPDIR/1.iso" "$BATS_TEST_TMPDIR/2.iso"
    (($(stat -c %s "$BATS_TEST_TMPDIR/1.iso") <= 16 << 20))
    # And the date is honoured: another gives other bytes.
    SOURCE_DATE_EPOCH=1700086400 "$tools/make-iso" "$images/barometer.efi" "$BATS_TEST_TMPDIR/3.iso" 'budget=5'
    run ! cmp -s "$BATS_TEST_TMPDIR/1.iso" "$BATS_TEST_TMPDIR/3.iso"
}

# bats test_tags=long
@test "the same bytes from two builds of one commit in different folders" {
    local n
    git -C "$root" rev-parse HEAD >/dev/null 2>&1 || skip 'no repository'
    for n in 1 2; do
        git clone -q --shared "$root" "$BATS_TEST_TMPDIR/$n"
        (
            cd "$BATS_TEST_TMPDIR/$n"
            unset SOURCE_DATE_EPOCH MAKEFLAGS MAKELEVEL
            umask $((n * 22 - 22))
            make -j2 iso >/dev/null 2>&1
            tools/make-raw build/barometer.efi build/barometer.raw
        )
    done
    cmp "$BATS_TEST_TMPDIR/1/build/barometer.iso" "$BATS_TEST_TMPDIR/2/build/barometer.iso"
    cmp "$BATS_TEST_TMPDIR/1/build/barometer.raw" "$BATS_TEST_TMPDIR/2/build/barometer.raw"
}

@test "iso-words: shows and changes options in place, shorter and longer; refuses what the guest would" {
    local iso=$BATS_TEST_TMPDIR/words.iso long
    cp "$BATS_FILE_TMPDIR/barometer.iso" "$iso"
    [[ $("$tools/iso-words" "$iso") == "$quick" ]]
    "$tools/iso-words" "$iso" list
    [[ $("$tools/iso-words" "$iso") == list ]]
    long=tests=$(printf 'acpi.*,%.0s' {1..200})
    "$tools/iso-words" "$iso" "$long"
    [[ $("$tools/iso-words" "$iso") == "$long" ]]
    "$tools/iso-words" "$iso" ''
    [[ -z $("$tools/iso-words" "$iso") ]]
    [[ $(stat -c %s "$iso") == $(stat -c %s "$BATS_FILE_TMPDIR/barometer.iso") ]]
    run "$tools/iso-words" "$iso" "$(printf 'a%.0s' {1..2047})"
    ((status == 2))
    run "$tools/iso-words" "$iso" $'tests=\x01'
    ((status == 2))
    run "$tools/iso-words" "$images/barometer.efi" list
    ((status == 2))
    [[ $output == *'not an ISO made by make iso'* ]]
    run "$tools/iso-words" "$BATS_TEST_TMPDIR/nothing"
    ((status == 2))
}

@test "file systems and tables are sound: GPT, El Torito, FAT" {
    run xorriso -no_rc -indev "$BATS_FILE_TMPDIR/barometer.iso" -report_el_torito plain -report_system_area plain
    [[ $output == *'El Torito boot img :   1  BIOS  y   none'* ]]
    [[ $output == *'El Torito boot img :   2  UEFI  y   none'* ]]
    [[ $output == *'protective-msdos-label'*'grub2-mbr'*GPT* ]]
    [[ $output == *28732ac11ff8d211ba4b00a0c93ec93b* ]]
    command -v fsck.vfat >/dev/null || return 0
    local start
    start=$(sed -n 's/^GPT start and size :   2  \([0-9]*\)  .*/\1/p' <<<"$output")
    dd if="$BATS_FILE_TMPDIR/barometer.iso" of="$BATS_TEST_TMPDIR/volume" bs=512 skip="$start" count=8192 status=none
    fsck.vfat -n "$BATS_TEST_TMPDIR/volume"
}
