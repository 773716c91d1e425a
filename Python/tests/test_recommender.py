"""Training, lists, reasons, similarity, groups, evaluation and model files."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy as np
import pandas
import scipy.sparse

import kindred
from kindred._library import call
from kindred.recommender import library_settings
from support import ratings

SGD = {"algorithm": "sgd", "rank": 4, "epochs": 5, "plain": True, "progress": False}


def file_of(model):
    """The bytes of the model's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.kindred")
        model.save(path)
        with open(path, "rb") as file:
            return file.read()


class SourcesTest(unittest.TestCase):
    """Every source of the same data gives the same model, byte for byte."""

    @classmethod
    def setUpClass(cls):
        cls.frame = ratings()
        cls.expected = file_of(kindred.fit(cls.frame, **SGD))

    def check(self, source, **arguments):
        self.assertEqual(file_of(kindred.fit(source, **arguments, **SGD)), self.expected)

    def test_polars(self):
        import polars
        self.check(polars.from_pandas(self.frame))

    def test_arrow(self):
        import pyarrow
        self.check(pyarrow.Table.from_pandas(self.frame))

    def test_arrow_stream(self):
        import pyarrow

        class Stream:
            def __init__(self, table):
                self.table = table

            def __arrow_c_stream__(self, schema=None):
                return self.table.__arrow_c_stream__(schema)

        self.check(Stream(pyarrow.Table.from_pandas(self.frame)))

    def test_arrays(self):
        frame = self.frame
        seconds = frame.timestamp.to_numpy().astype("datetime64[s]").astype(np.int64)
        self.check((frame.user_id.to_numpy(), frame.item_id.to_numpy(), frame.rating.to_numpy(), seconds))

    def test_renamed_columns(self):
        renamed = self.frame.rename(columns={"user_id": "who", "item_id": "what", "rating": "how", "timestamp": "when"})
        roles = {"user": "who", "item": "what", "value": "how", "time": "when"}
        self.check(renamed, columns=roles)

    def test_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ratings.csv")
            seconds = self.frame.timestamp.to_numpy().astype("datetime64[s]").astype(np.int64)
            self.frame.assign(timestamp=seconds).to_csv(path, index=False)
            self.check(path)

    def test_command(self):
        """The command of KINDRED, or the one on the PATH, writes the same file."""
        with tempfile.TemporaryDirectory() as folder:
            ratings, model = os.path.join(folder, "ratings.csv"), os.path.join(folder, "m.kindred")
            seconds = self.frame.timestamp.to_numpy().astype("datetime64[s]").astype(np.int64)
            self.frame.assign(timestamp=seconds).to_csv(ratings, index=False)
            command = os.environ.get("KINDRED") or shutil.which("kindred")
            options = ["--rank", "4", "--epochs", "5"]
            subprocess.run(
                [command, "train", "als", "--ratings", ratings, "--model", model, *options], check=True,
                capture_output=True)
            with open(model, "rb") as file:
                ours = kindred.ALS(rank=4, epochs=5).fit(self.frame, progress=False)
                self.assertEqual(file.read(), file_of(ours))

    def test_threads(self):
        self.check(self.frame, threads=3)

    def test_whole_numbers(self):
        codes = {kind: self.frame[kind].str[1:].astype(np.int64) for kind in ("user_id", "item_id")}
        numbers = self.frame.assign(**codes)
        texts = numbers.astype({"user_id": str, "item_id": str})
        self.assertEqual(file_of(kindred.fit(numbers, **SGD)), file_of(kindred.fit(texts, **SGD)))

    def test_sparse_matrix(self):
        frame = self.frame
        users, user_ids = pandas.factorize(frame.user_id)
        items, item_ids = pandas.factorize(frame.item_id)
        matrix = scipy.sparse.csr_matrix((frame.rating.to_numpy(), (users, items)))
        model = kindred.EASE().fit(kindred.data(matrix, users=user_ids, items=item_ids), progress=False)
        other = kindred.EASE().fit(frame.drop(columns="timestamp"), progress=False)
        # The order of the cells differs, and with it the last digit of a sum.
        users = model.users
        self.assertEqual(list(users), list(other.users))
        np.testing.assert_allclose(model.recommend(limit=5).scores, other.recommend(limit=5).scores, rtol=1e-4)
        self.assertEqual(list(kindred.EASE().fit(matrix, progress=False).users[:3]), ["0", "1", "2"])


class RecommenderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.frame = ratings()
        cls.model = kindred.fit(cls.frame, algorithm="als", rank=4, epochs=5, progress=False)

    def test_lists_hold_new_items(self):
        lists = self.model.recommend(["u1", "u2"], limit=5)
        self.assertEqual(lists.items.shape, (2, 5))
        for user, own in zip(("u1", "u2"), lists.items):
            seen = set(self.frame.item_id[self.frame.user_id == user])
            self.assertFalse(seen & set(item for item in own if item))
        self.assertTrue((np.diff(lists.scores[0][~np.isnan(lists.scores[0])]) <= 0).all())
        self.assertIn("u1", repr(lists))
        self.assertIn("<table>", lists._repr_html_())
        self.assertEqual(list(lists.to_pandas().columns), ["user", "rank", "item", "score", "rating"])

    def test_everyone(self):
        lists = self.model.recommend(limit=3)
        self.assertEqual(len(lists), self.model.user_count)
        self.assertEqual(lists[7], self.model.recommend(self.model.users[7], limit=3)[0])

    def test_stranger(self):
        mine = self.model.recommend(history={"i0": 5, "i2": 5, "i4": 5, "i1": 1}, limit=4)[0]
        self.assertTrue(all(int(item[1:]) % 2 == 0 for item in mine), mine)
        several = self.model.recommend(history=[{"i0": 5, "i2": 5, "i4": 5, "i1": 1}, {"i1": 5}], limit=4)
        self.assertEqual(several[0], mine)
        self.assertEqual(self.model.recommend("nobody", limit=2)[0], self.model.recommend(history={}, limit=2)[0])

    def test_rules(self):
        only = self.model.recommend("u1", restrict_to=["i3", "i5"], include_observed=True)[0]
        self.assertEqual(set(only), {"i3", "i5"})
        without = self.model.recommend("u1", exclude=only, include_observed=True, limit=40)[0]
        self.assertEqual(len(without), 38)

    def test_reasons(self):
        item = self.model.recommend("u1")[0][0]
        reasons = self.model.explain("u1", item)
        self.assertTrue(0 < sum(share for _, share in reasons) <= 1.0001)
        seen = set(self.frame.item_id[self.frame.user_id == "u1"])
        self.assertTrue({reason for reason, _ in reasons} <= seen)
        self.assertTrue(self.model.explain({"i0": 5, "i2": 5}, "i4"))

    def test_similar(self):
        self.assertTrue(all(int(item[1:]) % 2 == 0 for item, _ in self.model.similar("i0", limit=5)))
        self.assertTrue(all(int(user[1:]) % 2 == 1 for user, _ in self.model.similar(user="u1", limit=5)))

    def test_groups(self):
        groups = self.model.groups(2)
        self.assertEqual(sum(len(group["users"]) for group in groups), self.model.user_count)
        parities = [{int(user[1:]) % 2 for user in group["users"]} for group in groups]
        self.assertEqual(sorted(map(sorted, parities)), [[0], [1]])

    def test_predictions(self):
        values, _ = self.model.predict(["u1", "u1", "nobody"], ["i1", "i2", "i1"])
        self.assertGreater(values[0], values[1] + 1)
        self.assertTrue(np.isnan(values[2]))
        with self.assertRaisesRegex(kindred.ArgumentError, "predicts no ratings"):
            kindred.EASE().fit(self.frame, progress=False).predict(["u1"], ["i1"])

    def test_titles(self):
        data = kindred.data(self.frame).with_titles({"i1": "<Öne>"}, {"i1": ["Odd"]})
        model = kindred.EASE().fit(data, progress=False)
        self.assertEqual(model.titles[model.positions(["i1"])[0]], "<Öne>")
        self.assertEqual(model.recommend("u1", genres=["odd"], include_observed=True)[0], ["i1"])
        html = model.recommend("u1", genres=["odd"], include_observed=True)._repr_html_()
        self.assertIn("&lt;Öne&gt;", html)

    def test_saved_model_is_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.kindred")
            self.model.save(path)
            loaded = kindred.load(path)
            self.assertEqual(loaded.recommend(limit=5).rows(), self.model.recommend(limit=5).rows())
            self.assertEqual(loaded.description, self.model.description)
            with open(path, "r+b") as file:
                file.seek(2000)
                file.write(b"damage")
            with self.assertRaises(kindred.FileError):
                kindred.load(path)
        with self.assertRaises(OSError):
            kindred.load(path)

    def test_evaluation(self):
        result = kindred.evaluate(self.frame, ["ease", "popularity"], split="user:0.2", cutoffs=[5], progress=False)
        self.assertEqual(result.split, "user:0.2")
        self.assertGreater(result["ease"]["ndcg@5"], result["popularity"]["ndcg@5"])
        self.assertIn("ndcg@5", repr(result))
        self.assertIn("<table>", result._repr_html_())
        self.assertEqual(list(result.to_pandas().index), ["ease", "popularity"])

    def test_every_algorithm(self):
        own = call("algorithms")
        self.assertEqual(set(own), set(kindred.ALGORITHMS))
        for name, algorithm in kindred.ALGORITHMS.items():
            settings = library_settings(dataclasses.asdict(algorithm())) or {}
            for key, value in settings.items():
                self.assertAlmostEqual(own[name][key], value, 6) if not isinstance(value, str) else \
                    self.assertEqual(own[name][key], value)
            self.assertEqual(set(own[name]) - set(settings) - {"features"}, set(), name)
            small = {"epochs": 3} if "epochs" in own[name] else {"budget": 0} if name == "blend" else {}
            model = algorithm(**small).fit(self.frame, progress=False)
            self.assertEqual(model.recommend("u1", limit=3).items.shape, (1, 3), name)


