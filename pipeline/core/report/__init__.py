"""Summaries and facts -> things people open; a report is rebuilt without refitting.

write.py      every file of a report: made whole in memory, then written
parts.py      what the techniques contribute
tables.py     the tables; columns.py and run_rows.py their columns, key_table.py the key table
canvas.py     publication figures, each with the numbers it shows; style.py, gallery.py, drawn.py
page.py       templates/ and blocks.py: one HTML file
archive.py    the results in the formats of other programs
"""
