"""The deep encoder of `unspun`: model files and no code."""
