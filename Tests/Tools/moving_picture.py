#!/usr/bin/env python3
"""Plays a session in two real terminals and draws what they showed as a moving SVG picture on standard output.

    unshare --net --fork --pid --mount-proc Tests/Tools/moving_picture.py .build/release/sockinspect > man/pictures/session.svg

Run it as root in namespaces of its own, as above, so that port 1234 is free and no process of the machine is shown. It needs tmux.
The upper terminal runs the live view, the lower one a shell that makes a connection and ends it. Both are looked at ten times a
second. A piece of text that stays where it is becomes one element, shown and hidden by CSS. Whatever does not play animations shows
the moment that is marked in `play`.

    Tests/Tools/moving_picture.py --still man/pictures/session.svg 12.5 > still.svg

writes a picture of one moment instead, to look at with a program that draws SVG.
"""
import argparse
import html
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata

from terminal_picture import BACKGROUND, CELL_HEIGHT, CELL_WIDTH, FOREGROUND, MARGIN, SIZE, cells

COLUMNS = 100
VIEW_ROWS, SHELL_ROWS = 14, 10
FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
TITLE = "sockinspect: a connection opens and closes"
DESCRIPTION = (
    "Two terminals. The upper one runs sockinspect watch on port 1234. In the lower one a server starts, a client connects and ends, "
    "and the server never closes its end: the upper one shows LISTEN, ESTABLISHED, then CLOSE_WAIT and FIN_WAIT2, and TIME_WAIT once "
    "the server is gone. In between, sockinspect --port 1234 lists the sockets with their owners, and the view filters and groups its rows.")
LONGEST_WAIT = 20


class Terminal:
    """A terminal of tmux(1) in which a shell runs."""

    def __init__(self, folder, name, rows, path):
        self.folder, self.name = folder, name
        environment = {
            "PATH": f"{path}:{os.environ['PATH']}", "HOME": folder, "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh", "TERM": "xterm",
            "COLORFGBG": "15;0"}
        self.environment = environment
        self.tmux("new-session", "-d", "-s", name, "-x", str(COLUMNS), "-y", str(rows),
                  f"cd {shlex.quote(folder)}; exec bash --norc --noprofile --noediting")
        self.tmux("set-option", "-g", "status", "off")
        self.type("PS1='$ '; clear")
        self.wait(lambda screen: screen[0] == "$" and not any(screen[1:]))

    def tmux(self, *words):
        command = ["tmux", "-S", f"{self.folder}/tmux", "-f", "/dev/null", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self.environment).stdout

    def screen(self):
        """The lines that it shows, with the escape sequences of colours."""
        return self.tmux("capture-pane", "-e", "-p", "-t", self.name).split("\n")[:-1]

    def type(self, line):
        """Types a line word by word, then Enter."""
        for word in re.findall(r"\S+\s*", line):
            # tmux takes a semicolon at the end of a word for the end of its command.
            self.tmux("send-keys", "-t", self.name, "-l", "--", re.sub(";$", r"\\;", word))
            time.sleep(0.15)
        self.tmux("send-keys", "-t", self.name, "Enter")

    def press(self, *keys):
        """Presses keys by their names."""
        for key in keys:
            self.tmux("send-keys", "-t", self.name, key)
            time.sleep(0.3)

    def wait(self, good):
        """Waits until what it shows, without colours, is `good`."""
        end = time.monotonic() + LONGEST_WAIT
        while True:
            plain = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip() for line in self.screen()]
            if good(plain):
                return
            if time.monotonic() > end:
                sys.exit("the terminal %s shows\n%s" % (self.name, "\n".join(plain)))
            time.sleep(0.05)

    def wait_for(self, pattern):
        self.wait(lambda screen: any(re.search(pattern, line) for line in screen))

    def prompt(self):
        """Waits until the shell is ready for a command."""
        self.wait(lambda screen: [line for line in screen if line][-1] == "$")


class Recorder(threading.Thread):
    """Looks at terminals again and again until it is ended."""

    def __init__(self, terminals):
        super().__init__()
        self.terminals, self.frames, self.ended, self.poster = terminals, [], threading.Event(), 0.0
        self.began = time.monotonic()

    def run(self):
        while not self.ended.wait(0.1):
            moment = time.monotonic() - self.began
            self.frames.append((moment, [terminal.screen() for terminal in self.terminals]))

    def mark(self):
        """Makes this the moment that is shown where nothing moves."""
        self.poster = time.monotonic() - self.began

    def end(self):
        self.ended.set()
        self.join()
        return time.monotonic() - self.began


