#!/usr/bin/env bats
# The ISO: the same bytes every time, bootable as whatever it is called, with options that can be changed, and under Secure Boot.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers

tools=$root/tools
firmware=/usr/share/OVMF snakeoil=/usr/share/ovmf/PkKek-1-snakeoil

setup_file() {
    "$tools/make-iso" "$images/barometer.efi" "$BATS_FILE_TMPDIR/barometer.iso" "$quick"
}

# boot_medium REGEX QEMU-ARGS...: a machine with nothing but that medium, until the serial port says REGEX. By itself rather than through
# run.sh, which knows no firmware with Secure Boot and no machine that is not to boot.
boot_medium() {
    local wanted=$1 pid i
    shift
    qemu-system-x86_64 -no-user-config -nodefaults -display none -no-reboot -m 512 -accel tcg -cpu max -serial "file:$log" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" </dev/null 3>&- &
    pid=$!
    for ((i = 0; i < 900; i++)); do
        ! grep -aEqs -- "$wanted" "$log" || break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    grep -aEq -- "$wanted" "$log" || { tail -n 5 "$log" | cat -v; return 1; }
}

plain=(-M q35 -drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd"
    -drive "if=pflash,unit=1,format=raw,snapshot=on,file=$firmware/OVMF_VARS_4M.fd")
# Firmware that checks signatures keeps its keys behind SMM.
secure=(-M q35,smm=on -global driver=cfi.pflash01,property=secure,value=on -global ICH9-LPC.disable_s3=1
    -drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.snakeoil.fd"
    -drive "if=pflash,unit=1,format=raw,snapshot=on,file=$firmware/OVMF_VARS_4M.snakeoil.fd")

done_line='^\{"kind":"done".*\}'

ran_quick() {
    holds '.[-1].status == "pass"'
    holds '.[0].boot == "efi"' env
    logged '^ok .*acpi\.tables'
    not_logged '^(not )?ok .*access\.cost'
}

medium() { echo "format=raw,file=${1:-$BATS_FILE_TMPDIR/barometer.iso}"; }

@test "boots as a CD" {
    boot_medium "$done_line" "${plain[@]}" -drive "if=ide,media=cdrom,readonly=on,$(medium)"
    ran_quick
}

@test "boots as a disk" {
    boot_medium "$done_line" "${plain[@]}" -drive "if=ide,snapshot=on,$(medium)"
    ran_quick
}

@test "boots as a USB stick" {
    boot_medium "$done_line" "${plain[@]}" -device qemu-xhci -drive "if=none,id=stick,snapshot=on,$(medium)" -device usb-storage,drive=stick
    ran_quick
}

@test "run.sh --boot iso" {
    mkdir "$BATS_TEST_TMPDIR/build"
    cp "$BATS_FILE_TMPDIR/barometer.iso" "$BATS_TEST_TMPDIR/build/"
    BUILD=$BATS_TEST_TMPDIR/build boot --boot iso --pv off
    passed
    ran_quick
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
        )
    done
    cmp "$BATS_TEST_TMPDIR/1/build/barometer.iso" "$BATS_TEST_TMPDIR/2/build/barometer.iso"
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
    [[ $output == *'El Torito boot img :   1  UEFI  y   none'* ]]
    [[ $output == *'protective-msdos-label'*GPT* ]]
    [[ $output == *28732ac11ff8d211ba4b00a0c93ec93b* ]]
    command -v fsck.vfat >/dev/null || return 0
    local start
    start=$(sed -n 's/^GPT start and size :   2  \([0-9]*\)  .*/\1/p' <<<"$output")
    dd if="$BATS_FILE_TMPDIR/barometer.iso" of="$BATS_TEST_TMPDIR/volume" bs=512 skip="$start" count=8192 status=none
    fsck.vfat -n "$BATS_TEST_TMPDIR/volume"
}
