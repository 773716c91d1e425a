"""Bad input at random: each is an exception with a sentence, and no crash."""

import multiprocessing
import os
import threading
import unittest

import numpy as np
import pandas
import scipy.sparse

import kindred
from kindred._library import Handle, KindredError, call, options, text_table
from kindred.implicit import AlternatingLeastSquares
from support import ratings

SEED = int(os.environ.get("SEED", "20"))


def in_fork(model, answers):
    try:
        model.recommend("u1")
        answers.put("no error")
    except Exception as error:
        answers.put(f"{type(error).__name__}: {error}")


class FaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.frame = ratings()
        cls.model = kindred.fit(cls.frame, algorithm="als", rank=4, epochs=2, progress=False)
        print(f"seed {SEED}")

    def refused(self, body, kind=KindredError):
        with self.assertRaises(kind) as caught:
            body()
        self.assertGreater(len(str(caught.exception)), 10)
        return str(caught.exception)

    def test_frames(self):
        frame = self.frame
        for source in (
            frame.drop(columns="user_id"), frame.assign(rating=np.nan), frame.assign(rating=np.inf),
            frame.assign(rating="much"), frame.assign(user_id=None), frame.iloc[:0], 42, None, {"a": 1}, (1, 2),
            (np.zeros(3), np.zeros(4)), (np.zeros((2, 2)), np.zeros(4)), ("a",), frame.assign(item_id=""),
            frame.assign(rating=1e300), frame.assign(timestamp=2 ** 62), "/no/such/file.csv",
        ):
            with self.subTest(type(source).__name__):
                self.refused(lambda: kindred.data(source))
        self.refused(lambda: kindred.data(frame, columns={"user": "nobody"}))
        self.refused(lambda: kindred.data(frame, columns={"usr": "user_id"}))
        self.refused(lambda: kindred.data(frame, duplicates="first"))

    def test_settings(self):
        for arguments in (
            {"algorithm": "none"}, {"algorithm": "als", "rank": -1}, {"algorithm": "als", "rank": 10 ** 9},
            {"algorithm": "als", "rang": 3}, {"algorithm": "als", "regularization": float("nan")},
            {"algorithm": "als", "rank": "many"}, {"rank": 3}, {"seed": -1}, {"seed": 1.5}, {"threads": 0},
            {"positive": "some"}, {"validation": "none"}, {"budget": -1}, {"algorithm": "als", "rank": object()},
            {"algorithm": "sgd\0"},
        ):
            with self.subTest(arguments):
                self.refused(lambda: kindred.fit(self.frame, progress=False, **arguments))
        for arguments in ({"split": "half"}, {"split": "folds:100000000"}, {"cutoffs": [0]}, {"cutoffs": []},
                          {"algorithms": []}, {"next": "first"}, {"algorithms": ["als", "sgd"], "rank": 3}):
            with self.subTest(arguments):
                self.refused(lambda: kindred.evaluate(self.frame, progress=False, **{"algorithms": "als", **arguments}))

    def test_queries(self):
        model = self.model
        for body in (
            lambda: model.recommend("u1", limit=-1), lambda: model.recommend("u1", limit=1.5),
            lambda: model.recommend("u1", diversity=2), lambda: model.recommend("u1", diversity=float("nan")),
            lambda: model.recommend("u1", explore=1.5),
            lambda: model.recommend("u1", restrict_to=["nothing"]), lambda: model.recommend("u1", minimum_ratings=-1),
            lambda: model.recommend(history={"i1": float("nan")}), lambda: model.recommend(history="i1"),
            lambda: model.recommend(history={"i1": "much"}), lambda: model.recommend("u1", history={"i1": 1}),
            lambda: model.explain("nobody", "i1"), lambda: model.explain("u1", "nothing"), lambda: model.similar("no"),
            lambda: model.similar(), lambda: model.similar(user="nobody"), lambda: model.groups(0),
            lambda: model.groups(10 ** 9), lambda: model.predict(["u1"], []), lambda: model.save("/no/such/folder/m"),
        ):
            self.refused(body)
        self.assertEqual(model.recommend("u1", limit=0).items.shape, (1, 0))
        self.assertEqual(model.recommend("u1", limit=10 ** 12).items.shape, (1, model.item_count))
        self.assertEqual(len(model.recommend([])), 0)

    def test_closed_handles(self):
        model = kindred.EASE().fit(self.frame, progress=False)
        number = model._handle.number
        model.close()
        model.close()
        self.refused(lambda: model.recommend("u1"), kindred.ClosedError)
        for handle in (number, 0, -1, 2 ** 62):
            self.refused(lambda: call("describe", handle), kindred.ClosedError)
            self.refused(lambda: call("close", handle), kindred.ClosedError)
        data = kindred.data(self.frame)
        self.refused(lambda: call("groups", data._handle.number, 2, np.empty(60, np.int32)), kindred.ClosedError)
        self.refused(lambda: call("train", self.model._handle.number, None, None, None), KindredError)

    def test_random_columns(self):
        random = np.random.default_rng(SEED)
        wild = np.array([-1, -2 ** 31, 2 ** 31 - 1, 0, 1, 2, 3], np.int32)
        ids = text_table(["a", "b", "c"])
        refused = 0
        for _ in range(300):
            count = int(random.integers(0, 6))
            users, items = random.choice(wild, count), random.choice(wild[3:], count)
            values = random.choice(np.array([1, 2, np.nan, np.inf, -3], np.float32), count)
            offsets = ids[0].copy()
            if random.random() < 0.3:
                offsets[random.integers(0, 4)] = random.choice([-5, 2, 1, 0])
            passed = [count, users, items, values, None, 3, offsets, ids[1], 3, *ids, None]
            if random.random() < 0.2:
                passed[int(random.integers(1, 5))] = None
            if random.random() < 0.1:
                passed[0] = int(random.choice([-1, -2 ** 62]))
            try:
                Handle(call("data_from_columns", *passed)).close()
            except KindredError as error:
                self.assertTrue(str(error))
                refused += 1
        self.assertGreater(refused, 100)
        self.assertLess(refused, 300)

    def test_random_matrices(self):
        random = np.random.default_rng(SEED + 1)
        refused = 0
        for _ in range(300):
            offsets = np.sort(random.integers(0, 6, 4)).astype(np.int64)
            offsets[0] = 0
            count = int(offsets[-1])
            columns = random.choice(np.array([0, 1, 2, 3, 3, 2, 1, 0, -1, 4, 2 ** 31 - 1], np.int32), count)
            values = random.choice(np.array([1, 5, 1, 0.5, -2, 0, np.nan, 1e30], np.float32), count)
            if random.random() < 0.2:
                offsets[random.integers(0, 3)] = random.choice([-1, 7, 2 ** 40])
            factors = [random.random((rows, 5)).astype(np.float32) for rows in (3, 4)]
            if random.random() < 0.1:
                factors[1][0, 0] = np.nan
            block = int(random.choice([0, 16, 15, -16]))
            try:
                call(
                    "als_fit", 3, 4, offsets, columns, values, 5, random.choice([0.1, 0, -1, np.nan]), block, 2,
                    int(random.choice([0, 1, 2, -1])), *factors, None, kindred._library.Training(None)._function, None)
                self.assertTrue(np.isfinite(factors[0]).all())
            except KindredError as error:
                self.assertTrue(str(error))
                refused += 1
        self.assertGreater(refused, 100)
        self.assertLess(refused, 300)

    def test_factor_model(self):
        matrix = scipy.sparse.random(30, 20, 0.3, "csr", np.float32, random_state=1)
        model = AlternatingLeastSquares(8, iterations=2, random_state=1)
        self.refused(lambda: model.recommend(0, matrix[0]), ValueError)
        for broken in (np.eye(3), None, [1, 2]):
            self.refused(lambda: model.fit(broken), ValueError)
        bad = matrix.copy()
        bad.indices[3] = 10 ** 6
        self.refused(lambda: model.fit(bad, show_progress=False), ValueError)
        bad = matrix.copy()
        bad.data[3] = np.nan
        self.refused(lambda: model.fit(bad, show_progress=False), ValueError)
        self.refused(lambda: AlternatingLeastSquares(0).fit(matrix, show_progress=False), ValueError)
        self.refused(lambda: AlternatingLeastSquares(8, regularization=-1).fit(matrix, show_progress=False), ValueError)
        unsorted = matrix.copy()
        for row in range(30):
            cells = slice(unsorted.indptr[row], unsorted.indptr[row + 1])
            unsorted.indices[cells], unsorted.data[cells] = unsorted.indices[cells][::-1], unsorted.data[cells][::-1]
        other = AlternatingLeastSquares(8, iterations=2, random_state=1)
        model.fit(matrix, show_progress=False)
        other.fit(unsorted, show_progress=False)
        np.testing.assert_allclose(model.user_factors, other.user_factors, rtol=1e-3, atol=1e-5)
        lists = [model.recommend(0, cells[0], N=5)[0].tolist() for cells in (unsorted, matrix)]
        self.assertEqual(lists[0], lists[1])
        self.refused(lambda: model.recommend(0, matrix[:2]), ValueError)
        with self.assertRaises(IndexError):
            model.recommend(10 ** 6, matrix[0])
        with self.assertRaises(IndexError):
            model.recommend(0, matrix[0], items=[20])

    def test_two_threads(self):
        expected = self.model.recommend(limit=5).rows()
        faults = []

        def work():
            try:
                for _ in range(20):
                    if self.model.recommend(limit=5).rows() != expected:
                        faults.append("another list")
                    self.refused(lambda: self.model.recommend("u1", diversity=9))
                    kindred.fit(self.frame, algorithm="sgd", rank=4, epochs=2, plain=True, progress=False)
            except BaseException as error:
                faults.append(repr(error))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])

    def test_fork(self):
        context = multiprocessing.get_context("fork")
        answers = context.Queue()
        child = context.Process(target=in_fork, args=(self.model, answers))
        child.start()
        answer = answers.get(timeout=30)
        child.join(30)
        self.assertTrue(answer.startswith("ForkError: "), answer)
        self.assertEqual(child.exitcode, 0)

    def test_options_hold_plain_values(self):
        self.assertEqual(options(a=np.int32(3), b=None, c=np.array([1.5])), '{"a": 3, "c": [1.5]}')
        self.refused(lambda: options(a=float("inf")))

    def test_times_in_any_unit(self):
        seconds = 1_600_000_000 + np.arange(len(self.frame)) * 3600
        models = []
        for times in (seconds, seconds * 1000, seconds * 10 ** 6, seconds * 10 ** 9, seconds.astype(float)):
            frame = self.frame.assign(timestamp=times)
            model = kindred.fit(frame, algorithm="recent-popularity", progress=False)
            models.append(model.recommend("u1", limit=5).items.tolist())
        self.assertTrue(all(items == models[0] for items in models), models)
        self.refused(lambda: kindred.data(self.frame.assign(timestamp=seconds * 10)))

    def test_one_of_something_is_a_list_of_one(self):
        every = self.model.recommend("u1", limit=40).items[0].tolist()
        first = every[0]
        self.assertNotIn(first, self.model.recommend("u1", limit=40, exclude=first).items[0].tolist())
        self.assertEqual(self.model.recommend("u1", restrict_to=first).items[0].tolist()[0], first)
        self.assertEqual(len(self.model.predict("u1", first)[0]), 1)
        self.refused(lambda: self.model.recommend("u1", exclude=object()))
        self.refused(lambda: kindred.data(self.frame).with_titles(pandas.DataFrame({"item": ["i1"], "title": ["I"]})))

    def test_paths_keep_their_letters(self):
        for path in ("nope.kindred", "data/nope.kindred"):
            self.assertTrue(self.refused(lambda: kindred.load(path)).startswith(path))
        self.assertTrue(self.refused(lambda: kindred.fit("nofile.csv")).startswith("nofile.csv"))

    def test_missing_times(self):
        frame = self.frame.copy()
        frame.loc[3, "timestamp"] = pandas.NaT
        self.assertTrue(kindred.data(frame).has_times)


if __name__ == "__main__":
    unittest.main()
