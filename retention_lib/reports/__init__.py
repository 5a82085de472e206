"""What a reader sees: words, figures, tables, charts and pages made from finished results.

Nothing in this room computes a statistic. A result comes in from `retention_lib.models`, and leaves as a
sentence (`words`, `findings`), a card or a table (`blocks`, `cards`), a chart (`charts`, `style`), a page of
its own (`page`) or a line of an index (`index`). Every word passes the catalogue of the reader's language;
every value that comes from data is cleaned and escaped before it meets HTML.
"""
