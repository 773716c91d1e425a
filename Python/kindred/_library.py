"""The C interface: the library, its errors, and arrays and texts on their way to and from it."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterable, Optional

import numpy as np

_INTERFACE = 1

_PROGRESS = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_int64, ctypes.c_float)

_p, _i32, _i64, _f32, _text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_float, ctypes.c_char_p

# The result and the arguments of each function, as in kindred.h. A result of `_p` is a text to free.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "interface": (_i32, []),
    "error": (_text, []),
    "error_kind": (_i32, []),
    "free": (None, [_p]),
    "close": (_i32, [_i64]),
    "data_from_columns": (_i64, [_i64, _p, _p, _p, _p, _i64, _p, _p, _i64, _p, _p, _text]),
    "data_from_rows": (_i64, [_i64, _i64, _p, _p, _p, _p, _p, _p, _p]),
    "data_from_file": (_i64, [_text]),
    "data_with_titles": (_i64, [_i64, _p, _p, _p, _p]),
    "train": (_i64, [_i64, _text, _PROGRESS, _p]),
    "evaluate": (_p, [_i64, _text, _PROGRESS, _p]),
    "algorithms": (_p, []),
    "load": (_i64, [_text]),
    "save": (_i32, [_i64, _text]),
    "describe": (_p, [_i64]),
    "ids": (_i64, [_i64, _i32, _p, _p, _i64]),
    "positions": (_i32, [_i64, _i32, _i64, _p, _p, _p]),
    "recommend": (_i32, [_i64, _i64, _p, _p, _p, _p, _i64, _text, _p, _p, _p]),
    "explain": (_i32, [_i64, _i32, _i64, _p, _p, _i64, _p, _i64, _p, _p]),
    "similar": (_i32, [_i64, _i32, _i64, _p, _i64, _p, _p]),
    "groups": (_p, [_i64, _i64, _p]),
    "predict": (_i32, [_i64, _i64, _p, _p, _p, _p]),
    "als_fit": (_i32, [_i64, _i64, _p, _p, _p, _i64, _f32, _i64, _i64, _i64, _p, _p, _p, _PROGRESS, _p]),
    "als_solve": (_i32, [_i64, _i64, _p, _p, _p, _i64, _f32, _i64, _p, _p]),
    "top_products": (_i32, [_i64, _i64, _i64, _p, _p, _i64, _p, _p, _p, _i64, _p, _p]),
}


class KindredError(Exception):
    """An error of the library; its text is one sentence that says what is wrong and what to do."""


class ArgumentError(KindredError, ValueError):
    """An array, a position or an option is wrong."""


class DataError(KindredError, ValueError):
    """The data cannot be trained on, or training diverged."""


class FileError(KindredError, OSError):
    """A file cannot be read or written, or is damaged."""


class ClosedError(KindredError, ValueError):
    """The object was closed."""


class ForkError(KindredError, RuntimeError):
    """The process is a fork of one that used the library."""


class Cancelled(KindredError):
    """A progress function asked to stop."""


_ERRORS = {1: ArgumentError, 2: DataError, 3: FileError, 4: Cancelled, 5: ClosedError, 6: ForkError}


def _load() -> ctypes.CDLL:
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    # Local symbols: nothing of the library, its BLAS included, is seen by other libraries, nor it by them.
    library = ctypes.CDLL(str(Path(__file__).with_name("libkindred" + suffix)), mode=ctypes.RTLD_LOCAL)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, "kindred_" + name)
        function.restype, function.argtypes = result, arguments
    if library.kindred_interface() != _INTERFACE:
        raise ImportError("the library and the package kindred are of different versions; install the wheel again")
    return library


_library = _load()


def _raise_error() -> None:
    """Raises the error of this thread's last call."""
    kind = _library.kindred_error_kind()
    sentence = (_library.kindred_error() or b"").decode("utf-8", "replace")
    # A sentence may begin with a path, which keeps its letters.
    if re.match(r"[a-z']+(\s|$)", sentence):
        sentence = sentence[:1].upper() + sentence[1:]
    raise _ERRORS.get(kind, KindredError)(sentence)


