#!/usr/bin/env bats
# Bad input to a real boot: a clear message, the right status, nothing lost, no hang.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

# An option that is not understood is an ERROR that names it, and the run still ends properly.
names_as_error() {
    ((status == 2)) || { echo "status $status"; tail -n 20 "$log"; return 1; }
    holds '.[-1].status == "error"'
    logged "$1"
}

@test "an unknown option is an error that names it" {
    boot --boot pvh --pv off --devices none --append 'tests=acpi.tables colour=blue'
    names_as_error colour
}

@test "a value that makes no sense is an error that names it" {
    for option in cpl=1 budget=soon reads=-1 exit=stage-left seed=; do
        boot --boot pvh --pv off --devices none --append "tests=acpi.tables $option"
        names_as_error "${option%%=*}"
    done
}

@test "a glob that matches nothing is an error that names it, and nothing is run" {
    boot --boot pvh --pv off --devices none --append 'tests=acpi.tables,nosuch.*'
    names_as_error 'nosuch\.\*'
    not_logged '^ok '
}

@test "options beyond any sensible length are an error, not a crash" {
    boot --boot pvh --pv off --devices none --append "tests=acpi.tables $(printf 'x%.0s' {1..6000})"
    ((status == 2))
    holds '.[-1].status == "error"'
}

@test "spaces around options are nothing" {
    boot --boot pvh --pv off --devices none --append '   list   '
    ((status == 0 || status == 77))
}

# mcfg HEX: what follows the 36-byte header of an MCFG, as data for -acpitable.
mcfg() {
    /usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$1" >"$BATS_TEST_TMPDIR/mcfg"
}

with_mcfg() {
    boot --boot pvh --pv off --append 'tests=acpi.tables,enumerate.* budget=1' -- "$@" \
        -acpitable "sig=MCFG,data=$BATS_TEST_TMPDIR/mcfg"
    # Whether a bad table is FAIL or only a diagnostic is the image's to decide; that it ends well is not.
    ((status == 0 || status == 1)) || { echo "status $status"; tail -n 20 "$log"; return 1; }
    holds '.[-1].errors == 0'
}

@test "a second MCFG whose bus range runs backwards is named and skipped" {
    mcfg '0000000000000000 000000d000000000 0100 ff 00 00000000'
    with_mcfg
    logged '^# acpi: .*MCFG'
    logged '^ok .*enumerate\.ecam'
    holds 'length == 24' function
}

@test "a second MCFG that ends in the middle of an entry is named and skipped" {
    mcfg '0000000000000000 000000d0000000'
    with_mcfg
    logged '^# acpi: .*MCFG'
    logged '^ok .*enumerate\.ecam'
    holds 'length == 24' function
}

@test "a second MCFG that claims the same buses elsewhere is named and skipped" {
    mcfg '0000000000000000 000000d000000000 0000 00 ff 00000000'
    with_mcfg
    logged '^# acpi: .*MCFG'
    holds 'length == 24' function
}

@test "the only MCFG points to where nothing is: told as a failure, everything found by port" {
    # pc has no MCFG of its own.
    mcfg '0000000000000000 00000000fe000000 0000 00 ff 00000000'
    with_mcfg -M pc
    ((status == 1))
    logged '^ok .*enumerate\.pio'
    logged '^not ok .*enumerate\.agree'
    holds 'length > 20 and all(.[]; .seen_by == ["pio"])' function
}

# Under TCG, whose processor has 40 bits.
@test "an MCFG beyond the processor's physical addresses is named and refused" {
    mcfg '0000000000000000 0000000000200000 0000 00 ff 00000000'
    with_mcfg -M pc -accel tcg -cpu max
    ((status == 1))
    logged '^# acpi: MCFG entry 0 .*base 0x200000000000\) reaches beyond'
    logged '^ok .*enumerate\.pio'
    logged '^ok .*enumerate\.ecam # SKIP MCFG has no usable entry'
}

@test "an MCFG over the image is named and refused, nothing is mapped there" {
    mcfg '0000000000000000 0000200000000000 0000 00 00 00000000'
    with_mcfg -M pc
    logged '^# device memory of 0x100000 bytes at 0x200000 is refused, which holds this very image'
    logged '^ok .*enumerate\.ecam # SKIP MCFG has no usable entry'
    holds 'length == 24' function
}

@test "an MCFG over RAM that nobody uses is named and refused" {
    mcfg '0000000000000000 0000c01f00000000 0000 00 00 00000000'
    with_mcfg -M pc
    logged '^# device memory of 0x100000 bytes at 0x1fc00000 is refused, which is RAM'
    logged '^ok .*enumerate\.ecam # SKIP MCFG has no usable entry'
}

# with_table: a full look at the machine, with the table in $table as run.sh would offer it.
with_table() {
    boot --boot pvh --append 'tests=enumerate.*,sizing.*,scan.paravirtual,verdict budget=1' -- \
        -fw_cfg "name=opt/org.barometer/pci-bar-masks,file=$table"
}

