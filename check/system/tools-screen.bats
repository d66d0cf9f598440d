#!/usr/bin/env bats
# The screen after the run: for whoever sees only that.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status and output, helpers the rest
load helpers

teardown() { machine_end; }

# screen_says WORD: the large word in a picture of the screen, read back dot by dot. It is drawn after the last line of the log.
screen_says() {
    local i
    for ((i = 0; i < 50; i++)); do
        printf '%s\n' '{"execute":"qmp_capabilities"}' \
            "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"$BATS_TEST_TMPDIR/screen.ppm\"}}" |
            socat -t 1 - "UNIX-CONNECT:$BATS_TEST_TMPDIR/qmp" >/dev/null
        ! read_back "$1" 2>"$BATS_TEST_TMPDIR/why" || return 0
    done
    cat "$BATS_TEST_TMPDIR/why"
    return 1
}

read_back() {
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/screen.ppm" "$1" <<'END'
import re, sys
data = open(sys.argv[1], "rb").read()
head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
width, height = int(head[1]), int(head[2])
ink = lambda x, y: data[head.end() + (y * width + x) * 3] > 127
letters = {"P": "1e11111e101010", "A": "0e11111f111111", "S": "0f10100e01011e", "F": "1f10101e101010", "I": "0e04040404040e", "L": "1010101010101f"}
scale = (width + 799) // 800
dot, left, top = 8 * scale, width // 32, 10 * scale + 10 * 2 * scale
for n, letter in enumerate(sys.argv[2]):
    for row in range(7):
        wanted = int(letters[letter][2 * row:2 * row + 2], 16)
        seen = sum(ink(left + (n * 6 + column) * dot + dot // 2, top + row * dot + dot // 2) << (4 - column) for column in range(5))
        assert seen == wanted, (letter, row, f"{seen:02x}", f"{wanted:02x}")
END
}

@test "status and verdict on the frame buffer: VGA and VMware's SVGA" {
    local card
    for card in VGA vmware-svga; do
        machine_at_rest --boot efi --pv off --devices none --append 'exit=halt budget=1' -- -device "$card"
        screen_says PASS
        machine_end
        rm -f "$BATS_TEST_TMPDIR/qmp"
    done
}

@test "no screen: nothing is drawn, and nothing is amiss" {
    boot --boot efi --pv off --devices none --append "$quick"
    passed
}