def call(name: str, *arguments: Any) -> Any:
    """Calls a function; the GIL is released meanwhile. Arrays are passed by their memory, texts as UTF-8.

    Returns the handle, the number or, decoded from JSON, the text. Raises ``KindredError`` if the function fails.
    """
    function = getattr(_library, "kindred_" + name)
    result_type = _FUNCTIONS[name][0]
    try:
        result = function(*[_passed(argument) for argument in arguments])
    except ctypes.ArgumentError as error:
        raise ArgumentError(f"An argument has the wrong type: {error}") from None
    if result_type is _p:
        if not result:
            _raise_error()
        try:
            return json.loads(ctypes.string_at(result).decode("utf-8"))
        finally:
            _library.kindred_free(result)
    failed = result == 0 if name in _HANDLES else result < 0
    if failed:
        _raise_error()
    return result


_HANDLES = {"data_from_columns", "data_from_rows", "data_from_file", "data_with_titles", "train", "load"}


def _passed(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        if not argument.flags.c_contiguous:
            raise ArgumentError("An array is not contiguous; pass numpy.ascontiguousarray of it")
        return argument.ctypes.data
    if isinstance(argument, str):
        if "\0" in argument:
            raise ArgumentError("A text holds a zero character")
        return argument.encode("utf-8")
    return argument


class Handle:
    """An object of the library, closed when it is no longer referred to."""

    def __init__(self, number: int) -> None:
        self._number: Optional[int] = number
        self._process = os.getpid()

    @property
    def number(self) -> int:
        if self._number is None:
            raise ClosedError("The object was closed")
        return self._number

    def close(self) -> None:
        number, self._number = self._number, None
        if number is not None and self._process == os.getpid() and _library is not None:
            _library.kindred_close(number)

    __del__ = close


ProgressFunction = Callable[[Optional[str], bool, int, int, float], None]


class Training:
    """A progress function for a training: an error that it raises, or an interrupt, cancels the training."""

    def __init__(self, progress: Optional[ProgressFunction]) -> None:
        self._progress = progress
        self._raised: Optional[BaseException] = None
        self._function = _PROGRESS(self._step)

    def _step(self, _: Any, algorithm: Any, is_validating: int, epoch: int, epochs: int, loss: float) -> int:
        try:
            if self._progress is not None and self._raised is None:
                name = algorithm.decode() if algorithm else None
                self._progress(name, bool(is_validating), epoch, epochs, loss)
        except BaseException as error:
            self._raised = error
        return 0 if self._raised is None else 1

    def _interrupt(self, *_: Any) -> None:
        self._raised = KeyboardInterrupt()

    def call(self, name: str, *arguments: Any) -> Any:
        """Calls a training function with this progress function."""
        # Python handles an interrupt at the start of a function, where `_step` could not catch what it raises.
        replaces = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        if replaces:
            signal.signal(signal.SIGINT, self._interrupt)
        try:
            result = call(name, *arguments, self._function, None)
        except Cancelled:
            raise (self._raised or KeyboardInterrupt()) from None
        finally:
            if replaces:
                signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._raised is not None:
            raise self._raised
        return result


def options(**values: Any) -> str:
    """Options as JSON, without those that are None."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, np.ndarray):
            return value.tolist()
        raise ArgumentError(f"An option has the type {type(value).__name__}, which is no number or text")

    try:
        return json.dumps(
            {name: value for name, value in values.items() if value is not None}, default=plain, allow_nan=False)
    except ValueError:
        raise ArgumentError("An option is not a finite number") from None


def text_table(texts: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Texts as offsets and bytes."""
    encoded = [str(text).encode("utf-8") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return offsets, np.frombuffer(b"".join(encoded) or b"\0", np.uint8)


def read_table(handle: int, side: int, count: int) -> np.ndarray:
    """The ids or titles of a side, as an array of objects of the type str."""
    offsets = np.zeros(count + 1, np.int64)
    size = call("ids", handle, side, offsets, None, 0)
    data = np.zeros(max(1, size), np.uint8)
    call("ids", handle, side, offsets, data, size)
    whole = data.tobytes()
    texts = np.empty(count, object)
    for index in range(count):
        texts[index] = whole[offsets[index]:offsets[index + 1]].decode("utf-8")
    return texts
