#!/usr/bin/env python3
"""Draws terminal output (text with SGR colours on standard input) as an SVG picture on standard output.

    sockinspect --color always | Tests/Tools/terminal_picture.py '$ sockinspect' > picture.svg
    tmux capture-pane -e -p    | Tests/Tools/terminal_picture.py --columns 80 > picture.svg

The pictures of the README are made with it, from what the program really printed.
"""
import argparse
import html
import re
import sys
import unicodedata

PALETTE = ["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
           "#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc"]
FOREGROUND, BACKGROUND = "#d1d7e0", "#0d1117"
CELL_WIDTH, CELL_HEIGHT, SIZE, MARGIN = 8.43, 19, 14, 16


def cells(line, style):
    """Yields (character, foreground, background, bold, dim, underline) of one line; other sequences are left out.

    `style` is what the lines before left, which tmux's captures count on.
    """
    for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z])", line):
        if part.startswith("\x1b["):
            if part.endswith("m"):
                codes = [int(code or 0) for code in part[2:-1].split(";")]
                for code in codes:
                    if code == 0:
                        style.update(fg=None, bg=None, bold=False, dim=False, under=False, inverse=False)
                    elif code == 1: style["bold"] = True
                    elif code == 2: style["dim"] = True
                    elif code == 4: style["under"] = True
                    elif code == 7: style["inverse"] = True
                    elif code in (22,): style.update(bold=False, dim=False)
                    elif code == 24: style["under"] = False
                    elif code == 27: style["inverse"] = False
                    elif 30 <= code <= 37: style["fg"] = PALETTE[code - 30]
                    elif code == 39: style["fg"] = None
                    elif 40 <= code <= 47: style["bg"] = PALETTE[code - 40]
                    elif code == 49: style["bg"] = None
                    elif 90 <= code <= 97: style["fg"] = PALETTE[code - 82]
            continue
        for character in part:
            front, back = style["fg"] or FOREGROUND, style["bg"]
            if style["inverse"]:
                front, back = back or BACKGROUND, front
            yield character, front, back, style["bold"], style["dim"], style["under"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompt", nargs="*", help="command lines to show above the output")
    parser.add_argument("--columns", type=int, default=0, help="the least width of the picture")
    options = parser.parse_args()
    lines = options.prompt + sys.stdin.read().rstrip("\n").split("\n")
    width, shapes = options.columns, []
    pen = {"fg": None, "bg": None, "bold": False, "dim": False, "under": False, "inverse": False}
    for row, line in enumerate(lines):
        column, runs = 0, []
        for character, *style in cells(line, pen):
            if unicodedata.combining(character):
                if runs: runs[-1][1] += character
                continue
            wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if runs and runs[-1][2] == style and wide == 1: runs[-1][1] += character
            else: runs.append([column, character, style])
            column += wide
        width = max(width, column)
        top = MARGIN + row * CELL_HEIGHT
        for start, text, (front, back, bold, dim, under) in runs:
            x = MARGIN + start * CELL_WIDTH
            if back:
                shapes.append(f'<rect x="{x:.1f}" y="{top}" width="{len(text) * CELL_WIDTH:.1f}" '
                              f'height="{CELL_HEIGHT}" fill="{back}"/>')
            if text.strip():
                extra = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "") + (
                    ' text-decoration="underline"' if under else "")
                shapes.append(f'<text x="{x:.1f}" y="{top + 14}" fill="{front}" textLength="'
                              f'{len(text) * CELL_WIDTH:.1f}" xml:space="preserve"{extra}>{html.escape(text)}</text>')
    total_width, total_height = width * CELL_WIDTH + 2 * MARGIN, len(lines) * CELL_HEIGHT + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{total_width:.0f}" height="{total_height}" '
          f'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="{SIZE}">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>')
    print("\n".join(shapes))
    print("</svg>")


if __name__ == "__main__":
    main()
