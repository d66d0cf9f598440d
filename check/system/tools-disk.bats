#!/usr/bin/env bats
# Disk images: the same bytes every time, in each format the same disk, bootable, with options that can be changed; and under libvirt.

# shellcheck disable=SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers

formats=(vmdk vhdx vhd qcow2 ova tar.gz)

setup_file() {
    local format
    "$tools/make-raw" "$images/barometer.efi" "$BATS_FILE_TMPDIR/barometer.raw" "$quick"
    for format in "${formats[@]}"; do
        "$tools/disk-format" "$BATS_FILE_TMPDIR/barometer.raw" "$BATS_FILE_TMPDIR/barometer.$format"
    done
}

raw() { echo "$BATS_FILE_TMPDIR/barometer.raw"; }

# unpacked FORMAT: the raw or virtual disk in it, as FORMAT-OF-QEMU FILE.
unpacked() {
    local file=$BATS_FILE_TMPDIR/barometer.$1
    case $1 in
    ova)
        tar -C "$BATS_TEST_TMPDIR" -xf "$file"
        echo vmdk "$BATS_TEST_TMPDIR/barometer-disk1.vmdk"
        ;;
    tar.gz)
        tar -C "$BATS_TEST_TMPDIR" -xzSf "$file"
        echo raw "$BATS_TEST_TMPDIR/disk.raw"
        ;;
    vhd) echo vpc "$file" ;;
    *) echo "$1" "$file" ;;
    esac
}

@test "the same bytes from the same image, whatever the clock, the time zone and the umask say" {
    export SOURCE_DATE_EPOCH=1700000000
    "$tools/make-raw" "$images/barometer.efi" "$BATS_TEST_TMPDIR/1.raw" budget=5
    sleep 2.1 # FAT counts in twos
    (
        umask 077
        cd /
        TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=/nonexistent "$tools/make-raw" "$images/barometer.efi" "$BATS_TEST_TMPDIR/2.raw" budget=5
    )
    cmp "$BATS_TEST_TMPDIR/1.raw" "$BATS_TEST_TMPDIR/2.raw"
    SOURCE_DATE_EPOCH=1700086400 "$tools/make-raw" "$images/barometer.efi" "$BATS_TEST_TMPDIR/2.raw" budget=5
    run ! cmp -s "$BATS_TEST_TMPDIR/1.raw" "$BATS_TEST_TMPDIR/2.raw"
}

@test "a GPT that others find sound, with BIOS boot and EFI system partition" {
    local disk
    unpacked tar.gz
    for disk in "$(raw)" "$BATS_TEST_TMPDIR/disk.raw"; do
        run sgdisk -v "$disk"
        [[ $output == *'No problems found'* ]]
        run sgdisk -p "$disk"
        [[ $output == *' EF02 '*' EF00 '* ]]
    done
    # Google wants whole GiB, GNU's old format and this one name.
    (($(stat -c %s "$BATS_TEST_TMPDIR/disk.raw") == 1 << 30))
    [[ $(tar -tzf "$BATS_FILE_TMPDIR/barometer.tar.gz") == disk.raw ]]
}

@test "each format holds the same disk" {
    local format kind file
    for format in "${formats[@]}"; do
        read -r kind file < <(unpacked "$format")
        if [[ $format == tar.gz ]]; then
            cmp <(tail -c +$((1 << 20)) "$(raw)" | head -c $((8 << 20))) <(tail -c +$((1 << 20)) "$file" | head -c $((8 << 20)))
        else
            qemu-img compare -q -f raw -F "$kind" "$(raw)" "$file"
        fi
    done
    # Azure: a fixed VHD of whole MiB, with a footer behind it.
    (($(stat -c %s "$BATS_FILE_TMPDIR/barometer.vhd") % (1 << 20) == 512))
    [[ $(tail -c 512 "$BATS_FILE_TMPDIR/barometer.vhd" | head -c 8) == conectix ]]
    qemu-img info "$BATS_FILE_TMPDIR/barometer.vmdk" | grep -q streamOptimized
}

@test "the OVA: descriptor first, its digests right, its sizes those of the disk" {
    local file wanted
    unpacked ova
    [[ $(tar -tf "$BATS_FILE_TMPDIR/barometer.ova" | head -n 1) == *.ovf ]]
    xmllint --noout "$BATS_TEST_TMPDIR/barometer.ovf"
    while read -r file wanted; do
        [[ $(sha256sum <"$BATS_TEST_TMPDIR/$file" | cut -d ' ' -f 1) == "$wanted" ]]
    done < <(sed -nE 's/^SHA256\((.*)\)= /\1 /p' "$BATS_TEST_TMPDIR/barometer.mf")
    (($(grep -c '^SHA256' "$BATS_TEST_TMPDIR/barometer.mf") == 2))
    grep -q "ovf:capacity=\"$(stat -c %s "$(raw)")\"" "$BATS_TEST_TMPDIR/barometer.ovf"
    grep -q "ovf:size=\"$(stat -c %s "$BATS_TEST_TMPDIR/barometer-disk1.vmdk")\"" "$BATS_TEST_TMPDIR/barometer.ovf"
}

