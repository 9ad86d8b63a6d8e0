"""The only place that imports an inference runtime and a tokenizer.

Import the modules themselves; nothing is imported here, so that a command that scores nothing does not wait for them.
"""
