"""The original and its copies: documents that say the same with swapped words.

marks, shingles, signatures   what spinning leaves alone of a text, as hashes
sidecar, indexing             signatures and texts of a corpus in a folder that is kept and added to
candidates                    pairs with hashes in common: a join
alignment, swaps, features    a pair side by side
comparing, pairs              the verdict on it
families, tracing             pairs of a corpus, and which documents belong together
"""
