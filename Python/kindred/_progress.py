"""A progress bar on standard error: a line that is rewritten in terminals and notebooks, and nothing elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Optional


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    instance = shell.get_ipython()
    return instance is not None and hasattr(instance, "kernel")


class ProgressBar:
    """Shows the epochs of a training, and how long it has taken."""

    def __init__(self, is_shown: Optional[bool] = None) -> None:
        self._is_shown = (sys.stderr.isatty() or _is_notebook()) if is_shown is None else is_shown
        self._start = self._last = time.monotonic()
        self._width = 0
        self._label = ""

    def __call__(self, algorithm: Optional[str], is_validating: bool, epoch: int, epochs: int, loss: float) -> None:
        now = time.monotonic()
        if algorithm is not None:
            share = epoch / max(1, epochs)
            blocks = "█" * int(20 * share) + "░" * (20 - int(20 * share))
            stage = " (validation)" if is_validating else ""
            figure = f"  loss {loss:.4f}" if loss == loss else ""
            self._label = f"{algorithm}{stage} {blocks} {epoch}/{epochs}{figure}"
        if self._is_shown and self._label and (now - self._last > 0.1 or epoch == epochs and algorithm is not None):
            self._last = now
            self._write(f"{self._label}  {now - self._start:.1f} s")

    def _write(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def close(self) -> None:
        """Clears the line."""
        if self._is_shown and self._width:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()
            self._width = 0
