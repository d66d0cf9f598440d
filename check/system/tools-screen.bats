#!/usr/bin/env bats
# The screen after the run: for whoever sees only that.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats sets status and output, helpers the rest
load helpers

teardown() { machine_end; }

# screen_says REGEX...: what is on the screen, read back letter by letter, holds all of them. It is drawn after the last line of the log.
screen_says() {
    local end=$((SECONDS + patience / 2))
    while ((SECONDS < end)); do
        printf '%s\n' '{"execute":"qmp_capabilities"}' \
            "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"$BATS_TEST_TMPDIR/screen.ppm\"}}" \
            "{\"execute\":\"pmemsave\",\"arguments\":{\"val\":$((0xb8000)),\"size\":4000,\"filename\":\"$BATS_TEST_TMPDIR/screen.text\"}}" |
            socat -t 1 - "UNIX-CONNECT:$BATS_TEST_TMPDIR/qmp" >/dev/null 2>&1 || true # it may still be coming up
        "read_$kind" >"$BATS_TEST_TMPDIR/read" 2>&1 || true
        ! all_there "$@" || return 0
        sleep 0.2
    done
    cat "$BATS_TEST_TMPDIR/read"
    return 1
}

all_there() {
    local wanted
    for wanted; do grep -Eiq -- "$wanted" "$BATS_TEST_TMPDIR/read" || return 1; done
}

# A frame buffer, by the image's own letters; the large line is the third.
read_pixels() {
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/screen.ppm" "$root/kernel/glyphs.c" <<'END'
import re, sys
data = open(sys.argv[1], "rb").read()
head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
width, height = int(head[1]), int(head[2])
ink = lambda x, y: data[head.end() + (y * width + x) * 3] > 127
letters = {tuple(int(row, 16) for row in m[2].split(",")): m[1] for m in re.finditer(r"\{'(.)', \{(.*?)\}\}", open(sys.argv[2]).read())}
letters[(0,) * 7] = " "
unit = (width + 799) // 800
top = 10 * unit
for line in range(20):
    dot = unit * (8 if line == 1 else 2)
    text = ""
    for at in range(0, (width - width // 32) // (6 * dot)):
        rows = []
        for row in range(7):
            y = top + row * dot + dot // 2
            if y < height:
                rows.append(sum(ink(width // 32 + (at * 6 + column) * dot + dot // 2, y) << (4 - column) for column in range(5)))
        text += letters.get(tuple(rows), "?")
    print(text.rstrip())
    top += 10 * dot
END
}

# The VGA's text mode, of forty columns: characters, every other byte; the large letters are made of blocks.
read_cells() {
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/screen.text" "$root/kernel/glyphs.c" <<'END'
import re, sys
cells = open(sys.argv[1], "rb").read()[::2]
rows = [cells[i * 40:i * 40 + 40] for i in range(25)]
letters = {tuple(int(row, 16) for row in m[2].split(",")): m[1] for m in re.finditer(r"\{'(.)', \{(.*?)\}\}", open(sys.argv[2]).read())}
large = ""
for at in range(6):
    large += letters.get(tuple(sum((rows[2 + y][1 + at * 6 + x] == 0xDB) << (4 - x) for x in range(5)) for y in range(7)), " ")
print(large.rstrip())
for row in rows:
    print(row.decode("latin-1").rstrip())
END
}

# shows_result CARD-ARGS...: status, verdict, the figures, and the log's sum, which the log on the host has as well.
shows_result() {
    machine_at_rest "$@" --append 'exit=halt budget=1 tests=acpi.*,enumerate.*,scan.tree.*,access.cost,verdict' -- "${card[@]}"
    screen_says '^PASS$' '^ *access by (ecam|pio), sizing by ' '^ *port read +[0-9]+ cycles' '^ *ecam read +[0-9]+ cycles, ratio [0-9.]+' \
        '^ *scan by port +[0-9]+ exits' '^ *scan by ecam +[0-9]+ exits' '^ *console: com1' \
        "^ *log $("$tools/log-crc" "$log" | sed 's/:.*//')"
    machine_end
    rm -f "$BATS_TEST_TMPDIR/qmp"
}

# bats test_tags=long
@test "the result on a frame buffer: VGA and VMware's SVGA" {
    local kind=pixels card
    for card in VGA vmware-svga; do
        card=(-device "$card")
        shows_result --boot efi --pv off --devices none
    done
}

@test "the result in VGA text, where a BIOS left that mode" {
    local kind=cells card=(-device VGA -bios bios-256k.bin)
    shows_result --boot linux --pv off --devices none
}

@test "a log that cannot be left on the volume: said on the screen" {
    local kind=cells
    machine_at_rest --boot linux --pv off --devices none --append 'list exit=halt log=disk' -- -device VGA -bios bios-256k.bin
    screen_says '^SKIP$' '^ *no barometer.log: not started by UEFI'
}

@test "VGA text is forty letters wide on the screen" {
    local kind=cells
    machine_at_rest --boot linux --pv off --devices none --append 'list exit=halt' -- -device VGA -bios bios-256k.bin
    screen_says '^ *0 ok, 0 failed, 0 errors'
    # Letters of 16 pixels by 16, in 640 by 400: the title is the first row of text, and its last letter ends where it should.
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/screen.ppm" "$(sed -n '3s/^ *//p' "$BATS_TEST_TMPDIR/read" | tr -d '\n' | wc -c)" <<'END'
import re, sys
data = open(sys.argv[1], "rb").read()
head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
width, height = int(head[1]), int(head[2])
assert (width, height) == (640, 400), (width, height)
inked = [x for x in range(width) if any(data[head.end() + (y * width + x) * 3] > 127 for y in range(16, 32))]
print(inked[0], inked[-1], sys.argv[2])
assert inked[0] // 16 == 1 and inked[-1] // 16 == int(sys.argv[2])
END
}

@test "progress while it runs" {
    local kind=cells
    "$root/run.sh" --accel tcg --log "$log" --timeout "$patience" --boot linux --pv off --devices none --append 'tests=acpi.tables,soak.* budget=600000' -- \
        -device VGA -bios bios-256k.bin -qmp "unix:$BATS_TEST_TMPDIR/qmp,server=on,wait=off" >/dev/null 2>&1 3>&- &
    run_pid=$!
    screen_says '^RUNS$' '^ *2 of [0-9]+: soak\.'
}

# bats test_tags=long
@test "no screen: nothing is drawn, and nothing is amiss" {
    boot --boot efi --pv off --devices none --append "$quick"
    passed
}
