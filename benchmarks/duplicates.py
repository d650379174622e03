"""Near duplicates among articles: time, and agreement with datasketch on the same shingles.

    python -m benchmarks.duplicates [FILE]

FILE is SaudiNewsNet as JSON lines (may be gzipped; each object's ``content`` is an article);
without it the texts are synthetic. Both sides fold, hash the same shingles of five characters,
sign with 128 permutations, look up 32 bands and verify each pair. One run each.

The last row compares with the truth: every pair of some articles, on their whole shingle sets.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from annotation.ingest.duplicates import SHORTEST, find_clusters
from annotation.ingest.shingles import PERMUTATIONS, hashes
from benchmarks.data import article_of, passages
from benchmarks.measure import Row, row
from schemas.text import fold

ARTICLES = 30_000
COMPARED = 8_000
THRESHOLD = 0.7
PEER = "datasketch MinHashLSH"
BANDS = 32
Pair = tuple[int, int]


def read_texts(path: Path | None, *, seed: int = 0) -> list[str]:
    """Return the articles of a file that are not empty, or synthetic ones: a tenth edited."""
    if path is not None:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            contents = [json.loads(line)["content"] for line in lines]
        return [text for text in contents if text.strip()][:ARTICLES]
    texts = passages(ARTICLES * 9 // 10, words=300, seed=seed)
    generator = random.Random(seed)
    for text in generator.sample(texts, ARTICLES // 10):
        words = text.split()
        for place in generator.sample(range(len(words)), generator.randint(0, 20)):
            words[place] = "تغيير"
        texts.append(" ".join(words))
    return texts


def rows(articles: list[str]) -> list[Row]:
    """Return the rows of the results table for these texts."""
    begin = time.process_time()
    theirs = _datasketch(articles)
    peer_seconds = time.process_time() - begin
    records = [article_of(text, number) for number, text in enumerate(articles)]
    begin = time.process_time()
    clusters = find_clusters(lambda: iter(records), threshold=THRESHOLD)
    seconds = time.process_time() - begin
    numbers = {record.id: number for number, record in enumerate(records)}
    ours = _pairs([numbers[member] for member in cluster.members] for cluster in clusters)
    both = len(ours & theirs)
    true = _true_pairs(articles[:COMPARED])
    return [
        row(
            f"near duplicates, {len(articles):,} articles (articles/s)",
            len(articles) / seconds,
            PEER,
            len(articles) / peer_seconds,
        ),
        row("near duplicates: pairs in one cluster", len(ours), PEER, len(theirs)),
        row(
            "near duplicates: of these, found by the other too (%)",
            100 * both / max(len(ours), 1),
            PEER,
            100 * both / max(len(theirs), 1),
        ),
        row(
            f"near duplicates: true pairs of {COMPARED:,} articles that are in one cluster",
            len(true & ours),
            "every pair compared",
            len(true),
        ),
    ]


def _datasketch(articles: list[str]) -> set[Pair]:
    """Find the same clusters with datasketch; all shingles stay in memory."""
    copies: dict[str, list[int]] = {}
    for number, text in enumerate(articles):
        copies.setdefault(fold(text).text.strip(), []).append(number)
    texts = [text for text in copies if len(text) >= SHORTEST]
    sets = []
    for text in texts:
        flat, _ = hashes([text])
        sets.append(np.unique(flat))
    # The shingles are hashed already: the peer is spared its own hashing of strings.
    signed = MinHash.bulk(
        ((part & np.uint64(0xFFFFFFFF)).tolist() for part in sets),
        num_perm=PERMUTATIONS,
        hashfunc=int,
    )
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, PERMUTATIONS // BANDS))
    joined: list[Pair] = []
    for number, minhash in enumerate(signed):
        for other in index.query(minhash):
            shared = len(np.intersect1d(sets[number], sets[other], assume_unique=True))
            if shared >= THRESHOLD * (len(sets[number]) + len(sets[other]) - shared):
                joined.append((other, number))
        index.insert(number, minhash)
    first, second = np.array(joined, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(joined)), (first, second)), shape=(len(texts), len(texts)))
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        groups.setdefault(label, []).extend(copies[text])
    short = [numbers for text, numbers in copies.items() if 0 < len(text) < SHORTEST]
    return _pairs([*groups.values(), *short])


def _true_pairs(articles: list[str]) -> set[Pair]:
    """Return all pairs of texts whose shingle sets are as similar as the threshold."""
    folded = [(number, fold(text).text.strip()) for number, text in enumerate(articles)]
    kept = [(number, text) for number, text in folded if len(text) >= SHORTEST]
    flat, offsets = hashes([text for _, text in kept])
    _, columns = np.unique(flat, return_inverse=True)
    sets = csr_array((np.ones(len(columns), np.float32), columns, offsets))
    sets.sum_duplicates()
    sets.data[:] = 1
    sizes = np.diff(sets.indptr)
    by_shingle = sets.T.tocsr()
    pairs: set[Pair] = set()
    for begin in range(0, len(kept), 500):
        shared = (sets[begin : begin + 500] @ by_shingle).tocoo()
        rows_of = shared.row + begin
        similar = shared.data >= THRESHOLD * (sizes[rows_of] + sizes[shared.col] - shared.data)
        chosen = zip(rows_of[similar].tolist(), shared.col[similar].tolist(), strict=True)
        pairs.update((kept[a][0], kept[b][0]) for a, b in chosen if a < b)
    return pairs


def _pairs(groups: Iterable[list[int]]) -> set[Pair]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


if __name__ == "__main__":
    for found in rows(read_texts(Path(sys.argv[1]) if len(sys.argv) > 1 else None)):
        print(json.dumps(found, ensure_ascii=False))
