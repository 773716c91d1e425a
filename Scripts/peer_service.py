"""The peer of Scripts/bench-server.py: FastAPI over implicit, at its best settings. Run by uvicorn.

RATINGS is a .npz of `users`, `items` and the number of factors. With RECALCULATE=1 each request folds the user's
history in.
"""
import os

import numpy
from fastapi import FastAPI
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

data = numpy.load(os.environ["RATINGS"])
matrix = csr_matrix((numpy.ones(len(data["users"]), numpy.float32), (data["users"], data["items"])))
model = AlternatingLeastSquares(factors=int(data["factors"]), iterations=5, regularization=0.01, random_state=0)
with threadpool_limits(1, "blas"):
    model.fit(matrix, show_progress=False)
titles = [f"Film {item}" for item in range(matrix.shape[1])]
recalculate = os.environ["RECALCULATE"] == "1"
threadpool_limits(1, "blas")
app = FastAPI()


@app.get("/recommendations/{user}")
async def recommendations(user: int, limit: int = 10):
    items, scores = model.recommend(user, matrix[user], N=limit, recalculate_user=recalculate)
    pairs = zip(items.tolist(), scores.tolist())
    return {"items": [{"item": item, "title": titles[item], "score": score} for item, score in pairs]}