def play(view, shell, recorder):
    """The session. Each step waits for what the one before shows; the pauses are for the reader."""
    shell.type("sockinspect --port 1234")
    shell.wait_for("nothing uses port 1234")
    view.type("sockinspect watch :1234")
    view.wait_for("no sockets to show")
    time.sleep(1.5)
    shell.type("sockinspect listen-demo --never-close &> server.log &")
    view.wait_for(r"\blisten\b.*1234")
    time.sleep(2)
    shell.type("sockinspect connect-demo --never-close &> client.log &")
    view.wait_for(r"\bestablished\b.*1234")
    time.sleep(2.5)
    shell.type("kill %2   # the client ends, and the server does not close")
    view.wait_for(r"\bclose_wait\b.*1234")
    time.sleep(2)
    shell.type("sockinspect --port 1234")
    shell.wait_for(r"\bclose_wait\b.*1234")
    shell.prompt()
    time.sleep(1)
    recorder.mark()
    time.sleep(2)
    view.type("/ close-wait")
    view.wait_for(r"filter :1234 close-wait")
    time.sleep(2)
    view.press("Escape", "g")
    view.wait_for(r"listen-demo|sockinspect\[")
    time.sleep(2.5)
    for _ in range(6):
        view.press("g")
    time.sleep(1)
    shell.type("kill %1   # the server ends, too")
    view.wait_for(r"\btime_wait\b.*1234")
    time.sleep(3)


def runs_of(line, style):
    """The pieces of a line that have one look: their column, text and style."""
    column, runs = 0, []
    for character, *look in cells(line, style):
        if unicodedata.combining(character):
            if runs:
                runs[-1][1] += character
            continue
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        # Two blanks end a piece, so that a cell that changes is a piece of its own.
        gap = runs and runs[-1][1].endswith("  ") and character != " "
        if runs and runs[-1][2] == look and wide == 1 and not gap:
            runs[-1][1] += character
        else:
            runs.append([column, character, look])
        column += wide
    return runs


def intervals(frames, duration):
    """When each piece of text is to be seen: (terminal, row, column, text, style) to a list of (from, to)."""
    shown = {}
    moments = [moment for moment, _ in frames] + [duration]
    for (moment, screens), following in zip(frames, moments[1:]):
        for terminal, screen in enumerate(screens):
            style = {"fg": None, "bg": None, "bold": False, "dim": False, "under": False, "inverse": False}
            for row, line in enumerate(screen):
                for column, text, look in runs_of(line, style):
                    if look[1] is None:
                        text = text.rstrip()
                    if not text:
                        continue
                    spans = shown.setdefault((terminal, row, column, text, tuple(look)), [])
                    if spans and spans[-1][1] == moment:
                        spans[-1][1] = following
                    else:
                        spans.append([moment, following])
    return shown


class Names:
    """Short names for styles and animations, each with its rule in the style sheet."""

    def __init__(self, prefix):
        self.prefix, self.rules = prefix, {}

    def name(self, rule):
        return self.prefix + str(list(self.rules).index(rule) if rule in self.rules else self.add(rule))

    def add(self, rule):
        self.rules[rule] = None
        return len(self.rules) - 1


def look_rule(front, bold, dim, under):
    rule = f"fill:{front}"
    if bold:
        rule += ";font-weight:bold"
    if dim:
        rule += ";opacity:.6"
    if under:
        rule += ";text-decoration:underline"
    return rule


def times_rule(spans, duration):
    """Keyframes that show an element in the spans of time; each value holds until the next."""
    states = {0.0: "hidden"}
    for start, end in spans:
        states[start / duration * 100] = "visible"
        if end < duration:
            states[end / duration * 100] = "hidden"
    return "".join(f"{moment:.2f}".rstrip("0").rstrip(".") + "%{visibility:" + state + "}"
                   for moment, state in sorted(states.items()))


