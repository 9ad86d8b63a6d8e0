"""The language server: findings while a text is written, in any editor that speaks LSP.

positions   offsets and the editor's lines and columns
sections    a text cut into sections that are read by themselves
reading     what each section is, from a cache by its text; and what the document is
diagnostics what the editor shows
actions     what it offers
work        threads that read while the editor goes on
server      the protocol (needs the extra `lsp`)
"""
