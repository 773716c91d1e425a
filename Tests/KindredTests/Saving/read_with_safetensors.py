"""Shows that Python reads a model file in one line: python3 read_with_safetensors.py films.kindred

Needs: pip install safetensors numpy
"""

import sys

from safetensors import safe_open
from safetensors.numpy import load_file

tensors = load_file(sys.argv[1])  # the one line

for name, tensor in sorted(tensors.items()):
    if not name.startswith("__padding_"):  # these only fill the space to the next multiple of 64 bytes
        print(name, tensor.dtype, tensor.shape)
with safe_open(sys.argv[1], "numpy") as file:
    for key, text in sorted(file.metadata().items()):
        print(key, "=", text)