def picture(frames, duration, poster):
    looks, times = Names("s"), Names("t")
    tops = [MARGIN, MARGIN + (VIEW_ROWS + 1) * CELL_HEIGHT]
    elements = []
    for (terminal, row, column, text, look), spans in intervals(frames, duration).items():
        front, back, bold, dim, under = look
        x, top = MARGIN + column * CELL_WIDTH, tops[terminal] + row * CELL_HEIGHT
        width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 0 if unicodedata.combining(character) else 1
                    for character in text) * CELL_WIDTH
        classes = [looks.name(look_rule(front, bold, dim, under))] if text.strip() else []
        group = ""
        if len(spans) > 1 or spans[0] != [frames[0][0], duration]:
            group = times.name(times_rule(spans, duration))
            if any(start <= poster < end for start, end in spans):
                group += " p"
        if back:
            name = f' class="{group}"' if group else ""
            elements.append(f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{CELL_HEIGHT}" fill="{back}"{name}/>')
        if text.strip():
            name = " ".join(classes + ([group] if group else []))
            elements.append(f'<text x="{x:.1f}" y="{top + 14}" textLength="{width:.1f}" class="{name}">{html.escape(text)}</text>')
    animated = ",".join("." + times.prefix + str(number) for number in range(len(times.rules)))
    style = [
        f"text{{white-space:pre;font:{SIZE}px {FONTS}}}",
        *("." + looks.prefix + str(number) + "{" + rule + "}" for number, rule in enumerate(looks.rules)),
        animated + f"{{visibility:hidden;animation:{duration:.1f}s step-end infinite}}",
        ".p{visibility:visible}",
        *(f"@keyframes k{number}{{{rule}}}.{times.prefix}{number}{{animation-name:k{number}}}"
          for number, rule in enumerate(times.rules)),
        "@media (prefers-reduced-motion:reduce){" + animated + "{animation:none}}",
    ]
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = tops[1] + SHELL_ROWS * CELL_HEIGHT + MARGIN
    rule = tops[1] - CELL_HEIGHT / 2
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" '
        'role="img" aria-labelledby="title desc" xml:space="preserve">',
        f'<title id="title">{html.escape(TITLE)}</title>',
        f'<desc id="desc">{html.escape(DESCRIPTION)}</desc>',
        "<style>", *style, "</style>",
        f'<rect x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1}" rx="8" fill="{BACKGROUND}" stroke="#484f58"/>',
        f'<path d="M0 {rule}H{width:.0f}" stroke="#484f58"/>',
        *elements, "</svg>"])


def still(text, seconds):
    """A moving picture at one moment, without anything that moves."""
    duration = float(re.search(r"animation:([\d.]+)s", text).group(1))
    share = seconds % duration / duration * 100
    visible = []
    for number, frames in re.findall(r"@keyframes k(\d+)\{((?:[\d.]+%\{[^}]*\})+)\}", text):
        states = [(float(moment), state) for moment, state in re.findall(r"([\d.]+)%\{visibility:(\w+)\}", frames)]
        if [state for moment, state in states if moment <= share][-1] == "visible":
            visible.append(number)
    text = re.sub(r"@keyframes.*|@media.*", "", text).replace(".p{visibility:visible}", "")
    return text.replace("</style>", "".join(f".t{number}{{visibility:visible}}" for number in visible) + "</style>")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--still", action="store_true", help="write one moment of a picture that there is")
    parser.add_argument("file", help="the program; with --still the picture")
    parser.add_argument("seconds", nargs="?", type=float, default=0, help="with --still: the moment")
    options = parser.parse_args()
    if options.still:
        with open(options.file, encoding="utf-8") as file:
            print(still(file.read(), options.seconds))
        return
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        programs = f"{folder}/bin"
        os.mkdir(programs)
        shutil.copy(options.file, f"{programs}/sockinspect")
        view = Terminal(folder, "view", VIEW_ROWS, programs)
        shell = Terminal(folder, "shell", SHELL_ROWS, programs)
        try:
            recorder = Recorder([view, shell])
            recorder.start()
            try:
                play(view, shell, recorder)
            finally:
                duration = recorder.end()
        finally:
            view.tmux("kill-server")
    print(picture(recorder.frames, duration, recorder.poster))


if __name__ == "__main__":
    main()
