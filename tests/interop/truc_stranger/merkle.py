"""Leaves, roots and multiproofs.
Not the journal's tree: only bundles and receipts. Pure functions over 32-byte hashes.
docs/protocol.md, "Bundles" and "Multiproofs".
"""
import hashlib


def leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count):
    """The largest power of two below count."""
    return 1 << (count - 1).bit_length() - 1


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def prove(leaves, wanted, first=0):
    """The hashes that are missing to compute the root from the leaves at the wanted indexes."""
    here = [i for i in wanted if first <= i < first + len(leaves)]
    if not here:
        return [root(leaves)]
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    return prove(leaves[:k], here, first) + prove(leaves[k:], here, first + k)


def root_of_proof(count, known, proof):
    """The root of `count` leaves of which `known` {index: leaf} are at hand. ValueError if the proof doesn't fit."""
    if not known or not all(0 <= index < count for index in known):
        raise ValueError("an index lies outside the bundle")
    rest = iter(proof)

    def walk(first, size):
        if not any(first <= index < first + size for index in known):
            missing = next(rest, None)
            if missing is None or len(missing) != 32:
                raise ValueError("a proof hash is missing")
            return missing
        if size == 1:
            return known[first]
        k = _split(size)
        left = walk(first, k)
        return node(left, walk(first + k, size - k))

    result = walk(0, count)
    if next(rest, None) is not None:
        raise ValueError("a proof hash is left over")
    return result