# with_acpi_table: the same with the table where a hypervisor without fw_cfg would have it.
with_acpi_table() {
    boot --boot pvh --pv off --append 'tests=enumerate.*,sizing.*,scan.paravirtual,rule.paravirtual.*,verdict budget=1' -- \
        -acpitable "sig=OEMP,oem_table_id=PCIBMASK,data=$table" "$@"
}

# The table is ignored, the diagnostic says why, and sizing went on by the dance.
falls_back() {
    ((status == 0)) || { echo "status $status"; grep -a '^not ok' "$log" || true; tail -n 20 "$log"; return 1; }
    logged "^# .*$1"
    logged '^ok .*sizing\.paravirtual.*# SKIP .'
    holds '.[0].paravirtual == "none"' env
    holds 'length > 20 and all(.[]; .sized_by | length == 6)' bar
    holds '.[-1].sizing != "paravirtual"' verdict
}

setup_file() {
    capture_table "$BATS_FILE_TMPDIR/table"
}

setup() {
    table=$BATS_TEST_TMPDIR/table
    cp "$BATS_FILE_TMPDIR/table" "$table"
}

@test "the table as captured is taken (so that the tests below mean something)" {
    with_table
    passed
    holds '.[0].paravirtual == "opt"' env
    holds 'all(.[]; .sized_by | length == 7)' bar
}

@test "the table in ACPI is taken, and costs no exit" {
    with_acpi_table
    passed
    holds '.[0].paravirtual == "acpi"' env
    holds 'all(.[]; .sized_by | length == 7)' bar
    holds 'length == 1 and (.[0] | .functions == 24 and .reads == 0 and .writes == 0 and .calls == 0)' scan
    logged '^ok .*rule\.paravirtual\.masks$'
}

@test "ACPI's table comes before one that was made beforehand" {
    with_acpi_table -fw_cfg "name=opt/org.barometer/pci-bar-masks,file=$table"
    passed
    holds '.[0].paravirtual == "acpi"' env
}

@test "a broken table in ACPI is named and ignored" {
    truncate -s 1000 "$table"
    with_acpi_table
    ((status == 1))
    logged '^# .*mask table .*is truncated'
    logged '^# mask table: the ACPI table OEMP is not used$'
    logged '^not ok .*rule\.paravirtual\.well-formed'
    holds '.[0].paravirtual == "none"' env
    holds 'length > 20 and all(.[]; .sized_by | length == 6)' bar
}

@test "somebody else's OEM table is none of ours" {
    boot --boot pvh --pv off --append 'tests=enumerate.*' -- -acpitable "sig=OEMP,oem_table_id=PCIBMASX,data=$table"
    passed
    not_logged '^# .*mask table'
    holds '.[0].paravirtual == "none"' env
}

@test "a truncated table is ignored" {
    truncate -s 1000 "$table"
    with_table
    falls_back 'mask table .*is truncated'
}

@test "an empty table is ignored" {
    truncate -s 16 "$table"
    with_table
    falls_back 'mask table .*shorter'
}

@test "a table with a flipped bit is ignored" {
    printf '\x01' | dd of="$table" bs=1 seek=200 conv=notrunc status=none
    with_table
    falls_back 'mask table .*checksum'
}

@test "a table of another kind is ignored" {
    patch_table "$table" 0 5858585858585858
    with_table
    falls_back 'mask table .*signature'
}

@test "a table of a later version is ignored" {
    patch_table "$table" 8 0200
    with_table
    falls_back 'mask table .*version'
}

@test "a table whose entry claims more than there is is ignored" {
    patch_table "$table" 32 fcff
    with_table
    falls_back 'entr.* of the table|the table.s .*entries'
}

@test "a table that counts more entries than it has is ignored" {
    patch_table "$table" 16 ffffffff
    with_table
    falls_back 'entr.* of the table|the table.s .*entries'
}

@test "a well-formed table that lies is found out, and not recommended" {
    # The first entry with a memory BAR: claim one that is half as big.
    offset=$(/usr/bin/python3 - "$table" <<'END'
import struct, sys
blob = open(sys.argv[1], "rb").read()
at = 32
while True:
    length, mask = struct.unpack_from("<H", blob, at)[0], struct.unpack_from("<I", blob, at + 16)[0]
    if mask & 0xfff00001 and not mask & 1 and mask & 0x00100000 == 0:
        print(at + 16, struct.pack("<I", mask >> 1 & 0xfffffff0 | mask & 0xf | 0x80000000).hex())
        break
    at += length
END
)
    # shellcheck disable=SC2086  # two words
    patch_table "$table" $offset
    with_table
    ((status == 1))
    logged '^not ok .*sizing\.(agree|paravirtual)'
    holds '.[-1].sizing != "paravirtual"' verdict
}
