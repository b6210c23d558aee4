"""summaries -> things people open; sees model/ only, so a report is rebuilt without refitting.

write.py       every file of a report: made whole in memory, then written
tables.py      the tables, their rows cut by technique in rows/
figures/       publication figures, each with the numbers it shows
sections/      what the page says, section by section; page.py and templates/ make it one HTML file
archive.py     the results in the formats of other programs
"""

from pipeline.core.report.key_rows import format_key_table
from pipeline.core.report.write import write_report

__all__ = ["format_key_table", "write_report"]
