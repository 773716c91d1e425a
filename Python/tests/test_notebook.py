"""The example notebook runs from top to bottom; the command is that of KINDRED, or the one on the PATH."""

import unittest
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples" / "first_hour.ipynb"


class NotebookTest(unittest.TestCase):
    def test_runs(self):
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        tables = [output for cell in notebook.cells for output in cell.get("outputs", [])
                  if "text/html" in output.get("data", {})]
        self.assertGreaterEqual(len(tables), 6)


if __name__ == "__main__":
    unittest.main()