# bats test_tags=long
@test "disk-words: shows and changes the options of each" {
    local format image
    for format in "${formats[@]}" raw; do
        image=$BATS_TEST_TMPDIR/words.$format
        cp "$BATS_FILE_TMPDIR/barometer.$format" "$image"
        [[ $("$tools/disk-words" "$image") == "$quick" ]]
        "$tools/disk-words" "$image" 'list exit=off'
        [[ $("$tools/disk-words" "$image") == 'list exit=off' ]]
    done
    run "$tools/disk-words" "$BATS_TEST_TMPDIR/words.ova" "$(printf 'a%.0s' {1..2047})"
    ((status == 2))
    [[ $("$tools/disk-words" "$BATS_TEST_TMPDIR/words.ova") == 'list exit=off' ]]
    cp "$images/barometer.efi" "$BATS_TEST_TMPDIR/words.vhdx"
    run "$tools/disk-words" "$BATS_TEST_TMPDIR/words.vhdx"
    ((status == 2))
    [[ $output == *'is no disk image that its name says it is'* ]]
    run "$tools/disk-words" "$BATS_TEST_TMPDIR/words.zip"
    ((status == 2))
}

# bats test_tags=long
@test "boots under a BIOS and under UEFI, from the raw disk and from what was made of it" {
    boot_medium "$done_line" -M pc -drive "if=ide,snapshot=on,format=raw,file=$(raw)"
    holds '.[0].boot == "linux"' env
    rm "$log"
    boot_medium "$done_line" -M q35 -drive "if=ide,snapshot=on,format=vmdk,file=$BATS_FILE_TMPDIR/barometer.vmdk"
    holds '.[0].boot == "linux"' env
    rm "$log"
    boot_medium "$done_line" "${ovmf[@]}" -drive "if=ide,snapshot=on,format=vpc,file=$BATS_FILE_TMPDIR/barometer.vhd"
    holds '.[0].boot == "efi"' env
    holds '.[-1].status == "pass"'
}

# bats test_tags=long
@test "libvirt: the domain runs, ends by itself, and its log is collected" {
    local folder daemon i as=()
    command -v virsh >/dev/null && command -v libvirtd >/dev/null || skip 'no libvirt'
    # A session daemon of our own, in a folder that its user may use; it refuses root.
    folder=$(mktemp -d /tmp/barometer-libvirt.XXXXXX)
    mkdir -p "$folder"/{run,config,cache,home}
    cp "$BATS_FILE_TMPDIR/barometer.qcow2" "$root/tools/log.bash" "$folder/"
    cp -r "$root/tools/libvirt" "$folder/"
    if ((EUID == 0)); then
        chown -R nobody "$folder"
        as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    fi
    as+=(env "XDG_RUNTIME_DIR=$folder/run" "XDG_CONFIG_HOME=$folder/config" "XDG_CACHE_HOME=$folder/cache" "HOME=$folder/home"
        "PATH=$PATH:/usr/sbin:/sbin")
    if ! timeout 60 "${as[@]}" virsh --connect qemu:///session version >"$BATS_TEST_TMPDIR/why" 2>&1 3>&-; then
        rm -rf "$folder"
        skip "no libvirt session daemon: $(head -n 1 "$BATS_TEST_TMPDIR/why")"
    fi
    run "${as[@]}" "$folder/libvirt/run-virsh" --image "$folder/barometer.qcow2" --dir "$folder/work" --type qemu --log "$folder/serial.log" 3>&-
    cp "$folder/serial.log" "$log"
    ! "${as[@]}" virsh --quiet --connect qemu:///session list --all --name | grep -q barometer
    # It still writes into its folder as it ends.
    if [[ -s $folder/run/libvirt/libvirtd.pid ]]; then
        daemon=$(cat "$folder/run/libvirt/libvirtd.pid")
        kill "$daemon" || true
        for ((i = 0; i < 400; i++)); do
            kill -0 "$daemon" 2>/dev/null || break
            sleep 0.05
        done
    fi
    rm -rf "$folder"
    ((status == 0))
    [[ $output == *'pass; the log is in'* ]]
    holds '.[-1].status == "pass"'
    "$tools/log-crc" "$log"
}
