"""A program on a pseudo terminal: what it prints is waited for, what a person would type is sent."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

DEADLINE = 120.0
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"
#: What moves the cursor or sets colours and modes.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]")


class Terminal:
    def __init__(self, command: list[str], columns: int = 80, **environment: str):
        self.seen = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update(environment, TERM="xterm", PAGER="cat")
            os.execvp(command[0], command)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))

    def send(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def read(self, seconds: float) -> bool:
        """Takes what is there within a time; False at the end."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.descriptor, 65_536)
        except OSError:
            return False
        self.seen += CONTROL.sub("", data.decode(errors="replace"))
        return bool(data)

    def until(self, text: str, again: str = "") -> str:
        """What was printed up to a text, which is then gone; `again` is sent now and then until it comes."""
        deadline = time.monotonic() + DEADLINE
        sent = time.monotonic()
        while text not in self.seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            # Not more often, or what comes next is interrupted by what is still on its way.
            if again and time.monotonic() - sent > 1:
                self.send(again)
                sent = time.monotonic()
            assert self.read(0.5) or text in self.seen, f"it ended without {text!r}: {self.seen!r}"
        before, self.seen = self.seen.split(text, 1)
        return before

    def ends(self, again: str = "") -> int:
        """Waits for the end; its exit status. `again` is sent now and then until it comes."""
        deadline = time.monotonic() + DEADLINE
        while self.read(0.5):
            assert time.monotonic() < deadline, f"it goes on: {self.seen!r}"
            try:
                self.send(again)
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