class TrainingTest(unittest.TestCase):
    def test_progress_is_told_and_cancels(self):
        steps = []

        def progress(algorithm, is_validating, epoch, epochs, loss):
            steps.append((algorithm, epoch, epochs))
            if epoch == 3:
                raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            kindred.fit(ratings(), algorithm="sgd", plain=True, epochs=100_000, progress=progress)
        self.assertIn(("sgd", 3, 100_000), steps)

    def test_interrupt_cancels(self):
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        start = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            kindred.fit(ratings(), algorithm="sgd", plain=True, epochs=100_000, rank=64, progress=False)
        self.assertLess(time.monotonic() - start, 20)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)

    def test_other_threads_run_meanwhile(self):
        ticks = []
        stop = threading.Event()

        def tick():
            while not stop.wait(0.01):
                ticks.append(None)

        thread = threading.Thread(target=tick)
        thread.start()
        kindred.fit(ratings(), algorithm="sgd", plain=True, epochs=2000, rank=16, progress=False)
        stop.set()
        thread.join()
        self.assertGreater(len(ticks), 3)

    def test_same_results_beside_numpy_and_scipy(self):
        script = """
import numpy as np, scipy.linalg, hashlib, sys
sys.path.insert(0, {folder!r})
import kindred
from test_recommender import file_of, ratings
def blas():
    a = np.random.default_rng(0).random((300, 300)).astype(np.float32)
    return hashlib.sha256((a @ a).tobytes() + scipy.linalg.cholesky(a @ a.T + 300 * np.eye(300)).tobytes()).hexdigest()
def model():
    return hashlib.sha256(file_of(kindred.GraphFilter(rank=8).fit(ratings(), progress=False))).hexdigest()
steps = [blas, model] if {first!r} == "blas" else [model, blas]
print(dict(sorted((step.__name__, step()) for step in steps + steps)))
"""
        folder = os.path.dirname(os.path.abspath(__file__))
        answers = {
            subprocess.run(
                [sys.executable, "-c", script.format(folder=folder, first=first)], check=True, capture_output=True,
                text=True).stdout
            for first in ("blas", "model")
        }
        self.assertEqual(len(answers), 1, answers)


if __name__ == "__main__":
    unittest.main()
