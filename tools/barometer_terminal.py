"""Writing for a person: lines that fit the terminal, one line of progress that is written over, a colour where it says something.

Whatever is printed goes through `plain` first, so that nothing that a guest, a hypervisor or a file name holds can act on the
terminal; the only escape sequences are those of this file.
"""

import os
import shutil
import textwrap

from barometer_text import ASCII

STYLES = {"bad": "31", "good": "32", "dim": "2"}
LONGEST = 4000
# ECMA-48: erase to the end of the line.
ERASE = "\r\x1b[K"


# Bytes of other characters are control characters to a terminal that does not take them for UTF-8.
UTF8 = "utf" in (os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or "").lower()


def plain(text):
    """The text with a question mark for whatever is no printable character, and not longer than anybody reads."""
    return "".join(c if " " <= c <= "~" or (UTF8 and c.isprintable()) else "?" for c in str(text)[:LONGEST].translate(ASCII))


def fitted(text, width):
    """The text, cut where it is too long."""
    return text if len(text) <= width else text[: max(width - 2, 0)] + ".."[:width]


class Terminal:
    def __init__(self, out):
        self.out = out
        self.is_terminal = out.isatty()
        # A dumb terminal has a line to print on and no more.
        able = self.is_terminal and os.environ.get("TERM", "dumb") not in ("", "dumb")
        self.moves = able
        self.colours = able and not os.environ.get("NO_COLOR")
        self.showing = ""  # the line of progress

    @property
    def width(self):
        """Columns to fill; COLUMNS says so, else the terminal, else 80. Lines that are longer than 100 are hard to read."""
        return min(max(shutil.get_terminal_size((80, 24)).columns, 20), 100)

    def write(self, text):
        self.out.write(text)
        self.out.flush()

    def styled(self, text, style):
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and self.colours and text else text

    def spans(self, *parts):
        """One line of (text, style) pairs, cut at the right edge."""
        left, out = self.width, ""
        for text, style in parts:
            text = fitted(plain(text), left)
            left -= len(text)
            out += self.styled(text, style)
        self.clear()
        self.write(out.rstrip() + "\n")

    def line(self, text="", style=None):
        self.spans((text, style))

    def paragraph(self, text, style=None, first="", rest=None, most=None):
        """Wrapped, with indents. A word longer than a line is broken. With `most`, at most so many lines."""
        rest = first if rest is None else rest
        lines = textwrap.wrap(plain(text), self.width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
        if most and len(lines) > most:
            lines = lines[:most]
            lines[-1] = fitted(lines[-1] + " " * self.width, self.width - 1).rstrip(". ") + " .."
        self.clear()
        for line in lines or [""]:
            self.write(self.styled(line, style) + "\n")

    def table(self, heads, rows, optional=(), words=False):
        """Columns: the first to the left and as wide as there is room, numbers to the right; with `words` the last to the left again.
        Where a line is too short for all, the optional ones (by number, in that order) are left out. A row of one cell is a heading."""
        columns = list(range(len(heads)))
        widths = [max(len(plain(row[n])) for row in [heads, *rows] if len(row) > 1) for n in columns]
        for n in (*optional, None):
            first = self.width - sum(widths[c] + 2 for c in columns[1:])
            if first >= min(widths[0], 24) or n is None:
                break
            columns.remove(n)
        first = min(max(first, 14), widths[0])

        def cells(row):
            text = fitted(plain(row[0]), first).ljust(first)
            for c in columns[1:]:
                text += "  " + (plain(row[c]) if words and c == len(heads) - 1 else plain(row[c]).rjust(widths[c]))
            return text

        self.line(cells(heads), "dim")
        for row in rows:
            self.line(row[0] if len(row) == 1 else cells(row), "dim" if len(row) == 1 else None)

    def progress(self, text):
        """One line that the next one is written over; only where the cursor can be moved."""
        if self.moves:
            # The last column is left free: some terminals go to the next line once it is filled.
            text = fitted(plain(text), self.width - 1)
            if text != self.showing:
                self.showing = text
                self.write(ERASE + self.styled(text, "dim"))

    def clear(self):
        if self.showing:
            self.showing = ""
            self.out.write(ERASE)
